//! Tries to change files by WASI's own calls, with flags that Rust's library does not combine: truncates a file that is
//! opened for reading, sets sizes and times, moves and links across its two directories. In build only.
//! `application`: in the application, which needs a file `planqk.json`, a directory `src` and, for one of the attempts,
//! a link `link` to the file: no line of the log may say `ALLOWED`, and the application must stay unchanged.
//! `layer`: the same in its layer, which it makes first: every line must say `ALLOWED`.
//! `across`: from one directory into the other, both ways: no line may say `ALLOWED`.
//! `link-of-a-link`: leaves a hard link of a link that leads out of its layer; the build must fail, naming either.
//! `times-application`, `times-layer`: sets times. In the application no line may say `ALLOWED`.
//! `times-odd`: reads the times of a file `old` of the application, and sets times out of range in its layer: every
//! call must return.
//! The last line must be `tried everything`.

use guests::attempt::tried;
use guests::wasi::{Datetime, Descriptor, DescriptorFlags, FOLLOW, NewTimestamp, OpenFlags};
use guests::wasi::{ErrorCode, none, preopen};
use guests::{BuildContext, BuildOutput, Failure, case, failure, innocent, say, unknown_case};

guests::guest!(build);

const READ: DescriptorFlags = DescriptorFlags::READ;

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    let app = preopen(&context.app_dir)?;
    let layers = preopen(&context.layers_dir)?;
    let own = own_layer(&layers)
        .map_err(|error| failure(format!("The layer could not be made: {error}.")))?;
    match case(&context.variables)? {
        "application" => change(&app),
        "layer" => change(&own),
        "across" => exchange(&app, &own),
        "link-of-a-link" => {
            own.symlink_at("../../..", "out")
                .and_then(|()| own.link_at(none(), "out", &own, "twin"))
                .map_err(|error| failure(format!("No link of a link: {error}.")))?;
        }
        "times-application" => set_times(&app, NewTimestamp::Now),
        "times-layer" => set_times(&own, NewTimestamp::Now),
        "times-odd" => {
            for follow in [none(), FOLLOW] {
                say(&format!("old: {}", outcome(app.stat_at(follow, "old"))));
            }
            for (seconds, nanoseconds) in [(u64::MAX, u32::MAX), (u64::MAX, 0), (1 << 62, 0)] {
                let time = Datetime {
                    seconds,
                    nanoseconds,
                };
                set_times(&own, NewTimestamp::Timestamp(time));
            }
        }
        other => return unknown_case(other),
    }
    say("tried everything");
    Ok(innocent::output())
}

/// Makes the layer, with the same files as the sample application.
fn own_layer(layers: &Descriptor) -> Result<Descriptor, ErrorCode> {
    layers.create_directory_at(innocent::LAYER)?;
    let own = layers.open_at(none(), innocent::LAYER, OpenFlags::DIRECTORY, whole())?;
    own.create_directory_at("src")?;
    let file = own.open_at(
        none(),
        "planqk.json",
        OpenFlags::CREATE,
        READ | DescriptorFlags::WRITE,
    )?;
    file.write(b"{}", 0)?;
    own.symlink_at("planqk.json", "link")?;
    Ok(own)
}

fn whole() -> DescriptorFlags {
    READ | DescriptorFlags::MUTATE_DIRECTORY
}

fn outcome<T>(result: Result<T, ErrorCode>) -> String {
    result.map_or_else(|error| format!("{error:?}"), |_| "seen".to_owned())
}

fn change(dir: &Descriptor) {
    let (empty, nothing) = (OpenFlags::TRUNCATE, DescriptorFlags::empty());
    for (what, flags) in [
        ("reading", READ),
        ("nothing", nothing),
        ("writing", DescriptorFlags::WRITE),
    ] {
        tried(
            &format!("to empty a file that is opened for {what}"),
            dir.open_at(none(), "planqk.json", empty, flags),
        );
        tried(
            &format!("to empty through a link what is opened for {what}"),
            dir.open_at(FOLLOW, "link", empty, flags),
        );
        for (how, new) in [
            ("to make", OpenFlags::CREATE),
            ("to make alone", OpenFlags::CREATE | OpenFlags::EXCLUSIVE),
            ("to make and empty", OpenFlags::CREATE | empty),
        ] {
            tried(
                &format!("{how} a file that is opened for {what}"),
                dir.open_at(none(), "src/new", new, flags),
            );
            dir.unlink_file_at("src/new").unwrap_or_default();
        }
    }
    tried(
        "to open a file for writing",
        dir.open_at(
            none(),
            "planqk.json",
            OpenFlags::empty(),
            DescriptorFlags::WRITE,
        ),
    );
    // Opening a directory for writing is not yet a change.
    tried(
        "to change a directory that is opened to be changed",
        dir.open_at(none(), "src", OpenFlags::DIRECTORY, whole())
            .and_then(|src| src.create_directory_at("within").map(|()| src))
            .and_then(|src| src.remove_directory_at("within")),
    );
    let flags = READ | DescriptorFlags::WRITE;
    tried(
        "to lengthen a file",
        dir.open_at(none(), "planqk.json", OpenFlags::empty(), flags)
            .or_else(|_| dir.open_at(none(), "planqk.json", OpenFlags::empty(), READ))
            .and_then(|file| {
                file.set_size(1 << 16)
                    .and_then(|()| file.write(b"planted", 0))
            }),
    );
    // Each attempt removes what it made, so that the next one finds the same state.
    tried("to make a directory", dir.create_directory_at("src/new/"));
    tried(
        "to rename a directory",
        dir.rename_at("src/", dir, "moved/"),
    );
    tried("to rename it back", dir.rename_at("moved", dir, "src/"));
    tried("to remove a directory", dir.remove_directory_at("src/new"));
    tried("to make a link", dir.symlink_at("src/", "src/link"));
    tried(
        "to hard link a link",
        dir.link_at(none(), "src/link", dir, "src/twin"),
    );
    tried("to remove a link", dir.unlink_file_at("src/link"));
    tried("to remove its twin", dir.unlink_file_at("src/twin"));
    tried(
        "to hard link a file",
        dir.link_at(none(), "planqk.json", dir, "src/twin"),
    );
    tried(
        "to rename a file",
        dir.rename_at("src/twin", dir, "src/other"),
    );
    tried("to remove a file", dir.unlink_file_at("src/other"));
}

fn exchange(app: &Descriptor, own: &Descriptor) {
    for slash in ["", "/"] {
        for (what, from, to) in [("into the layer", app, own), ("out of the layer", own, app)] {
            let name = |name: &str| format!("{name}{slash}");
            let say = |way: &str| format!("{way} {what}, slash {slash:?}");
            tried(
                &say("to move a file"),
                from.rename_at(&name("planqk.json"), to, "taken"),
            );
            tried(
                &say("to move over a file"),
                from.rename_at("planqk.json", to, &name("planqk.json")),
            );
            tried(
                &say("to move a directory"),
                from.rename_at(&name("src"), to, &name("taken")),
            );
            tried(
                &say("to move over a directory"),
                from.rename_at(&name("src"), to, &name("src")),
            );
            tried(
                &say("to move a link"),
                from.rename_at(&name("link"), to, "taken"),
            );
            for (how, follow) in [("hard link", none()), ("hard link behind links", FOLLOW)] {
                tried(
                    &say(&format!("to {how} a file")),
                    from.link_at(follow, &name("planqk.json"), to, &name("taken")),
                );
                tried(
                    &say(&format!("to {how} a link")),
                    from.link_at(follow, &name("link"), to, &name("taken")),
                );
            }
            tried(
                &say("to move all of it"),
                from.rename_at(&name("."), to, "taken"),
            );
            tried(
                &say("to move what is above"),
                from.rename_at(&name(".."), to, "taken"),
            );
        }
    }
}

fn set_times(dir: &Descriptor, time: NewTimestamp) {
    tried(
        "to set a file's times by its name",
        dir.set_times_at(FOLLOW, "planqk.json", time, NewTimestamp::NoChange),
    );
    tried(
        "to set a link's times",
        dir.set_times_at(none(), "link", time, time),
    );
    for (what, path) in [("file", "planqk.json"), ("directory", "src")] {
        tried(
            &format!("to set the times of an open {what}"),
            dir.open_at(none(), path, OpenFlags::empty(), READ)
                .and_then(|open| open.set_times(time, time)),
        );
    }
    tried("to set its own times", dir.set_times(time, time));
}
