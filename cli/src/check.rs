//! `check`: judges a component, in a process of its own: a malformed file can bring down that process or keep it busy,
//! but not the tool.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context as _;
use component::Verdict;

use crate::answer::Format;
use crate::parser::{self, Unparsed};
use crate::show;

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
    /// Judges the file in this process.
    #[arg(long, hide = true)]
    here: bool,
}

/// Has the file judged by another process of this tool.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.here {
        parser::end_with_the_tool()?;
        return judge(options);
    }
    let mut command = parser::of_this_tool()?;
    command.args(["check", "--here"]);
    if options.format == Format::Json {
        command.args(["--format", "json"]);
    }
    command.arg("--").arg(&options.file);
    guarded(&mut command, parser::AT_MOST, &options.file)
}

/// Runs a command that judges a file, and shows what it says. Nothing of this is shown if the command gives no verdict.
fn guarded(command: &mut Command, limit: Duration, file: &Path) -> anyhow::Result<ExitCode> {
    match parser::ask(command, limit, NOT_JUDGED)? {
        Ok((status, said)) => {
            show::out(&String::from_utf8_lossy(&said.stdout));
            show::err(&said.stderr);
            Ok(ExitCode::from(status))
        }
        Err(error) => {
            package::say::error(&unreadable(file, &error));
            Ok(ExitCode::from(NOT_JUDGED))
        }
    }
}

fn unreadable(file: &Path, error: &Unparsed) -> String {
    format!(
        "cannot judge the file '{}': {}. {}",
        text::shown_os(file.as_os_str()),
        error.cause(),
        Unparsed::ADVICE
    )
}

fn judge(options: &Options) -> anyhow::Result<ExitCode> {
    let path = &options.file;
    let bytes = match crate::file::component(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            package::say::error(&format!(
                "cannot read the file '{}': {error}. Name a component, such as 'target/buildpack/guest.wasm'",
                text::shown_os(path.as_os_str())
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
    show::out(&text);
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
            here: true,
        };
        assert_eq!(run(&options).unwrap(), ExitCode::from(NOT_JUDGED));
    }

    #[test]
    fn a_parser_that_gives_no_verdict_is_an_error_that_names_the_file_and_the_cause() {
        let mut crashes = Command::new("sh");
        let crashes = crashes.args(["-c", "kill -ABRT $$"]);
        let mut endless = Command::new("tail");
        let endless = endless.args(["-f", "/dev/null"]);
        let file = Path::new("a.wasm");
        for (command, limit) in [
            (crashes, parser::AT_MOST),
            (endless, Duration::from_millis(1)),
        ] {
            let status = guarded(command, limit, file).unwrap();
            assert_eq!(status, ExitCode::from(NOT_JUDGED), "{command:?}");
        }
        let text = unreadable(file, &Unparsed::Crashed);
        assert!(text.starts_with("cannot judge the file 'a.wasm': a parser of this tool failed"));
        let text = unreadable(file, &Unparsed::TimedOut(parser::AT_MOST));
        assert!(text.contains("did not end within 120 s"), "{text}");
    }

    #[test]
    fn a_judgement_keeps_its_status() {
        for (script, code) in [("exit 0", 0), ("exit 1", 1), ("exit 2", 2)] {
            let mut command = Command::new("sh");
            let command = command.args(["-c", script]);
            let status = guarded(command, parser::AT_MOST, Path::new("a.wasm"));
            assert_eq!(status.unwrap(), ExitCode::from(code));
        }
    }
}
