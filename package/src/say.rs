//! Prints for the commands. Nothing else in this package prints.

/// Prints a step that may take long, before it begins, so that a person sees why the command waits.
#[expect(clippy::print_stderr, reason = "the one place that prints progress")]
pub fn step(text: &str) {
    eprintln!("[xtask] {text}");
}

/// Prints a line of a command's result.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
pub fn line(text: &str) {
    println!("{text}");
}

/// Prints why a command failed.
#[expect(clippy::print_stderr, reason = "the one place that prints errors")]
pub fn error(text: &str) {
    eprintln!("error: {text}");
}
