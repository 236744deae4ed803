//! The values that an innocent guest returns. A hostile guest starts from them and changes one thing.
//!
//! No layer here has contents, so a guest's test needs no server.

use crate::types::{
    BuildPlan, Content, EnvChange, EnvMode, EnvScope, ExecDProgram, Explanation, Label, Layer,
    LayerTypes, PlanAlternative, Process, Requirement, Slice,
};
use crate::{BuildContext, BuildOutput, DetectContext, DetectOutcome};

/// The name of the only layer in [`output`].
pub const LAYER: &str = "tools";

/// The source that the tests' buildpack.toml declares.
pub const SOURCE: &str = "job-template";

/// Passes, and requires nothing.
#[must_use]
pub fn detect(_: &DetectContext) -> DetectOutcome {
    DetectOutcome::Pass(plan())
}

/// Builds [`output`].
#[must_use]
pub fn build(_: &BuildContext) -> BuildOutput {
    output()
}

/// A build plan that requires nothing.
#[must_use]
pub fn plan() -> BuildPlan {
    BuildPlan {
        first: alternative(Vec::new()),
        or: Vec::new(),
    }
}

/// An alternative of a build plan that provides nothing.
#[must_use]
pub fn alternative(requires: Vec<Requirement>) -> PlanAlternative {
    PlanAlternative {
        provides: Vec::new(),
        requires,
    }
}

/// A requirement without metadata.
#[must_use]
pub fn requirement(name: &str) -> Requirement {
    Requirement {
        name: name.to_owned(),
        metadata: "{}".to_owned(),
    }
}

/// One launch layer, [`LAYER`], and nothing else.
#[must_use]
pub fn output() -> BuildOutput {
    BuildOutput {
        layers: vec![layer(LAYER)],
        processes: Vec::new(),
        labels: Vec::new(),
        slices: Vec::new(),
        unmet: Vec::new(),
        store: None,
    }
}

/// An empty launch layer.
#[must_use]
pub fn layer(name: &str) -> Layer {
    Layer {
        name: name.to_owned(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: "{}".to_owned(),
        contents: Vec::new(),
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    }
}

/// [`output`] with this layer only.
#[must_use]
pub fn output_with(layer: Layer) -> BuildOutput {
    BuildOutput {
        layers: vec![layer],
        ..output()
    }
}

/// A process that is not the default.
#[must_use]
pub fn process(name: &str) -> Process {
    Process {
        type_: name.to_owned(),
        command: vec!["true".to_owned()],
        args: Vec::new(),
        default: false,
        working_directory: None,
        exec_env: Vec::new(),
    }
}

/// A variable that is set for every process at launch.
#[must_use]
pub fn change(name: &str) -> EnvChange {
    EnvChange {
        scope: EnvScope::Launch,
        process: None,
        name: name.to_owned(),
        mode: EnvMode::Override,
        value: "value".to_owned(),
        delimiter: None,
    }
}

/// The declared source, installed as the folder `into` of a layer.
#[must_use]
pub fn content(into: &str) -> Content {
    Content {
        source: SOURCE.to_owned(),
        into: into.to_owned(),
        file: None,
    }
}

/// An exec.d program that does nothing.
#[must_use]
pub fn program(name: &str) -> ExecDProgram {
    ExecDProgram {
        name: name.to_owned(),
        process: None,
        program: b"#!/bin/sh\n".to_vec(),
    }
}

#[must_use]
pub fn label(key: &str) -> Label {
    Label {
        key: key.to_owned(),
        value: "value".to_owned(),
    }
}

/// A slice with one pattern.
#[must_use]
pub fn slice(pattern: &str) -> Slice {
    Slice {
        paths: vec![pattern.to_owned()],
    }
}

#[must_use]
pub fn explanation(title: &str, text: &str) -> Explanation {
    Explanation {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}
