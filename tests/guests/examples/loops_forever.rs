//! Loops forever.
//! The host must end the phase at its time limit with a fault that names the limit, and write nothing.
//!
//! Cases: build, detect.

use std::hint::black_box;

use guests::{BuildContext, Built, DetectContext, Detected, innocent, is_due, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        compute();
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        compute();
    }
    Ok(innocent::output())
}

fn compute() -> ! {
    say("Computing");
    let mut sum = 0_u64;
    loop {
        sum = black_box(sum.wrapping_add(1));
    }
}
