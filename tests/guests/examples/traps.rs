//! Executes WebAssembly's `unreachable`, which traps.
//! The host must end the phase with a fault, never with 100, and write nothing.
//!
//! Cases: build, detect.

use guests::{BuildContext, Built, DetectContext, Detected, innocent, is_due};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        std::process::abort();
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        std::process::abort();
    }
    Ok(innocent::output())
}
