use super::*;

fn world() -> (tempfile::TempDir, Dir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(folder.path()).unwrap();
    (folder, dir)
}

#[test]
fn every_operation_refuses_what_is_no_plain_name() {
    let (_folder, dir) = world();
    for name in ["", ".", "..", "a/b", "/etc", "a/"] {
        let texts = [
            dir.open_dir(name).unwrap_err().to_string(),
            dir.create_dir(name, 0o755).unwrap_err().to_string(),
            dir.write_new(name, b"", 0o644).unwrap_err().to_string(),
            dir.read(name, 1).unwrap_err().to_string(),
            dir.set_file_mode(name, 0o755).unwrap_err().to_string(),
            dir.symlink(OsStr::new("x"), name).unwrap_err().to_string(),
            dir.read_link(name).unwrap_err().to_string(),
            dir.stat(name).unwrap_err().to_string(),
            dir.rename_dir(name, "free").unwrap_err().to_string(),
            dir.rename_dir("free", name).unwrap_err().to_string(),
            dir.remove_dir_if_empty(name).unwrap_err().to_string(),
            dir.remove_tree(name).unwrap_err().to_string(),
        ];
        for text in texts {
            assert!(text.starts_with("can't "), "{text}");
        }
    }
}

#[test]
fn a_link_is_never_followed() {
    let (folder, dir) = world();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "s").unwrap();
    dir.symlink(outside.path().as_os_str(), "link").unwrap();
    dir.symlink(outside.path().join("secret").as_os_str(), "file")
        .unwrap();
    dir.open_dir("link").unwrap_err();
    dir.read("file", 10).unwrap_err();
    dir.set_file_mode("file", 0o755).unwrap_err();
    dir.replace("file", b"mine", 0o644).unwrap();
    assert_eq!(dir.read("file", 10).unwrap(), b"mine");
    dir.remove_tree("link").unwrap();
    assert_eq!(
        std::fs::read(outside.path().join("secret")).unwrap(),
        b"s",
        "what a link leads to stays"
    );
    assert_eq!(dir.names(10).unwrap(), ["file"]);
    drop(folder);
}

#[test]
fn read_refuses_a_pipe_at_once_and_what_is_too_large() {
    let (_folder, dir) = world();
    rustix::fs::mkfifoat(&dir.fd, "pipe", Mode::RWXU).unwrap();
    let text = std::error::Error::source(&dir.read("pipe", 10).unwrap_err())
        .unwrap()
        .to_string();
    assert_eq!(text, "it is not a regular file");
    dir.write_new("file", b"12345", 0o600).unwrap();
    assert_eq!(dir.read("file", 5).unwrap(), b"12345");
    dir.read("file", 4).unwrap_err();
}

#[test]
fn the_permissions_of_a_directory_can_be_set_afterwards() {
    let (_folder, dir) = world();
    let inner = dir.create_dir("inner", 0o700).unwrap();
    inner.set_mode(0o755).unwrap();
    assert_eq!(dir.stat("inner").unwrap().unwrap().mode, 0o755);
}

#[test]
fn a_scratch_file_has_no_name_and_is_readable() {
    use std::os::unix::fs::FileExt;

    let (_folder, dir) = world();
    let (mut one, two) = (dir.scratch().unwrap(), dir.scratch().unwrap());
    assert!(dir.names(1).unwrap().is_empty());
    one.write_all(b"mine").unwrap();
    let mut bytes = [0; 4];
    one.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"mine");
    assert_eq!(two.metadata().unwrap().len(), 0, "each has its own");
    assert_eq!(rustix::fs::fstat(&one).unwrap().st_mode & 0o777, 0o600);
    dir.write_new(SCRATCH, b"", 0o644).unwrap();
    dir.scratch().unwrap_err();
}

#[test]
fn several_threads_make_scratch_files_in_one_directory() {
    let (_folder, dir) = world();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| drop(dir.scratch().unwrap())));
        }
    });
    assert!(dir.names(1).unwrap().is_empty());
}

#[test]
fn what_is_copied_lies_there_as_if_it_were_written() {
    let (_folder, dir) = world();
    let bytes = vec![3; 100_000];
    dir.copy_new("copy", &mut &bytes[..], 0o755).unwrap();
    assert_eq!(dir.read("copy", 100_000).unwrap(), bytes);
    assert_eq!(dir.stat("copy").unwrap().unwrap().mode, 0o755);
    dir.copy_new("copy", &mut &bytes[..], 0o755).unwrap_err();
}

#[test]
fn two_names_of_a_file_are_known_to_be_one() {
    let (folder, dir) = world();
    dir.write_new("a", b"a", 0o644).unwrap();
    dir.write_new("b", b"a", 0o644).unwrap();
    std::fs::hard_link(folder.path().join("a"), folder.path().join("c")).unwrap();
    let stat = |name| dir.stat(name).unwrap().unwrap();
    assert_eq!(stat("a"), stat("c"));
    assert_eq!(stat("a").links, 2);
    assert_ne!(stat("a").id, stat("b").id);
    assert!(
        stat("a").changed >= stat("b").changed,
        "the link was made last"
    );
}

#[test]
fn a_directory_is_renamed_and_replaces_nothing_that_holds_something() {
    let (folder, dir) = world();
    for name in ["new", "full"] {
        let made = dir.create_dir(name, 0o755).unwrap();
        made.write_new("file", name.as_bytes(), 0o644).unwrap();
    }
    dir.write_new("file", b"file", 0o644).unwrap();
    std::os::unix::fs::symlink("full", folder.path().join("link")).unwrap();
    for taken in ["full", "file", "link"] {
        let error = dir.rename_dir("new", taken).unwrap_err();
        assert!(error.to_string().starts_with("can't move to "), "{error}");
    }
    // The link would be replaced by the file.
    dir.rename_dir("file", "link").unwrap_err();
    dir.rename_dir("new", "free").unwrap();
    assert_eq!(dir.names(10).unwrap(), ["file", "free", "full", "link"]);
    assert_eq!(
        dir.open_dir("full").unwrap().read("file", 9).unwrap(),
        b"full"
    );
    dir.names(1).unwrap_err();
}

#[test]
fn a_directory_is_removed_only_if_it_is_empty() {
    let (_folder, dir) = world();
    dir.create_dir("empty", 0o755).unwrap();
    let full = dir.create_dir("full", 0o755).unwrap();
    full.write_new("file", b"", 0o644).unwrap();
    for name in ["empty", "full", "absent"] {
        dir.remove_dir_if_empty(name).unwrap();
    }
    assert_eq!(dir.names(10).unwrap(), ["full"]);
    full.remove_dir_if_empty("file").unwrap_err();
}

#[test]
fn two_that_remove_the_same_are_both_content() {
    let (_folder, dir) = world();
    for round in 0..20 {
        let top = dir.create_dir("top", 0o755).unwrap();
        for n in 0..50 {
            let inner = top.create_dir(n.to_string(), 0o755).unwrap();
            inner.write_new("file", b"", 0o644).unwrap();
        }
        let removed = std::thread::scope(|scope| {
            let other = scope.spawn(|| dir.remove_tree("top"));
            [dir.remove_tree("top"), other.join().unwrap()]
        });
        for removed in removed {
            removed.unwrap_or_else(|error| panic!("{round}: {error:?}"));
        }
    }
}

#[test]
fn remove_tree_opens_what_was_locked() {
    let (_folder, dir) = world();
    let locked = dir.create_dir("locked", 0o755).unwrap();
    locked.write_new("inner", b"", 0o644).unwrap();
    rustix::fs::fchmod(&locked.fd, Mode::empty()).unwrap();
    dir.remove_tree("locked").unwrap();
    dir.remove_tree("locked").unwrap();
    assert!(dir.names(1).unwrap().is_empty());
}

#[test]
fn a_directory_is_locked_by_one_at_a_time_and_nothing_of_that_stays() {
    let (folder, dir) = world();
    let lock = dir.lock().unwrap();
    assert!(lock.is_some());
    let another = Dir::open_ambient(folder.path()).unwrap();
    for other in [&dir, &another] {
        let error = other.lock().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }
    // A copy of the directory's descriptor does not hold the lock.
    let _passed_on = dir.as_fd().try_clone_to_owned().unwrap();
    drop(lock);
    assert!(another.lock().unwrap().is_some());
    assert_eq!(dir.names(0).unwrap(), [""; 0]);
}
