//! Both phases without the network: what detect says, and what build declares.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::scratch::World;
use crate::diagnosis::diagnose;
use crate::phase::{self, Declared, PhaseError};
use crate::policy::Grants;
use crate::runner::Listener;
use cnb::check::LayerTypes;
use cnb::context::BuildContext;
use cnb::launch;
use confine::Held;
use contract::log::Level;
use dir::Dir;
use engine::artifact::ArtifactFile;

/// What detect said.
#[derive(Debug, Serialize)]
pub struct DryDetect {
    /// Its exit status: 0 if the buildpack takes part, 100 if not, anything else if something is wrong.
    pub status: Option<i32>,
    /// What it printed.
    pub said: String,
    /// The build plan that it wrote.
    pub plan: String,
}

/// What build would do.
#[derive(Debug, Default, Serialize)]
pub struct DryBuild {
    /// What the guest said.
    pub said: Vec<String>,
    /// Its layers.
    pub layers: Vec<DryLayer>,
    /// Files, folders and links that the guest itself wrote into them.
    pub files: u64,
    /// What they hold, in bytes.
    pub bytes: u64,
    /// What the lifecycle would read of processes, labels and slices.
    pub launch: String,
    /// Why nothing would be built.
    pub problem: Option<String>,
}

/// A layer of a build.
#[derive(Debug, Serialize)]
pub struct DryLayer {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(flatten)]
    pub types: LayerTypes,
    /// The variables that it changes.
    pub env: BTreeSet<String>,
    /// What would be fetched.
    pub contents: Vec<PlannedContent>,
}

/// What would be fetched into a layer.
#[derive(Debug, Serialize)]
pub struct PlannedContent {
    /// The source.
    pub source: String,
    /// The folder that it becomes.
    pub into: String,
}

/// The phase itself, in a process of its own.
pub(super) fn detect(world: &World<'_>) -> io::Result<DryDetect> {
    let ended = Command::new("/proc/self/exe")
        .arg0("detect")
        .args([&world.platform, &world.build_plan])
        .env_clear()
        .envs(world.variables())
        .current_dir(&world.app)
        .output()?;
    let said = [ended.stdout, ended.stderr].concat();
    Ok(DryDetect {
        status: ended.status.code(),
        said: String::from_utf8_lossy(&said).into_owned(),
        plan: fs::read_to_string(&world.build_plan)?,
    })
}

/// The guest's part of build, in the runner: how that was confined, and what the guest declared.
pub(super) fn build(
    context: &BuildContext,
    buildpack: &Path,
    grants: &Grants,
) -> Result<(Option<Held>, DryBuild), PhaseError> {
    let app = Dir::open_ambient(Path::new(&context.common.app_dir)).map_err(PhaseError::App)?;
    let artifact = ArtifactFile::open(buildpack)?;
    let (mut held, mut said) = (None, Vec::new());
    let declared = declared(
        context,
        grants,
        &app,
        &artifact,
        &mut Listener {
            confined: &mut |now| held = Some(now.clone()),
            log: &mut |level, text| {
                if level != Level::Debug {
                    said.extend(text.lines().map(str::to_owned));
                }
            },
        },
    );
    let dry = match declared {
        Ok(dry) => DryBuild { said, ..dry },
        // What ends a build is an answer here.
        Err(error) => DryBuild {
            said,
            problem: Some(diagnose(&error).to_string()),
            ..DryBuild::default()
        },
    };
    Ok((held, dry))
}

fn declared(
    context: &BuildContext,
    grants: &Grants,
    app: &Dir,
    artifact: &ArtifactFile,
    listener: &mut Listener<'_>,
) -> Result<DryBuild, PhaseError> {
    let Declared { output, left } = phase::declare(context, grants, app, artifact, listener)?;
    let layers = output.layers.iter().map(|layer| DryLayer {
        name: layer.name.to_string(),
        types: layer.types,
        env: layer
            .env
            .iter()
            .map(|change| change.name.to_string())
            .collect(),
        contents: layer
            .contents
            .iter()
            .map(|content| PlannedContent {
                source: content.source.to_string(),
                into: content.into.to_string(),
            })
            .collect(),
    });
    launch::write(&context.layers, &output)?;
    let launch = fs::read_to_string(Path::new(&context.layers_dir).join("launch.toml"));
    Ok(DryBuild {
        layers: layers.collect(),
        files: left.entries,
        bytes: left.bytes,
        launch: launch.unwrap_or_default(),
        ..DryBuild::default()
    })
}
