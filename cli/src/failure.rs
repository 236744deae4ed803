//! Prints the error that ends a command, in the form of the host's: a title, what happened and why, and what to do.

use std::process::ExitCode;

use host::diagnosis::diagnose;
use host::phase::PhaseError;
use host::report::Report;

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

/// The first line of the outermost error is the title. Its other lines, and the causes, follow.
fn titled(error: &anyhow::Error) -> String {
    let outermost = error.to_string();
    let (title, rest) = outermost.split_once('\n').unwrap_or((&outermost, ""));
    let mut lines = vec![format!("[Error: {title}]")];
    lines.extend(error.chain().skip(1).map(|cause| format!("Cause: {cause}")));
    lines.extend(rest.lines().map(str::to_owned));
    lines.join("\n")
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
}
