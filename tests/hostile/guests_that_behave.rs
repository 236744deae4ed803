//! Tests guests that keep to the contract: the host writes exactly what they return, to the byte.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use cnb::sha256::Sha256;
use tests::folder::{Kind, snapshot};
use tests::git_server::GitServer;
use tests::lifecycle::Lifecycle;

use crate::trial::{Phase, Trial};

#[test]
fn a_decline_is_100_with_its_reason() {
    let trial = Trial::of("detects_nothing");
    let run = trial.run(Phase::Detect, "none");
    run.declined();
    assert_eq!(run.ended.output(), "| There is nothing to do\n");
    assert!(!run.world.has_build_plan());
    trial.run(Phase::Build, "none").passed();
}

#[test]
fn a_build_plan_is_written_as_it_was_returned() {
    let run = Trial::of("behaves_well").run(Phase::Detect, "none");
    run.passed();
    assert_eq!(run.ended.output(), "| Detecting\n");
    assert_eq!(run.left(), [""; 0]);
    let plan = fs::read_to_string(run.world.build_plan_path()).unwrap();
    assert_eq!(plan, include_str!("expected/build-plan.toml"));
}

#[test]
fn everything_that_a_build_declares_is_written_and_nothing_else() {
    let trial = Trial::of("behaves_well");
    let world = trial.world("none");
    let plan = "[[entries]]\nname = \"cpython\"\n";
    fs::write(world.buildpack_plan_path(), plan).unwrap();
    let run = trial.run_in(world, Phase::Build, "none");
    run.passed();
    let said = ["Building", "Warning: A line that warns"];
    assert_eq!(run.lines()[..2], said);

    let mut expected: BTreeMap<String, String> = [
        ("build.toml", include_str!("expected/build.toml")),
        ("launch.toml", include_str!("expected/launch.toml")),
        ("store.toml", "[metadata]\nbuilds = 1\n"),
        ("tools.toml", include_str!("expected/tools.toml")),
        (
            "tools/env.launch/web/ONLY_WEB",
            "two\nlines = \"quoted\" \u{e9}",
        ),
        ("tools/exec.d/always", "#!/bin/sh\n"),
        ("tools/exec.d/web/only_web", "#!/bin/sh\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    for (folder, prefix) in [
        ("env", "ALL"),
        ("env.build", "BUILD"),
        ("env.launch", "LAUNCH"),
    ] {
        for (file, text) in [
            ("APPEND.append", "value"),
            ("APPEND.delim", ":"),
            ("BARE_APPEND.append", "value"),
            ("DEFAULT.default", "value"),
            ("OVERRIDE", "value"),
            ("PREPEND.delim", ", "),
            ("PREPEND.prepend", "value"),
        ] {
            expected.insert(format!("tools/{folder}/{prefix}_{file}"), text.to_owned());
        }
    }
    assert_eq!(files(&run.world), expected);
}

/// All files of the layers directory. Only programs are executable, and there are no links.
fn files(world: &Lifecycle) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in snapshot(&world.layers_dir()).unwrap() {
        let path = entry.path.to_str().unwrap().to_owned();
        let mode = match &entry.kind {
            Kind::File(_) if !path.contains("/exec.d/") => 0o644,
            _ => 0o755,
        };
        assert_eq!(entry.mode, mode, "{path}");
        match entry.kind {
            Kind::File(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                files.insert(path, without_digests(&text));
            }
            Kind::Folder => {}
            other => panic!("{path} is {other:?}"),
        }
    }
    files
}

/// Replaces each digest by `DIGEST`, and likewise other values that depend on the host, the guest, their compilers or
/// the kernel.
fn without_digests(text: &str) -> String {
    let is_digest = |part: &str| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = text.split('"').map(|part| match part {
        _ if is_digest(part) => "DIGEST",
        "full" | "seccomp-only" | "wasm-only" => "LEVEL",
        _ if part.starts_with("wasmtime ") => "ENGINE",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[test]
fn the_next_build_is_given_the_store_of_the_one_before() {
    let trial = Trial::of("behaves_well");
    let mut world = trial.world("none");
    for builds in 1..=3 {
        let run = trial.run_in(world, Phase::Build, "none");
        run.passed();
        world = run.world;
        let store = fs::read_to_string(world.layers_dir().join("store.toml")).unwrap();
        assert_eq!(store, format!("[metadata]\nbuilds = {builds}\n"));
        // The plan is empty, so nothing is unmet.
        assert!(!world.layers_dir().join("build.toml").exists());
        assert_eq!(world.export().unwrap().added, ["tools"]);
        world.restore().unwrap();
    }
}

#[test]
fn a_component_of_version_0_1_is_called_as_that_version_says() {
    let trial = Trial::of("speaks_version_0_1");
    let run = trial.run(Phase::Detect, "none");
    run.passed();
    assert_eq!(run.lines(), ["detect for linux"]);
    let run = trial.run(Phase::Build, "none");
    run.passed();
    assert_eq!(run.lines(), ["build for linux"]);
    let read = |path: &str| fs::read_to_string(run.world.layers_dir().join(path)).unwrap();
    assert_eq!(read("older/env.launch/OLDER.default"), "yes");
    assert_eq!(read("older/exec.d/tool"), "#!/bin/sh\n");
    assert_eq!(read("store.toml"), "[metadata]\nkept = true\n");
    assert!(read("older.toml").contains("from = \"0.1\""));
    assert!(read("launch.toml").contains("type = \"web\""));
}

#[test]
fn a_component_of_version_0_2_is_called_as_that_version_says() {
    const CONTENT: &[u8] = b"older\n";
    let server = GitServer::options().file("/pub/older.txt", CONTENT);
    let server = server.start().unwrap();
    let source = format!(
        "[metadata.sources.files]\nfiles = \"{}/pub\"\n\n[[metadata.sources.files.file]]\npath = \"older.txt\"\n\
         sha256 = \"{}\"\n\n[metadata.limits]",
        server.origin(),
        Sha256::of(CONTENT)
    );
    let trial = Trial::of("speaks_version_0_2");
    let run = trial.run(Phase::Detect, "none");
    run.passed();
    assert_eq!(run.lines(), ["detect for linux"]);
    let world = trial.world("none");
    world.edit_descriptor("[metadata.limits]", &source).unwrap();
    let run = trial.run_in(world, Phase::Build, "none");
    run.passed();
    assert_eq!(run.lines(), ["build for linux"]);
    let path = |path: &str| run.world.layers_dir().join(path);
    let read = |file: &str| fs::read_to_string(path(file)).unwrap();
    assert_eq!(read("older/data/older.txt"), "older\n");
    let mode = |file: &str| fs::metadata(path(file)).unwrap().permissions().mode();
    assert_eq!(mode("older/bin/tool") & 0o777, 0o755);
    assert_eq!(mode("older/bin/data") & 0o111, 0);
    assert_eq!(read("older/env.launch/OLDER.default"), "yes");
    assert_eq!(read("older/exec.d/tool"), "#!/bin/sh\n");
    assert_eq!(read("store.toml"), "[metadata]\nkept = true\n");
    assert!(read("older.toml").contains("from = \"0.2\""));
    assert!(read("launch.toml").contains("type = \"web\""));
}

#[test]
fn a_declared_executable_is_one_and_other_files_are_not() {
    let trial = Trial::of("declares_executables");
    let run = trial.run(Phase::Build, "good");
    run.passed();
    let mode = |path: &str| {
        let path = run.world.layers_dir().join("tools").join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("bin/tool"), 0o755);
    assert_eq!(mode("share/data") & 0o111, 0);
    // Two files and their two folders.
    let own = "4 files, folders and links (24 bytes) written by the component";
    assert!(run.said().contains(own), "{}", run.said());
}
