//! `test`: sample applications with their expected result.

use package::trial::DESCRIPTOR;

use crate::running::TWO_SOURCES;
use crate::tool::Project;

/// The result of `behaves_well`, as `test` writes it.
const BEHAVES_WELL: &str = r#"Detect: takes part
  | Detecting
Build: passes
  | Building
  | Warning: A line that warns
Plan
  provides tools
  requires cpython {"launch":true,"nested":{"list":[1,2.5,"three"]}}
Plan, or else
  requires cpython
Plan, or else
  nothing
Layer tools (build, launch)
  metadata {"made-by":"behaves_well","nested":{"list":[true,-1]}}
  env all: ALL_APPEND append value, delimiter :
  env all: ALL_BARE_APPEND append value
  env all: ALL_DEFAULT default value
  env all: ALL_OVERRIDE override value
  env all: ALL_PREPEND prepend value, delimiter ', '
  env build: BUILD_APPEND append value, delimiter :
  env build: BUILD_BARE_APPEND append value
  env build: BUILD_DEFAULT default value
  env build: BUILD_OVERRIDE override value
  env build: BUILD_PREPEND prepend value, delimiter ', '
  env launch: LAUNCH_APPEND append value, delimiter :
  env launch: LAUNCH_BARE_APPEND append value
  env launch: LAUNCH_DEFAULT default value
  env launch: LAUNCH_OVERRIDE override value
  env launch: LAUNCH_PREPEND prepend value, delimiter ', '
  env launch of web: ONLY_WEB override "two\nlines = \"quoted\" é"
  rwxr-xr-x   10 bytes  sha256:a8076d3d28d2  exec.d/always
  rwxr-xr-x   10 bytes  sha256:a8076d3d28d2  exec.d/web/only_web
Processes
  web (default): python -m app, with arguments --port 8080
  worker.slow_1: true, in src
Labels
  org.example.tools = value
Slices
  static/*
  *.md
Store
  {"builds":1}
"#;

#[test]
fn the_first_result_is_accepted_and_then_compared() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    project
        .test(&[])
        .ends_with(1)
        .says("hello: FAILED, nothing is expected yet")
        .says("+ Detect: takes part\n")
        .says("0 passed, 1 failed\n")
        .says("wasm-buildpack test --accept");
    project
        .test(&["--accept"])
        .ends_with(0)
        .says("hello: accepted, written to samples/hello/expected.txt\n1 passed, 0 failed\n");
    assert_eq!(project.read("samples/hello/expected.txt"), BEHAVES_WELL);
    let called = project.test(&[]).ends_with(0);
    assert_eq!(called.stdout(), "hello: passed\n1 passed, 0 failed\n");
}

#[test]
fn a_result_that_differs_is_shown_line_by_line() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    project.test(&["--accept"]).ends_with(0);
    let expected = project.read("samples/hello/expected.txt");
    let other = expected.replace("python -m app", "python -m other");
    assert_ne!(other, expected);
    project.write("samples/hello/expected.txt", &other);
    project.write("samples/second/app/file", "");
    project.write("samples/second/expected.txt", &expected);
    project
        .test(&[])
        .ends_with(1)
        .says("hello: FAILED, the result differs from samples/hello/expected.txt\n")
        .says("\n-   web (default): python -m other, with arguments --port 8080\n")
        .says("\n+   web (default): python -m app, with arguments --port 8080\n")
        .says("second: passed\n1 passed, 1 failed\n");
    assert_eq!(project.read("samples/hello/expected.txt"), other);
}

#[test]
fn a_sample_has_variables_and_contents_of_sources() {
    let project = Project::new("declares_three_layers", TWO_SOURCES);
    project.write("samples/hello/env", "# The guest's case\nCASE=apart\n");
    project.write("samples/hello/sources/one/file", "one\n");
    project
        .test(&["--accept"])
        .ends_with(1)
        .complains("The sample lacks the content of source 'two'")
        .complains("Put the content into 'samples/hello/sources/two'.");
    project.write("samples/hello/sources/two/file", "two\n");
    project.test(&["--accept"]).ends_with(0);
    let expected = project.read("samples/hello/expected.txt");
    assert!(
        expected.contains("4 bytes  sha256:27dd8ed44a83  from-two/file\n"),
        "{expected}"
    );
    // The same folder with other content is another result.
    project.write("samples/hello/sources/two/file", "TWO\n");
    project
        .test(&[])
        .ends_with(1)
        .says("from-two/file\n+   rw-r--r--    4 bytes  sha256:");
}

#[test]
fn a_phase_that_fails_is_a_result_too() {
    let project = Project::new("fails_with_explanation", DESCRIPTOR);
    project.write("samples/hello/env", "CASE=build-application\n");
    project.test(&["--accept"]).ends_with(0);
    let expected = project.read("samples/hello/expected.txt");
    assert!(
        expected.contains("\nBuild: fails with status 1\n  [Error: The buildpack's component says"),
        "{expected}"
    );
    assert!(
        expected.contains("\n  | The guest's first line\n  | and its second\n"),
        "{expected}"
    );
    let project = Project::new("detects_nothing", DESCRIPTOR);
    project.test(&["--accept"]).ends_with(0);
    let expected = project.read("samples/hello/expected.txt");
    assert!(
        expected.starts_with("Detect: does not take part\n"),
        "{expected}"
    );
}

#[test]
fn a_project_without_samples_is_told_to_make_one() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    std::fs::remove_dir_all(project.dir().join("samples")).unwrap();
    project
        .test(&[])
        .ends_with(1)
        .complains("put an application into samples/NAME/app.");
}
