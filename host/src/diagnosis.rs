//! Turns an error into a message for a person: a title, what happened and why, and what to do.
//!
//! One exhaustive match for each kind of error. No logic, no printing.

mod connection;
mod contents;
pub mod exit;
mod id;
mod limits;
mod machine;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod samples;

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::{fmt, io};

use rustix::process::Signal;

use crate::phase::{ComponentError, InputError, LayersError, PhaseError};
use crate::runner::RunnerError;
use cnb::check::CheckError;
use cnb::context::ContextError;
use cnb::walk::{EntryError, WalkError};
use contract::types::Failure;
use engine::{CallError, Exceeded};
use policy::{LaterError, PATH, PolicyError};
use report::COMPONENT;
use text::{chain, wrapped};

use self::exit::{BUILDPACK, FIXABLE};

/// The maximum width of a line, in columns.
const WIDTH: usize = 72;

/// The beginning of a line that continues a text. A text may quote a server, a repository or a component. With this
/// prefix, no line of a quote can be taken for a text of the host.
const FURTHER: &str = "  ";

/// A message for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The stable id of the refusal, for programs and for searching. `docs/errors.md` lists all ids.
    pub id: &'static str,
    /// One short phrase for the event.
    pub title: String,
    /// The component's own text.
    pub quote: String,
    /// The details and the reason.
    pub text: Vec<String>,
    /// The next steps, in order.
    pub steps: Vec<String>,
    /// The exit status of the process, one of those in [`exit`].
    pub exit_code: u8,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = format!("[Error: {}]", self.title);
        // The id follows the title, or stands on its own line if the title leaves no room.
        let fits = title.chars().count() + self.id.len() + " ()".len() <= WIDTH;
        let apart = if fits { " " } else { "\n  " };
        writeln!(f, "{title}{apart}({})", self.id)?;
        wrap(f, COMPONENT, COMPONENT, &self.quote)?;
        for text in &self.text {
            wrap(f, "", FURTHER, text)?;
        }
        if let [only] = &self.steps[..] {
            return wrap(f, "", FURTHER, only);
        }
        for (n, step) in self.steps.iter().enumerate() {
            wrap(f, &format!("{}. ", n + 1), FURTHER, step)?;
        }
        Ok(())
    }
}

/// Writes each line of a text, wrapped. The first begins with `prefix`, all others with `further`.
fn wrap(f: &mut fmt::Formatter<'_>, prefix: &str, further: &str, text: &str) -> fmt::Result {
    for (n, line) in text.lines().enumerate() {
        let prefix = if n == 0 { prefix } else { further };
        writeln!(f, "{}", wrapped(line, WIDTH, prefix, further))?;
    }
    Ok(())
}

/// Returns the message for an error of a phase.
#[must_use]
pub fn diagnose(error: &PhaseError) -> Diagnosis {
    if let Some(diagnosis) = machine::lack(error) {
        return diagnosis;
    }
    Diagnosis {
        id: id::phase(error),
        ..phase(error)
    }
}

fn phase(error: &PhaseError) -> Diagnosis {
    match error {
        PhaseError::Input(InputError::Context(error @ ContextError::NotInPackage { variable, .. })) => {
            fixable("This package does not contain the requested revision", error)
                .say("This package builds without a network.")
                .step(&format!("Leave {variable} unset, or use a package that fetches, or a package of that revision."))
        }
        PhaseError::Input(InputError::Context(error @ ContextError::Revision { variable, .. })) => {
            fixable("The requested revision can't be used", error)
                .say("Nothing was fetched.")
                .step(&format!("Set {variable} to a branch, a tag or a full commit id, without blanks or git's shorthands such as main~1 and @, or leave it unset."))
        }
        PhaseError::Input(InputError::Context(error)) => fixable("The platform's inputs can't be used", error)
            .step("The lifecycle sets these inputs. If you call the program yourself, set them as the Buildpack API says."),
        PhaseError::Input(InputError::App(error)) => fixable("The application can't be read", error)
            .step("The build's user must be able to read the application directory."),
        PhaseError::Input(InputError::Descriptor(error)) => {
            buildpack("buildpack.toml is broken", error).step(AUTHOR)
        }
        PhaseError::Input(InputError::Policy(error)) => policy(error),
        PhaseError::Input(InputError::Artifact(error)) => buildpack("The buildpack's component can't be used", error)
            .step("The buildpack is incomplete, or was changed after packaging. Package it again."),
        PhaseError::Input(InputError::Own(_)) => {
            buildpack("The host can't read its own program file", error).step(AUTHOR)
        }
        PhaseError::Input(InputError::Sbom(error)) => buildpack("The buildpack's bills of materials can't be used", error)
            .step("The buildpack is incomplete. Package it again."),
        PhaseError::Component(ComponentError::Call(error)) => call(error),
        PhaseError::Component(ComponentError::Runner(error)) => runner(error),
        PhaseError::Component(ComponentError::Guest(failure)) => guest(failure),
        PhaseError::Component(ComponentError::Output(error)) => output(error),
        PhaseError::Component(ComponentError::Left(error @ WalkError::Entry(EntryError::Executable { .. }))) => {
            buildpack("The component declared an executable that is not its file", error)
                .say("Nothing was fetched or written.")
                .step("The buildpack's author must write the file in the same build, and name it relative to the layer.")
        }
        PhaseError::Component(ComponentError::Left(error)) => {
            buildpack("The component left forbidden files in the layers directory", error)
                .say("Nothing was fetched or written.")
                .step(AUTHOR)
        }
        PhaseError::Component(ComponentError::Later(error)) => later(error),
        PhaseError::Contents(error) => contents::contents(error),
        PhaseError::Layers(LayersError::Lock(error)) if error.kind() == io::ErrorKind::WouldBlock => {
            fixable("Another build uses the same layers directory", error)
                .step("Give each build a layers directory of its own, or run one after the other.")
        }
        PhaseError::Layers(LayersError::Lock(error) | LayersError::Leftovers(error)) => {
            fixable("The layers can't be written", error).step(DISK)
        }
        PhaseError::Layers(LayersError::Place(error)) => fixable("The layers can't be written", error).step(DISK),
        PhaseError::Layers(LayersError::Write(error)) => fixable("The layers can't be written", error).step(DISK),
    }
}

const DISK: &str =
    "Check that the disk is not full, and that the build's user can write the layers directory.";

/// The message of Rust's standard library before it aborts a process that gets no more memory.
const OUT_OF_MEMORY: &str = "memory allocation of ";

const AUTHOR: &str = "Report this to the buildpack's author.";

/// Advice for the author of a component that cannot be started.
const CHECK: &str =
    "The command 'wasm-buildpack check' names each import and export that does not fit.";

fn call(error: &CallError) -> Diagnosis {
    match error {
        CallError::Artifact { .. } => {
            buildpack("The buildpack's component can't be used", error).step(AUTHOR)
        }
        CallError::World(_) => buildpack("The buildpack's component doesn't fit this host", error)
            .say(
                "A component may import wasm-buildpacks:buildpack/log and these parts of WASI 0.2: files, clocks, random \
                 numbers and standard output.",
            )
            .step(CHECK),
        CallError::Version { .. } => buildpack("The component speaks another version of the contract", error)
            .step("Build the component for one of these versions, or the buildpack with a newer host.")
            .step(CHECK),
        CallError::Export { .. } => buildpack("The component's exports don't fit the contract", error)
            .step("Make the component's bindings again, from that version's buildpack.wit.")
            .step(CHECK),
        CallError::Trap(_) => buildpack("The buildpack's component trapped", error)
            .step(AUTHOR)
            .answer(exit::TRAP),
        CallError::Short { short, .. } => {
            buildpack(&format!("The buildpack's component needs more {short}"), error)
                .step(&limit(short.key()))
                .answer(exit::SHORT)
        }
        CallError::Files(exceeded) => {
            let more = match exceeded {
                Exceeded::Open(_) => "open files",
                Exceeded::Listed(_) => "memory for listings",
                Exceeded::Made(_) => "files",
                Exceeded::Written(_) => "room for its files",
            };
            let diagnosis = buildpack(
                &format!("The buildpack's component needs more {more}"),
                error,
            );
            let diagnosis = match exceeded {
                Exceeded::Made(_) | Exceeded::Written(_) => {
                    diagnosis.say("Files that it later removed count too.")
                }
                Exceeded::Open(_) => diagnosis.say("The machine has a limit of its own: ulimit -n."),
                Exceeded::Listed(_) => diagnosis,
            };
            diagnosis
                .step(&limit(exceeded.key()))
                .answer(exit::SHORT)
        }
        CallError::Exit(_) => buildpack("The buildpack's component ended itself", error)
            .step(AUTHOR)
            .answer(exit::ENDED_ITSELF),
        CallError::Time(_) => buildpack("The buildpack's component took too long", error)
            .step(&limit("seconds"))
            .step(AUTHOR)
            .answer(exit::TIME),
        CallError::Confine(_) => fixable("The buildpack's component can't be confined here", error)
            .step("Build on a machine whose kernel has seccomp and Landlock (ABI 3, Linux 6.2), and where no container profile forbids them or setrlimit.")
            .step("Or set sandbox = \"prefer\" in buildpack.toml: then a build names what is missing, and continues.")
            .answer(exit::NOT_CONFINED),
        CallError::Machine { lack, .. } => machine::diagnosis(*lack, error),
        CallError::Host(_) => {
            buildpack("The component could not be started", error).step(AUTHOR)
        }
    }
}

fn policy(error: &PolicyError) -> Diagnosis {
    let diagnosis = fixable("The operator's policy can't be applied", error)
        .say("The host builds only if it can apply the policy.")
        .answer(exit::DENIED);
    match error {
        PolicyError::Read(_) | PolicyError::Content(_) => {
            diagnosis.step("Report this to the builder image's operator.")
        }
        PolicyError::NotRoots { .. } => diagnosis.step(&format!(
            "{PATH} and the folders above it must belong to root, and only root may write them."
        )),
        PolicyError::AsRoot => diagnosis.step("Build as another user, as the lifecycle does."),
    }
}

fn runner(error: &RunnerError) -> Diagnosis {
    match error {
        RunnerError::Call(error) => call(error),
        RunnerError::Start(_) => fixable("The component's process can't be started", error)
            .step("Check the limits on processes and files of the build's container."),
        RunnerError::Context(_) => fixable("The platform's inputs are too large", error)
            .step("Look for unusually large metadata in the Buildpack Plan or in restored layers."),
        RunnerError::Deadline(_) => buildpack("The component's process took too long", error)
            .step(&limit("seconds"))
            .answer(exit::TIME),
        RunnerError::Flood => buildpack("The component logged too much", error)
            .step(&limit("log-kib"))
            .answer(exit::LOG),
        RunnerError::OutOfTurn(_) => {
            buildpack("The component's process sent an unexpected message", error)
                .say("The component broke out of WebAssembly, or tried to.")
                .step(AUTHOR)
                .answer(exit::INVALID_MESSAGE)
        }
        RunnerError::Garbage(_) => buildpack("The component's process sent no answer", error)
            .say("The component broke out of WebAssembly, or tried to.")
            .step(AUTHOR)
            .answer(exit::INVALID_MESSAGE),
        RunnerError::Output(_) => buildpack("The component returned too much", error)
            .step(&limit("output-kib"))
            .step(AUTHOR)
            .answer(exit::OUTPUT),
        RunnerError::Died { status, stderr } => died(error, Death::of(*status, stderr)),
    }
}

/// The cause of the end of a component's process, as far as its status shows it.
#[derive(Debug, Clone, Copy)]
enum Death {
    ForbiddenCall,
    FileSize,
    Memory,
    Killed,
    Other,
}

impl Death {
    /// Finds the cause from the signal that ended the process.
    fn of(status: ExitStatus, last_words: &str) -> Self {
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::SYS) => Self::ForbiddenCall,
            Some(Signal::XFSZ) => Self::FileSize,
            Some(Signal::ABORT) if last_words.contains(OUT_OF_MEMORY) => Self::Memory,
            Some(Signal::KILL) => Self::Killed,
            _ => Self::Other,
        }
    }
}

fn died(error: &RunnerError, death: Death) -> Diagnosis {
    match death {
        Death::ForbiddenCall => buildpack("The component's process made a forbidden call", error)
            .say("The kernel ended it. The component broke out of WebAssembly, or made a harmless call that the host's list of allowed calls lacks.")
            .step(AUTHOR)
            .answer(exit::FORBIDDEN_CALL),
        Death::FileSize => buildpack("The component wrote too large a file", error)
            .step(&limit("file-mib"))
            .step(AUTHOR)
            .answer(exit::FILE_SIZE),
        Death::Memory => {
            buildpack("The component's process needs more memory", error)
                .say("The process holds what the component lists, reads and returns.")
                .step(&limit("memory-mib"))
                .answer(exit::SHORT)
        }
        Death::Killed => fixable("The component's process was killed", error)
            .say("It was killed from outside the build, most likely because memory ran out.")
            .step("Check the memory limit of the build's container.")
            .answer(exit::KILLED),
        Death::Other => buildpack("The component's process ended abnormally", error)
            .step(AUTHOR)
            .answer(exit::DIED),
    }
}

fn limit(key: &str) -> String {
    format!("The limit is '{key}' in [metadata.limits] of buildpack.toml.")
}

fn guest(failure: &Failure) -> Diagnosis {
    let (explanation, exit_code, advice) = match failure {
        Failure::Application(e) => (
            e,
            FIXABLE,
            "The buildpack reported this about the application.",
        ),
        Failure::Platform(e) => (
            e,
            FIXABLE,
            "The buildpack reported this about the platform's inputs.",
        ),
        Failure::Io(e) => (e, FIXABLE, "The buildpack could not read or write a file."),
        Failure::Internal(e) => (e, BUILDPACK, AUTHOR),
    };
    // Title and text are marked, so they can't be taken for the host's message. The title's brackets are replaced, so
    // that no text after them reads as the id of a refusal.
    let title = text::line(&explanation.title)
        .replace(['[', '('], "‹")
        .replace([']', ')'], "›");
    let title = match cut(&title, 200) {
        title if title.is_empty() => "The buildpack's component failed".to_owned(),
        title => format!("The buildpack's component says: {title}"),
    };
    let quote = cut(&explanation.text, 4000);
    let text = if quote.is_empty() {
        vec!["It gave no reason.".to_owned()]
    } else {
        Vec::new()
    };
    Diagnosis {
        id: "",
        title,
        quote,
        text,
        steps: vec![advice.to_owned()],
        exit_code,
    }
}

fn output(error: &CheckError) -> Diagnosis {
    buildpack("The component returned an invalid result", error)
        .say("Nothing was fetched or written.")
        .step(AUTHOR)
}

fn later(error: &LaterError) -> Diagnosis {
    match error {
        LaterError::Undeclared { .. } => {
            buildpack("The component would set a variable for later buildpacks", error)
                .say("Nothing was fetched or written. A later buildpack may hold a credential, and obeys these variables.")
                .step("The buildpack's author must name it in build-variables in [metadata] of buildpack.toml.")
        }
        LaterError::Denied(_) => fixable("The operator's policy denies a variable", error)
            .say("Nothing was fetched or written.")
            .step(&format!("The policy is {PATH} in the builder image: its operator can grant it in build-variables."))
            .answer(exit::DENIED),
    }
}

fn fixable(title: &str, error: &dyn std::error::Error) -> Diagnosis {
    Diagnosis {
        id: "",
        title: title.to_owned(),
        quote: String::new(),
        text: vec![sentence(error)],
        steps: Vec::new(),
        exit_code: FIXABLE,
    }
}

fn buildpack(title: &str, error: &dyn std::error::Error) -> Diagnosis {
    Diagnosis {
        exit_code: BUILDPACK,
        ..fixable(title, error)
    }
}

impl Diagnosis {
    fn say(mut self, text: &str) -> Self {
        self.text.push(text.to_owned());
        self
    }

    fn answer(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    fn step(mut self, text: &str) -> Self {
        self.steps.push(text.to_owned());
        self
    }

    /// Names the limit that was reached, if one was.
    fn name(self, key: Option<&str>) -> Self {
        match key {
            Some(key) => self.step(&limit(key)),
            None => self,
        }
    }
}

/// Formats an error with its causes as a sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    // Some libraries end their text with a line end.
    let mut text = chain(error).trim_end().to_owned();
    let dot = if text.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    // A file, key or other name stays as it is, so that it can be searched for.
    let first = text.split(' ').next().unwrap_or_default();
    if !first.is_empty() && first.chars().all(|c| c.is_ascii_lowercase() || c == '\'') {
        text[..1].make_ascii_uppercase();
    }
    format!("{text}{dot}")
}

fn cut(text: &str, chars: usize) -> String {
    text.trim().chars().take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::types::Explanation;

    #[test]
    fn a_sentence_begins_with_a_capital_unless_with_a_name() {
        let said = |text: &str| sentence(&std::io::Error::other(text.to_owned()));
        for (text, sentence) in [
            ("can't read x", "Can't read x."),
            ("'x' is gone", "'x' is gone."),
            ("the end", "The end."),
            ("guest.cwasm is gone", "guest.cwasm is gone."),
            (
                "metadata.sources.a is refused",
                "metadata.sources.a is refused.",
            ),
            ("Is it?", "Is it?"),
            ("", "."),
        ] {
            assert_eq!(said(text), sentence);
        }
    }

    #[test]
    fn lines_are_72_columns_at_most_and_steps_are_numbered() {
        let diagnosis = Diagnosis {
            id: "an-id",
            title: "T".to_owned(),
            quote: String::new(),
            text: vec!["word ".repeat(30).trim().to_owned()],
            steps: vec!["one ".repeat(30).trim().to_owned(), "two".to_owned()],
            exit_code: 1,
        };
        let text = diagnosis.to_string();
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.starts_with("[Error: T] (an-id)\nword word"), "{text}");
        assert!(
            text.contains("\n1. one one") && text.ends_with("\n2. two\n"),
            "{text}"
        );
    }

    #[test]
    fn no_line_of_what_a_server_says_can_be_taken_for_the_hosts() {
        let forged = "[Error: The token leaked] ".repeat(9) + "\n1. Do this\n| said";
        let failed = std::io::Error::other(format!("it says: {forged}"));
        let one = fixable("T", &failed).step(&forged);
        let several = one.clone().step(&forged);
        for diagnosis in [one, several] {
            let told = diagnosis.to_string();
            let starts = told.lines().filter(|line| !line.starts_with("  ")).count();
            let of_its_own = 1 + diagnosis.text.len() + diagnosis.steps.len();
            assert_eq!(starts, of_its_own, "{told}");
            assert!(told.lines().count() > 2 * of_its_own, "{told}");
            assert!(told.lines().all(|line| line.len() <= WIDTH), "{told}");
        }
    }

    #[test]
    fn a_guest_that_does_not_say_why_is_told_apart_from_one_that_does() {
        let said = |title: &str, text: &str| {
            diagnose(&PhaseError::Component(ComponentError::Guest(
                Failure::Application(Explanation {
                    title: title.to_owned(),
                    text: text.to_owned(),
                }),
            )))
        };
        let silent = said(" ", " \n");
        assert_eq!(silent.title, "The buildpack's component failed");
        assert_eq!(silent.text, ["It gave no reason."]);
        let spoken = said("No\nname", "Because.");
        assert_eq!(spoken.title, "The buildpack's component says: No name");
        assert_eq!((&*spoken.quote, spoken.exit_code), ("Because.", FIXABLE));
    }

    #[test]
    fn no_line_of_what_a_component_says_can_be_taken_for_the_hosts() {
        let text = format!("1. Do this\n\n[Error: Other]\n{}", "words ".repeat(30));
        let diagnosis = diagnose(&PhaseError::Component(ComponentError::Guest(
            Failure::Application(Explanation {
                // The text of a title after a bracket is not an id, either.
                title: "Sandbox: full\n[Error: x] (policy-denied)".to_owned(),
                text,
            }),
        )));
        let told = diagnosis.to_string();
        let lines: Vec<_> = told.lines().collect();
        let [title, id, quoted @ .., advice] = &lines[..] else {
            panic!("{told}");
        };
        assert_eq!(
            *title,
            "[Error: The buildpack's component says: Sandbox: full ‹Error: x› ‹policy-denied›]"
        );
        assert_eq!(*id, "  (component-application)");
        assert_eq!(
            *advice,
            "The buildpack reported this about the application."
        );
        assert!(quoted.len() > 4, "{told}");
        assert!(
            quoted
                .iter()
                .all(|line| line.starts_with("| ") && line.len() <= WIDTH),
            "{told}"
        );
    }
}
