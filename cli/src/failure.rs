//! Prints the error that ends a command, in the form of the host's: a title, what happened and why, and what to do.

use std::process::ExitCode;

use host::diagnosis::diagnose;
use host::phase::PhaseError;
use report::Report;
use text::wrapped;

/// Prints an error and returns its exit status. An error of the host's steps has the host's text and status.
pub(crate) fn show(error: &anyhow::Error) -> ExitCode {
    let report = Report::new(false, None);
    if let Some(error) = error.downcast_ref::<PhaseError>() {
        let diagnosis = diagnose(error);
        report.error(&diagnosis.to_string());
        return ExitCode::from(diagnosis.exit_code);
    }
    report.error(&titled(error));
    ExitCode::FAILURE
}

/// The maximum width of a line, in columns, as in the host's messages.
const WIDTH: usize = 72;

/// The first line of the outermost error is the title. The causes follow, and then its other lines, which say what to do.
fn titled(error: &anyhow::Error) -> String {
    let outermost = error.to_string();
    let (title, advice) = outermost.split_once('\n').unwrap_or((&outermost, ""));
    let causes = error.chain().skip(1).map(|cause| format!("Cause: {cause}"));
    let causes: Vec<_> = causes.collect();
    let title = format!("[Error: {title}]");
    let lines = causes.iter().flat_map(|cause| cause.lines());
    let lines = [&*title].into_iter().chain(lines).chain(advice.lines());
    let lines = lines.map(|line| wrapped(line, WIDTH, "", "  "));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_first_line_is_the_title_and_causes_come_before_advice() {
        let error = anyhow!("the disk is full").context("The file can't be written\nFree space.");
        assert_eq!(
            titled(&error),
            "[Error: The file can't be written]\nCause: the disk is full\nFree space."
        );
        assert_eq!(titled(&anyhow!("one")), "[Error: one]");
    }

    #[test]
    fn a_long_line_is_wrapped_and_a_long_word_is_not() {
        let word = "w".repeat(WIDTH);
        assert_eq!(wrapped(&word, WIDTH, "", "  "), word);
        let words = ["words"; 20].join(" ");
        let text = wrapped(&words, WIDTH, "", "  ");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 20);
        assert!(
            text.lines()
                .nth(1)
                .is_some_and(|line| line.starts_with("  w"))
        );
    }
}
