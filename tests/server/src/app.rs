//! The applications among the fixtures, each named after its state.
//!
//! No expectation about them belongs here.

use std::path::{Path, PathBuf};

/// Every application, in alphabetical order.
pub const ALL: [&str; 14] = [
    "app_shadowed_by_file",
    "app_shadowed_by_folder",
    "planqk_json_missing",
    "planqk_json_unreadable",
    "planqk_json_without_name",
    "procfile",
    "program_missing",
    "program_run_in_a_comment",
    "program_run_is_a_coroutine",
    "program_unclosed",
    "program_without_run",
    "runtime_docker",
    "runtime_unknown",
    "sample",
];

/// The application in this state.
#[must_use]
pub fn folder(state: &str) -> PathBuf {
    // This package lies beneath `tests/`. Its path is shown, so it has no `..`.
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    tests
        .unwrap_or(Path::new(".."))
        .join("fixtures/apps")
        .join(state)
}

/// A project as a user of the platform would write it: a measured Bell state.
#[must_use]
pub fn sample() -> PathBuf {
    folder("sample")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_is_listed() {
        let mut names: Vec<_> = std::fs::read_dir(folder(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ALL);
    }
}
