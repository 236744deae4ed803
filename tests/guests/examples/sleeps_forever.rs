//! Waits for a clock, one year at a time. The clock shows 292 years and no more: each wait until then ends at once, and
//! the next one never does.
//! The host must end the phase at its time limit with a fault that names the limit, and write nothing. Epochs and
//! fuel do not stop a guest that waits.
//!
//! Cases: build, detect.

use std::time::Duration;

use guests::{BuildContext, Built, DetectContext, Detected, innocent, is_due, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        sleep();
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        sleep();
    }
    Ok(innocent::output())
}

fn sleep() -> ! {
    say("Sleeping");
    loop {
        std::thread::sleep(Duration::from_hours(24 * 365));
    }
}
