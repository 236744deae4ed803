//! Decides whether this buildpack takes part, and which other buildpacks it needs.
//!
//! The content of planqk.json does not matter here: if it is doubtful, the build warns.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use alloc::{format, vec};

use wasm_buildpack_sdk::{BuildPlan, Detected, Level, PlanAlternative, Requirement};

use crate::Message;
use crate::application::{Application, Entry};
use crate::planqk;

/// Takes part if the application's root contains a file `planqk.json`.
///
/// A detection's output is shown only if all buildpacks decline, or for debugging, so it contains no warnings.
pub(crate) fn detect(application: &Application) -> (Vec<Message>, Detected) {
    let why = match application.entry(planqk::FILE) {
        Entry::File => {
            let found = "Found 'planqk.json' file...".to_owned();
            return (vec![(Level::Info, found)], Detected::Pass(plan()));
        }
        Entry::Absent => None,
        other => other.why_no_file(),
    };
    let messages = why
        .map(|why| (Level::Debug, format!("'planqk.json' was not taken: {why}")))
        .into_iter()
        .collect();
    let reason = "Could not find 'planqk.json' file".to_owned();
    (messages, Detected::Fail(reason))
}

/// Requires Python at launch, or else nothing: a Python buildpack of the group should provide it, but the base image
/// may contain Python already.
fn plan() -> BuildPlan {
    let python = Requirement::new("cpython").metadata(r#"{"launch":true}"#);
    let plan = BuildPlan::from(PlanAlternative::new().requires(python));
    plan.or(PlanAlternative::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pass() -> Detected {
        Detected::Pass(BuildPlan {
            first: PlanAlternative {
                provides: vec![],
                requires: vec![Requirement {
                    name: "cpython".into(),
                    metadata: "{\"launch\":true}".into(),
                }],
            },
            or: vec![PlanAlternative {
                provides: vec![],
                requires: vec![],
            }],
        })
    }

    fn fail() -> Detected {
        Detected::Fail("Could not find 'planqk.json' file".into())
    }

    #[test]
    fn detect_passes_with_any_file_of_that_name() {
        for content in ["{}", r#"{"name":"job"}"#, "not JSON", ""] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("planqk.json"), content).unwrap();
            let (messages, outcome) = detect(&Application::at(dir.path().to_str().unwrap()));
            assert_eq!(outcome, pass(), "{content}");
            let found = "Found 'planqk.json' file...".to_owned();
            assert_eq!(messages, [(Level::Info, found)], "{content}");
        }
    }

    #[test]
    fn detect_fails_quietly_without_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("planqk.yaml"), "").unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/planqk.json"), "{}").unwrap();
        let (messages, outcome) = detect(&Application::at(dir.path().to_str().unwrap()));
        assert_eq!((messages, outcome), (vec![], fail()));
    }

    #[test]
    fn detect_fails_with_a_directory_of_that_name_and_says_so_at_debug() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("planqk.json")).unwrap();
        let (messages, outcome) = detect(&Application::at(dir.path().to_str().unwrap()));
        let why = "'planqk.json' was not taken: it is a directory".to_owned();
        assert_eq!((messages, outcome), (vec![(Level::Debug, why)], fail()));
    }

    #[cfg(unix)]
    #[test]
    fn detect_fails_with_a_link_that_cannot_be_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("planqk.json", dir.path().join("planqk.json")).unwrap();
        let (messages, outcome) = detect(&Application::at(dir.path().to_str().unwrap()));
        assert_eq!(outcome, fail());
        assert!(matches!(messages.as_slice(), [(Level::Debug, _)]));
    }
}
