//! Has a file parsed in another process of this tool, with a time limit: the parsers are other projects' code, and a file
//! may be made to bring one down or to keep it busy.
//!
//! Nothing here knows the file's content. `check` and `finish` are the two sides of the question.

use std::process::{Command, Output};
use std::time::Duration;

use ::package::running::Running;
use anyhow::Context as _;

/// The time limit. The largest known components have 20 MiB and take less than 2 s, or 15 s in a tool that is built for
/// development.
pub(crate) const AT_MOST: Duration = Duration::from_mins(2);

/// The reason why the other process gave no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unparsed {
    /// It crashed.
    Crashed,
    /// It exceeded the time limit.
    TimedOut(Duration),
}

impl Unparsed {
    /// The cause, as a part of a sentence.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::Crashed => "a parser of this tool failed on it".to_owned(),
            Self::TimedOut(limit) => format!(
                "a parser of this tool did not end within {} s and was stopped",
                limit.as_secs()
            ),
        }
    }

    /// The advice, which fits each cause.
    pub(crate) const ADVICE: &str = "It is damaged, or is not what a language's tool makes. Build it again; if the \
        error stays, report it with the file";
}

/// A call of this tool.
pub(crate) fn of_this_tool() -> anyhow::Result<Command> {
    let tool = std::env::current_exe().context("The tool's own program cannot be found")?;
    Ok(Command::new(tool))
}

/// Makes the kernel end this process, which parses a file for another one of the tool, when that one ends.
pub(crate) fn end_with_the_tool() -> anyhow::Result<()> {
    let signal = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(signal)
        .context("The process that reads the component can't be prepared")
}

/// Runs a command that parses a file. Its status and its output are an answer only if it ends by itself, with at most the
/// status `last`.
pub(crate) fn ask(
    command: &mut Command,
    limit: Duration,
    last: u8,
) -> anyhow::Result<Result<(u8, Output), Unparsed>> {
    let ended = Running::start(command).and_then(|mut running| running.within(limit));
    let Some(ended) = ended.context("The tool's own program cannot be started")? else {
        return Ok(Err(Unparsed::TimedOut(limit)));
    };
    let status = ended.status.code().and_then(|code| u8::try_from(code).ok());
    Ok(match status {
        Some(status) if status <= last => Ok((status, ended)),
        _ => Err(Unparsed::Crashed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(script: &str) -> Result<(u8, Output), Unparsed> {
        ask(Command::new("sh").args(["-c", script]), AT_MOST, 2).unwrap()
    }

    #[test]
    fn a_parser_that_crashes_gives_no_answer() {
        for ends in ["kill -ABRT $$", "kill -SEGV $$", "exit 101", "exit 3"] {
            assert_eq!(asked(ends), Err(Unparsed::Crashed), "{ends}");
        }
    }

    #[test]
    fn a_parser_that_does_not_end_is_stopped() {
        let limit = Duration::from_millis(1);
        let mut endless = Command::new("tail");
        let asked = ask(endless.args(["-f", "/dev/null"]), limit, 2).unwrap();
        assert_eq!(asked, Err(Unparsed::TimedOut(limit)));
    }

    #[test]
    fn a_parser_that_ends_gives_its_status_and_its_output() {
        for status in 0..=2 {
            let (found, output) = asked(&format!("echo {status}; exit {status}")).unwrap();
            assert_eq!(found, status);
            assert_eq!(output.stdout, format!("{status}\n").as_bytes());
        }
    }

    #[test]
    fn the_cause_names_the_time_limit() {
        let cause = Unparsed::TimedOut(AT_MOST).cause();
        assert!(cause.contains("did not end within 120 s"), "{cause}");
        let cause = Unparsed::Crashed.cause();
        assert!(cause.contains("failed on it"), "{cause}");
    }
}
