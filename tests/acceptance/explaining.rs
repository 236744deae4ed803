//! Tests what the tool answers about a buildpack: every line is right, it needs no token, and it opens no connection
//! without `--ask`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tests::app;
use tests::lifecycle::Lifecycle;

use crate::world::{TOKEN, World, guest};

/// Runs the tool with a world's buildpack.
fn ask(lifecycle: &Lifecycle, arguments: &[&str], temp: &Path) -> Output {
    let mut command = package::trial::tool().unwrap();
    command.env("TMPDIR", temp).args(arguments);
    command.arg("--buildpack").arg(lifecycle.buildpack_dir());
    command.output().unwrap()
}

/// Returns the answer as JSON, after checks that it contains no token and leaves no files.
fn answer(lifecycle: &Lifecycle, app: Option<&Path>) -> Value {
    answer_with(lifecycle, app, &[])
}

/// Returns the answer to a question with `--ask`.
fn answer_asking(lifecycle: &Lifecycle) -> Value {
    answer_with(lifecycle, Some(&app::sample()), &["--ask"])
}

fn answer_with(lifecycle: &Lifecycle, app: Option<&Path>, more: &[&str]) -> Value {
    let temp = tempfile::tempdir().unwrap();
    let platform = lifecycle.platform_dir().display().to_string();
    let mut arguments = vec!["explain", "--format", "json", "--platform", &platform];
    arguments.extend(more);
    let app = app.map(|app| app.display().to_string());
    if let Some(app) = &app {
        arguments.extend(["--app", app]);
    }
    let output = ask(lifecycle, &arguments, temp.path());
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(
        !text.contains(TOKEN) && !errors.contains(TOKEN),
        "{text}{errors}"
    );
    assert_eq!(
        fs::read_dir(temp.path()).unwrap().count(),
        0,
        "a dry run has left something"
    );
    serde_json::from_str(&text).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    let list = value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is no list"));
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn what_a_build_would_do_is_said_and_nobody_is_asked() {
    let world = World::sample();
    let said = answer(&world.lifecycle, Some(&app::sample()));
    assert_eq!(world.server.requests().len(), 0);

    assert_eq!(said["buildpack"], "planqk-buildpacks/job-template@0.1.0");
    assert_eq!(said["policy"], Value::Null);
    assert_eq!(said["denied"], Value::Array(Vec::new()));
    let source = &said["sources"][0];
    assert_eq!(source["name"], "job-template");
    assert_eq!(source["url"], world.server.url(crate::world::PATH));
    assert_eq!(source["revision"], "main");
    assert_eq!(source["chosen_by"], Value::Null);
    assert_eq!(source["subpath"], "job-template");
    assert_eq!(
        texts(&source["credential_from"]),
        ["a binding of type 'gitlab'", "variable BP_GITLAB_TOKEN"]
    );
    assert_eq!(source["credential_found"], "variable BP_GITLAB_TOKEN");
    assert_eq!(source["credential_goes_to"], world.server.origin());
    assert_eq!(source["problem"], Value::Null);
    assert_eq!(said["detect"]["status"], 0);
    let build = &said["build"];
    assert_eq!(build["problem"], Value::Null);
    assert_eq!(build["layers"][0]["name"], "job-template");
    assert_eq!(build["layers"][0]["launch"], true);
    assert_eq!(build["layers"][0]["build"], false);
    assert_eq!(build["layers"][0]["contents"][0]["source"], "job-template");

    // A build then has the sandbox and the image that the answer describes.
    let ended = world.build();
    let held = format!("Sandbox: {}", said["sandbox"]["held"].as_str().unwrap());
    assert!(ended.output().contains(&held), "{held}\n{}", ended.output());
    // Everything but the receipt, which describes what was fetched.
    let launch = world.layer_file("launch.toml");
    let (label, rest) = launch.split_once("\n\n").unwrap();
    assert!(label.contains(&world.receipt()), "{label}");
    assert_eq!(build["launch"], rest);
    let plan = fs::read_to_string(world.lifecycle.build_plan_path()).unwrap_or_default();
    if !plan.is_empty() {
        assert_eq!(said["detect"]["plan"], plan);
    }
}

#[test]
fn who_asks_gets_what_a_build_would_take_and_nothing_is_written() {
    let world = World::sample();
    let (before, buildpack) = (world.layers(), world.lifecycle.buildpack_dir());
    let as_it_was = tests::folder::snapshot(&buildpack).unwrap();
    let said = answer_asking(&world.lifecycle);
    let requests = world.server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization").is_some())
    );
    assert_eq!(world.layers(), before);
    assert_eq!(tests::folder::snapshot(&buildpack).unwrap(), as_it_was);

    let source = &said["sources"][0];
    assert_eq!(source["problem"], Value::Null);
    let taken = &source["asked"]["taken"];
    assert_eq!(taken["commit"], world.repository.id("main").unwrap());
    let tree = world.repository.id("main:job-template").unwrap();
    assert_eq!(taken["tree"], tree);
    assert_eq!(taken["lfs_pointers"], 0);
    // A build then fetches the same, with as many requests.
    let ended = world.build();
    assert_eq!(world.server.requests().len(), 2 * requests.len());
    let files = taken["files"].as_u64().unwrap();
    let line = format!(
        "{files} files, {}, of commit",
        report::bytes(taken["bytes"].as_u64().unwrap())
    );
    assert!(ended.output().contains(&line), "{line}\n{}", ended.output());
    assert!(world.layer_file("job-template.toml").contains(&tree));
}

#[test]
fn who_asks_is_told_the_error_that_a_build_would_end_with() {
    let world = World::sample();
    for (name, value, title) in [
        (
            "BP_JOB_TEMPLATE_REF",
            "no-such-branch",
            "could not be fetched",
        ),
        ("BP_GITLAB_TOKEN", "another", "refused the credential"),
    ] {
        world.lifecycle.platform_variable(name, value).unwrap();
        let said = answer_asking(&world.lifecycle);
        let refused = said["sources"][0]["asked"]["refused"].as_str().unwrap();
        assert!(
            refused.starts_with("[Error: ") && refused.contains(title),
            "{refused}"
        );
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stderr), refused);
        assert_eq!(world.layers(), []);
    }
    // Without a credential, no server is asked.
    let world = World::without_token();
    let source = &answer_asking(&world.lifecycle)["sources"][0];
    assert_eq!(source["asked"], Value::Null);
    assert!(
        source["problem"]
            .as_str()
            .unwrap()
            .contains("BP_GITLAB_TOKEN")
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn who_asks_in_words_is_answered_in_lines() {
    let world = World::sample();
    let temp = tempfile::tempdir().unwrap();
    let platform = world.lifecycle.platform_dir().display().to_string();
    let output = ask(
        &world.lifecycle,
        &["explain", "--ask", "--platform", &platform],
        temp.path(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let commit = world.repository.id("main").unwrap();
    let line = format!("    commit {commit}, tree ");
    assert!(
        text.contains("  asked just now: a build would take 11 files, 7.5 kB\n"),
        "{text}"
    );
    assert!(text.contains(&line) && !text.contains(TOKEN), "{text}");
    assert!(!text.contains("signing in"), "{text}");
}

#[test]
fn what_the_application_chooses_and_what_is_missing_is_said() {
    let world = World::without_token();
    world
        .lifecycle
        .platform_variable("BP_JOB_TEMPLATE_REF", "v1")
        .unwrap();
    let said = answer(&world.lifecycle, None);
    let source = &said["sources"][0];
    assert_eq!(source["revision"], "v1");
    assert_eq!(source["chosen_by"], "BP_JOB_TEMPLATE_REF");
    assert_eq!(source["credential_found"], Value::Null);
    assert_eq!(source["credential_goes_to"], Value::Null);
    assert!(
        source["problem"]
            .as_str()
            .unwrap()
            .contains("BP_GITLAB_TOKEN")
    );
    // Without an application, the sandbox is still tried.
    assert!(
        said["sandbox"]["held"]
            .as_str()
            .unwrap()
            .contains("Landlock")
            || said["sandbox"]["means"] != ""
    );
    assert_eq!(
        (&said["detect"], &said["build"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn an_application_that_is_none_is_an_answer_and_no_error() {
    let world = World::sample();
    let empty = tempfile::tempdir().unwrap();
    let said = answer(&world.lifecycle, Some(empty.path()));
    assert_eq!(said["detect"]["status"], 100);
    let traps = guest("traps", "build");
    let said = answer(&traps, Some(&app::sample()));
    assert!(
        said["build"]["problem"]
            .as_str()
            .unwrap()
            .contains("component trapped"),
        "{said}"
    );
}

#[test]
fn a_component_is_told_by_its_digests_and_by_what_it_asks_for() {
    let world = World::sample();
    let temp = tempfile::tempdir().unwrap();
    let output = ask(
        &world.lifecycle,
        &["inspect", "--format", "json"],
        temp.path(),
    );
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, file) in [
        ("component_sha256", "guest.wasm"),
        ("artifact_sha256", "guest.cwasm"),
        ("host_sha256", "bin/detect"),
    ] {
        assert_eq!(
            said[key],
            sha256(&world.lifecycle.buildpack_dir().join(file)),
            "{key}"
        );
    }
    assert_eq!(texts(&said["exports"]), ["detect", "build"]);
    let imports = texts(&said["imports"]);
    let log = "wasm-buildpacks:buildpack/log@";
    assert!(
        imports.iter().any(|name| name.starts_with(log)),
        "{imports:?}"
    );
    for forbidden in ["sockets", "http"] {
        assert!(
            imports.iter().all(|name| !name.contains(forbidden)),
            "{imports:?}"
        );
    }
}

/// Computes a digest with another program than the host.
fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

#[test]
fn text_says_the_same_in_lines() {
    let world = World::sample();
    let temp = tempfile::tempdir().unwrap();
    let (app, platform) = (app::sample(), world.lifecycle.platform_dir());
    let (app, platform) = (app.display().to_string(), platform.display().to_string());
    let output = ask(
        &world.lifecycle,
        &["explain", "--app", &app, "--platform", &platform],
        temp.path(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "Operator's policy: none",
        "Source 'job-template': http",
        "  the folder job-template at main",
        "    found in variable BP_GITLAB_TOKEN; it goes to http",
        "Detect: takes part",
        "    fetches source 'job-template' into job-template",
        "  exports: detect, build",
    ] {
        assert!(
            text.lines().any(|found| found.starts_with(line)),
            "{line}\n{text}"
        );
    }
    assert!(!text.contains(TOKEN), "{text}");
}

#[test]
fn a_host_under_another_name_says_who_calls_it_and_what_answers() {
    let host = package::trial::host().unwrap();
    for arguments in [&["explain", "--verbose"][..], &["what"], &[]] {
        let output = Command::new(host).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            text.contains("wasm-buildpack explain --buildpack DIR"),
            "{text}"
        );
    }
}

#[test]
fn the_host_of_a_buildpack_is_not_run_and_the_answer_says_which_one_was() {
    let world = World::sample();
    let temp = tempfile::tempdir().unwrap();
    let detect = world.lifecycle.buildpack_dir().join("bin/detect");
    let ran = temp.path().join("ran");
    fs::remove_file(&detect).unwrap();
    fs::write(&detect, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    fs::set_permissions(&detect, fs::Permissions::from_mode(0o755)).unwrap();
    let output = ask(&world.lifecycle, &["explain"], temp.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let line = format!(
        "Another host ran here, the one of this tool: SHA-256 {}",
        sha256(package::trial::host().unwrap())
    );
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    assert!(!ran.exists(), "the buildpack's own program ran");
}

/// The package's artifact is native code and could be anything. Here it is the one of another component, which traps.
#[test]
fn the_compiled_component_of_a_buildpack_is_not_run_and_the_answer_says_so() {
    let (world, other) = (World::sample(), guest("traps", "build"));
    let (dir, others) = (world.lifecycle.buildpack_dir(), other.buildpack_dir());
    let text = |dir: &Path, file: &str| fs::read_to_string(dir.join(file)).unwrap();
    let mut record: toml::Table = text(&others, "artifact.toml").parse().unwrap();
    let own: toml::Table = text(&dir, "artifact.toml").parse().unwrap();
    let component = own["component-sha256"].clone();
    record.insert("component-sha256".to_owned(), component);
    let own = sha256(&dir.join("guest.cwasm"));
    for (file, bytes) in [
        ("artifact.toml", record.to_string().into_bytes()),
        ("guest.cwasm", fs::read(others.join("guest.cwasm")).unwrap()),
    ] {
        // The copy may be a hard link.
        fs::remove_file(dir.join(file)).unwrap();
        fs::write(dir.join(file), bytes).unwrap();
    }
    let said = answer(&world.lifecycle, Some(&app::sample()));
    assert_eq!(said["artifact_sha256"], sha256(&others.join("guest.cwasm")));
    assert_eq!(said["own_artifact_sha256"], own);
    assert_eq!(said["detect"]["status"], 0, "{said}");
    assert_eq!(said["build"]["problem"], Value::Null, "{said}");
    let temp = tempfile::tempdir().unwrap();
    let output = ask(&world.lifecycle, &["inspect"], temp.path());
    let text = String::from_utf8(output.stdout).unwrap();
    let line = format!(
        "  this tool compiles another one of the component, and uses only that: SHA-256 {own}\n"
    );
    assert!(text.contains(&line), "{text}");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn a_buildpack_that_turns_the_sandbox_off_is_looked_at_in_the_sandbox() {
    let world = World::sample();
    let lifecycle = &world.lifecycle;
    lifecycle
        .platform_variable("BP_LOG_LEVEL", "debug")
        .unwrap();
    let before = answer(lifecycle, Some(&app::sample()));
    let off = "[metadata]\nsandbox = \"off\"\n";
    lifecycle.edit_descriptor("[metadata]\n", off).unwrap();
    let said = answer(lifecycle, Some(&app::sample()));
    let sandbox = &said["sandbox"];
    assert_eq!(
        (&sandbox["asked"], &sandbox["used"]),
        (&"off".into(), &"prefer".into())
    );
    assert_eq!(sandbox["held"], before["sandbox"]["held"]);
    // Detect runs in another process than build.
    let line = format!("Sandbox: {}", sandbox["held"].as_str().unwrap());
    let detect = said["detect"]["said"].as_str().unwrap();
    assert!(detect.contains(&line), "{line}\n{detect}");
    let temp = tempfile::tempdir().unwrap();
    let output = ask(lifecycle, &["explain"], temp.path());
    let text = String::from_utf8(output.stdout).unwrap();
    let line = "  a build runs without it, as asked; here the component ran with it: prefer\n";
    assert!(text.contains(line), "{text}");
    // The package is as it was: a build does as asked.
    let ended = world.build();
    assert!(
        ended.output().contains("Sandbox: wasm-only"),
        "{}",
        ended.output()
    );
}

#[test]
fn a_pipe_in_a_package_is_refused_and_nothing_waits_for_it() {
    for file in ["guest.wasm", "guest.cwasm", "artifact.toml", "bin/detect"] {
        let world = World::sample();
        let temp = tempfile::tempdir().unwrap();
        let place = world.lifecycle.buildpack_dir().join(file);
        fs::remove_file(&place).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&place)
                .status()
                .unwrap()
                .success()
        );
        let output = ask(&world.lifecycle, &["inspect"], temp.path());
        assert_eq!(output.status.code(), Some(1), "{file}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("it is not a regular file"), "{text}");
    }
}

#[test]
fn an_error_has_the_hosts_form_and_status() {
    let world = World::sample();
    let temp = tempfile::tempdir().unwrap();
    let descriptor = world.lifecycle.buildpack_dir().join("buildpack.toml");
    fs::write(descriptor, "api = 1").unwrap();
    let output = ask(&world.lifecycle, &["inspect"], temp.path());
    assert_eq!(output.status.code(), Some(70));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("[Error: buildpack.toml is broken]"),
        "{text}"
    );
    // The tool has no error of its own without a title and advice.
    let output = package::trial::tool()
        .unwrap()
        .env("WASM_BUILDPACK_ASSETS", "")
        .args(["explain", "--buildpack"])
        .arg(World::sample().lifecycle.buildpack_dir())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let advice = "cargo install --path cli";
    assert!(
        text.starts_with("[Error: ") && text.contains(advice),
        "{text}"
    );
}
