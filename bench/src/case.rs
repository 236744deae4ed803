//! One benchmark case: the program to run, its preparation, and the check of its result.

use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use server::git_server::GitServer;

/// The key of a case: no two cases have the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    /// `detect`, `build`, `rebuild`, `scale`, `guests` or `packages`.
    pub(crate) group: &'static str,
    /// The program that is measured.
    pub(crate) peer: &'static str,
    /// The repository, or the set of files, that is downloaded, if any.
    pub(crate) repository: &'static str,
    /// `branch` or `commit`.
    pub(crate) revision: &'static str,
    /// The server's delay before each answer, in milliseconds.
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

/// The frequency of a case: a slow case runs in fewer rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Takes milliseconds: runs in each round.
    Often,
    /// Takes tenths of a second: runs in some of the rounds.
    Sometimes,
    /// Takes seconds: runs in few rounds.
    Seldom,
}

/// The requests to a server since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) requests: usize,
    /// The bytes of all answers' bodies.
    pub(crate) bytes: usize,
    /// The server's working time, without sending.
    pub(crate) took: Duration,
}

impl Asked {
    /// The requests since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            bytes: self.bytes - before.bytes,
            took: self.took.saturating_sub(before.took),
        }
    }
}

/// A server that counts.
pub(crate) trait Served {
    fn asked(&self) -> Asked;
}

impl Served for GitServer {
    fn asked(&self) -> Asked {
        let exchanges = self.exchanges();
        Asked {
            requests: exchanges.len(),
            bytes: exchanges.iter().map(|exchange| exchange.body_bytes).sum(),
            took: exchanges.iter().map(|exchange| exchange.took).sum(),
        }
    }
}

type Step = Box<dyn Fn() -> Result<()>>;

/// A case that can be run any number of times.
pub(crate) struct Case {
    pub(crate) facts: Facts,
    pub(crate) pace: Pace,
    /// Restores the state from before the run.
    pub(crate) before: Step,
    pub(crate) command: Box<dyn Fn() -> Command>,
    /// Checks that the program did its work.
    pub(crate) after: Step,
    /// The server that the program downloads from.
    pub(crate) server: Option<Rc<dyn Served>>,
    /// The file for what the program prints.
    pub(crate) printed: PathBuf,
}
