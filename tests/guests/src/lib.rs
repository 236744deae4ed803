//! Code that the hostile, broken and innocent guests in `examples/` share.
//!
//! The header of each guest says what it does and what the host must do.

pub mod attempt;
pub mod innocent;
#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
pub mod wasi;

pub use wasm_buildpack_sdk::raw::wasm_buildpacks::buildpack::types;
pub use wasm_buildpack_sdk::raw::{self, BuildOutput, DetectOutcome};
pub use wasm_buildpack_sdk::{BuildContext, DetectContext, Error, Failure, Level, log};

/// The result of `build`.
pub type Built = Result<BuildOutput, Failure>;
/// The result of `detect`.
pub type Detected = Result<DetectOutcome, Failure>;

/// The return types of a guest's function: an outcome, or a result that may be a failure.
pub trait Answer<T> {
    /// Converts into the result for the host.
    fn answer(self) -> Result<T, Failure>;
}

impl<T> Answer<T> for Result<T, Failure> {
    fn answer(self) -> Self {
        self
    }
}

impl Answer<BuildOutput> for BuildOutput {
    fn answer(self) -> Built {
        Ok(self)
    }
}

impl Answer<DetectOutcome> for DetectOutcome {
    fn answer(self) -> Detected {
        Ok(self)
    }
}

/// Makes the component from the functions `detect(&DetectContext)` and `build(&BuildContext)` in scope. If one of
/// them is left out, it is innocent. They return an [`Answer`].
#[macro_export]
macro_rules! guest {
    (build) => {
        $crate::guest!($crate::innocent::detect, build);
    };
    (detect) => {
        $crate::guest!(detect, $crate::innocent::build);
    };
    ($detect:path, $build:path) => {
        struct Component;

        impl $crate::raw::Guest for Component {
            fn detect(context: $crate::DetectContext) -> $crate::Detected {
                $crate::Answer::answer($detect(&context))
            }

            fn build(context: $crate::BuildContext) -> $crate::Built {
                $crate::Answer::answer($build(&context))
            }
        }

        #[expect(unsafe_code, reason = "the generated glue of the exports")]
        const _: () = {
    $crate::raw::export!(Component with_types_in $crate::raw);
        };
    };
}

/// A failure of the guest itself, with a text for the reader of the test's output.
#[must_use]
pub fn failure(text: String) -> Failure {
    Error::internal("The test's guest could not do its part", text).into()
}

/// Logs a line at a level that is always shown.
pub fn say(line: &str) {
    log(Level::Info, line);
}

/// The value of the variable `name`, which the test's buildpack.toml must declare.
pub fn variable<'a>(variables: &'a [types::Variable], name: &str) -> Result<&'a str, Failure> {
    variables
        .iter()
        .find(|variable| variable.name == name)
        .map(|variable| variable.value.as_str())
        .ok_or_else(|| failure(format!("The variable {name} is not set or not declared.")))
}

/// The value of `CASE`, by which a test selects one of the guest's cases.
pub fn case(variables: &[types::Variable]) -> Result<&str, Failure> {
    variable(variables, "CASE")
}

/// The rest of `CASE` after the name of the phase, such as `exits` in `build-exits`; `None` if it names the other
/// phase.
pub fn case_in<'a>(
    phase: &str,
    variables: &'a [types::Variable],
) -> Result<Option<&'a str>, Failure> {
    let case = case(variables)?;
    match case.split_once('-') {
        Some((due, rest)) if due == phase => Ok(Some(rest)),
        Some(("build" | "detect", _)) => Ok(None),
        _ => unknown_case(case),
    }
}

/// Whether `CASE` names this phase, for a guest whose only cases are the two phases.
pub fn is_due(phase: &str, variables: &[types::Variable]) -> Result<bool, Failure> {
    match case(variables)? {
        due @ ("build" | "detect") => Ok(due == phase),
        other => unknown_case(other),
    }
}

/// Fails because the guest has no such case.
pub fn unknown_case<T>(case: &str) -> Result<T, Failure> {
    Err(failure(format!("This guest has no case '{case}'.")))
}
