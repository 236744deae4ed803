//! `check`: judges a component, in a process of its own: a malformed file can bring down that process, but not the
//! tool.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use component::Verdict;

use crate::answer::Format;
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

/// Has the file judged by another process of this tool: the parsers are other projects' code, and a file may be made to
/// bring one down.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.here {
        return judge(options);
    }
    let tool = std::env::current_exe().context("The tool's own program cannot be found")?;
    let mut command = Command::new(tool);
    command.args(["check", "--here"]);
    if options.format == Format::Json {
        command.args(["--format", "json"]);
    }
    command.arg("--").arg(&options.file);
    guarded(&mut command, &options.file)
}

/// Runs a command that judges a file. If it ends in any other way than with one of its statuses, nothing of what it says on
/// standard error is shown.
fn guarded(command: &mut Command, file: &Path) -> anyhow::Result<ExitCode> {
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .output()
        .context("The tool's own program cannot be started")?;
    let status = ended.status.code().and_then(|code| u8::try_from(code).ok());
    if let Some(status @ 0..=NOT_JUDGED) = status {
        show::err(&ended.stderr);
        return Ok(ExitCode::from(status));
    }
    package::say::error(&unreadable(file));
    Ok(ExitCode::from(NOT_JUDGED))
}

fn unreadable(file: &Path) -> String {
    format!(
        "cannot judge the file '{}': a parser of this tool failed on it. It is damaged, or is not what a language's tool \
         makes. Build it again; if the error stays, report it with the file",
        text::shown_os(file.as_os_str())
    )
}

fn judge(options: &Options) -> anyhow::Result<ExitCode> {
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
    fn a_parser_that_fails_is_an_error_that_names_the_file() {
        let status = |script: &str| {
            let mut command = Command::new("sh");
            guarded(command.args(["-c", script]), Path::new("a.wasm")).unwrap()
        };
        for ends in ["kill -ABRT $$", "kill -SEGV $$", "exit 101"] {
            assert_eq!(status(ends), ExitCode::from(NOT_JUDGED), "{ends}");
        }
        assert!(unreadable(Path::new("a.wasm")).starts_with("cannot judge the file 'a.wasm'"));
    }

    #[test]
    fn a_judgement_keeps_its_status() {
        for (script, code) in [("exit 0", 0), ("exit 1", 1), ("exit 2", 2)] {
            let mut command = Command::new("sh");
            let status = guarded(command.args(["-c", script]), Path::new("a.wasm"));
            assert_eq!(status.unwrap(), ExitCode::from(code));
        }
    }
}
