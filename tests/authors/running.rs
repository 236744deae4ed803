//! `run`: both phases on an application, folders in place of sources, and the start of a process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use package::trial::DESCRIPTOR;
use serde_json::{Value, json};

use crate::tool::{Project, call, of_scripts};

/// A descriptor with the sources `one` and `two`, on servers that do not exist.
pub(crate) const TWO_SOURCES: &str = r#"
api = "0.10"

[buildpack]
id = "tests/guest"
version = "0.0.1"
clear-env = true

[metadata]
variables = ["CASE"]

[metadata.sources.one]
git = "https://template.invalid/one.git"
ref = "main"
subpath = "folder"
credential = "token"

[metadata.sources.two]
git = "https://template.invalid/two.git"
ref = "v2"
subpath = "other"

[metadata.credentials.token]
env = "BP_TEST_TOKEN"
"#;

#[test]
fn both_phases_run_and_what_they_made_is_shown() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    project
        .run(&[])
        .ends_with(0)
        .says("== Detect\n| Detecting\n== Build\n")
        .says("  | Warning: A line that warns\n")
        .says("\n== Result\nPlan\n  provides tools\n  requires cpython {\"launch\":true")
        .says("\nLayer tools (build, launch)\n")
        .says("\n  web (default): python -m app, with arguments --port 8080\n");
    let left = project.dir().read_dir().unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["buildpack.toml", "samples", "target"]);
}

#[test]
fn a_program_gets_what_the_phases_said_and_made_as_json() {
    let project = Project::new("behaves_well", DESCRIPTOR);
    let called = project.run(&["--format", "json"]).ends_with(0);
    let said: Value = serde_json::from_str(called.stdout()).unwrap();
    assert_eq!(said["detect"]["status"], 0);
    assert_eq!(said["detect"]["log"], json!(["| Detecting"]));
    let log = said["build"]["log"].as_array().unwrap();
    assert!(
        log.contains(&"  | Warning: A line that warns".into()),
        "{log:?}"
    );
    assert_eq!(said["build"]["error"], json!([]));
    assert_eq!(said["required-of-others"], json!([]));
    let made = &said["made"];
    assert_eq!(made["plan"][0]["provides"], json!([{"name": "tools"}]));
    let layer = &made["layers"]["tools"];
    assert_eq!(layer["types"], json!(["build", "launch"]));
    let change = json!({
        "scope": "all", "process": null, "name": "ALL_PREPEND", "mode": "prepend",
        "value": "value", "delimiter": ", ",
    });
    let env = layer["env"].as_array().unwrap();
    assert!(env.contains(&change), "{env:?}");
    let entries = layer["entries"].as_array().unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry["path"] == "exec.d/always");
    let entry = entry.unwrap();
    assert_eq!(
        (&entry["kind"], &entry["mode"], &entry["size"]),
        (&"file".into(), &"755".into(), &10.into())
    );
    assert!(
        entry["sha256"]
            .as_str()
            .unwrap()
            .starts_with("a8076d3d28d2")
    );
    assert_eq!(
        made["processes"][0]["command"],
        json!(["python", "-m", "app"])
    );
    assert_eq!(
        made["labels"],
        json!([{"key": "org.example.tools", "value": "value"}])
    );
    assert_eq!(made["store"], json!({"builds": 1}));
    assert_eq!(said["kept"], Value::Null);
}

#[test]
fn a_program_gets_the_error_of_a_phase_and_no_result() {
    let project = Project::new("fails_with_explanation", DESCRIPTOR);
    let called = project
        .run(&["--format", "json", "--env", "CASE=build-application"])
        .ends_with(1);
    let said: Value = serde_json::from_str(called.stdout()).unwrap();
    assert_eq!(
        (&said["detect"]["status"], &said["build"]["status"]),
        (&0.into(), &1.into())
    );
    let title = said["build"]["error"][0].as_str().unwrap();
    assert!(
        title.starts_with("[Error: The buildpack's component says"),
        "{title}"
    );
    assert_eq!(said["made"], Value::Null);
    let project = Project::new("detects_nothing", DESCRIPTOR);
    let called = project.run(&["--format", "json"]).ends_with(100);
    let said: Value = serde_json::from_str(called.stdout()).unwrap();
    assert_eq!(
        (&said["detect"]["status"], &said["build"]),
        (&100.into(), &Value::Null)
    );
    project
        .run(&["--format", "json", "--start"])
        .ends_with(1)
        .complains("--start and --format json can't be used together");
}

#[test]
fn folders_take_the_place_of_sources_and_no_server_is_asked() {
    let project = Project::new("declares_three_layers", TWO_SOURCES);
    project.write("one/deep/er/program", "#!/bin/sh\n");
    project.write("one/.git/config", "not content");
    project.write("second/text", "text\n");
    let program = project.dir().join("one/deep/er/program");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let second = project.dir().join("second");
    let second = format!("two={}", second.display());
    let options = [
        "--env",
        "CASE=apart",
        "--source",
        "one=one",
        "--source",
        &second,
    ];
    let called = project
        .run(&options)
        .ends_with(0)
        .says("Source 'one': comes with this package, at main; no server is asked\n")
        .says("Source 'two': comes with this package, at v2; no server is asked\n")
        .says("\nLayer one-b (launch)\n")
        .says("\n  rwxr-xr-x   10 bytes  from-one/deep/er/program\n")
        .says("\n  rw-r--r--    5 bytes  from-two/text\n");
    assert!(!called.stdout().contains("config"), "{}", called.stdout());
}

#[test]
fn a_folder_for_an_unknown_source_is_refused_and_the_declared_ones_are_named() {
    let project = Project::new("declares_three_layers", TWO_SOURCES);
    project.write("folder/file", "");
    project
        .run(&["--source", "three=folder"])
        .ends_with(1)
        .complains("buildpack.toml declares no source 'three'")
        .complains("Name one of its sources: one, two.");
    project
        .run(&["--source", "one=missing"])
        .ends_with(1)
        .complains("cannot take the place of source 'one': 'missing'")
        .complains("This is not a directory.");
}

#[test]
fn a_phase_that_fails_shows_the_hosts_message_and_gives_its_status() {
    let project = Project::new("fails_with_explanation", DESCRIPTOR);
    for (case, head) in [
        ("detect-application", "== Detect"),
        ("build-application", "== Build"),
    ] {
        let called = project
            .run(&["--env", &format!("CASE={case}")])
            .ends_with(1)
            .complains("[Error: The buildpack's component says")
            .complains("| The guest's first line | and its second");
        let last = called.stdout().lines().rfind(|line| line.starts_with("=="));
        assert_eq!(last, Some(head), "{}", called.stdout());
    }
    let project = Project::new("panics", DESCRIPTOR);
    project.run(&["--env", "CASE=detect"]).ends_with(80);
}

/// The tool closes the network in a component that imports it.
#[test]
fn a_call_of_the_closed_network_is_named_in_the_log_and_ends_the_phase() {
    let project = Project::new("opens_a_socket", DESCRIPTOR);
    for (way, function) in [
        ("connection", "tcp-create-socket@"),
        ("packets", "udp-create-socket@"),
        ("name", "instance-network@"),
    ] {
        for phase in ["detect", "build"] {
            project
                .run(&["--env", &format!("CASE={phase}-{way}")])
                .ends_with(80)
                .says(&format!(
                    "| Warning: The component called 'wasi:sockets/{function}"
                ))
                .says("', and a component has no network.\n")
                .complains("(component-trap)");
        }
    }
    project
        .run(&["--env", "CASE=build-nothing"])
        .ends_with(0)
        .complains("closed, because a component has no network: wasi:sockets/");
}

#[test]
fn an_application_that_the_buildpack_leaves_alone_gives_status_100() {
    let project = Project::new("detects_nothing", DESCRIPTOR);
    project
        .run(&[])
        .ends_with(100)
        .says("The buildpack does not take part.\n");
}

#[test]
fn a_process_starts_in_its_layers_environment_and_its_status_is_passed_on() {
    let build = r#"
mkdir -p "$1/tools/bin" "$1/tools/env.launch"
printf '#!/bin/sh\necho "the tool in $PWD, $COLOUR"\nexit "$1"\n' > "$1/tools/bin/tool"
chmod 755 "$1/tools/bin/tool"
printf green > "$1/tools/env.launch/COLOUR.default"
printf '[types]\nlaunch = true\n' > "$1/tools.toml"
cat > "$1/launch.toml" <<END
[[processes]]
type = "web"
command = ["tool"]
args = ["7"]
default = true
[[processes]]
type = "worker"
command = ["tool", "9"]
END
"#;
    let buildpack = of_scripts("", build);
    let run = |options: &[&str]| {
        let run = ["run", ".", "--app", "app", "--start"];
        call(buildpack.path(), &[&run, options].concat())
    };
    let called = run(&[]).ends_with(7).says("/workspace, green\n");
    let place = called.stdout().rsplit_once("the tool in ").unwrap().1;
    let world = PathBuf::from(place.split_once("/workspace").unwrap().0);
    assert!(!world.exists(), "{} is left", world.display());
    run(&["worker"]).ends_with(9);
    run(&["nightly"])
        .ends_with(1)
        .complains("The build made no process 'nightly'")
        .complains("web, worker");
}

#[test]
fn layers_are_kept_if_that_is_asked_for() {
    let build = "mkdir -p \"$1/tools\"; echo content > \"$1/tools/file\"\n";
    let buildpack = of_scripts("", build);
    let called = call(buildpack.path(), &["run", "--app", "app", "--keep"]).ends_with(0);
    let kept = called.stdout().lines().last().unwrap();
    let kept = PathBuf::from(kept.strip_prefix("Kept: ").unwrap());
    let file = "layers/tests_scripts/tools/file";
    assert_eq!(fs::read_to_string(kept.join(file)).unwrap(), "content\n");
    fs::remove_dir_all(kept).unwrap();
    let run = ["run", "--app", "app", "--keep", "--format", "json"];
    let called = call(buildpack.path(), &run).ends_with(0);
    let said: Value = serde_json::from_str(called.stdout()).unwrap();
    let kept = PathBuf::from(said["kept"].as_str().unwrap());
    assert!(kept.join(file).is_file(), "{}", kept.display());
    fs::remove_dir_all(kept).unwrap();
}

#[test]
fn without_an_application_or_a_buildpack_the_message_names_what_is_missing() {
    let buildpack = of_scripts("", "");
    call(buildpack.path(), &["run", "--app", "nowhere"])
        .ends_with(1)
        .complains("The application is not a directory: 'nowhere'");
    call(&buildpack.path().join("app"), &["run", "--app", "."])
        .ends_with(1)
        .complains("buildpack.toml");
    // The application is missed before a build, which may take long.
    let project = Project::new("behaves_well", DESCRIPTOR);
    call(project.dir(), &["run", "--app", "nowhere"])
        .ends_with(1)
        .complains("The application is not a directory: 'nowhere'");
    for command in ["inspect", "explain"] {
        call(project.dir(), &[command, "--buildpack", "target/buildpack"])
            .ends_with(1)
            .complains("The buildpack directory does not exist: 'target/buildpack'")
            .complains("'wasm-buildpack build' makes one");
    }
}
