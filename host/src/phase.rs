//! The two phases, each a list of steps from top to bottom. No step reaches back, and all writing is at the end.
//!
//! What a step does lives where the step lives.

mod error;

use std::os::fd::AsFd;
use std::path::Path;

use crate::cnb::check::{self, Facts};
use crate::cnb::context::{BuildContext, Common, DetectContext, Environment};
use crate::cnb::descriptor::Descriptor;
use crate::cnb::launch;
use crate::cnb::layer;
use crate::cnb::walk::{self, Snapshot};
use crate::contents::{self, Digests};
use crate::contract::types::DetectOutcome;
use crate::dir::Dir;
use crate::policy;
use crate::report::Report;
use crate::runner::{self, Workplace};
use crate::wasm::artifact::ArtifactFile;
use crate::wasm::{Artifact, CallError, Guest, Logger, Preopen, engine};
use crate::wire::Start;

pub use self::error::PhaseError;

/// Names at the top of the layers directory: a few for each layer.
const MOST_AT_THE_TOP: usize = 10_000;

/// How a phase ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The buildpack takes part, or has built.
    Done,
    /// The buildpack does not take part.
    NotDetected,
}

impl Outcome {
    /// What the process answers.
    ///
    /// <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#detection>: 100 means that detection
    /// failed, and anything else but 0 that something went wrong.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotDetected => 100,
        }
    }
}

/// Decides whether the buildpack takes part, and writes the build plan if it does.
pub fn detect(environment: &Environment) -> Result<Outcome, PhaseError> {
    let buildpack_dir = environment.buildpack_dir()?;
    let descriptor = Descriptor::read(&buildpack_dir)?;
    let context = DetectContext::read(environment, &descriptor)?;
    let report = Report {
        debug: context.common.debug,
    };
    let app = open_app(&context.common)?;
    let mut artifact = ArtifactFile::open(buildpack_dir.path())?;
    let engine = engine::engine().map_err(|error| CallError::Host(format!("{error:#}")))?;
    let artifact = Artifact::load(&engine, &mut artifact)?;

    let guest = Guest::link(engine, &artifact)?;
    let limits = policy::guest(&descriptor.limits);
    let preopens = [Preopen {
        dir: app.as_fd(),
        name: &context.common.app_dir,
        writable: false,
    }];
    let say = move |level, text: &str| report.guest(level, text);
    let logger = Logger::new(limits.log, Box::new(say));
    let contract = context.to_contract(&descriptor);
    match guest.detect(&contract, &preopens, &limits, logger)?? {
        DetectOutcome::Fail(reason) => {
            report.line(&reason);
            Ok(Outcome::NotDetected)
        }
        DetectOutcome::Pass(plan) => {
            let plan = check::check_plan(plan)?;
            launch::write_build_plan(&context.build_plan_path, &plan)?;
            Ok(Outcome::Done)
        }
    }
}

/// Decides what the image gets from this buildpack, fetches it, and writes what the lifecycle reads.
pub fn build(environment: &Environment) -> Result<Outcome, PhaseError> {
    let buildpack_dir = environment.buildpack_dir()?;
    let descriptor = Descriptor::read(&buildpack_dir)?;
    let context = BuildContext::read(environment, &descriptor)?;
    let report = Report {
        debug: context.common.debug,
    };
    let app = open_app(&context.common)?;
    let artifact = ArtifactFile::open(buildpack_dir.path())?;
    let layers = &context.layers;
    contents::remove_leftovers(layers, MOST_AT_THE_TOP).map_err(PhaseError::Leftovers)?;
    let before = Snapshot::take(layers)?;

    // The guest decides, in a process of its own, and is gone when this comes back.
    let start = Start {
        context: context.to_contract(&descriptor),
        limits: policy::guest(&descriptor.limits),
        record: artifact.record.clone(),
    };
    let workplace = Workplace {
        app: &app,
        layers,
        artifact: &artifact,
    };
    let output_cap = policy::output(&descriptor.limits);
    let mut say = |level, text: &str| report.guest(level, text);
    let output = runner::build(&start, workplace, output_cap, &mut say)??;

    // What it says and what it left is judged whole, before anything is done about it.
    let facts = Facts {
        api: descriptor.api,
        buildpack_plan: context
            .buildpack_plan
            .iter()
            .map(|entry| &*entry.name)
            .collect(),
        sources: descriptor.sources.keys().collect(),
    };
    let output = check::check_output(output, &facts)?;
    let (layers_dir, limits) = (&context.layers_dir, &descriptor.limits);
    let left = walk::judge(layers, layers_dir, &before, &output.layers, limits)?;

    // Only now is there a credential and a network.
    let digests = Digests::of(&artifact.record)?;
    let ready = contents::fetch(
        &output.layers,
        &left,
        &context,
        &descriptor,
        &digests,
        report,
    )?;

    // And only now is anything written that the lifecycle reads.
    layer::drop_undeclared(layers, &context.restored, &output.layers)?;
    for layer in ready {
        layer.place(layers)?;
    }
    launch::write(layers, &output)?;
    Ok(Outcome::Done)
}

fn open_app(common: &Common) -> Result<Dir, PhaseError> {
    Dir::open_ambient(Path::new(&common.app_dir)).map_err(PhaseError::App)
}
