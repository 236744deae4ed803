//! What the lifecycle gives: the only reader of `CNB_*`, the process environment and the working directory.
//!
//! Everything is read once, up front; nothing here writes.

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
use crate::descriptor::{Descriptor, Vendored};
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
/// The most variables of the platform that are looked through.
const MOST_VARIABLES: usize = 10_000;
/// The variable that asks for more words, by the custom of buildpacks.
const LOG_LEVEL: &str = "BP_LOG_LEVEL";

/// Why the lifecycle's inputs could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A variable is not set.
    #[error("{variable} is not set; the lifecycle sets it")]
    Missing {
        /// The variable.
        variable: &'static str,
    },
    /// A variable is no UTF-8.
    #[error("{variable} is no UTF-8")]
    NotUtf8 {
        /// The variable.
        variable: String,
    },
    /// A variable must hold an absolute path.
    #[error("{variable} must be an absolute path, and is '{value}'")]
    Relative {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// The working directory, which is the application's, can't be used.
    #[error("the working directory must be the application's: {why}")]
    WorkingDirectory {
        /// What is wrong with it.
        why: String,
    },
    /// A directory or a file that a variable names can't be read.
    #[error("{variable} names what can't be read")]
    Unreadable {
        /// The variable.
        variable: &'static str,
        /// Why.
        source: DirError,
    },
    /// A variable must name a file.
    #[error("{variable} names no file: '{value}'")]
    NoFile {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// The Buildpack Plan is no TOML of the expected form.
    #[error(
        "{file} can't be read as a Buildpack Plan: the lifecycle writes it, of what the buildpacks that detected require"
    )]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        source: toml::de::Error,
    },
    /// A variable of the platform's can't be read.
    #[error("the platform's variable {variable} can't be read")]
    Variable {
        /// The variable.
        variable: VariableName,
        /// Why.
        source: PlatformError,
    },
    /// The directories of platform, application and layers can't be told apart.
    #[error("the directories of this build can't be told apart")]
    Platform(#[from] PlatformError),
    /// A variable names no revision.
    #[error("{variable} names no revision: '{value}'")]
    Revision {
        /// The variable.
        variable: VariableName,
        /// What it holds, escaped and cut.
        value: String,
        /// The rule that it breaks.
        source: RevisionError,
    },
    /// A variable asks for another revision than the one that the package brings along.
    #[error(
        "{variable} asks for '{wanted}', and this package brings source '{source_name}' along at '{}' ({}) alone",
        .vendored.revision,
        .vendored.commit
    )]
    NotInPackage {
        /// The variable.
        variable: VariableName,
        /// What it asks for.
        wanted: Revision,
        /// The source.
        source_name: SourceName,
        /// What there is of it.
        vendored: Box<Vendored>,
    },
}

/// What both phases are given.
#[derive(Debug)]
pub struct Common {
    /// The application directory: absolute.
    pub app_dir: String,
    /// The platform directory, kept apart from the application.
    pub platform: Platform,
    /// The machine that the image is built for.
    pub target: types::Target,
    /// The execution environment.
    pub exec_env: String,
    /// The variables that the guest may see, as far as they are set.
    pub variables: Vec<(VariableName, String)>,
    /// What the process environment alone can say.
    pub settings: ProcessSettings,
}

/// What detect is given.
#[derive(Debug)]
pub struct DetectContext {
    /// What both phases are given.
    pub common: Common,
    /// The file that takes the build plan.
    pub build_plan_path: PathBuf,
}

/// What build is given.
#[derive(Debug)]
pub struct BuildContext {
    /// What both phases are given.
    pub common: Common,
    /// The layers directory: absolute, and where the layers are at launch too.
    pub layers_dir: String,
    /// The layers directory, open.
    pub layers: Dir,
    /// What this buildpack is to provide.
    pub buildpack_plan: Vec<PlanEntry>,
    /// What the lifecycle restored from the previous build.
    pub restored: Restored,
    /// Which state of each source is wanted.
    pub revisions: BTreeMap<SourceName, ChosenRevision>,
    /// Variables that look like settings of this buildpack, and mean nothing to it.
    pub unknown_settings: Vec<UnknownSetting>,
    /// Variables of the platform that would lead a connection, and don't.
    pub unheeded: Vec<Unheeded>,
}

/// A revision, and who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenRevision {
    /// The branch, tag or commit.
    pub revision: Revision,
    /// The variable that chose it, if it is not the descriptor's own.
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
    /// Reads what detect is given.
    pub fn read(environment: &Environment, descriptor: &Descriptor) -> Result<Self, ContextError> {
        Ok(Self {
            common: Common::read(environment, descriptor)?,
            build_plan_path: environment.path(BUILD_PLAN_PATH)?.into(),
        })
    }

    /// The same in the contract's words.
    #[must_use]
    pub fn to_contract(&self, descriptor: &Descriptor) -> types::DetectContext {
        types::DetectContext {
            app_dir: self.common.app_dir.clone(),
            target: self.common.target.clone(),
            exec_env: self.common.exec_env.clone(),
            variables: self.common.contract_variables(),
            metadata: metadata::to_json(&descriptor.guest_metadata),
        }
    }
}

impl BuildContext {
    /// Reads what build is given, and opens the layers directory.
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

    /// The same in the contract's words: without notes of the host's, credentials and revisions.
    #[must_use]
    pub fn to_contract(&self, descriptor: &Descriptor) -> types::BuildContext {
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
    for (name, source) in &descriptor.sources {
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
