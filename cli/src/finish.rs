//! From what a language's tool made to the component that ships. Another process of this tool reads, finishes and judges
//! the component: see `parser`.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use component::{Finding, Report, Verdict};
use serde::{Deserialize, Serialize};

use crate::parser::{self, Unparsed};

/// The name of the hidden command in the other process.
pub(crate) const COMMAND: &str = "finish-here";

/// The options of the hidden command.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A component or a core module, as a language's tool made it.
    file: PathBuf,
    /// The file for the component that ships.
    into: PathBuf,
}

/// The answer of the other process.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// The component was written. These interfaces of the network were closed in it.
    Finished(Vec<String>),
    /// It cannot become a component that the host runs, for these reasons.
    Refused(Vec<String>),
    /// The component could not be written, for this reason.
    Unwritten(String),
}

/// A component that the host can run.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its bytes.
    pub(crate) component: Vec<u8>,
    /// The interfaces of the network that were closed in it.
    pub(crate) closed: Vec<String>,
}

/// The component that ships, from the bytes of a component or of a core module. `name` names these bytes in an error.
pub(crate) fn finished(bytes: &[u8], name: &str) -> anyhow::Result<Finished> {
    let folder = tempfile::tempdir().context(
        "The folder for temporary files can't be used\n\
         Check that you may write it (TMPDIR), and that the disk is not full.",
    )?;
    let [file, into] = ["made.wasm", "guest.wasm"].map(|name| folder.path().join(name));
    fs::write(&file, bytes)
        .context("A temporary file can't be written\nFree space on the disk.")?;
    let mut command = parser::of_this_tool()?;
    command.args([OsStr::new(COMMAND), "--".as_ref()]);
    command.args([&file, &into]);
    let closed = answer(&mut command, parser::AT_MOST, name)?;
    let component = fs::read(&into).context("A temporary file can't be read")?;
    Ok(Finished { component, closed })
}

/// Has a command finish a component. Returns the interfaces that it closed.
fn answer(command: &mut Command, limit: Duration, name: &str) -> anyhow::Result<Vec<String>> {
    let unparsed = |cause: &str| {
        anyhow!(
            "The component can't be read: '{name}'\nIt can't be read because {cause}. {}.",
            Unparsed::ADVICE
        )
    };
    let (_, output) = parser::ask(command, limit, 0)?.map_err(|error| unparsed(&error.cause()))?;
    let answer = serde_json::from_slice(&output.stdout);
    match answer.map_err(|_| unparsed(&Unparsed::Crashed.cause()))? {
        Answer::Finished(closed) => Ok(closed),
        Answer::Refused(reasons) => {
            bail!(
                "The host can't run the component: '{name}'\n{}",
                lines(&reasons)
            )
        }
        Answer::Unwritten(why) => {
            bail!("A temporary file can't be written: {why}\nFree space on the disk.")
        }
    }
}

/// Reasons, each in one line: they have names from the component, which could contain line ends.
fn lines(reasons: &[String]) -> String {
    let lines: Vec<_> = reasons.iter().map(|reason| text::line(reason)).collect();
    lines.join("\n")
}

/// Finishes a component in this process, and prints the answer for the other one.
pub(crate) fn here(options: &Options) -> anyhow::Result<ExitCode> {
    parser::end_with_the_tool()?;
    let bytes = crate::file::component(&options.file)?;
    let answer = match component::finish(&bytes) {
        Err(error) => Answer::Refused(vec![format!("{error:#}.")]),
        Ok(finished) => {
            let reasons = obstacles(&component::check(&finished.component));
            if reasons.is_empty() {
                match fs::write(&options.into, finished.component) {
                    Ok(()) => Answer::Finished(finished.closed),
                    Err(error) => Answer::Unwritten(error.to_string()),
                }
            } else {
                Answer::Refused(reasons)
            }
        }
    };
    crate::show::out(&text::json(&serde_json::to_string(&answer)?));
    Ok(ExitCode::SUCCESS)
}

/// The obstacles that no limit of the descriptor removes. The host compares the limits, and names the key of each.
fn obstacles(report: &Report) -> Vec<String> {
    let is_final = |one: &&Finding| one.limit.is_none();
    let mut obstacles: Vec<_> = report
        .findings
        .iter()
        .filter(is_final)
        .map(|one| format!("{}: {}", one.title, one.text))
        .collect();
    if obstacles.is_empty() && report.verdict == Verdict::NotJudged {
        obstacles.push("It is not a component.".to_owned());
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(script: &str) -> Result<Vec<String>, String> {
        let mut command = Command::new("sh");
        answer(command.args(["-c", script]), parser::AT_MOST, "a.wasm").map_err(|e| e.to_string())
    }

    #[test]
    fn a_parser_that_crashes_is_an_error_that_names_the_file() {
        for ends in ["kill -ABRT $$", "exit 1", "echo half an answer"] {
            let error = answered(ends).unwrap_err();
            assert!(
                error.starts_with("The component can't be read: 'a.wasm'\n"),
                "{error}"
            );
            assert!(
                error.contains("a parser of this tool failed on it"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_parser_that_does_not_end_is_an_error_that_names_the_time() {
        let mut endless = Command::new("tail");
        let endless = endless.args(["-f", "/dev/null"]);
        let error = answer(endless, Duration::from_millis(1), "a.wasm").unwrap_err();
        assert!(
            error.to_string().contains("did not end within 0 s"),
            "{error}"
        );
    }

    #[test]
    fn an_answer_is_taken_and_a_refusal_is_an_error_with_its_reasons() {
        let closed = answered(r#"echo '{"finished":["a","b"]}'"#);
        assert_eq!(closed.unwrap(), ["a", "b"]);
        let error = answered(r#"echo '{"refused":["One\\nmore.","Two."]}'"#).unwrap_err();
        assert_eq!(
            error,
            "The host can't run the component: 'a.wasm'\nOne more.\nTwo."
        );
        let error = answered(r#"echo '{"unwritten":"no space"}'"#).unwrap_err();
        assert!(
            error.contains("can't be written: no space\nFree"),
            "{error}"
        );
    }

    #[test]
    fn a_limit_that_the_descriptor_can_raise_is_not_an_obstacle() {
        let mut report = component::check(b"");
        report.findings = vec![Finding {
            title: "Large".to_owned(),
            text: "It is large.".to_owned(),
            limit: Some("memory-mib"),
        }];
        report.verdict = Verdict::DoesNotFit;
        assert_eq!(obstacles(&report), [""; 0]);
        report.findings[0].limit = None;
        assert_eq!(obstacles(&report), ["Large: It is large."]);
    }
}
