use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;
use crate::cnb::check::{CheckedContent, LayerTypes};

/// A layers directory: filled, looked at, changed by a guest, judged.
struct World {
    folder: tempfile::TempDir,
    declared: Vec<CheckedLayer>,
    limits: Limits,
}

impl World {
    /// The layers `a` and `b` are declared, and content for `a/job`.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("layers")).unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        let mut declared = ["a", "b"].map(layer).to_vec();
        declared[0].contents = vec![CheckedContent {
            source: "job".parse().unwrap(),
            into: "job".parse().unwrap(),
        }];
        Self {
            folder,
            declared,
            limits: Limits::default(),
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("layers").join(path)
    }

    fn layers_dir(&self) -> String {
        self.path("").to_str().unwrap().trim_end_matches('/').to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, path: &str, target: impl AsRef<std::path::Path>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn judge(&self, guest: impl FnOnce(&Self)) -> Result<Walk, WalkError> {
        let layers = Dir::open_ambient(&self.path("")).unwrap();
        let before = Snapshot::take(&layers).unwrap();
        guest(self);
        judge(&layers, &self.layers_dir(), &before, &self.declared, &self.limits)
    }

    fn refused(&self, guest: impl FnOnce(&Self)) -> String {
        match self.judge(guest) {
            Ok(walk) => panic!("accepted: {walk:?}"),
            Err(error) => error.to_string(),
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
        env: Vec::new(),
        exec_d: Vec::new(),
    }
}

fn left(walk: &Walk, name: &str) -> (bool, bool) {
    let left = walk.layers[&name.parse().unwrap()];
    (left.directory, left.own_files)
}

/// What the lifecycle restores: `a` with files from the cache, `c` that is declared no more, and TOML.
fn restored() -> World {
    let world = World::new();
    for (path, text) in [
        ("a.toml", "[metadata]"),
        ("a.sbom.cdx.json", "{}"),
        ("store.toml", "[metadata]"),
        ("c.toml", "[metadata]"),
        ("a/file", "1"),
        ("a/job/file", "fetched"),
        ("a/env.launch/VAR", "v"),
        ("a/env.launch/web/VAR", "v"),
        ("a/exec.d/run", "p"),
        ("c/env/VAR", "v"),
        ("c/file", "1"),
    ] {
        world.write(path, text);
    }
    world
}

#[test]
fn a_guest_that_writes_nothing_leaves_nothing() {
    let walk = World::new().judge(|_| ()).unwrap();
    assert_eq!((walk.entries, walk.bytes), (0, 0));
    assert_eq!(left(&walk, "a"), (false, false));
    let walk = restored().judge(|_| ()).unwrap();
    assert_eq!(left(&walk, "a"), (true, false));
    assert_eq!(left(&walk, "b"), (false, false));
    assert_eq!(walk.layers.len(), 2, "only declared layers are told of");
}

#[test]
fn files_of_its_own_in_declared_layers_are_the_guests_to_write() {
    let walk = World::new().judge(|world| {
        for path in ["a/file", "a/bin/tool", "a/lib/x.so", "a/deep/env/x", "a/deep/exec.d/x", "a/x.toml"] {
            world.write(path, "12345");
        }
        fs::create_dir(world.path("b")).unwrap();
    });
    let walk = walk.unwrap();
    assert_eq!(left(&walk, "a"), (true, true));
    assert_eq!(left(&walk, "b"), (true, false), "an empty directory holds no files");
    assert_eq!(walk.bytes, 30);
    assert_eq!(walk.entries, 11);
}

#[test]
fn what_the_guest_does_to_a_restored_layer_is_noticed() {
    let changes: [fn(&World); 5] = [
        |world| world.write("a/new", ""),
        |world| fs::remove_file(world.path("a/file")).unwrap(),
        |world| fs::write(world.path("a/file"), "2").unwrap(),
        |world| fs::rename(world.path("a/file"), world.path("a/moved")).unwrap(),
        |world| fs::set_permissions(world.path("a/file"), PermissionsExt::from_mode(0o600)).unwrap(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let walk = restored().judge(change).unwrap();
        assert_eq!(left(&walk, "a"), (true, true), "change {index}");
    }
}

#[test]
fn nothing_appears_at_the_top_but_declared_layers() {
    for path in [
        "evil.toml", "launch.toml", "build.toml", "store.toml", "a.toml", "a.sbom.cdx.json",
        "launch.sbom.spdx.json", "undeclared/file", "file", ".staged-launch.toml", "A/file",
    ] {
        let name = path.split('/').next().unwrap();
        let error = World::new().refused(|world| world.write(path, ""));
        assert_eq!(
            error,
            format!("'{name}' is in the layers directory, but no layer of this name was declared")
        );
    }
    let error = World::new().refused(|world| fs::create_dir(world.path("empty")).unwrap());
    assert!(error.contains("'empty'"), "{error}");
    World::new().judge(|world| world.write("a/launch.toml", "")).unwrap();
}

#[test]
fn a_declared_layer_is_a_directory_and_nothing_else() {
    let error = World::new().refused(|world| world.write("a", ""));
    assert_eq!(error, "'a' must be a directory, and is a file");
    let error = World::new().refused(|world| world.link("a", "b"));
    assert_eq!(error, "'a' must be a directory, and is a link");
    let error = restored().refused(|world| {
        fs::rename(world.path("a"), world.path("b")).unwrap();
        world.link("a", "b");
    });
    assert_eq!(error, "'a' must be a directory, and is a link");
    for target in ["b", "../outside", "/etc/passwd", "store.toml"] {
        let error = World::new().refused(|world| world.link("launch.toml", target));
        assert_eq!(error, "'launch.toml' must be a directory, and is a link");
    }
}

#[test]
fn what_the_lifecycle_restored_stays_byte_for_byte() {
    for name in ["a.toml", "c.toml", "store.toml", "a.sbom.cdx.json"] {
        let error = restored().refused(|world| fs::write(world.path(name), "[types]").unwrap());
        assert_eq!(error, format!("'{name}' was restored by the lifecycle, and the guest has changed it"));
        let error = restored().refused(|world| fs::remove_file(world.path(name)).unwrap());
        assert_eq!(error, format!("'{name}' was restored by the lifecycle, and the guest has removed it"));
        let error = restored().refused(|world| {
            fs::remove_file(world.path(name)).unwrap();
            fs::create_dir(world.path(name)).unwrap();
        });
        assert!(error.contains(name), "{error}");
        // The same bytes again are no change.
        restored()
            .judge(|world| {
                let bytes = fs::read(world.path(name)).unwrap();
                fs::write(world.path(name), bytes).unwrap();
            })
            .unwrap();
    }
    restored().judge(|world| fs::remove_dir_all(world.path("a")).unwrap()).unwrap();
    restored().judge(|world| fs::remove_dir_all(world.path("c")).unwrap()).unwrap();
}

#[test]
fn what_the_launcher_obeys_is_not_the_guests_to_write() {
    for path in [
        "a/env/LD_PRELOAD", "a/env.launch/LD_PRELOAD", "a/env.build/X", "a/env.launch/web/X",
        "a/environment/x", "a/env", "a/exec.d/run", "a/exec.d", "a/profile.d/x.sh", "b/env.launch/X",
    ] {
        let obeyed: Vec<_> = path.split('/').take(2).collect();
        let error = World::new().refused(|world| world.write(path, ""));
        assert_eq!(
            error,
            format!(
                "'{}' would be obeyed by the lifecycle or the launcher, and is not the guest's to write",
                obeyed.join("/")
            )
        );
    }
    for name in ["env", "env.launch", "exec.d", "profile.d"] {
        let error = World::new().refused(|world| {
            world.write("a/hidden/LD_PRELOAD", "");
            world.link(&format!("a/{name}"), "hidden");
        });
        assert!(error.starts_with(&format!("'a/{name}' would be obeyed")), "{error}");
        let error = World::new().refused(|world| fs::create_dir_all(world.path("a").join(name)).unwrap());
        assert!(error.starts_with(&format!("'a/{name}' would be obeyed")), "{error}");
    }
    for innocent in ["a/.env", "a/my-env/x", "a/x/env/y", "a/exec/x", "a/profile/x"] {
        World::new().judge(|world| world.write(innocent, "")).unwrap();
    }
}

#[test]
fn what_the_launcher_obeys_may_stay_as_it_was_restored_and_no_other_way() {
    let changes: [(&str, fn(&World)); 6] = [
        ("a/env.launch", |world| world.write("a/env.launch/VAR", "w")),
        ("a/env.launch", |world| world.write("a/env.launch/LD_PRELOAD", "")),
        ("a/env.launch", |world| world.write("a/env.launch/web/LD_PRELOAD", "")),
        ("a/exec.d", |world| {
            fs::set_permissions(world.path("a/exec.d/run"), PermissionsExt::from_mode(0o755)).unwrap();
        }),
        ("a/exec.d", |world| {
            fs::remove_file(world.path("a/exec.d/run")).unwrap();
            world.link("a/exec.d/run", "../file");
        }),
        // A layer that nobody declares any more is no place to hide either.
        ("c/env", |world| world.write("c/env/LD_PRELOAD", "")),
    ];
    for (path, change) in changes {
        let error = restored().refused(change);
        assert!(error.starts_with(&format!("'{path}' would be obeyed")), "{error}");
    }
    restored().judge(|world| fs::remove_dir_all(world.path("a/env.launch")).unwrap()).unwrap();
}

#[test]
fn the_places_of_what_the_host_writes_are_free() {
    for guest in [
        (|world| world.write("a/job/planted", "")) as fn(&World),
        |world| world.write("a/job", ""),
        |world| world.link("a/job", "elsewhere"),
    ] {
        let error = World::new().refused(guest);
        assert_eq!(error, "'a/job' is in the place of what the host writes");
    }
    let error = World::new().refused(|world| world.write("a/.staged-job/x", ""));
    assert_eq!(error, "'a/.staged-job' is in the place of what the host writes");
    World::new().judge(|world| world.write("b/job/file", "")).unwrap();
    World::new().judge(|world| world.write("a/sub/job", "")).unwrap();
    // What was fetched then is there again, and the host replaces it.
    restored().judge(|world| world.write("a/job/file", "changed")).unwrap();
    let error = restored().refused(|world| {
        fs::rename(world.path("a/job"), world.path("a/moved")).unwrap();
        world.link("a/job", "moved");
    });
    assert_eq!(error, "'a/job' is in the place of what the host writes");
}

#[test]
fn links_stay_in_the_layers_directory() {
    let world = World::new();
    let layers = world.layers_dir();
    let inside = [
        "file".to_owned(),
        "../sub/file".to_owned(),
        "../../b/file".to_owned(),
        "./../file".to_owned(),
        "absent/for/now".to_owned(),
        "..".to_owned(),
        format!("{layers}/a/file"),
        format!("{layers}/b"),
    ];
    for target in inside {
        let world = World::new();
        let own = target.replace(&layers, &world.layers_dir());
        world.judge(|world| world.link("a/sub/link", &own)).unwrap_or_else(|error| panic!("{own}: {error}"));
    }
    let outside = [
        "/etc/passwd".to_owned(),
        "/".to_owned(),
        "../../..".to_owned(),
        "../../../outside".to_owned(),
        "x/../../../../outside".to_owned(),
        "x/..".to_owned(),
        format!("{layers}/../outside"),
        format!("{layers}-beside/file"),
        format!("{layers}/a/../../outside"),
    ];
    for target in outside {
        let world = World::new();
        let own = target.replace(&layers, &world.layers_dir());
        let error = world.refused(|world| world.link("a/sub/link", &own));
        assert!(
            error.starts_with("the link 'a/sub/link' leads out of the layers directory"),
            "{own}: {error}"
        );
    }
}

#[test]
fn links_through_links_lead_nowhere_else() {
    // `up` is a link to the layer's root; `up/..` would be the layers directory, and `up/../..` is outside.
    let error = World::new().refused(|world| {
        world.link("a/deep/er/up", "../..");
        world.link("a/deep/er/out", "up/../../outside");
    });
    assert!(error.contains("'a/deep/er/out'"), "{error}");
    World::new()
        .judge(|world| {
            world.link("a/deep/er/up", "../..");
            world.link("a/deep/er/in", "up/file");
        })
        .unwrap();
}

#[test]
fn a_link_in_a_restored_layer_that_is_not_declared_is_judged_too() {
    let error = restored().refused(|world| world.link("c/link", "/etc/passwd"));
    assert!(error.contains("'c/link'") && error.contains("'/etc/passwd'"), "{error}");
}

#[test]
fn special_files_are_refused_wherever_they_are() {
    let pipe = |world: &World, path: &str| {
        fs::create_dir_all(world.path("a/sub")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, world.path(path), rustix::fs::Mode::RWXU).unwrap();
    };
    for path in ["a/sub/pipe", "pipe"] {
        let error = World::new().refused(|world| pipe(world, path));
        assert_eq!(error, format!("'{path}' is a device, a socket or a pipe"));
    }
    let error = World::new().refused(|world| {
        fs::create_dir(world.path("a")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(world.path("a/s")).unwrap());
    });
    assert_eq!(error, "'a/s' is a device, a socket or a pipe");
}

#[test]
fn programs_with_other_rights_are_refused() {
    let with_mode = |mode: u32| {
        World::new().judge(|world| {
            world.write("a/program", "");
            fs::set_permissions(world.path("a/program"), PermissionsExt::from_mode(mode)).unwrap();
        })
    };
    for mode in [0o4755, 0o2755, 0o6755] {
        let error = with_mode(mode).unwrap_err().to_string();
        assert_eq!(error, "'a/program' has the setuid or setgid bit");
    }
    for mode in [0o755, 0o1755, 0o600] {
        with_mode(mode).unwrap();
    }
}

#[test]
fn a_file_has_no_name_outside_of_layers() {
    let error = World::new().refused(|world| {
        fs::create_dir(world.path("a")).unwrap();
        fs::write(world.path("../outside/file"), "theirs").unwrap();
        fs::hard_link(world.path("../outside/file"), world.path("a/mine")).unwrap();
    });
    assert_eq!(error, "'a/mine' is a file of which not all names are in layers");
    let error = restored().refused(|world| {
        fs::hard_link(world.path("store.toml"), world.path("a/mine")).unwrap();
    });
    assert!(error.contains("'a/mine'"), "{error}");
    World::new()
        .judge(|world| {
            world.write("a/one", "");
            fs::create_dir(world.path("b")).unwrap();
            fs::hard_link(world.path("a/one"), world.path("a/two")).unwrap();
            fs::hard_link(world.path("a/one"), world.path("b/three")).unwrap();
        })
        .unwrap();
}

#[test]
fn files_are_counted_with_folders_and_links_and_without_what_was_restored() {
    let guest = |world: &World| {
        world.write("b/folder/file", "");
        world.link("b/link", "folder");
    };
    let with_most = |files| {
        let mut world = restored();
        world.limits.files = files;
        world.judge(guest)
    };
    with_most(3).unwrap();
    let error = with_most(2).unwrap_err().to_string();
    assert!(error.contains("more than 2 files, folders and links") && error.contains("('b/"), "{error}");
}

#[test]
fn bytes_are_counted_and_a_file_with_holes_counts_whole() {
    let with_length = |length: u64| {
        let mut world = World::new();
        world.limits.files_mib = 1;
        world.judge(|world| {
            world.write("a/file", "");
            fs::File::options()
                .write(true)
                .open(world.path("a/file"))
                .unwrap()
                .set_len(length)
                .unwrap();
        })
    };
    with_length(1024 * 1024).unwrap();
    let error = with_length(1024 * 1024 + 1).unwrap_err().to_string();
    assert_eq!(error, "the guest left more than 1 MiB in its layers ('a/file')");
    with_length(1 << 42).unwrap_err();
}

#[test]
fn folders_are_nested_only_so_deep() {
    let with_depth = |depth: usize| {
        World::new().judge(|world| world.write(&format!("a/{}file", "d/".repeat(depth)), ""))
    };
    with_depth(63).unwrap();
    let error = with_depth(64).unwrap_err().to_string();
    assert!(error.ends_with("is nested more than 64 folders deep"), "{error}");
}

#[test]
fn a_name_is_escaped_in_a_message() {
    use std::os::unix::ffi::OsStrExt;
    let error = World::new().refused(|world| {
        let name = OsStr::from_bytes(b"ev\x1b[2Jil\xff");
        fs::create_dir(world.path("").join(name)).unwrap();
    });
    assert!(error.contains(r"ev\x1b[2Jil\xff"), "{error}");
    assert!(!error.chars().any(char::is_control));
}

#[test]
fn a_folder_that_the_guest_locked_is_an_error_and_not_passed_over() {
    // Root reads it anyway; then it is judged like any other.
    let judged = World::new().judge(|world| {
        world.write("a/locked/file", "");
        world.link("a/locked/link", "/etc/passwd");
        fs::set_permissions(world.path("a/locked"), PermissionsExt::from_mode(0)).unwrap();
    });
    let error = judged.unwrap_err();
    assert!(matches!(error, WalkError::Dir(_) | WalkError::LinkOut { .. }), "{error}");
}
