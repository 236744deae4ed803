use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::check::{CheckedExecD, LayerTypes, MOST_PARTS};
use crate::context::RestoredLayer;
use crate::identity::Identity;
use crate::identity::tests::git;
use crate::written;

struct World {
    folder: tempfile::TempDir,
    layers: Dir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layers = Dir::open_ambient(folder.path()).unwrap();
        Self { folder, layers }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Every file and folder: its permissions, and the text of a file.
    fn listing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        list(self.folder.path(), "", &mut lines);
        lines
    }
}

fn list(folder: &std::path::Path, prefix: &str, lines: &mut Vec<String>) {
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let metadata = entry.metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            lines.push(format!("{mode:o} {name}/"));
            list(&entry.path(), &format!("{name}/"), lines);
        } else {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            lines.push(format!("{mode:o} {name} {text:?}"));
        }
    }
}

fn layer(name: &str) -> CheckedLayer {
    CheckedLayer {
        name: name.parse().unwrap(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: toml::Table::new(),
        contents: Vec::new(),
        folders: Vec::new(),
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    }
}

fn change(scope: EnvScope, process: Option<&str>, mode: EnvMode, value: &str) -> CheckedEnvChange {
    CheckedEnvChange {
        scope,
        process: process.map(|process| process.parse().unwrap()),
        name: "VAR".parse().unwrap(),
        mode,
        value: value.to_owned(),
        delimiter: None,
    }
}

#[test]
fn each_change_is_a_file_named_by_scope_process_and_mode() {
    let world = World::new();
    let mut layer = layer("a");
    let appended = CheckedEnvChange {
        delimiter: Some(":".to_owned()),
        ..change(EnvScope::Launch, None, EnvMode::Append, "appended")
    };
    let prepended = CheckedEnvChange {
        mode: EnvMode::Prepend,
        value: "prepended".to_owned(),
        ..appended.clone()
    };
    layer.env = vec![
        appended,
        prepended,
        change(EnvScope::All, None, EnvMode::Override, "no line end"),
        change(EnvScope::Build, None, EnvMode::Default, ""),
        change(EnvScope::Launch, Some("web"), EnvMode::Override, "one\n"),
    ];
    let program = CheckedExecD {
        name: "10-set".parse().unwrap(),
        process: None,
        program: b"#!".to_vec(),
    };
    layer.exec_d = vec![
        program.clone(),
        CheckedExecD {
            process: Some("web".parse().unwrap()),
            ..program
        },
    ];
    let dir = begin(&world.layers, &layer.name).unwrap();
    write_environment(&dir, &layer).unwrap();
    assert_eq!(
        // The first entry is the mark of the layer.
        world.listing()[1..],
        [
            "755 a/",
            "755 a/env/",
            r#"644 a/env/VAR "no line end""#,
            "755 a/env.build/",
            r#"644 a/env.build/VAR.default """#,
            "755 a/env.launch/",
            r#"644 a/env.launch/VAR.append "appended""#,
            r#"644 a/env.launch/VAR.delim ":""#,
            r#"644 a/env.launch/VAR.prepend "prepended""#,
            "755 a/env.launch/web/",
            r#"644 a/env.launch/web/VAR "one\n""#,
            "755 a/exec.d/",
            r##"755 a/exec.d/10-set "#!""##,
            "755 a/exec.d/web/",
            r##"755 a/exec.d/web/10-set "#!""##,
        ]
    );
    write_environment(&dir, &layer).unwrap();
}

#[test]
fn the_declaration_holds_types_and_both_kinds_of_metadata() {
    let world = World::new();
    let mut layer = layer("a");
    layer.metadata = "b = 2\na = { deep = [1, 2] }".parse().unwrap();
    let notes = Notes {
        host: "h".to_owned(),
        guest: "g".to_owned(),
        layer: "l".to_owned(),
        own_files: false,
        contents: vec![reuse::ContentNote {
            into: "job".to_owned(),
            source: "s".to_owned(),
            identity: git("p", "c", "t").0,
        }],
        licences: std::collections::BTreeMap::new(),
        chosen: std::collections::BTreeMap::new(),
    };
    write_declaration(&world.layers, &layer, &notes).unwrap();
    let text = std::fs::read_to_string(world.folder.path().join("a.toml")).unwrap();
    assert_eq!(
        text,
        "\
[types]
launch = true
build = false
cache = false

[metadata.guest]
b = 2

[metadata.guest.a]
deep = [1, 2]

[metadata.host]
host = \"h\"
guest = \"g\"
layer = \"l\"
own-files = false

[[metadata.host.contents]]
into = \"job\"
source = \"s\"
subpath = \"p\"
revision = \"main\"
commit = \"c\"
tree = \"t\"
"
    );
}

#[test]
fn a_declaration_as_large_as_it_can_get_is_read_back() {
    let content = reuse::ContentNote {
        into: "i".repeat(64),
        source: "s".repeat(64),
        identity: Identity::default()
            .deciding("subpath", &"\"".repeat(1024))
            .found("revision", &"\"".repeat(1024))
            .found("commit", &"c".repeat(40))
            .deciding("tree", &"t".repeat(40)),
    };
    let notes = Notes {
        contents: vec![content; MOST_PARTS],
        ..Notes::default()
    };
    let mut layer = layer("a");
    let value = toml::Value::String("x".repeat(written::MOST));
    layer.metadata.insert("a".to_owned(), value);
    let world = World::new();
    write_declaration(&world.layers, &layer, &notes).unwrap();
    let restored = Restored::read(&world.layers).unwrap();
    let restored = &restored.layers[&layer.name];
    assert_eq!(restored.metadata, layer.metadata);
    assert_eq!(restored.notes, notes);
}

#[test]
fn what_the_previous_build_declared_is_gone_before_the_layer_is_made() {
    let world = World::new();
    for path in [
        "a.toml",
        "a/env/OLD",
        "a/exec.d/old",
        "a/env.launch/web/OLD",
        "a/profile.d/old.sh",
        "a/own",
        // Of another layer, whose name has the same beginning.
        "a.b.toml",
    ] {
        world.write(path, "");
    }
    let a = world.folder.path().join("a");
    std::fs::set_permissions(&a, PermissionsExt::from_mode(0o700)).unwrap();
    let layer = layer("a");
    begin(&world.layers, &layer.name).unwrap();
    let there = world.listing();
    assert!(
        there.contains(&"644 a.toml \"\"".to_owned()),
        "not yet: {there:?}"
    );
    let dir = open(&world.layers, &layer.name).unwrap();
    write_environment(&dir, &layer).unwrap();
    let names = |line: &String| line.split(' ').nth(1).map(str::to_owned);
    let left: Vec<_> = world.listing().iter().filter_map(names).collect();
    let kept = ["a/", "a/own", "a.b.toml"];
    assert_eq!(left[0], ".staged-:a", "the layer is marked");
    assert_eq!(left[1..], kept);
    assert!(world.listing()[1].starts_with("755 "));
    write_declaration(&world.layers, &layer, &Notes::default()).unwrap();
    assert!(!world.folder.path().join(".staged-:a").exists());
}

#[test]
fn a_layer_that_was_begun_and_never_declared_is_removed_and_no_other() {
    let world = World::new();
    for name in ["begun", "done", "launched"] {
        begin(&world.layers, &name.parse().unwrap()).unwrap();
    }
    for path in [
        "begun/half",
        "done/whole",
        "done/.staged-template/half",
        "done.toml",
        "launched/.staged-template/half",
        "launched.toml",
        "file",
        "file.toml",
        "unmarked/.staged-template/whole",
    ] {
        world.write(path, "");
    }
    for staged in [
        ".staged-:begun",
        ".staged-:done",
        ".staged-:launched",
        ".staged-:file",
        ".staged-:absent",
        ".staged-:..",
        ".staged-:unmarked/whole",
        ".staged-unmarked",
        ":unmarked",
        "unmarked",
    ] {
        remove_unfinished(&world.layers, OsStr::new(staged)).unwrap();
    }
    let left = [
        "done",
        "done.toml",
        "file",
        "file.toml",
        "launched.toml",
        "unmarked",
    ];
    assert_eq!(world.layers.names(10).unwrap()[3..], left);
    let path = |path: &str| world.folder.path().join(path);
    assert!(path("done/whole").exists());
    assert!(!path("done/.staged-template").exists());
    assert!(path("unmarked/.staged-template/whole").exists());
}

#[test]
fn what_was_restored_under_the_names_of_what_is_staged_is_out_of_the_way() {
    let world = World::new();
    for path in ["a/.staged-template/old", "a/template/old", "a.toml"] {
        world.write(path, "");
    }
    let dir = begin(&world.layers, &"a".parse().unwrap()).unwrap();
    assert_eq!(dir.names(9).unwrap(), ["template"]);
}

#[test]
fn a_link_in_the_place_of_the_layer_is_refused() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), world.folder.path().join("a")).unwrap();
    let name: LayerName = "a".parse().unwrap();
    let error = begin(&world.layers, &name).unwrap_err();
    assert!(error.to_string().contains("/a"), "{error}");
    let error = open(&world.layers, &name).unwrap_err();
    assert!(error.to_string().contains("/a"), "{error}");
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_restored_layer_that_is_not_declared_is_dropped_and_the_others_stay() {
    let world = World::new();
    for path in ["a.toml", "a/f", "b.toml", "b/f", "store.toml", "c/f"] {
        world.write(path, "");
    }
    let restored_layer = RestoredLayer {
        metadata: toml::Table::new(),
        notes: Notes::default(),
    };
    let names = ["a", "b"].map(|name| (name.parse().unwrap(), restored_layer.clone()));
    let restored = Restored {
        layers: BTreeMap::from(names),
        ..Restored::default()
    };
    drop_undeclared(&world.layers, &restored, &[layer("a")]).unwrap();
    let mut left = world.layers.names(10).unwrap();
    left.sort();
    assert_eq!(left, ["a", "a.toml", "c", "store.toml"]);
}
