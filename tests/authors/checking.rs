//! `check`: the statuses by which a script tells the verdicts apart, whatever the file is. `build` refuses the same files.

use std::fs;

use package::trial::{self, DESCRIPTOR};

use crate::tool::{Project, call};

#[test]
fn a_broken_file_is_not_judged_and_a_whole_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(trial::component("behaves_well").unwrap()).unwrap();
    let half = &whole[..whole.len() / 2];
    let files = [
        ("whole", &whole[..]),
        ("half", half),
        ("-text", b"(component)"),
    ];
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let check = |file: &str| call(folder.path(), &["check", "--", file]);
    check("whole").ends_with(0).says("a component");
    check("half").ends_with(2).says("damaged");
    check("-text").ends_with(2).says("WebAssembly as text");
    check("missing")
        .ends_with(2)
        .complains("cannot read the file 'missing'");
    let json = call(folder.path(), &["check", "--format", "json", "half"]).ends_with(2);
    assert!(
        json.stdout().contains("\"verdict\": \"not-judged\""),
        "{}",
        json.stdout()
    );
}

#[test]
fn build_refuses_what_the_host_cannot_run_and_takes_a_whole_component() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    let whole = fs::read(trial::component("behaves_well").unwrap()).unwrap();
    fs::write(project.dir().join("half"), &whole[..whole.len() / 2]).unwrap();
    // A component without anything in it: its first eight bytes.
    project.write("empty", "\0asm\r\0\u{1}\0");
    fs::write(project.dir().join("whole"), &whole).unwrap();
    let build = |file: &str| call(project.dir(), &["build", "--component", file]);
    build("half")
        .ends_with(1)
        .complains("The host can't run the component: 'half'");
    build("empty")
        .ends_with(1)
        .complains("It does not export 'detect' and 'build'.");
    assert!(!project.dir().join("target/buildpack").exists());
    build("whole").ends_with(0);
}
