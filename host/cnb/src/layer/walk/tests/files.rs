//! Kinds, permissions, hard links and limits.

use super::*;

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

#[test]
fn special_files_are_refused_wherever_they_are() {
    let special = "is a device, a socket or a pipe";
    all_refused(&[
        (
            &|at| fifo(&at.join("app/pipe")),
            "'app/pipe' is a device, a socket or a pipe",
        ),
        (&|at| fifo(&at.join("pipe")), special),
        (
            &|at| drop(std::os::unix::net::UnixListener::bind(at.join("app/socket")).unwrap()),
            "'app/socket' is a device, a socket or a pipe",
        ),
    ]);
}

#[test]
fn setuid_and_setgid_programs_are_refused() {
    for mode in [0o4755, 0o2755, 0o6755] {
        let world = World::new().then(&|at| {
            write(&at.join("app/sub/tool"), "");
            chmod(&at.join("app/sub/tool"), mode);
        });
        let text = world.judge().unwrap_err().to_string();
        assert!(
            text.contains("'app/sub/tool' has the setuid or setgid bit"),
            "{text}"
        );
    }
    all_pass(&[
        ("a program", &|at| {
            write(&at.join("app/tool"), "");
            chmod(&at.join("app/tool"), 0o755);
        }),
        ("a folder that passes on its group", &|at| {
            fs::create_dir(at.join("app/sub")).unwrap();
            chmod(&at.join("app/sub"), 0o2775);
        }),
    ]);
}

#[test]
fn a_hard_link_to_a_file_outside_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    write(&secret, "s");
    let plant = |at: &Path| {
        fs::hard_link(&secret, at.join("app/a")).unwrap();
        fs::hard_link(&secret, at.join("app/b")).unwrap();
    };
    let refused = "is a hard link to a file that also has a name outside of layers";
    all_refused(&[(&plant, &format!("'app/a' {refused}"))]);
    all_pass(&[
        ("two names in one layer", &|at| {
            write(&at.join("app/one"), "1");
            fs::hard_link(at.join("app/one"), at.join("app/two")).unwrap();
        }),
        ("a second name of what was restored", &|at| {
            fs::hard_link(at.join("app/kept"), at.join("app/two")).unwrap();
        }),
    ]);
    all_refused(&[(
        &|at| {
            fs::remove_file(at.join("app/kept")).unwrap();
            fs::hard_link(&secret, at.join("app/kept")).unwrap();
        },
        &format!("'app/kept' {refused}"),
    )]);
    all_refused(&[(
        &|at| fs::hard_link(at.join("store.toml"), at.join("app/mine")).unwrap(),
        &format!("'app/mine' {refused}"),
    )]);
    // A hard link that existed before passes unchanged, but may not get another name.
    let world = World::restored(&|at| {
        fs::create_dir(at.join("app")).unwrap();
        fs::hard_link(&secret, at.join("app/old")).unwrap();
    });
    world.judge().unwrap();
    let world = world.then(&|at| fs::hard_link(&secret, at.join("app/new")).unwrap());
    let text = world.judge().unwrap_err().to_string();
    assert!(text.contains(refused), "{text}");
}

#[test]
fn a_directory_that_locks_its_owner_out_is_refused() {
    for mode in [0o000, 0o100, 0o400, 0o277] {
        let world = World::new().then(&|at| {
            write(&at.join("app/sub/file"), "");
            chmod(&at.join("app/sub"), mode);
        });
        let text = world.judge().unwrap_err().to_string();
        assert!(
            text.contains("the directory 'app/sub' has permissions that lock"),
            "{text}"
        );
        chmod(&world.folder.path().join("app/sub"), 0o500);
        world.judge().unwrap();
        chmod(&world.folder.path().join("app/sub"), 0o700);
    }
}

#[test]
fn more_entries_than_the_limit_are_refused_and_restored_ones_are_not_counted() {
    let plant = |at: &Path| {
        write(&at.join("app/new/one"), "");
        symlink("one", at.join("app/new/two")).unwrap();
    };
    let mut world = World::new().then(&plant);
    world.limits.files = 3;
    assert_eq!(world.judge().unwrap().entries, 3);
    world.limits.files = 2;
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("more than 2 files, directories and links (exceeded at 'app/new/two'); the limit is 'files' in [metadata.limits] of buildpack.toml"),
        "{text}"
    );
}

#[test]
fn far_too_many_entries_are_not_even_listed() {
    let mut world = World::empty().then(&|at| {
        for number in 0..1100 {
            write(&at.join(format!("app/{number}")), "");
        }
    });
    world.limits.files = 5;
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("more than 5 files") && text.contains("(exceeded at 'app')"),
        "{text}"
    );
}

#[test]
fn more_bytes_than_the_limit_are_refused_and_restored_ones_are_not_counted() {
    let mut world = World::restored(&|at| write(&at.join("app/old"), vec![0; 2 << 20]));
    world.limits.files_mib = 1;
    let world = world.then(&|at| write(&at.join("app/new"), vec![0; 1 << 20]));
    assert_eq!(world.judge().unwrap().bytes, 1 << 20);
    let world = world.then(&|at| write(&at.join("app/newer"), "1"));
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains(
            "more than 1 MiB in total (exceeded at 'app/newer'); the limit is 'files-mib' in [metadata.limits]"
        ),
        "{text}"
    );
}

#[test]
fn a_sparse_file_counts_by_its_length() {
    let world = World::empty().then(&|at| {
        write(&at.join("app/sparse"), "");
        let file = fs::File::options().write(true).open(at.join("app/sparse"));
        file.unwrap().set_len(1 << 40).unwrap();
    });
    let text = world.judge().unwrap_err().to_string();
    assert!(text.contains("files-mib"), "{text}");
}

#[test]
fn folders_are_nested_only_so_deep_unless_they_were_restored_so() {
    let deep = |parts: usize| format!("app/{}", "d/".repeat(parts));
    let nest = |at: &Path, parts| fs::create_dir_all(at.join(deep(parts))).unwrap();
    World::empty().then(&|at| nest(at, 64)).judge().unwrap();
    let world = World::empty().then(&|at| nest(at, 65));
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("'app/d/…/d/d' lies more than 64 directories deep"),
        "{text}"
    );
    World::restored(&|at| nest(at, 65)).judge().unwrap();
}

#[test]
fn a_restored_file_of_another_length_is_not_read() {
    // Reading this file would take too long.
    let world = World::new().then(&|at| {
        let file = fs::File::options().write(true).open(at.join("store.toml"));
        file.unwrap().set_len(1 << 42).unwrap();
    });
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains("'store.toml' in the layers directory was changed"),
        "{text}"
    );
}
