//! What the commands print. Nothing else in this package does.

/// A step that may take long: printed before it begins, so that a person sees what is waited for.
#[expect(clippy::print_stderr, reason = "the one place that prints progress")]
pub fn step(text: &str) {
    eprintln!("[xtask] {text}");
}

/// A line of a command's result.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
pub fn line(text: &str) {
    println!("{text}");
}

/// Why a command failed.
#[expect(clippy::print_stderr, reason = "the one place that prints errors")]
pub fn error(text: &str) {
    eprintln!("error: {text}");
}
