//! Hostile components in languages with an interpreter: they get what hostile components in Rust get, with a message that
//! names the cause.
//!
//! The sources are in `hostile/`, one folder for each language. The component is built once for all cases.

use std::path::Path;

use package::cargo;
use package::trial::languages::{bring_tools, can_build};
use tests::folder;

use crate::languages::skip;
use crate::tool::{Called, call};

/// The end of a phase.
enum End {
    /// Each of this many attempts is denied, and the phase passes.
    Denied(usize),
    /// The phase ends with this status and this id.
    Ended(i32, &'static str),
}

use End::{Denied, Ended};

#[test]
fn in_python() {
    tries_to_get_out(
        "python",
        &[
            ("network", Ended(80, "component-trap")),
            ("name", Ended(80, "component-trap")),
            ("files", Denied(8)),
            ("processes", Denied(4)),
            ("loop", Ended(83, "limit-seconds")),
            ("memory", Ended(81, "limit-memory-mib")),
        ],
    );
}

#[test]
fn in_javascript() {
    tries_to_get_out(
        "js",
        &[
            ("network", Denied(3)),
            ("files", Denied(10)),
            ("processes", Denied(4)),
            ("loop", Ended(83, "limit-seconds")),
            ("memory", Ended(81, "limit-memory-mib")),
        ],
    );
}

fn tries_to_get_out(language: &str, cases: &[(&str, End)]) {
    if let Err(lacks) = can_build(language) {
        return skip(language, &format!("hostile: {lacks}"));
    }
    let project = tempfile::tempdir().unwrap();
    let root = cargo::root();
    let source = root.join("tests/authors/hostile").join(language);
    folder::copy(&source, project.path()).unwrap();
    std::fs::remove_file(project.path().join("kit")).unwrap();
    folder::copy(
        &root.join("sdk").join(language),
        &project.path().join("kit"),
    )
    .unwrap();
    bring_tools(language, project.path()).unwrap();
    std::fs::create_dir(project.path().join("app")).unwrap();
    call(project.path(), &["build"]).ends_with(0);
    for (case, end) in cases {
        check(project.path(), case, end);
    }
}

fn check(project: &Path, case: &str, end: &End) {
    let variable = format!("CASE={case}");
    let run = [
        "run",
        "target/buildpack",
        "--app",
        "app",
        "--env",
        &variable,
    ];
    let called = call(project, &run);
    match end {
        Denied(attempts) => {
            let called = called.ends_with(0);
            assert!(!called.stdout().contains("ALLOWED"), "{}", called.stdout());
            assert_eq!(denials(&called), *attempts, "{case}: {}", called.stdout());
        }
        Ended(status, id) => {
            called.ends_with(*status).complains(&format!("({id})"));
        }
    }
}

/// The attempts that were denied, by the component's own lines.
fn denials(called: &Called) -> usize {
    let lines = called.stdout().lines();
    lines.filter(|line| line.contains(": denied: ")).count()
}
