//! The inputs from the lifecycle. Only this module reads `CNB_*`, the process environment and the working directory.
//!
//! It reads everything once, at the beginning. Nothing here writes.

mod environment;
pub mod metadata;
pub mod platform;
mod restored;
mod settings;
mod wishes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::platform::{Platform, PlatformError};
use crate::address::{Revision, RevisionError};
use crate::api::Api;
use crate::descriptor::Descriptor;
use crate::descriptor::source::Vendored;
use crate::names::{SourceName, VariableName, shown};
use contract::types;
use dir::{Dir, DirError};

pub use self::environment::{Environment, HttpsProxy, ProcessSettings};
pub use self::restored::{PlanEntry, Restored, RestoredLayer};
pub use self::settings::{Unheeded, UnknownSetting};
pub use self::wishes::Wishes;

const PLATFORM_DIR: &str = "CNB_PLATFORM_DIR";
const BUILD_PLAN_PATH: &str = "CNB_BUILD_PLAN_PATH";
const BUILDPACK_PLAN_PATH: &str = "CNB_BP_PLAN_PATH";
const LAYERS_DIR: &str = "CNB_LAYERS_DIR";
/// The limit on the variables of the platform that the host lists.
const MOST_VARIABLES: usize = 10_000;
/// The variable for a more detailed log, by the convention of buildpacks.
const LOG_LEVEL: &str = "BP_LOG_LEVEL";

#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    #[error("{variable} is not set; the lifecycle sets it")]
    Missing { variable: &'static str },
    #[error("{variable} is not UTF-8")]
    NotUtf8 { variable: String },
    #[error("{variable} must be an absolute path, but is '{value}'")]
    Relative {
        variable: &'static str,
        value: String,
    },
    #[error("the working directory must be the application directory: {why}")]
    WorkingDirectory { why: String },
    #[error("can't read the path in {variable}")]
    Unreadable {
        variable: &'static str,
        source: DirError,
    },
    #[error("{variable} is not the path of a file: '{value}'")]
    NoFile {
        variable: &'static str,
        value: String,
    },
    /// The Buildpack Plan is not TOML, or has unexpected keys or types.
    #[error(
        "{file} is not a valid Buildpack Plan: the lifecycle writes it from the requirements of the \
         buildpacks in the build"
    )]
    Syntax {
        file: String,
        source: toml::de::Error,
    },
    #[error("the platform's variable {variable} can't be read")]
    Variable {
        variable: VariableName,
        source: PlatformError,
    },
    /// The host cannot keep the directories of platform, application and layers apart.
    #[error("the host can't keep the directories of this build apart")]
    Platform(#[from] PlatformError),
    #[error("{variable} is not a valid branch, tag or commit: '{value}'")]
    Revision {
        variable: VariableName,
        /// Escaped and cut.
        value: String,
        source: RevisionError,
    },
    /// A variable asks for a revision that is not in the package.
    #[error(
        "{variable} asks for '{wanted}', but this package contains source '{source_name}' only at '{}' ({})",
        .vendored.revision,
        .vendored.commit
    )]
    NotInPackage {
        variable: VariableName,
        wanted: Revision,
        source_name: SourceName,
        vendored: Box<Vendored>,
    },
}

/// Inputs of both phases.
#[derive(Debug)]
pub struct Common {
    /// Absolute.
    pub app_dir: String,
    /// The platform directory. The host reads nothing from it that leads into the application.
    pub platform: Platform,
    /// The machine for which the image is built.
    pub target: types::Target,
    pub exec_env: String,
    /// The variables that the component may see and that are set.
    pub variables: Vec<(VariableName, String)>,
    /// The settings from the process environment.
    pub settings: ProcessSettings,
}

/// Inputs of detect.
#[derive(Debug)]
pub struct DetectContext {
    /// Inputs of both phases.
    pub common: Common,
    /// The file into which detect writes the build plan.
    pub build_plan_path: PathBuf,
}

/// Inputs of build.
#[derive(Debug)]
pub struct BuildContext {
    /// Inputs of both phases.
    pub common: Common,
    /// Absolute. The layers have the same path at launch.
    pub layers_dir: String,
    /// The open layers directory.
    pub layers: Dir,
    /// The entries that this buildpack must provide.
    pub buildpack_plan: Vec<PlanEntry>,
    /// The layers and the store that the lifecycle restored from the previous build.
    pub restored: Restored,
    /// The wanted revision of each source.
    pub revisions: BTreeMap<SourceName, ChosenRevision>,
    /// Variables that look like settings of this buildpack, but are unknown.
    pub unknown_settings: Vec<UnknownSetting>,
    /// Variables of the platform for proxies, certificates and bindings, which the host ignores.
    pub unheeded: Vec<Unheeded>,
}

/// A revision and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenRevision {
    pub revision: Revision,
    /// The variable that chose the revision. `None` if buildpack.toml did.
    pub variable: Option<VariableName>,
}

impl Common {
    fn read(environment: &Environment, descriptor: &Descriptor) -> Result<Self, ContextError> {
        let app_dir = environment.app_dir()?;
        let platform = environment.platform()?;
        let mut variables = Vec::new();
        for name in &descriptor.variables {
            if let Some(value) = platform_text(&platform, name)? {
                variables.push((name.clone(), value));
            }
        }
        let exec_env = match environment.text("CNB_EXEC_ENV")? {
            Some(text) if descriptor.api >= Api::V0_12 => text,
            _ => "production",
        };
        Ok(Self {
            target: environment.target()?,
            exec_env: exec_env.to_owned(),
            variables,
            settings: environment.settings(descriptor.clear_env)?,
            app_dir,
            platform,
        })
    }

    fn contract_variables(&self) -> Vec<types::Variable> {
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| types::Variable {
            name: name.to_string(),
            value: value.clone(),
        });
        variables.collect()
    }
}

impl DetectContext {
    pub fn read(environment: &Environment, descriptor: &Descriptor) -> Result<Self, ContextError> {
        Ok(Self {
            common: Common::read(environment, descriptor)?,
            build_plan_path: environment.path(BUILD_PLAN_PATH)?.into(),
        })
    }

    /// Converts the inputs to the types of the contract. `has_index` is whether the operator names an index.
    #[must_use]
    pub fn to_contract(&self, descriptor: &Descriptor, has_index: bool) -> types::DetectContext {
        types::DetectContext {
            app_dir: self.common.app_dir.clone(),
            target: self.common.target.clone(),
            exec_env: self.common.exec_env.clone(),
            variables: self.common.contract_variables(),
            metadata: metadata::to_json(&descriptor.guest_metadata),
            has_index,
        }
    }
}

impl BuildContext {
    /// Reads the inputs, and opens the layers directory.
    pub fn read(environment: &Environment, descriptor: &Descriptor) -> Result<Self, ContextError> {
        let mut common = Common::read(environment, descriptor)?;
        let layers = environment.open(LAYERS_DIR)?;
        common.platform.keep_apart(layers.path())?;
        Ok(Self {
            revisions: revisions(&common.platform, descriptor)?,
            unknown_settings: unknown_settings(&common.platform, descriptor)?,
            unheeded: settings::unheeded(&common.platform.dir().join("env"), &common.settings),
            layers_dir: environment.path(LAYERS_DIR)?.to_owned(),
            buildpack_plan: restored::read_plan(Path::new(environment.path(BUILDPACK_PLAN_PATH)?))?,
            restored: Restored::read(&layers)?,
            common,
            layers,
        })
    }

    /// Converts the inputs to the types of the contract, without the host's notes, credentials and revisions.
    /// `has_index` is whether the operator names an index.
    #[must_use]
    pub fn to_contract(&self, descriptor: &Descriptor, has_index: bool) -> types::BuildContext {
        let plan = self.buildpack_plan.iter().map(|entry| types::PlanEntry {
            name: entry.name.clone(),
            metadata: metadata::to_json(&entry.metadata),
        });
        let layers = self.restored.layers.iter();
        let layers = layers.map(|(name, layer)| types::RestoredLayer {
            name: name.to_string(),
            metadata: metadata::to_json(&layer.metadata),
        });
        types::BuildContext {
            app_dir: self.common.app_dir.clone(),
            layers_dir: self.layers_dir.clone(),
            target: self.common.target.clone(),
            exec_env: self.common.exec_env.clone(),
            variables: self.common.contract_variables(),
            metadata: metadata::to_json(&descriptor.guest_metadata),
            has_index,
            buildpack_plan: plan.collect(),
            restored_layers: layers.collect(),
            store: self.restored.store.as_ref().map(metadata::to_json),
        }
    }
}

fn revisions(
    platform: &Platform,
    descriptor: &Descriptor,
) -> Result<BTreeMap<SourceName, ChosenRevision>, ContextError> {
    let mut revisions = BTreeMap::new();
    for (name, source) in &descriptor.sources.git {
        let vendored = source.vendored.as_ref();
        let own = vendored.map_or(&source.reference, |vendored| &vendored.revision);
        let mut chosen = ChosenRevision {
            revision: own.clone(),
            variable: None,
        };
        if let Some(variable) = &source.ref_variable
            && let Some(value) = platform_text(platform, variable)?
        {
            let value = value.strip_suffix('\n').unwrap_or(&value);
            let value = value.strip_suffix('\r').unwrap_or(value);
            if !value.is_empty() {
                let revision = value.parse();
                chosen = ChosenRevision {
                    revision: revision.map_err(|source| ContextError::Revision {
                        variable: variable.clone(),
                        value: shown(value),
                        source,
                    })?,
                    variable: Some(variable.clone()),
                };
            }
        }
        if let (Some(vendored), Some(variable)) = (vendored, &chosen.variable)
            && !vendored.is(&chosen.revision)
        {
            return Err(ContextError::NotInPackage {
                variable: variable.clone(),
                wanted: chosen.revision,
                source_name: name.clone(),
                vendored: Box::new(vendored.clone()),
            });
        }
        revisions.insert(name.clone(), chosen);
    }
    Ok(revisions)
}

fn unknown_settings(
    platform: &Platform,
    descriptor: &Descriptor,
) -> Result<Vec<UnknownSetting>, ContextError> {
    let Some(prefix) = &descriptor.settings_prefix else {
        return Ok(Vec::new());
    };
    let found = platform.variables(MOST_VARIABLES)?;
    let known: Vec<_> = descriptor.settings().map(VariableName::as_str).collect();
    Ok(settings::unknown(prefix.as_str(), &found, &known))
}

fn platform_text(platform: &Platform, name: &VariableName) -> Result<Option<String>, ContextError> {
    let bytes = platform
        .variable(name)
        .map_err(|source| ContextError::Variable {
            variable: name.clone(),
            source,
        })?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| ContextError::NotUtf8 {
        variable: name.to_string(),
    })
}

#[cfg(test)]
mod tests;
