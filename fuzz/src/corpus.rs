//! Reads the kept inputs of each target, and runs a target over them and over mutations of them.
//!
//! No knowledge about a target belongs here.

use std::fs;
use std::io;
use std::panic;
use std::path::{Path, PathBuf};

use crate::mutation::{Numbers, mutate};
use crate::{Target, Verdict};

/// An input and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// The reason why a target has no inputs.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The folder or a file in it can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// The folder is empty.
    #[error("{} holds no input", path.display())]
    Empty { path: PathBuf },
}

/// An input at which a target failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target} fails at {origin}: {message}")]
pub struct Finding {
    pub target: &'static str,
    /// The kept input, or the one that was mutated.
    pub origin: String,
    /// The message of the panic.
    pub message: String,
    /// The bytes of the input.
    pub input: Vec<u8>,
}

/// The numbers of inputs that a run accepted and refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Kept inputs that were accepted.
    pub taken: usize,
    /// Kept inputs that were refused.
    pub refused: usize,
    /// Mutated inputs that were accepted.
    pub made_and_taken: usize,
}

/// The folder of all corpora; each is a folder with the name of its target.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Reads the inputs of a folder, sorted by name.
pub fn read(folder: &Path) -> Result<Vec<Input>, CorpusError> {
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |source| CorpusError::Read { path, source }
    };
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread(folder))? {
        let path = entry.map_err(unread(folder))?.path();
        let bytes = fs::read(&path).map_err(unread(&path))?;
        inputs.push(Input { path, bytes });
    }
    if inputs.is_empty() {
        let path = folder.to_owned();
        return Err(CorpusError::Empty { path });
    }
    inputs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(inputs)
}

/// Runs a target over the inputs, and then over `rounds` mutations of them.
///
/// Every second mutation starts from an accepted input: a bad input that is wrongly accepted is most likely close to
/// one.
pub fn run(target: &Target, inputs: &[Input], rounds: usize) -> Result<Tally, Finding> {
    let mut tally = Tally::default();
    let mut taken = Vec::new();
    for input in inputs {
        match attempt(target, &input.bytes, || input.path.display().to_string())? {
            Verdict::Taken => taken.push(input),
            Verdict::Refused => tally.refused += 1,
        }
    }
    tally.taken = taken.len();
    let all: Vec<_> = inputs.iter().collect();
    let mut numbers = Numbers::new(1);
    for round in 0..rounds {
        let from = if round % 2 == 0 { &all } else { &taken };
        let (Some(one), Some(other)) = (numbers.one_of(from), numbers.one_of(&all)) else {
            continue;
        };
        let made = mutate(&one.bytes, &other.bytes, &mut numbers);
        let origin = || format!("round {round}, made of {}", one.path.display());
        if attempt(target, &made, origin)? == Verdict::Taken {
            tally.made_and_taken += 1;
        }
    }
    Ok(tally)
}

fn attempt(target: &Target, input: &[u8], origin: impl Fn() -> String) -> Result<Verdict, Finding> {
    panic::catch_unwind(|| (target.run)(input)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref().map(|text: &&str| (*text).to_owned()));
        Finding {
            target: target.name,
            origin: origin(),
            message: text.unwrap_or_default(),
            input: input.to_vec(),
        }
    })
}
