//! The answer of `run` for a program: the results of both phases as JSON.
//!
//! Nothing here is printed while a phase runs.

use std::path::PathBuf;

use lifecycle::Ended;
use serde::Serialize;

use crate::trial::outcome::Made;
use crate::trial::places::Places;
use crate::trial::{Trial, status};

/// The results of both phases.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Answer {
    detect: Phase,
    /// Missing if detect did not pass.
    build: Option<Phase>,
    /// The plan's requirements that another buildpack has to provide.
    required_of_others: Vec<String>,
    /// Missing if a phase did not pass.
    made: Option<Made>,
    /// The temporary folder, if it is kept.
    pub(super) kept: Option<PathBuf>,
}

/// The end of a phase.
#[derive(Serialize)]
struct Phase {
    /// The exit status: 128 plus the signal's number, if a signal ended it.
    status: u8,
    /// The lines of its log.
    log: Vec<String>,
    /// The lines of its error.
    error: Vec<String>,
}

impl Phase {
    fn of(ended: &Ended) -> Self {
        let lines = |bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.lines().map(str::to_owned).collect()
        };
        Self {
            status: status(ended),
            log: lines(&ended.stdout),
            error: lines(&ended.stderr),
        }
    }
}

impl Answer {
    /// Runs both phases.
    pub(super) fn of(trial: &Trial, places: &Places) -> anyhow::Result<Self> {
        let detected = trial.detect()?;
        let mut answer = Self {
            detect: Phase::of(&detected),
            build: None,
            required_of_others: Vec::new(),
            made: None,
            kept: None,
        };
        if detected.passed() {
            let (built, of_others) = trial.build()?;
            answer.build = Some(Phase::of(&built));
            answer.required_of_others = of_others;
            if built.passed() {
                answer.made = Some(trial.made(places)?);
            }
        }
        Ok(answer)
    }

    /// The status of the last phase that ran.
    pub(super) fn status(&self) -> u8 {
        self.build.as_ref().unwrap_or(&self.detect).status
    }

    /// The answer as JSON, with names in place of this machine's paths.
    pub(super) fn json(&self, places: &Places) -> anyhow::Result<String> {
        let json = serde_json::to_string_pretty(self)?;
        Ok(text::json(&places.named(&json)))
    }
}
