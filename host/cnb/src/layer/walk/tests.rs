use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use toml::Table;

use super::*;
use crate::check::{CheckedContent, LayerTypes};

mod executables;
mod files;
mod links;

/// The path of the directory as the component knew it.
const LAYERS_DIR: &str = "/layers/bp";

/// A layers directory, the entries that were restored into it, and the layers that a component declares.
struct World {
    folder: TempDir,
    layers: Dir,
    before: Snapshot,
    declared: Vec<CheckedLayer>,
    limits: Limits,
}

/// Makes something at this path in the layers directory.
type Make<'a> = &'a dyn Fn(&Path);

impl World {
    /// Declares the layer `app`. Restored are `app` with files, `old`, a store and a bill of materials.
    fn new() -> Self {
        Self::restored(&|at| {
            for (path, text) in [
                ("app.toml", "[metadata]\n"),
                ("app/kept", "kept"),
                ("app/env.launch/A", "a"),
                ("app/env.launch/web/B.append", ":b"),
                ("app/exec.d/run", "#!/bin/sh\n"),
                ("app/content/file", "fetched"),
                ("old.toml", "[metadata]\n"),
                ("old/kept", "kept"),
                ("old/env/C", "c"),
                ("store.toml", "[metadata]\nx = 1\n"),
                ("app.sbom.cdx.json", "{}"),
            ] {
                write(&at.join(path), text);
            }
            symlink("/usr/bin/python3", at.join("app/python")).unwrap();
            symlink("kept", at.join("old/link")).unwrap();
        })
    }

    fn empty() -> Self {
        Self::restored(&|_| {})
    }

    fn restored(make: Make<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let layers = Dir::open_ambient(folder.path()).unwrap();
        let before = Snapshot::take(&layers).unwrap();
        Self {
            folder,
            layers,
            before,
            declared: vec![layer("app")],
            limits: Limits::default(),
        }
    }

    /// Does what the component does.
    fn then(self, make: Make<'_>) -> Self {
        make(self.folder.path());
        self
    }

    fn judge(&self) -> Result<Walk, WalkError> {
        let Self {
            layers,
            before,
            declared,
            limits,
            ..
        } = self;
        judge(layers, LAYERS_DIR, before, declared, limits)
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
        metadata: Table::new(),
        contents: vec![CheckedContent {
            source: "source".parse().unwrap(),
            into: "content".parse().unwrap(),
        }],
        folders: Vec::new(),
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    }
}

/// Writes a file, and makes the folders above it.
fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Each row runs in its own world, and must be refused with this text.
fn all_refused(rows: &[(Make<'_>, &str)]) {
    for (make, words) in rows {
        match World::new().then(make).judge() {
            Ok(_) => panic!("passed, instead of: {words}"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(words), "{text}\ninstead of: {words}");
            }
        }
    }
}

/// Each row runs in its own world, and must pass.
fn all_pass(rows: &[(&str, Make<'_>)]) {
    for (what, make) in rows {
        if let Err(error) = World::new().then(make).judge() {
            panic!("{what}: {error}");
        }
    }
}

#[test]
fn what_the_lifecycle_restored_passes_untouched_and_is_not_the_guests() {
    let mut world = World::new();
    world.limits.files = 0;
    world.limits.files_mib = 0;
    let walk = world.judge().unwrap();
    assert_eq!((walk.entries, walk.bytes), (0, 0));
    let left = Left {
        directory: true,
        own_files: false,
        written: BTreeSet::new(),
    };
    assert_eq!(walk.layers, [(layer("app").name, left)].into());
}

#[test]
fn the_walk_says_which_layers_have_a_directory_and_which_have_files_of_the_guest() {
    let mut world = World::empty();
    world.declared = ["absent", "bare", "full"].map(layer).into();
    let world = world.then(&|at| {
        fs::create_dir(at.join("bare")).unwrap();
        write(&at.join("full/a/b"), "12345");
    });
    let walk = world.judge().unwrap();
    let left = |name| {
        let left = &walk.layers[&layer(name).name];
        (left.directory, left.own_files)
    };
    assert_eq!(left("absent"), (false, false));
    assert_eq!(left("bare"), (true, false));
    assert_eq!(left("full"), (true, true));
    assert_eq!((walk.entries, walk.bytes), (2, 5));
}

#[test]
fn a_file_written_anew_or_removed_from_a_restored_layer_is_the_guests_doing() {
    let makes: [Make<'_>; 5] = [
        &|at| write(&at.join("app/kept"), "KEPT"),
        &|at| fs::remove_file(at.join("app/kept")).unwrap(),
        &|at| chmod(&at.join("app/kept"), 0o755),
        &|at| fs::remove_dir_all(at.join("app")).unwrap(),
        &|at| {
            fs::remove_file(at.join("app/python")).unwrap();
            symlink("kept", at.join("app/python")).unwrap();
        },
    ];
    for make in makes {
        let walk = World::new().then(make).judge().unwrap();
        assert!(walk.layers[&layer("app").name].own_files);
    }
}

#[test]
fn a_name_at_a_layers_top_is_written_if_anything_beneath_it_is_and_not_if_it_is_removed() {
    let world = World::new().then(&|at| {
        write(&at.join("app/new/a/b"), "new");
        write(&at.join("app/content/own"), "own");
        fs::remove_file(at.join("app/kept")).unwrap();
    });
    let walk = world.judge().unwrap();
    let written = &walk.layers[&layer("app").name].written;
    assert_eq!(*written, ["content".into(), "new".into()].into());
}

#[test]
fn at_the_top_only_directories_of_declared_layers_may_be_new() {
    all_refused(&[
        (
            &|at| write(&at.join("evil.toml"), ""),
            "'evil.toml' in the layers directory is a file that the buildpack left there; the lifecycle would obey it",
        ),
        (
            &|at| write(&at.join("launch.toml"), ""),
            "'launch.toml' in the layers directory is a file that the buildpack left there; the lifecycle would obey it",
        ),
        (&|at| write(&at.join("build.toml"), ""), "'build.toml' in"),
        (
            &|at| write(&at.join("launch.sbom.cdx.json"), ""),
            "'launch.sbom.cdx.json' in the layers directory is a file that the buildpack left there; the lifecycle would obey it",
        ),
        (
            &|at| symlink("/etc", at.join("evil.toml")).unwrap(),
            "'evil.toml' in the layers directory is a link that",
        ),
        (
            &|at| fs::create_dir(at.join("evil.toml")).unwrap(),
            "'evil.toml' in the layers directory is a directory that",
        ),
        (
            &|at| fs::create_dir(at.join("other")).unwrap(),
            "'other' in the layers directory is a directory that the buildpack left there; only directories of layers that it declares",
        ),
        (
            &|at| fs::create_dir(at.join("App")).unwrap(),
            "'App' in the layers directory is a directory",
        ),
        (
            &|at| write(&at.join("plain"), ""),
            "'plain' in the layers directory is a file",
        ),
        (
            &|at| symlink("app", at.join("link")).unwrap(),
            "'link' in the layers directory is a link",
        ),
        (
            &|at| write(&at.join(".staged-x"), ""),
            "'.staged-x' in the layers directory is a file",
        ),
        (
            &|at| write(&at.join("a\nb\u{1b}[31m"), ""),
            r"'a\nb\u{1b}[31m' in the layers directory",
        ),
        (
            &|at| write(&at.join(OsString::from_vec(vec![b'a', 0xff])), ""),
            "is a file that the buildpack left there",
        ),
    ]);
    all_pass(&[
        ("a new file in a declared layer", &|at| {
            write(&at.join("app/evil.toml"), "");
        }),
        ("the same bytes again", &|at| {
            write(&at.join("store.toml"), "[metadata]\nx = 1\n");
        }),
    ]);
}

#[test]
fn a_long_name_is_cut_in_the_message() {
    let name = "x".repeat(255);
    let world = World::empty().then(&|at| write(&at.join(&name), ""));
    let text = world.judge().unwrap_err().to_string();
    assert!(text.len() < 300 && text.contains("xxx…'"), "{text}");
}

#[test]
fn a_declared_layer_is_a_directory_and_open_to_its_owner() {
    let world = World::empty().then(&|at| symlink("/etc", at.join("app")).unwrap());
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("the layer 'app' is a link, not a directory"),
        "{text}"
    );
    let world = World::empty().then(&|at| write(&at.join("app"), ""));
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("the layer 'app' is a file, not a directory"),
        "{text}"
    );
    // A link that existed before is refused too: the host would write to its target.
    let world = World::restored(&|at| {
        fs::create_dir(at.join("real")).unwrap();
        symlink("real", at.join("app")).unwrap();
    });
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("the layer 'app' is a link, not a directory"),
        "{text}"
    );
    let world = World::new().then(&|at| chmod(&at.join("app"), 0o500));
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("the directory 'app' has permissions"),
        "{text}"
    );
    chmod(&world.folder.path().join("app"), 0o700);
    world.judge().unwrap();
}

#[test]
fn what_was_restored_outside_declared_layers_stays_as_it_was() {
    all_refused(&[
        (
            &|at| write(&at.join("store.toml"), "[metadata]\nx = 2\n"),
            "'store.toml' in the layers directory was changed",
        ),
        (
            &|at| fs::remove_file(at.join("store.toml")).unwrap(),
            "'store.toml' in the layers directory was removed",
        ),
        (
            &|at| write(&at.join("app.toml"), "[types]\nlaunch=true"),
            "'app.toml' in the layers directory was changed",
        ),
        (
            &|at| chmod(&at.join("app.toml"), 0o777),
            "'app.toml' in the layers directory was changed",
        ),
        (
            &|at| write(&at.join("app.sbom.cdx.json"), "[]"),
            "'app.sbom.cdx.json' in the layers directory was changed",
        ),
        (
            &|at| {
                fs::remove_file(at.join("store.toml")).unwrap();
                symlink("app/kept", at.join("store.toml")).unwrap();
            },
            "'store.toml' in the layers directory was changed",
        ),
        (
            &|at| fs::remove_dir_all(at.join("old")).unwrap(),
            "'old' in the layers directory was removed",
        ),
        (
            &|at| fs::remove_file(at.join("old/kept")).unwrap(),
            "'old/kept' in the layers directory was removed",
        ),
        (
            &|at| write(&at.join("old/kept"), "KEPT"),
            "'old/kept' in the layers directory was changed",
        ),
        (
            &|at| write(&at.join("old/new"), ""),
            "'old/new' in the layers directory was added to a restored layer",
        ),
        (
            &|at| write(&at.join("old/env/LD_PRELOAD"), ""),
            "'old/env/LD_PRELOAD' in the layers directory was added",
        ),
        (
            &|at| write(&at.join("old/env/C"), "d"),
            "'old/env/C' in the layers directory was changed",
        ),
        (
            &|at| {
                fs::remove_file(at.join("old/link")).unwrap();
                symlink("env", at.join("old/link")).unwrap();
            },
            "'old/link' in the layers directory was changed",
        ),
        (
            &|at| fs::rename(at.join("old"), at.join("app/old")).unwrap(),
            "'old' in the layers directory was removed",
        ),
        (
            &|at| {
                fs::remove_dir_all(at.join("old")).unwrap();
                symlink("app", at.join("old")).unwrap();
            },
            "'old' in the layers directory was changed",
        ),
    ]);
}

#[test]
fn what_the_launcher_obeys_in_a_layer_was_restored_or_is_refused() {
    let obeyed = |path: &str| format!("'{path}' would be obeyed by the lifecycle or the launcher");
    for name in [
        "env",
        "env.build",
        "env.launch",
        "exec.d",
        "profile.d",
        "environment",
    ] {
        let path = format!("app/{name}");
        let rows: [Make<'_>; 3] = [
            &|at| write(&at.join(&path).join("LD_PRELOAD"), "evil.so"),
            &|at| fs::create_dir(at.join(&path)).unwrap(),
            &|at| write(&at.join(&path), ""),
        ];
        for make in rows {
            let world = World::empty().then(&|at| fs::create_dir(at.join("app")).unwrap());
            let text = world.then(make).judge().unwrap_err().to_string();
            assert!(text.contains(&obeyed(&path)), "{text}");
        }
    }
    all_refused(&[
        (
            &|at| write(&at.join("app/env.launch/LD_PRELOAD"), ""),
            &obeyed("app/env.launch"),
        ),
        (
            &|at| write(&at.join("app/env.launch/A"), "b"),
            &obeyed("app/env.launch"),
        ),
        (
            &|at| chmod(&at.join("app/exec.d/run"), 0o777),
            &obeyed("app/exec.d"),
        ),
        (
            &|at| fs::remove_file(at.join("app/env.launch/web/B.append")).unwrap(),
            &obeyed("app/env.launch"),
        ),
        (
            &|at| fs::remove_dir_all(at.join("app/env.launch/web")).unwrap(),
            &obeyed("app/env.launch"),
        ),
        (
            &|at| fs::rename(at.join("app/env.launch"), at.join("app/env")).unwrap(),
            &obeyed("app/env"),
        ),
        (
            &|at| fs::rename(at.join("app/env.launch/A"), at.join("app/env.launch/B")).unwrap(),
            &obeyed("app/env.launch"),
        ),
    ]);
    all_pass(&[
        ("removed whole", &|at| {
            fs::remove_dir_all(at.join("app/env.launch")).unwrap();
        }),
        ("the same bytes again", &|at| {
            write(&at.join("app/env.launch/A"), "a");
        }),
        ("another case", &|at| write(&at.join("app/Env/A"), "a")),
        ("deeper", &|at| write(&at.join("app/sub/env/A"), "a")),
        ("bin and lib", &|at| {
            write(&at.join("app/bin/tool"), "");
            write(&at.join("app/lib/lib.so.1"), "");
            symlink("lib.so.1", at.join("app/lib/lib.so")).unwrap();
            symlink("lib", at.join("app/lib64")).unwrap();
        }),
    ]);
}

#[test]
fn a_link_hides_what_the_launcher_obeys() {
    let hides =
        |path: &str| format!("'{path}' is a link where the lifecycle or the launcher obeys");
    all_refused(&[
        (
            &|at| {
                write(&at.join("app/sub/LD_PRELOAD"), "");
                symlink("sub", at.join("app/env")).unwrap();
            },
            &hides("app/env"),
        ),
        (
            &|at| symlink("nowhere", at.join("app/profile.d")).unwrap(),
            &hides("app/profile.d"),
        ),
        (
            &|at| symlink("../kept", at.join("app/env.launch/D")).unwrap(),
            &hides("app/env.launch/D"),
        ),
    ]);
    // A restored link is refused too, because the component can change its target.
    let world = World::restored(&|at| {
        write(&at.join("app/sub/A"), "a");
        symlink("sub", at.join("app/env.launch")).unwrap();
    });
    let world = world.then(&|at| write(&at.join("app/sub/LD_PRELOAD"), "evil.so"));
    let text = world.judge().unwrap_err().to_string();
    assert!(text.contains(&hides("app/env.launch")), "{text}");
}

#[test]
fn the_places_of_what_the_host_writes_are_free() {
    let world = World::empty().then(&|at| write(&at.join("app/content/file"), ""));
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("'app/content' has a name that the host is about to write"),
        "{text}"
    );
    all_refused(&[
        (
            &|at| write(&at.join("app/.staged-env"), ""),
            "'app/.staged-env' has a name that the host is about to write",
        ),
        (
            &|at| {
                fs::remove_dir_all(at.join("app/content")).unwrap();
                symlink("kept", at.join("app/content")).unwrap();
            },
            "'app/content' has a name that the host is about to write",
        ),
    ]);
    all_pass(&[
        ("deeper", &|at| {
            write(&at.join("app/sub/content/.staged-x"), "");
        }),
        ("removed", &|at| {
            fs::remove_dir_all(at.join("app/content")).unwrap();
        }),
    ]);
}

#[test]
fn what_was_restored_in_the_place_of_content_is_not_the_components_fault_unless_it_changed_it() {
    let file: Make<'_> = &|at| write(&at.join("app/content"), "another buildpack's");
    let link: Make<'_> = &|at| {
        write(&at.join("app/kept"), "");
        symlink("kept", at.join("app/content")).unwrap();
    };
    for make in [file, link] {
        World::restored(make).judge().unwrap();
        let changed = World::restored(make).then(&|at| {
            fs::remove_file(at.join("app/content")).unwrap();
            write(&at.join("app/content"), "the component's");
        });
        let text = changed.judge().unwrap_err().to_string();
        assert!(
            text.contains("'app/content' has a name that the host is about to write"),
            "{text}"
        );
    }
}
