//! Ends the whole component by WASI's exit, with a status, before it has answered.
//! The host must end the phase with a fault for every status: 0 does not mean success, and 100 does not mean decline.
//!
//! Cases: build- or detect- and then 0, 1, 100.

use guests::types::{Failure, Variable};
use guests::{BuildContext, Built, DetectContext, Detected, case_in, innocent, unknown_case};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    exit(&context.variables, "detect")?;
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    exit(&context.variables, "build")?;
    Ok(innocent::output())
}

#[expect(clippy::exit, reason = "what happens then is the question")]
fn exit(variables: &[Variable], phase: &str) -> Result<(), Failure> {
    match case_in(phase, variables)? {
        Some("0") => std::process::exit(0),
        Some("1") => std::process::exit(1),
        Some("100") => std::process::exit(100),
        Some(other) => unknown_case(other),
        None => Ok(()),
    }
}
