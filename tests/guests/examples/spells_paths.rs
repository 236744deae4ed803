//! Uses unusual spellings of paths, by WASI's own calls, beneath each of its two directories. In build only.
//! `out`: paths that lead out of a directory, or are invalid. No line of the log may say `ALLOWED`.
//! `in`: paths that look as bad but stay within. Every line must say `ALLOWED`.
//! `long`: names of 255 bytes are ALLOWED; longer names and longer paths are denied, and their line says `too long`.
//! `deep`: makes 10,000 nested directories in its layer, logs `made <n>`, and builds innocently. The host must
//! end the build with a fault that names the depth or the number of files.
//! `loops`: leaves links in its layer that form cycles, and tries to use them: denied.
//! `names`: leaves files in its layer whose names steer a terminal, or are special elsewhere.
//! The application needs a file `planqk.json` and a directory `src`. The last line is `tried everything`, except for
//! `deep`.

use guests::attempt::tried;
use guests::wasi::{Descriptor, DescriptorFlags, FOLLOW, OpenFlags, preopen};
use guests::wasi::{ErrorCode, none};
use guests::{BuildContext, BuildOutput, Failure, case, failure, innocent, say, unknown_case};

guests::guest!(build);

const READ: DescriptorFlags = DescriptorFlags::READ;

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    let app = preopen(&context.app_dir)?;
    let layers = preopen(&context.layers_dir)?;
    let own = own_layer(&layers)
        .map_err(|error| failure(format!("The layer could not be made: {error}.")))?;
    let both = [
        ("the application", &app, &context.app_dir),
        ("the layer", &own, &context.layers_dir),
    ];
    match case(&context.variables)? {
        "out" => {
            for (what, dir, path) in both {
                spell_out(what, dir, path);
            }
        }
        "in" => {
            for (what, dir, _) in both {
                spell_in(what, dir);
            }
        }
        "long" => spell_long(&own),
        "deep" => {
            say(&format!("made {}", dig(own)));
            return Ok(innocent::output());
        }
        "loops" => spin(&own),
        "names" => {
            for name in [
                "\u{1b}[2J\u{7}",
                "line\nbreak",
                "\r\u{202e}txt",
                "..\\..\\x",
                "COM\u{b9}",
                "CONOUT$",
                "C:x",
                "C:\\x",
                " ",
                "-rf",
            ] {
                tried("a file by a name", make(&own, name));
            }
        }
        other => return unknown_case(other),
    }
    say("tried everything");
    Ok(innocent::output())
}

fn own_layer(layers: &Descriptor) -> Result<Descriptor, ErrorCode> {
    layers.create_directory_at(innocent::LAYER)?;
    let own = layers.open_at(none(), innocent::LAYER, OpenFlags::DIRECTORY, whole())?;
    own.create_directory_at("src")?;
    make(&own, "planqk.json")?;
    Ok(own)
}

fn whole() -> DescriptorFlags {
    READ | DescriptorFlags::MUTATE_DIRECTORY
}

fn make(dir: &Descriptor, name: &str) -> Result<Descriptor, ErrorCode> {
    dir.open_at(
        none(),
        name,
        OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
        READ | DescriptorFlags::WRITE,
    )
}

/// Tries every way to open a path, inspect it or read it as a link.
fn reach(dir: &Descriptor, path: &str) -> Result<(), ErrorCode> {
    let mut last = ErrorCode::NoEntry;
    for follow in [FOLLOW, none()] {
        for open in [OpenFlags::empty(), OpenFlags::DIRECTORY] {
            for flags in [READ, DescriptorFlags::empty()] {
                match dir.open_at(follow, path, open, flags) {
                    Ok(_) => return Ok(()),
                    Err(error) => last = error,
                }
            }
        }
        if dir.stat_at(follow, path).is_ok() {
            return Ok(());
        }
    }
    if dir.readlink_at(path).is_ok() {
        return Ok(());
    }
    Err(last)
}

fn spell_out(what: &str, dir: &Descriptor, own: &str) {
    let up = "../".repeat(40);
    for path in [
        "..",
        "../",
        "../.",
        "..//",
        "./..",
        ".//..",
        "src/../..",
        "src/../../",
        "src/..//../.",
        "src//../../src",
        "./src/./../..",
        "/",
        "//",
        "///",
        "/.",
        "/..",
        "/etc/passwd",
        "//etc/passwd",
        "/./etc/passwd",
        "/proc/self/root",
        "/dev/null",
        "",
        "\0",
        "planqk.json\0",
        "planqk.json\0.txt",
        "src\0/../..",
        "..\0",
        "planqk.json/..",
        "planqk.json/../src",
        "nothing/..",
        "nothing/../src",
        "..\\",
        "..\\..",
        "\\",
        "C:\\",
        "\u{2025}",
        "\u{2024}\u{2024}/",
        "\u{ff0e}\u{ff0e}/\u{ff0e}\u{ff0e}",
        own,
        &format!("/{own}"),
        &format!("{own}/planqk.json"),
        &format!("{own}/../{own}"),
        &format!("{up}etc/passwd"),
        &format!("src/{up}etc/passwd"),
        &format!("{up}{own}/planqk.json"),
    ] {
        let shown = path.replace('\0', "<nul>");
        let shown: String = shown.chars().take(60).collect();
        tried(&format!("{what}: {shown:?}"), reach(dir, path));
        if !path.is_empty() {
            let write = DescriptorFlags::WRITE;
            let made = dir.open_at(FOLLOW, &format!("{path}/planted"), OpenFlags::CREATE, write);
            tried(&format!("{what}: to make a file in {shown:?}"), made);
        }
    }
}

fn spell_in(what: &str, dir: &Descriptor) {
    for path in [
        ".",
        "./",
        "./.",
        ".//",
        ".//./",
        "src/..",
        "src/../",
        "src/../src",
        "src//../planqk.json",
        "./planqk.json",
        ".//planqk.json",
        "src/./../planqk.json",
        "src/../src/../src/../planqk.json",
        "src/",
        "src//",
        "src/.",
    ] {
        tried(&format!("{what}: {path:?}"), reach(dir, path));
    }
}

fn spell_long(own: &Descriptor) {
    let name = |bytes: usize| "n".repeat(bytes);
    tried("a name of 255 bytes", make(own, &name(255)));
    tried(
        "255 bytes in fewer letters",
        make(own, &format!("{}n", "\u{e9}".repeat(127))),
    );
    tried(
        "a directory of 255 bytes",
        own.create_directory_at(&"d".repeat(255)),
    );
    tried(
        "a link of 255 bytes",
        own.symlink_at("planqk.json", &"l".repeat(255)),
    );
    tried(
        "a link to 4,000 bytes",
        own.symlink_at(&"n/".repeat(2000), "far"),
    );
    for (what, path) in [
        ("a name of 256 bytes", name(256)),
        ("256 bytes in fewer letters", "\u{e9}".repeat(128)),
        (
            "a path of 4,096 bytes",
            format!("{}planqk.json", "./".repeat(2048)),
        ),
        ("a path of a mebibyte", "src/../".repeat(150_000)),
        ("a name of 8 mebibytes", name(8 << 20)),
    ] {
        let results = [
            ("to make", make(own, &path).map(drop)),
            ("to open", reach(own, &path)),
            ("to make a directory", own.create_directory_at(&path)),
            ("to make a link", own.symlink_at("x", &path)),
            ("to rename to", own.rename_at("src", own, &path)),
            ("to link to", own.link_at(none(), "planqk.json", own, &path)),
        ];
        for (how, result) in results {
            tried(&format!("too long, {how} {what}"), result);
        }
    }
    tried(
        "too long, a link to 4,096 bytes",
        own.symlink_at(&"n".repeat(4096), "further"),
    );
}

/// The number of nested directories that could be made.
fn dig(own: Descriptor) -> u32 {
    let mut dir = own;
    for made in 0..10_000 {
        let next = dir
            .create_directory_at("d")
            .and_then(|()| dir.open_at(none(), "d", OpenFlags::DIRECTORY, whole()));
        // The parent directory is closed, since the number of open directories is limited.
        match next {
            Ok(next) => dir = next,
            Err(_) => return made,
        }
    }
    10_000
}

fn spin(own: &Descriptor) {
    for (target, link) in [
        ("self", "self"),
        ("pong", "ping"),
        ("ping", "pong"),
        ("slash/", "slash"),
        ("./dot/.", "dot"),
        ("in/in", "in"),
    ] {
        if own.symlink_at(target, link).is_err() {
            say("could not do its part: a loop");
        }
        for end in ["", "/", "/.", "/..", "/planqk.json"] {
            // The link itself can be inspected, but must not be followed.
            let path = format!("{link}{end}");
            let opened = own.open_at(FOLLOW, &path, OpenFlags::empty(), READ);
            tried(
                &path,
                opened
                    .map(drop)
                    .or_else(|_| own.stat_at(FOLLOW, &path).map(drop)),
            );
        }
    }
    // The host refuses a link through a link; cycles resolve to nothing.
    own.unlink_file_at("in").unwrap_or_default();
    // A chain of more links than the kernel follows, though it ends at a file.
    for n in 0..100 {
        let target = if n == 0 {
            "planqk.json".to_owned()
        } else {
            format!("chain{}", n - 1)
        };
        own.symlink_at(&target, &format!("chain{n}"))
            .unwrap_or_default();
    }
    tried(
        "a chain of 100",
        own.open_at(FOLLOW, "chain99", OpenFlags::empty(), READ),
    );
}
