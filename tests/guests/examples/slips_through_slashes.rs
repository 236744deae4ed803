//! Tries to follow links by paths with a slash at the end, or with repeated slashes: to read, list and change the
//! links' targets. In build only. `CASE` is the target that the links contain.
//! It tries the links `out`, `out-slash` and `out-file` of the application, which a test may have planted, and makes
//! its own in its layer, beside a directory `inside` with a file `secret.txt`. It logs whatever it reads.
//! If the target is outside, no line of the log may say `ALLOWED`, and the last must be `tried everything`; if `CASE`
//! is `inside`, the same paths must be allowed. The guest removes its links again.

use guests::attempt::tried;
use guests::wasi::{Descriptor, DescriptorFlags, DescriptorType, FOLLOW, OpenFlags, PathFlags};
use guests::wasi::{preopen, text};
use guests::{BuildContext, BuildOutput, Failure, case, failure, innocent, say};

guests::guest!(build);

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    let target = case(&context.variables)?;
    let app = preopen(&context.app_dir)?;
    let layers = preopen(&context.layers_dir)?;
    let own = own_layer(&layers).map_err(|error| failure(format!("No layer: {error}.")))?;
    for door in ["out", "out-slash"] {
        look(&app, &format!("the application's {door}"), door);
    }
    look_at_file(&app, "the application's out-file", "out-file");

    let doors = [
        ("door", target.to_owned()),
        ("door-slash", format!("{target}/")),
        ("door-slashes", format!("{target}//./")),
        ("door-dot", format!("./{target}/.")),
        ("chain", "door/".to_owned()),
    ];
    for (door, target) in &doors {
        open_door(&own, target, door)?;
    }
    for (door, _) in &doors {
        look(&own, &format!("its own {door}"), door);
    }
    for (door, _) in &doors {
        change(&own, door);
        tidy(&own);
    }
    open_door(&own, &format!("{target}/secret.txt"), "file")?;
    look_at_file(&own, "its own file", "file");
    // A file's name cannot end in a slash, so this path must never resolve.
    open_door(&own, &format!("{target}/secret.txt/"), "file-slash")?;
    if read(&own, "file-slash").is_ok() {
        tried("its own file-slash", Ok::<_, String>(()));
    }
    for door in doors
        .map(|(door, _)| door)
        .iter()
        .chain(&["file", "file-slash"])
    {
        own.unlink_file_at(door).unwrap_or_default();
    }
    say("tried everything");
    Ok(innocent::output())
}

fn own_layer(layers: &Descriptor) -> Result<Descriptor, guests::wasi::ErrorCode> {
    layers.create_directory_at(innocent::LAYER)?;
    let mutable = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
    let own = layers.open_at(FOLLOW, innocent::LAYER, OpenFlags::DIRECTORY, mutable)?;
    own.create_directory_at("inside")?;
    let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = own.open_at(FOLLOW, "inside/secret.txt", OpenFlags::CREATE, flags)?;
    file.write(b"an innocent secret", 0)?;
    Ok(own)
}

fn open_door(own: &Descriptor, target: &str, door: &str) -> Result<(), Failure> {
    own.symlink_at(target, door)
        .map_err(|error| failure(format!("The link {door} could not be made: {error}.")))
}

const READ: DescriptorFlags = DescriptorFlags::READ;

/// Tries every way to open or inspect the target of `door`, a link to a directory.
fn look(dir: &Descriptor, what: &str, door: &str) {
    for end in ["", "/", "//", "/.", "/./", "/.//."] {
        let path = format!("{door}{end}");
        tried(&format!("{what}, {path}"), enter(dir, &path));
    }
    for way in ["/", "//", "/./", "/.//./"] {
        let path = format!("{door}{way}secret.txt");
        tried(&format!("{what}, {path}"), read(dir, &path));
    }
}

fn look_at_file(dir: &Descriptor, what: &str, door: &str) {
    tried(&format!("{what}, {door}"), read(dir, door));
    // A file is not a directory, so these paths must never resolve.
    for end in ["/", "//", "/."] {
        let path = format!("{door}{end}");
        if let Ok(()) = read(dir, &path) {
            tried(&format!("{what}, {path}"), Ok::<_, String>(()));
        }
    }
}

/// Opens a directory and reads the file in it, or at least its metadata.
fn enter(dir: &Descriptor, path: &str) -> Result<(), String> {
    let mut last = String::new();
    let mutable = READ | DescriptorFlags::MUTATE_DIRECTORY;
    for follow in [FOLLOW, PathFlags::empty()] {
        for open in [OpenFlags::DIRECTORY, OpenFlags::empty()] {
            for flags in [READ, mutable, DescriptorFlags::empty()] {
                match dir.open_at(follow, path, open, flags) {
                    Ok(inner) => return read(&inner, "secret.txt"),
                    Err(error) => last = format!("{error:?}"),
                }
            }
        }
        match dir.stat_at(follow, path) {
            Ok(stat) if stat.type_ != DescriptorType::SymbolicLink => {
                say(&format!("saw {path}"));
                return Ok(());
            }
            _ => {}
        }
    }
    Err(last)
}

fn read(dir: &Descriptor, path: &str) -> Result<(), String> {
    let mut last = String::new();
    let write = READ | DescriptorFlags::WRITE;
    for follow in [FOLLOW, PathFlags::empty()] {
        for flags in [READ, write] {
            match dir.open_at(follow, path, OpenFlags::empty(), flags) {
                Ok(file) => {
                    say(&format!("read {path}: {}", text(&file)));
                    return Ok(());
                }
                Err(error) => last = format!("{error:?}"),
            }
        }
        match dir.stat_at(follow, path) {
            Ok(stat) if stat.type_ != DescriptorType::SymbolicLink => {
                say(&format!("saw {path}"));
                return Ok(());
            }
            _ => {}
        }
    }
    Err(last)
}

/// Tries every way to change the target of `door`.
fn change(own: &Descriptor, door: &str) {
    for slash in ["/", "//", "/./"] {
        let of = |name: &str| format!("{door}{slash}{name}");
        let what = |what: &str| format!("to {what} {}", of("…"));
        tried(
            &what("make a directory in"),
            own.create_directory_at(&of("new")),
        );
        tried(
            &what("make a directory with a slash in"),
            own.create_directory_at(&of("newer/")),
        );
        tried(&what("make a link in"), own.symlink_at("x", &of("planted")));
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let write = DescriptorFlags::WRITE;
        tried(
            &what("make a file in"),
            own.open_at(FOLLOW, &of("made"), flags, write),
        );
        tried(
            &what("hard link from"),
            own.link_at(PathFlags::empty(), &of("secret.txt"), own, "hard"),
        );
        own.create_directory_at("plain").unwrap_or_default();
        tried(
            &what("rename into"),
            own.rename_at("plain/", own, &of("plain")),
        );
        own.create_directory_at("plain").unwrap_or_default();
        tried(
            &what("rename with slashes into"),
            own.rename_at("plain/", own, &of("plain/")),
        );
        tried(
            &what("rename out of"),
            own.rename_at(&of("secret.txt"), own, "taken"),
        );
        // The file is moved back, so that the next attempt finds it.
        own.rename_at("taken", own, &of("secret.txt"))
            .unwrap_or_default();
        // The outside folder contains this directory.
        own.create_directory_at(&of("sub")).unwrap_or_default();
        tried(
            &what("remove a directory in"),
            own.remove_directory_at(&of("sub")),
        );
    }
    // The link itself belongs to the guest; a slash after it means its target.
    for (what, result) in [
        (
            "to rename by a slash",
            own.rename_at(&format!("{door}/"), own, "gone"),
        ),
        (
            "to remove by a slash",
            own.unlink_file_at(&format!("{door}/")),
        ),
        (
            "to remove a directory by a slash",
            own.remove_directory_at(&format!("{door}/")),
        ),
    ] {
        // The call is denied, or changes the link: the test checks the target.
        say(&format!("{what} {door}: {result:?}"));
    }
}

fn tidy(own: &Descriptor) {
    for file in ["hard", "gone"] {
        own.unlink_file_at(file).unwrap_or_default();
    }
    own.remove_directory_at("plain").unwrap_or_default();
}
