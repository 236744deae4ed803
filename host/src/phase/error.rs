//! Why a phase could not do its work: the errors of its steps, side by side.
//!
//! What a person is told about each stands in `diagnosis`.

use std::io;

use crate::contents::{ContentsError, PlaceError};
use crate::policy::{LaterError, PolicyError};
use crate::runner::RunnerError;
use cnb::check::CheckError;
use cnb::context::ContextError;
use cnb::descriptor::DescriptorError;
use cnb::sbom::SbomError;
use cnb::walk::WalkError;
use cnb::write::WriteError;
use contract::types::Failure;
use dir::DirError;
use engine::{ArtifactError, CallError};

/// Why a phase could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    /// What the lifecycle gives is not as it must be.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The application directory can't be opened.
    #[error("the application directory can't be opened")]
    App(#[source] DirError),
    /// buildpack.toml is not as it must be.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// The operator's policy can't be honoured.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The component, compiled, is not as it must be.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The bills of materials that packaging prepared are not as they must be.
    #[error(transparent)]
    Sbom(#[from] SbomError),
    /// The guest gave no answer, in this process.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The guest gave no answer, in its runner.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// The guest says that it can't.
    #[error("the buildpack can't do its work")]
    Guest(Failure),
    /// What the guest returned breaks a rule.
    #[error(transparent)]
    Output(#[from] CheckError),
    /// What the guest left in the layers directory breaks a rule.
    #[error(transparent)]
    Left(#[from] WalkError),
    /// A variable that it would set for the buildpacks behind this one is not declared or not granted.
    #[error(transparent)]
    Later(#[from] LaterError),
    /// What it declared could not be had.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// Another build works in the same layers directory, or that can't be found out.
    #[error(transparent)]
    Lock(DirError),
    /// The layers directory can't be tidied up.
    #[error(transparent)]
    Leftovers(DirError),
    /// A dry run has no place.
    #[error("the folder for a dry run can't be used")]
    Scratch(#[source] io::Error),
    /// A layer could not be put into place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What the lifecycle is to read could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<Failure> for PhaseError {
    fn from(failure: Failure) -> Self {
        Self::Guest(failure)
    }
}
