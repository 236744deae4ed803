//! What the hostile, broken and innocent guests in `examples/` have in common.
//! A guest says in its header what it does and what the host must do; none of that stands here.

pub mod attempt;
#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
pub mod bindings;
pub mod innocent;
#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
pub mod wasi;

pub use bindings::exports_of as __exports_of;
pub use bindings::wasm_buildpacks::buildpack::log::{Level, log};
pub use bindings::wasm_buildpacks::buildpack::types;
pub use bindings::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure, Guest};

/// What `build` answers.
pub type Built = Result<BuildOutput, Failure>;
/// What `detect` answers.
pub type Detected = Result<DetectOutcome, Failure>;

/// What a guest's function may return: an answer, or one that can be a failure.
pub trait Answer<T> {
    /// What the host is told.
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

/// Makes the component from the functions `detect(&DetectContext)` and `build(&BuildContext)` in scope: both, or
/// one of them and an innocent other. They return an [`Answer`].
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

        impl $crate::Guest for Component {
            fn detect(context: $crate::DetectContext) -> $crate::Detected {
                $crate::Answer::answer($detect(&context))
            }

            fn build(context: $crate::BuildContext) -> $crate::Built {
                $crate::Answer::answer($build(&context))
            }
        }

        #[expect(unsafe_code, reason = "the generated glue of the exports")]
        const _: () = {
    $crate::__exports_of!(Component with_types_in $crate::bindings);
        };
    };
}

/// A failure that is this guest's, with a text for whoever reads the test's output.
#[must_use]
pub fn failure(text: String) -> Failure {
    Failure::Internal(types::Explanation {
        title: "The test's guest could not do its part".to_owned(),
        text,
    })
}

/// Logs a line at the level that is always shown.
pub fn say(line: &str) {
    log(Level::Info, line);
}

/// The value of the variable `name`, which the test's buildpack.toml has to declare.
pub fn variable<'a>(variables: &'a [types::Variable], name: &str) -> Result<&'a str, Failure> {
    variables
        .iter()
        .find(|variable| variable.name == name)
        .map(|variable| variable.value.as_str())
        .ok_or_else(|| failure(format!("The variable {name} is not set or not declared.")))
}

/// The variable `CASE`, by which a test chooses among what one guest can do.
pub fn case(variables: &[types::Variable]) -> Result<&str, Failure> {
    variable(variables, "CASE")
}

/// What follows the name of the phase in `CASE`, such as `exits` in `build-exits`, or nothing if it is the other
/// phase's turn.
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

/// Whether `CASE` names this phase, where a guest has no more cases than the two.
pub fn is_due(phase: &str, variables: &[types::Variable]) -> Result<bool, Failure> {
    match case(variables)? {
        due @ ("build" | "detect") => Ok(due == phase),
        other => unknown_case(other),
    }
}

/// The failure for a `CASE` that a guest doesn't have.
pub fn unknown_case<T>(case: &str) -> Result<T, Failure> {
    Err(failure(format!("This guest has no case '{case}'.")))
}
