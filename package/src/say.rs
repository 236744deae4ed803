//! Prints for the commands. Nothing else in this package prints.

use std::path::Path;

/// Prints a step that may take long, before it begins, so that a person sees why the command waits.
#[expect(clippy::print_stderr, reason = "the one place that prints progress")]
pub fn step(text: &str) {
    eprintln!("[{}] {text}", program());
}

/// The name of the running program, without its folder.
fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
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
