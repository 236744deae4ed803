//! Panics, with the message that Rust's default hook writes to stderr.
//! The host must end the phase with a fault, never with 100, and write nothing. The message contains
//! `The guest panicked on purpose`.
//!
//! Cases: build, detect.

use guests::{BuildContext, Built, DetectContext, Detected, innocent, is_due};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        panic_on_purpose();
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        panic_on_purpose();
    }
    Ok(innocent::output())
}

fn panic_on_purpose() -> ! {
    panic!("The guest panicked on purpose");
}
