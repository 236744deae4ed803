//! The values that an innocent guest returns. A hostile guest starts from them and changes one thing.
//!
//! No layer here has contents, so a guest's test needs no server.

use wasm_buildpack_sdk::Detected;

use crate::types::{Content, EnvChange, ExecDProgram, Label, Layer, Process, Slice};
use crate::{BuildContext, BuildOutput, DetectContext, DetectOutcome};

/// The name of the only layer in [`output`].
pub const LAYER: &str = "tools";

/// The source that the tests' buildpack.toml declares.
pub const SOURCE: &str = "job-template";

/// Passes, and requires nothing.
#[must_use]
pub fn detect(_: &DetectContext) -> DetectOutcome {
    Detected::pass()
}

/// Builds [`output`].
#[must_use]
pub fn build(_: &BuildContext) -> BuildOutput {
    output()
}

/// One launch layer, [`LAYER`], and nothing else.
#[must_use]
pub fn output() -> BuildOutput {
    output_with(layer(LAYER))
}

/// An empty launch layer.
#[must_use]
pub fn layer(name: &str) -> Layer {
    Layer::launch(name)
}

/// [`output`] with this layer only.
#[must_use]
pub fn output_with(layer: Layer) -> BuildOutput {
    BuildOutput::new().layer(layer)
}

/// A process that is not the default.
#[must_use]
pub fn process(name: &str) -> Process {
    Process::new(name, ["true"])
}

/// A variable that is set for every process at launch.
#[must_use]
pub fn change(name: &str) -> EnvChange {
    EnvChange::set(name, "value")
}

/// The declared source, installed as the folder `into` of a layer.
#[must_use]
pub fn content(into: &str) -> Content {
    Content::new(SOURCE, into)
}

/// An exec.d program that does nothing.
#[must_use]
pub fn program(name: &str) -> ExecDProgram {
    ExecDProgram::new(name, b"#!/bin/sh\n")
}

#[must_use]
pub fn label(key: &str) -> Label {
    Label::new(key, "value")
}

/// A slice with one pattern.
#[must_use]
pub fn slice(pattern: &str) -> Slice {
    Slice::new([pattern])
}
