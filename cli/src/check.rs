//! `check`: judges a component.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use component::Verdict;

use crate::answer::Format;

/// The exit status of a component that does not fit.
const DOES_NOT_FIT: u8 = 1;
/// The exit status of a file that cannot be judged, because it is not a component or cannot be read.
const NOT_JUDGED: u8 = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A component, or a core module.
    file: PathBuf,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let path = &options.file;
    let bytes = match crate::file::component(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            package::say::error(&format!(
                "cannot read the file '{}': {error}. Name a component, such as 'target/buildpack/guest.wasm'",
                path.display()
            ));
            return Ok(ExitCode::from(NOT_JUDGED));
        }
    };
    let report = component::check(&bytes);
    let text =
        match options.format {
            Format::Text => report.to_string(),
            Format::Json => {
                let json = serde_json::to_string_pretty(&report);
                text::json(&json.context(
                    "the report cannot be written as JSON, which is a fault of this tool",
                )?)
            }
        };
    package::say::line(text.trim_end());
    Ok(ExitCode::from(status(report.verdict)))
}

fn status(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fits => 0,
        Verdict::DoesNotFit => DOES_NOT_FIT,
        Verdict::NotJudged => NOT_JUDGED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_can_tell_the_three_verdicts_apart_by_the_status() {
        // A component without anything in it: its first eight bytes.
        let component = b"\0asm\x0d\0\x01\0";
        assert_eq!(status(component::check(component).verdict), 1);
        assert_eq!(status(component::check(b"(component)").verdict), 2);
        assert_eq!(status(Verdict::Fits), 0);
    }

    #[test]
    fn a_file_that_does_not_exist_cannot_be_judged() {
        let options = Options {
            file: "does/not/exist.wasm".into(),
            format: Format::Text,
        };
        assert_eq!(run(&options).unwrap(), ExitCode::from(NOT_JUDGED));
    }
}
