//! Fails with an explanation of each kind.
//! The host must end the phase with a fault that shows title and text as the guest's, and write nothing. `empty` has an
//! empty title and text; `long` has a mebibyte of each, which must be cut.
//!
//! Cases: build- or detect- and then application, empty, internal, io, long, platform.

use guests::types::{Explanation, Failure, Variable};
use guests::{BuildContext, Built, DetectContext, Detected, case_in, innocent, unknown_case};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    fail(&context.variables, "detect")?;
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    fail(&context.variables, "build")?;
    Ok(innocent::output())
}

fn fail(variables: &[Variable], phase: &str) -> Result<(), Failure> {
    let Some(case) = case_in(phase, variables)? else {
        return Ok(());
    };
    let words = Explanation::new(
        "The guest's title",
        "The guest's first line\nand its second",
    );
    Err(match case {
        "application" => Failure::Application(words),
        "empty" => Failure::Internal(Explanation::new("", "")),
        "internal" => Failure::Internal(words),
        "io" => Failure::Io(words),
        "long" => Failure::Application(Explanation {
            title: "T".repeat(1024 * 1024),
            text: "long ".repeat(1024 * 1024 / 5),
        }),
        "platform" => Failure::Platform(words),
        other => return unknown_case(other),
    })
}
