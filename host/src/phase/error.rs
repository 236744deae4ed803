//! The error of a phase, with a variant for each error of its steps.
//!
//! The messages to the user live in `diagnosis`.

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

/// A phase that failed.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    /// The lifecycle's input is invalid.
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error("the application directory can't be opened")]
    App(#[source] DirError),
    /// buildpack.toml is invalid.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// The operator's policy is invalid, or can't be applied.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The compiled component can't be loaded.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The bills of materials that packaging prepared are invalid.
    #[error(transparent)]
    Sbom(#[from] SbomError),
    /// The component gave no answer, in this process.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The component gave no answer, in its runner.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// The component returned a failure.
    #[error("the buildpack can't do its work")]
    Guest(Failure),
    /// The component's output breaks a rule.
    #[error(transparent)]
    Output(#[from] CheckError),
    /// The component's files in the layers directory break a rule.
    #[error(transparent)]
    Left(#[from] WalkError),
    /// The component would set a variable for later buildpacks that is not declared or not granted.
    #[error(transparent)]
    Later(#[from] LaterError),
    /// A declared content could not be fetched.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// Another build uses the same layers directory, or the lock failed.
    #[error(transparent)]
    Lock(DirError),
    /// The leftovers of an earlier build can't be removed from the layers directory.
    #[error(transparent)]
    Leftovers(DirError),
    #[error("the folder for a dry run can't be used")]
    Scratch(#[source] io::Error),
    /// A layer could not be installed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The files for the lifecycle could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<Failure> for PhaseError {
    fn from(failure: Failure) -> Self {
        Self::Guest(failure)
    }
}
