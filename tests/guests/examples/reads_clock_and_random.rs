//! Logs the wall clock twice (`wall: <seconds>.<nanoseconds>`), the time between two reads of the monotonic clock
//! (`elapsed: <nanoseconds>`), and random bits twice (`random: <hex>`). Then it builds innocently.
//! The log of two runs must be the same, and `elapsed` must be 0.

use std::hash::{BuildHasher, RandomState};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    look();
    innocent::detect(context)
}

fn build(_: &BuildContext) -> BuildOutput {
    look();
    innocent::output()
}

fn look() {
    let start = Instant::now();
    for _ in 0..2 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = wall.unwrap_or_default();
        say(&format!(
            "wall: {}.{:09}",
            wall.as_secs(),
            wall.subsec_nanos()
        ));
    }
    say(&format!("elapsed: {}", start.elapsed().as_nanos()));
    for _ in 0..2 {
        // The first state takes its keys from the random numbers; each further state increments them.
        say(&format!(
            "random: {:016x}",
            RandomState::new().hash_one("seed")
        ));
    }
}
