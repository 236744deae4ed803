//! The errors of a phase, by its steps.
//!
//! `diagnosis` has the texts for people.

use std::io;

use crate::runner::RunnerError;
use cnb::check::CheckError;
use cnb::context::ContextError;
use cnb::descriptor::DescriptorError;
use cnb::sbom::SbomError;
use cnb::walk::WalkError;
use cnb::write::WriteError;
use contents::{ContentsError, PlaceError};
use contract::types::Failure;
use dir::DirError;
use engine::{ArtifactError, CallError};
use policy::{LaterError, PolicyError};

/// A phase that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    #[error(transparent)]
    Input(InputError),
    #[error(transparent)]
    Component(ComponentError),
    /// The declared contents could not be fetched.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    #[error(transparent)]
    Layers(LayersError),
}

/// An input that the platform, the operator or the buildpack's package gives.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error("the application directory can't be opened")]
    App(#[source] DirError),
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The bills of materials that packaging prepared are invalid.
    #[error(transparent)]
    Sbom(#[from] SbomError),
    /// The host can't read its own program file.
    #[error("/proc/self/exe can't be read")]
    Own(#[source] io::Error),
}

/// The component's part of a phase.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// It gave no answer in this process.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It gave no answer in the runner.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// It reported a failure.
    #[error("the buildpack can't do its work")]
    Guest(Failure),
    /// It returned an invalid result.
    #[error(transparent)]
    Output(#[from] CheckError),
    /// It left forbidden files in the layers directory.
    #[error(transparent)]
    Left(#[from] WalkError),
    /// It would set a variable for later buildpacks that is not declared or not granted.
    #[error(transparent)]
    Later(#[from] LaterError),
}

/// The layers directory.
#[derive(Debug, thiserror::Error)]
pub enum LayersError {
    /// Another build uses it, or that can't be found out.
    #[error(transparent)]
    Lock(DirError),
    /// Files that an earlier build staged can't be removed.
    #[error(transparent)]
    Leftovers(DirError),
    /// A layer can't be installed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A file that the lifecycle reads can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<Failure> for ComponentError {
    fn from(failure: Failure) -> Self {
        Self::Guest(failure)
    }
}

/// Lets a step's own error become the phase's by `?`.
macro_rules! by_step {
    ($($step:ident($group:ident): $($error:ty),+;)+) => {
        $(
            impl From<$group> for PhaseError {
                fn from(error: $group) -> Self {
                    Self::$step(error)
                }
            }
            $(
                impl From<$error> for PhaseError {
                    fn from(error: $error) -> Self {
                        Self::$step(error.into())
                    }
                }
            )+
        )+
    };
}

by_step! {
    Input(InputError): ContextError, DescriptorError, PolicyError, ArtifactError, SbomError;
    Component(ComponentError): CallError, RunnerError, Failure, CheckError, WalkError, LaterError;
    Layers(LayersError): PlaceError, WriteError;
}
