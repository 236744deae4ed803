//! Tries to read outside its directories, by every spelling of a path, and by links from its layer. In detect too.
//! First it lists its own directories, which is allowed: `may read <directory>: <n> entries`. If a test sets the
//! variable `OUTSIDE`, the absolute path of a file of the test, the guest tries it too, in all spellings.
//! No line of the log may say `ALLOWED`, and the last must be `tried everything`. The guest removes its links again.

use std::fs;
use std::path::Path;

use guests::attempt::{link, tried};
use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say, variable};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    let outside = variable(&context.variables, "OUTSIDE").ok();
    look(&context.app_dir, outside);
    say("tried everything");
    innocent::detect(context)
}

fn build(context: &BuildContext) -> BuildOutput {
    let outside = variable(&context.variables, "OUTSIDE").ok();
    look(&context.app_dir, outside);
    look(&context.layers_dir, outside);
    let own = Path::new(&context.layers_dir).join(innocent::LAYER);
    if fs::create_dir_all(&own).is_ok() {
        look_through_links(&own, outside);
    }
    say("tried everything");
    innocent::output()
}

/// Files and directories that exist on every Linux system, or in every build.
const PLACES: [&str; 12] = [
    "/etc/passwd",
    "/proc/self/environ",
    "/proc/self/cmdline",
    "/proc/1/environ",
    "/proc/self/fd",
    "/proc/self/root/etc/passwd",
    "/dev/urandom",
    "/",
    "/tmp",
    "/cnb",
    "/platform",
    "/platform/env",
];

fn look(home: &str, outside: Option<&str>) {
    match fs::read_dir(home) {
        Ok(entries) => say(&format!("may read {home}: {} entries", entries.count())),
        Err(error) => say(&format!("may not read {home}: {error}")),
    }
    for place in PLACES.into_iter().chain(outside) {
        let relative = place.trim_start_matches('/');
        let ways = [
            place.to_owned(),
            relative.to_owned(),
            format!("/{place}"),
            format!("{home}/../../../../../../../..{place}"),
            format!("{home}/./..//../../../../../../..{place}"),
            format!("{home}/src/../../../../../../../..{place}"),
            format!("{}{relative}", "../".repeat(20)),
        ];
        open(place, &ways);
    }
    let around = [
        format!("{home}/.."),
        format!("{home}/../.."),
        format!("{home}-other"),
    ];
    open("what is around it", &around);
    open(
        "by no name",
        &[".", "..", "", "../..", "./.."].map(str::to_owned),
    );
}

fn look_through_links(own: &Path, outside: Option<&str>) {
    let door = own.join("door");
    for place in PLACES.into_iter().chain(outside) {
        let relative = format!("{}{place}", "../".repeat(20));
        for target in [place, &relative] {
            if link(target, &door).is_ok() {
                let way = door.to_string_lossy().into_owned();
                open(&format!("{place} through a link"), &[way]);
                fs::remove_file(&door).unwrap_or_default();
            }
        }
    }
}

/// Tries each path as a file, as a directory, and for its metadata. It logs one line for all paths, since the log's
/// limit could otherwise hide the last ones.
fn open(place: &str, ways: &[String]) {
    let first = ways.iter().find_map(|way| {
        let read = fs::read(way).map(drop);
        let seen = read.or_else(|_| fs::read_dir(way).map(drop));
        seen.or_else(|_| fs::metadata(way).map(drop))
            .ok()
            .map(|()| way)
    });
    let what = format!("{place}, ways: {}", ways.len());
    match first {
        Some(way) => tried(&format!("{what}, {way}"), Ok::<_, String>(())),
        None => tried(&what, Err::<(), _>("all of them")),
    }
}
