use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::folder::{Entry, Kind, paths, snapshot};
use crate::search::Canary;

/// A buildpack of two shell scripts.
struct Scripts(TempDir);

impl Scripts {
    fn new(detect: &str, build: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, script) in [("detect", detect), ("build", build)] {
            let script = format!("#!/bin/sh\n{script}\n");
            folder::write_program(&bin.join(name), script.as_bytes()).unwrap();
        }
        fs::write(
            folder.path().join("buildpack.toml"),
            "api = \"0.10\"\n[buildpack]\nid = \"some/scripts\"\nversion = \"1.2.3\"\nclear-env = true\n\
             sbom-formats = [\"application/vnd.cyclonedx+json;version=1.6\"]\n",
        )
        .unwrap();
        Self(folder)
    }

    fn lifecycle(&self) -> Lifecycle {
        Lifecycle::new(self.0.path()).unwrap()
    }
}

fn lines(ended: &Ended) -> Vec<String> {
    ended.output().lines().map(str::to_owned).collect()
}

#[test]
fn detect_gets_what_the_lifecycle_gives() {
    let scripts = Scripts::new("pwd; echo \"$@\"; env | sort", "");
    let lifecycle = scripts.lifecycle();
    lifecycle.platform_variable("BP_SECRET", "hidden").unwrap();
    let ended = lifecycle.detect().unwrap();
    assert_eq!(ended.code, Some(0));
    let world = lifecycle.world().display();
    let lines = lines(&ended);
    assert_eq!(lines[0], format!("{world}/workspace"));
    assert_eq!(
        lines[1],
        format!("{world}/platform {world}/plan/build-plan.toml")
    );
    let mut names: Vec<_> = lines[2..]
        .iter()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    // The shell sets these itself.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(
        names,
        [
            "CNB_BUILDPACK_DIR",
            "CNB_BUILD_PLAN_PATH",
            "CNB_PLATFORM_DIR",
            "CNB_TARGET_ARCH",
            "CNB_TARGET_DISTRO_NAME",
            "CNB_TARGET_DISTRO_VERSION",
            "CNB_TARGET_OS",
            "HOME",
            "PATH",
        ]
    );
    let expected = format!("CNB_BUILDPACK_DIR={world}/buildpacks/some_scripts/1.2.3");
    assert!(lines.contains(&expected), "{lines:?}");
}

#[test]
fn build_gets_layers_and_plan_and_may_write_as_a_user_who_is_not_root() {
    let scripts = Scripts::new(
        "",
        "echo \"$@\"; echo $CNB_LAYERS_DIR $CNB_BP_PLAN_PATH; id -u; id -G; touch $CNB_LAYERS_DIR/x",
    );
    let lifecycle = scripts.lifecycle();
    let ended = lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.output());
    let lines = lines(&ended);
    let (layers, plan) = (lifecycle.layers_dir(), lifecycle.buildpack_plan_path());
    let (layers_text, plan) = (layers.display(), plan.display());
    assert_eq!(
        lines[0],
        format!(
            "{layers_text} {} {plan}",
            lifecycle.platform_dir().display()
        )
    );
    assert_eq!(lines[1], format!("{layers_text} {plan}"));
    assert_ne!(lines[2], "0");
    assert!(!lines[3].split(' ').any(|group| group == "0"), "{lines:?}");
    assert_eq!(paths(&snapshot(&layers).unwrap()), ["x"]);
}

#[test]
fn variables_of_the_platform_reach_the_process_only_without_clear_env() {
    let scripts = Scripts::new("env; cat $CNB_PLATFORM_DIR/env/BP_COLOUR", "");
    let mut lifecycle = scripts.lifecycle();
    lifecycle.platform_variable("BP_COLOUR", "blue").unwrap();
    lifecycle.variable("OPERATOR", "set");
    let cleared = lifecycle.detect().unwrap().output();
    assert!(
        !cleared.contains("BP_COLOUR=") && cleared.ends_with("blue"),
        "{cleared}"
    );
    assert!(cleared.contains("OPERATOR=set"));
    lifecycle
        .edit_descriptor("clear-env = true", "clear-env = false")
        .unwrap();
    assert!(
        lifecycle
            .detect()
            .unwrap()
            .output()
            .contains("BP_COLOUR=blue")
    );
    assert!(lifecycle.edit_descriptor("not there", "").is_err());
}

#[test]
fn codes_signals_and_both_outputs_come_back() {
    let scripts = Scripts::new("echo out; echo err >&2; exit 100", "kill -9 $$");
    let lifecycle = scripts.lifecycle();
    let detect = lifecycle.detect().unwrap();
    assert_eq!((detect.code, detect.signal), (Some(100), None));
    assert_eq!(
        (detect.stdout, detect.stderr),
        (b"out\n".to_vec(), b"err\n".to_vec())
    );
    let build = lifecycle.build().unwrap();
    assert_eq!((build.code, build.signal), (None, Some(9)));
}

#[test]
fn a_phase_that_hangs_is_an_error_and_its_children_end_too() {
    // The pipe stays open until the last process ends, so without a kill this test would hang too.
    let scripts = Scripts::new(
        "echo waiting; sh -c 'read line < /proc/self/fd/9' 9<>/dev/null & sleep 1000",
        "",
    );
    let mut lifecycle = scripts.lifecycle();
    // A busy machine prints the first line late.
    let mut errors = [300, 3_000, 30_000].into_iter().map(|millis| {
        let timeout = Duration::from_millis(millis);
        lifecycle.timeout(timeout);
        let error = format!("{:#}", lifecycle.detect().unwrap_err());
        assert!(
            error.contains(&format!("did not end within {timeout:?}")),
            "{error}"
        );
        error
    });
    assert!(errors.any(|error| error.contains("waiting")));
}

#[test]
fn the_umask_is_the_one_asked_for() {
    let scripts = Scripts::new("", "touch $CNB_LAYERS_DIR/file");
    for (umask, expected) in [(None, 0o644), (Some(0o077), 0o600), (Some(0), 0o666)] {
        let mut lifecycle = scripts.lifecycle();
        if let Some(umask) = umask {
            lifecycle.umask(umask);
        }
        lifecycle.build().unwrap();
        assert_eq!(snapshot(&lifecycle.layers_dir()).unwrap()[0].mode, expected);
    }
}

#[test]
fn a_watched_phase_shows_the_processes_that_it_starts() {
    let script =
        "TOKEN=canary-0123456789 sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; exit 0";
    let scripts = Scripts::new(script, "");
    let mut lifecycle = scripts.lifecycle();
    assert!(lifecycle.detect().unwrap().processes.is_empty());
    lifecycle.watch();
    // On a busy machine, polling can miss it.
    let mut seen = (0..20).map(|_| {
        let ended = lifecycle.detect().unwrap();
        Canary::new("canary-0123456789").in_processes(&ended.processes)
    });
    assert!(seen.any(|places| {
        places
            .iter()
            .any(|place| place.starts_with("environment of"))
    }));
}

const LAYERS: &str = r#"
cd "$CNB_LAYERS_DIR"
layer() { mkdir -p $1; echo $1 > $1/file; printf '[types]\n%s\n[metadata]\nname = "%s"\n' "$2" $1 > $1.toml; }
layer kept "launch = true"
layer both "launch = true
cache = true"
layer for-build "build = true"
layer for-both "launch = true
build = true"
echo '{}' > kept.sbom.cdx.json
echo '[metadata]' > store.toml
echo '[[processes]]
type = "web"
command = ["true"]' > launch.toml
"#;

#[test]
fn the_next_build_finds_what_the_lifecycle_restores() {
    let scripts = Scripts::new("", LAYERS);
    let lifecycle = scripts.lifecycle();
    lifecycle.build().unwrap();
    let exported = lifecycle.export().unwrap();
    assert_eq!(exported.added, ["both", "for-both", "kept"]);
    assert_eq!(exported.cached, ["both"]);
    lifecycle.restore().unwrap();
    let restored = snapshot(&lifecycle.layers_dir()).unwrap();
    assert_eq!(
        paths(&restored),
        [
            "both",
            "both/file",
            "both.toml",
            "kept.sbom.cdx.json",
            "kept.toml",
            "store.toml"
        ]
    );
    let kept = fs::read_to_string(lifecycle.layers_dir().join("kept.toml")).unwrap();
    assert_eq!(kept, "[metadata]\nname = \"kept\"\n");
}

#[test]
fn a_bill_of_an_undeclared_format_fails_whoever_wrote_it() {
    let scripts = Scripts::new("", LAYERS);
    let mut lifecycle = scripts.lifecycle();
    lifecycle.build().unwrap();
    lifecycle.export().unwrap();
    // It is restored with the layer, for a buildpack that declares no format and writes none.
    let other = Scripts::new("", LAYERS.split("echo '{}'").next().unwrap());
    let file = other.0.path().join("buildpack.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.split("sbom-formats").next().unwrap();
    fs::write(&file, text.replace("1.2.3", "0.0.1")).unwrap();
    lifecycle.replace_buildpack(other.0.path()).unwrap();
    let rebuild = |lifecycle: &Lifecycle| {
        lifecycle.restore().unwrap();
        assert!(lifecycle.build().unwrap().passed());
        lifecycle.export()
    };
    let error = rebuild(&lifecycle).unwrap_err().to_string();
    assert_eq!(
        error,
        "validating SBOM file 'kept.sbom.cdx.json': undeclared SBOM media type: 'application/vnd.cyclonedx+json'"
    );
    // A bill of materials of the image is not restored, and one of an undeclared layer is not checked.
    let layers_dir = lifecycle.empty_layers().unwrap();
    assert!(lifecycle.build().unwrap().passed());
    fs::write(layers_dir.join("gone.sbom.cdx.json"), "{}").unwrap();
    lifecycle.export().unwrap();
    for file in ["launch.sbom.spdx.json", "kept.sbom.other.json"] {
        fs::write(layers_dir.join(file), "{}").unwrap();
        lifecycle.export().unwrap_err();
        fs::remove_file(layers_dir.join(file)).unwrap();
    }
}

#[test]
fn a_layer_without_a_folder_is_kept_from_the_previous_image_and_only_from_there() {
    let scripts = Scripts::new("", LAYERS);
    let lifecycle = scripts.lifecycle();
    let reuse = |types: &str| {
        lifecycle.empty_layers().unwrap();
        fs::write(
            lifecycle.layers_dir().join("kept.toml"),
            format!("[types]\n{types} = true\n"),
        )
        .unwrap();
        lifecycle.export()
    };
    assert!(format!("{:#}", reuse("launch").unwrap_err()).contains("cannot reuse 'kept'"));
    lifecycle.build().unwrap();
    lifecycle.export().unwrap();
    assert_eq!(reuse("launch").unwrap().reused, ["kept"]);
    lifecycle.mount_image().unwrap();
    assert!(lifecycle.layers_dir().join("kept/file").is_file());
    assert!(format!("{:#}", reuse("cache").unwrap_err()).contains("has no contents"));
}

#[test]
fn an_empty_folder_replaces_the_previous_layer() {
    let scripts = Scripts::new("", LAYERS);
    let lifecycle = scripts.lifecycle();
    lifecycle.build().unwrap();
    lifecycle.export().unwrap();
    lifecycle.empty_layers().unwrap();
    fs::create_dir(lifecycle.layers_dir().join("kept")).unwrap();
    fs::write(
        lifecycle.layers_dir().join("kept.toml"),
        "[types]\nlaunch = true\n",
    )
    .unwrap();
    let exported = lifecycle.export().unwrap();
    assert_eq!(
        (exported.added, exported.reused),
        (vec!["kept".to_owned()], vec![])
    );
    lifecycle.mount_image().unwrap();
    assert!(!lifecycle.layers_dir().join("kept/file").exists());
}

#[test]
fn types_outside_their_table_are_refused_as_the_lifecycle_does() {
    let scripts = Scripts::new("", "");
    let lifecycle = scripts.lifecycle();
    let file = lifecycle.layers_dir().join("a.toml");
    for text in ["launch = true\n", "[types]\nlaunch = \"yes\"\n", "["] {
        fs::write(&file, text).unwrap();
        assert!(lifecycle.export().is_err(), "{text}");
    }
}

fn launched(
    files: &[(&str, &str)],
    given: &[(&str, &str)],
    process: &str,
) -> BTreeMap<String, String> {
    let layers = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let file = layers.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let content = content.replace("LAYERS", &layers.path().display().to_string());
        folder::write_program(&file, content.as_bytes()).unwrap();
    }
    let given = given
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let environment = launch_env(layers.path(), process, &given).unwrap();
    let root = layers.path().display().to_string();
    let text = |value: OsString| value.into_string().unwrap().replace(&root, "LAYERS");
    environment
        .into_iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

#[test]
fn the_launchers_rules_hold_for_every_mode() {
    for (file, old, expected) in [
        ("env.launch/V", Some("old"), Some("new")),
        ("env.launch/V", None, Some("new")),
        ("env.launch/V.override", Some("old"), Some("new")),
        ("env.launch/V.default", Some("old"), Some("old")),
        ("env.launch/V.default", Some(""), Some("new")),
        ("env.launch/V.default", None, Some("new")),
        ("env.launch/V.append", Some("old"), Some("oldnew")),
        ("env.launch/V.append", None, Some("new")),
        ("env.launch/V.prepend", Some("old"), Some("newold")),
        ("env.launch/V.prepend", None, Some("new")),
        ("env/V", None, Some("new")),
        ("env.build/V", None, None),
        ("env.launch/web/V", Some("old"), Some("new")),
        ("env.launch/worker/V", None, None),
        ("env.launch/V.unknown", Some("old"), Some("old")),
    ] {
        let given: Vec<_> = old.map(|old| ("V", old)).into_iter().collect();
        let environment = launched(&[(&format!("layer/{file}"), "new")], &given, "web");
        assert_eq!(
            environment.get("V").map(String::as_str),
            expected,
            "{file} upon {old:?}"
        );
    }
}

#[test]
fn a_delimiter_stands_between_and_never_alone() {
    for (mode, old, expected) in [
        ("append", Some("old"), "old;new"),
        ("append", None, "new"),
        ("prepend", Some("old"), "new;old"),
        ("prepend", None, "new"),
    ] {
        let files = [
            (&*format!("l/env.launch/V.{mode}"), "new"),
            ("l/env.launch/V.delim", ";"),
        ];
        let given: Vec<_> = old.map(|old| ("V", old)).into_iter().collect();
        let environment = launched(&files, &given, "web");
        assert_eq!(environment["V"], expected);
        assert_eq!(environment.len(), 1);
    }
}

#[test]
fn folders_of_programs_and_libraries_come_first_and_programs_last() {
    let exec_d = "#!/bin/sh\necho 'SAID = \"by '$V'\"' >&3; echo noise\n";
    let files = [
        ("a/bin/x", ""),
        ("b/bin/x", ""),
        ("b/lib/x", ""),
        ("b/env/V", "env"),
        ("b/exec.d/x", exec_d),
    ];
    let environment = launched(&files, &[("PATH", "/bin")], "web");
    assert_eq!(environment["PATH"], "LAYERS/b/bin:LAYERS/a/bin:/bin");
    assert_eq!(environment["LD_LIBRARY_PATH"], "LAYERS/b/lib");
    assert_eq!(environment["SAID"], "by env");
}

#[test]
fn a_process_starts_in_the_application_with_the_layers_environment() {
    let build = "cd $CNB_LAYERS_DIR; mkdir -p l/env.launch; printf hello > l/env.launch/WORD
        echo '[types]\nlaunch = true' > l.toml
        echo '[[processes]]\ntype = \"web\"\ncommand = [\"sh\", \"-c\"]\nargs = [\"pwd; echo $WORD\"]\ndefault = true' > launch.toml";
    let scripts = Scripts::new("", build);
    let lifecycle = scripts.lifecycle();
    lifecycle.build().unwrap();
    for process in [None, Some("web")] {
        let ended = lifecycle.launch(process, &Environment::new()).unwrap();
        assert_eq!(
            ended.output(),
            format!("{}\nhello\n", lifecycle.app_dir().display())
        );
    }
    assert!(
        lifecycle
            .launch(Some("worker"), &Environment::new())
            .is_err()
    );
}

#[test]
fn a_snapshot_holds_modes_links_and_bytes_and_a_copy_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    fs::create_dir_all(one.join("sub")).unwrap();
    fs::write(one.join("sub/file"), b"\0bytes").unwrap();
    fs::set_permissions(one.join("sub/file"), fs::Permissions::from_mode(0o740)).unwrap();
    fs::set_permissions(one.join("sub"), fs::Permissions::from_mode(0o1750)).unwrap();
    std::os::unix::fs::symlink("nowhere", one.join("link")).unwrap();
    let expected = [
        ("sub", 0o1750, Kind::Folder),
        ("sub/file", 0o740, Kind::File(b"\0bytes".to_vec())),
    ]
    .map(|(path, mode, kind)| Entry {
        path: path.into(),
        mode,
        kind,
    });
    let seen = snapshot(&one).unwrap();
    assert_eq!(seen[1..], expected);
    assert_eq!(seen[0].kind, Kind::Link("nowhere".into()));
    folder::copy(&one, &other).unwrap();
    assert_eq!(snapshot(&other).unwrap(), seen);
    fs::write(other.join("sub/file"), b"\0Bytes").unwrap();
    assert_ne!(snapshot(&other).unwrap(), seen);
}

#[test]
fn an_application_is_copied_without_what_could_act_as_its_new_owner() {
    let folder = tempfile::tempdir().unwrap();
    let (app, copy) = (folder.path().join("app"), folder.path().join("copy"));
    fs::create_dir(&app).unwrap();
    for (name, mode) in [("program", 0o6755), ("file", 0o640)] {
        fs::write(app.join(name), name).unwrap();
        fs::set_permissions(app.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    folder::copy_plainly(&app, &copy).unwrap();
    let made: Vec<_> = snapshot(&copy).unwrap();
    let made: Vec<_> = made.iter().map(|entry| (entry.mode, &entry.kind)).collect();
    let file = |text: &str| Kind::File(text.into());
    assert_eq!(
        made,
        [(0o640, &file("file")), (0o755, &file("program"))],
        "sorted by name"
    );
}

#[test]
fn a_pipe_is_refused_by_its_path_and_nothing_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    fs::create_dir(&app).unwrap();
    let pipe = app.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for copy in [folder::copy, folder::copy_plainly] {
        let error = copy(&app, &folder.path().join("copy")).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("/app/pipe: it is a pipe"), "{text}");
    }
}

#[test]
fn an_id_or_a_version_that_leads_elsewhere_makes_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (id, version) in [("..", "1"), ("a/b", "../../x"), ("a", "/x"), ("", "1")] {
        let text = format!("[buildpack]\nid = \"{id}\"\nversion = \"{version}\"\n");
        fs::write(folder.path().join("buildpack.toml"), text).unwrap();
        let error = Lifecycle::new(folder.path()).err().unwrap().to_string();
        assert!(error.contains("can't be a folder's name"), "{error}");
    }
    let text = "[buildpack]\nid = \"a/b\"\nversion = \"1.0.0\"\n";
    fs::write(folder.path().join("buildpack.toml"), text).unwrap();
    let lifecycle = Lifecycle::new(folder.path()).unwrap();
    assert!(lifecycle.buildpack_dir().ends_with("buildpacks/a_b/1.0.0"));
}
