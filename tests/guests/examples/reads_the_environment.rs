//! Logs its environment, arguments and standard input: `variables: <n>`, `arguments: <n>`, `input: <n> bytes`, and
//! one line for each of them. Then it builds innocently.
//! All three must be 0.

use std::io::{Read, stdin};

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

#[expect(
    clippy::disallowed_methods,
    reason = "what stands there is the question"
)]
fn look() {
    let variables: Vec<_> = std::env::vars_os().collect();
    say(&format!("variables: {}", variables.len()));
    for (name, value) in variables {
        say(&format!("variable: {}={}", name.display(), value.display()));
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    say(&format!("arguments: {}", arguments.len()));
    for argument in arguments {
        say(&format!("argument: {}", argument.display()));
    }
    let mut input = Vec::new();
    match stdin().take(1024).read_to_end(&mut input) {
        Ok(length) => say(&format!("input: {length} bytes")),
        Err(error) => say(&format!("input: {error}")),
    }
}
