//! Version 0.2 of the contract, where it differs from the newest: a context has no `has-index`, and a content has a
//! `file` in place of a `part`.
//!
//! A component's types are compared by their structure, so all other types are those of the newest version. The tests
//! run a component that was built from `wit/v0.2`.

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::types;

/// The argument of `detect` in version 0.2, and in 0.1.
#[derive(Debug, ComponentType, Lower)]
#[component(record)]
pub struct DetectContext<'a> {
    #[component(name = "app-dir")]
    app_dir: &'a str,
    target: &'a types::Target,
    #[component(name = "exec-env")]
    exec_env: &'a str,
    variables: &'a [types::Variable],
    metadata: &'a str,
}

/// The argument of `build` in version 0.2, and in 0.1.
#[derive(Debug, ComponentType, Lower)]
#[component(record)]
pub struct BuildContext<'a> {
    #[component(name = "app-dir")]
    app_dir: &'a str,
    #[component(name = "layers-dir")]
    layers_dir: &'a str,
    target: &'a types::Target,
    #[component(name = "exec-env")]
    exec_env: &'a str,
    variables: &'a [types::Variable],
    metadata: &'a str,
    #[component(name = "buildpack-plan")]
    buildpack_plan: &'a [types::PlanEntry],
    #[component(name = "restored-layers")]
    restored_layers: &'a [types::RestoredLayer],
    store: Option<&'a str>,
}

/// The result of `build` in version 0.2.
pub type BuildOutput = OlderOutput<Layer>;

/// The result of `build` in an older version, whose layers are `L`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub struct OlderOutput<L> {
    layers: Vec<L>,
    processes: Vec<types::Process>,
    labels: Vec<types::Label>,
    slices: Vec<types::Slice>,
    unmet: Vec<String>,
    store: Option<String>,
}

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
    executables: Vec<String>,
}

#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub struct Content {
    source: String,
    into: String,
    file: Option<types::SourceFile>,
}

impl<'a> From<&'a types::DetectContext> for DetectContext<'a> {
    fn from(context: &'a types::DetectContext) -> Self {
        let types::DetectContext {
            app_dir,
            target,
            exec_env,
            variables,
            metadata,
            has_index: _,
        } = context;
        Self {
            app_dir,
            target,
            exec_env,
            variables,
            metadata,
        }
    }
}

impl<'a> From<&'a types::BuildContext> for BuildContext<'a> {
    fn from(context: &'a types::BuildContext) -> Self {
        let types::BuildContext {
            app_dir,
            layers_dir,
            target,
            exec_env,
            variables,
            metadata,
            has_index: _,
            buildpack_plan,
            restored_layers,
            store,
        } = context;
        Self {
            app_dir,
            layers_dir,
            target,
            exec_env,
            variables,
            metadata,
            buildpack_plan,
            restored_layers,
            store: store.as_deref(),
        }
    }
}

impl<L: Into<types::Layer>> From<OlderOutput<L>> for types::BuildOutput {
    fn from(output: OlderOutput<L>) -> Self {
        let OlderOutput {
            layers,
            processes,
            labels,
            slices,
            unmet,
            store,
        } = output;
        Self {
            layers: layers.into_iter().map(Into::into).collect(),
            processes,
            labels,
            slices,
            unmet,
            store,
        }
    }
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
            executables,
        } = layer;
        Self {
            name,
            types,
            metadata,
            contents: contents.into_iter().map(Into::into).collect(),
            env,
            exec_d,
            executables,
        }
    }
}

impl From<Content> for types::Content {
    fn from(content: Content) -> Self {
        let Content { source, into, file } = content;
        Self {
            source,
            into,
            part: file.map(types::SourcePart::File),
        }
    }
}
