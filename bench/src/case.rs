//! One thing that is measured: what is run, and what must be so before and after.

use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use ::tests::git_server::GitServer;
use anyhow::Result;
use serde::Serialize;

/// What tells a case from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    /// `detect`, `build`, `rebuild` or `scale`.
    pub(crate) group: &'static str,
    /// Who does it.
    pub(crate) peer: &'static str,
    /// What is downloaded, if anything.
    pub(crate) repository: &'static str,
    /// `branch` or `commit`.
    pub(crate) revision: &'static str,
    /// What the server waits in front of each answer, in milliseconds.
    pub(crate) delay: u64,
}

impl Facts {
    pub(crate) const fn new(group: &'static str, peer: &'static str) -> Self {
        Self {
            group,
            peer,
            repository: "",
            revision: "",
            delay: 0,
        }
    }

    pub(crate) const fn of(self, repository: &'static str) -> Self {
        Self { repository, ..self }
    }

    pub(crate) const fn at(self, revision: &'static str) -> Self {
        Self { revision, ..self }
    }

    pub(crate) const fn after(self, delay: u64) -> Self {
        Self { delay, ..self }
    }
}

/// How often it is worth the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Milliseconds: in each round.
    Often,
    /// Tenths of a second: in some of the rounds.
    Sometimes,
    /// Seconds.
    Seldom,
}

type Step = Box<dyn Fn() -> Result<()>>;

/// A case, ready to be run again and again.
pub(crate) struct Case {
    pub(crate) facts: Facts,
    pub(crate) pace: Pace,
    /// Makes the world as it was before.
    pub(crate) before: Step,
    /// The program.
    pub(crate) command: Box<dyn Fn() -> Command>,
    /// Looks whether it did what it had to.
    pub(crate) after: Step,
    /// Who is asked.
    pub(crate) server: Option<Rc<GitServer>>,
    /// Where what it prints goes.
    pub(crate) printed: PathBuf,
}
