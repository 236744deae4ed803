//! Waits for the monotonic clock alone, and together with a stream and a file, and logs what it then sees. Then it builds
//! innocently.
//! The clock must move by exactly what was asked, no wait may take time, and two runs must log the same.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use guests::wasi::{
    DescriptorFlags, OpenFlags, Pollable, get_stdout, monotonic_now, none, poll, preopen,
    subscribe_duration, subscribe_instant,
};
use guests::{BuildContext, Built, DetectContext, Detected, Failure, failure, innocent, say};

guests::guest!(detect, build);

const DAY: Duration = Duration::from_hours(24);
const SECOND: u64 = 1_000_000_000;

fn detect(context: &DetectContext) -> Detected {
    look(&context.app_dir)?;
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    look(&context.app_dir)?;
    Ok(innocent::output())
}

fn look(app: &str) -> Result<(), Failure> {
    say(&format!("first: {}", monotonic_now()));
    let (start, wall) = (Instant::now(), SystemTime::now());
    std::thread::sleep(DAY);
    say(&format!("slept: {} s", start.elapsed().as_secs_f64()));
    say(&format!("wall: {:?}", wall.elapsed().unwrap_or_default()));

    let late = subscribe_duration(2 * SECOND);
    let early = subscribe_duration(SECOND);
    let same = subscribe_instant(monotonic_now() + SECOND);
    says_ready("three alarms", &[&late, &early, &same]);
    says_ready("the late one", &[&late]);
    drop((late, early, same));

    let alarm = subscribe_duration(SECOND);
    say(&format!("asked without waiting: {}", alarm.ready()));
    says_ready("a stream", &[&alarm, &get_stdout().subscribe()]);
    let input = open(app)?;
    says_ready("a file", &[&alarm, &input]);
    says_ready("a past moment", &[&subscribe_instant(1)]);
    Ok(())
}

/// Waits for one of these, and logs which are ready and by how much the clock has moved.
fn says_ready(what: &str, pollables: &[&Pollable]) {
    let start = monotonic_now();
    let ready = poll(pollables);
    let moved = monotonic_now() - start;
    say(&format!("{what}: {ready:?} after {moved}"));
}

/// Returns what is ready when the first file of the application can be read.
fn open(app: &str) -> Result<Pollable, Failure> {
    let name = std::fs::read_dir(Path::new(app))
        .map_err(|error| failure(format!("The application cannot be listed: {error}.")))?
        .filter_map(Result::ok)
        .find(|entry| entry.path().is_file())
        .and_then(|entry| entry.file_name().into_string().ok())
        .ok_or_else(|| failure("The application has no file.".to_owned()))?;
    let file = preopen(app)?
        .open_at(none(), &name, OpenFlags::empty(), DescriptorFlags::READ)
        .map_err(|code| failure(format!("The file cannot be opened: {code:?}.")))?;
    let stream = file
        .read_via_stream(0)
        .map_err(|code| failure(format!("The file cannot be read: {code:?}.")))?;
    let ready = stream.subscribe();
    // A pollable must not outlive its stream, nor a stream its file, so neither is dropped.
    std::mem::forget((file, stream));
    Ok(ready)
}
