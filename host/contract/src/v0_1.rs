//! Version 0.1 of the contract, where it differs from 0.2: a layer has no `executables`, and a content has no `file`.
//!
//! A component's types are compared by their structure, so its contexts are those of 0.2, and all other types are those
//! of the newest version. The tests run a component that was built from `wit/v0.1`.

use wasmtime::component::{ComponentType, Lift};

use crate::types;
use crate::v0_2::OlderOutput;

/// The result of `build` in version 0.1.
pub type BuildOutput = OlderOutput<Layer>;

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub struct Layer {
    name: String,
    types: types::LayerTypes,
    metadata: String,
    contents: Vec<Content>,
    env: Vec<types::EnvChange>,
    #[component(name = "exec-d")]
    exec_d: Vec<types::ExecDProgram>,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub struct Content {
    source: String,
    into: String,
}

impl From<Layer> for types::Layer {
    fn from(layer: Layer) -> Self {
        let Layer {
            name,
            types,
            metadata,
            contents,
            env,
            exec_d,
        } = layer;
        Self {
            name,
            types,
            metadata,
            contents: contents.into_iter().map(Into::into).collect(),
            env,
            exec_d,
            executables: Vec::new(),
        }
    }
}

impl From<Content> for types::Content {
    fn from(content: Content) -> Self {
        let Content { source, into } = content;
        Self {
            source,
            into,
            part: None,
        }
    }
}
