//! Runs both phases without the network.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::scratch::{UNUSABLE, World};
use anyhow::Context as _;
use cnb::check::CheckedFolder;
use cnb::check::LayerTypes;
use cnb::context::BuildContext;
use cnb::launch;
use confine::Held;
use contract::log::Level;
use dir::Dir;
use engine::artifact::ArtifactFile;
use host::diagnosis::diagnose;
use host::phase::{self, Declared, InputError, PhaseError};
use host::runner::Listener;
use policy::Grants;

/// The result of detect.
#[derive(Debug, Serialize)]
pub(super) struct DryDetect {
    /// The exit status: 0 if the buildpack takes part, 100 if not, anything else for an error. `None` after a signal.
    pub status: Option<i32>,
    /// The printed output.
    pub said: String,
    /// The build plan.
    pub plan: String,
}

/// The result of a dry build.
#[derive(Debug, Default, Serialize)]
pub(super) struct DryBuild {
    /// The component's log.
    pub said: Vec<String>,
    pub layers: Vec<DryLayer>,
    /// The number of files, folders and links that the component wrote into the layers.
    pub files: u64,
    /// The size of those files, in bytes.
    pub bytes: u64,
    /// The content of `launch.toml`, with processes, labels and slices.
    pub launch: String,
    /// The message of the error, if the build would fail.
    pub problem: Option<String>,
}

/// A layer of a build.
#[derive(Debug, Serialize)]
pub(super) struct DryLayer {
    pub name: String,
    /// The uses of the layer: launch, build, cache.
    #[serde(flatten)]
    pub types: LayerTypes,
    /// The variables that it changes.
    pub env: BTreeSet<String>,
    pub contents: Vec<PlannedContent>,
}

/// A content that would be fetched into a layer.
#[derive(Debug, Serialize)]
pub(super) struct PlannedContent {
    pub source: String,
    /// The folder in the layer.
    pub into: String,
    /// The number of files, if the source consists of files.
    pub files: Option<u64>,
    /// Whether an index has the addresses of the files.
    pub is_at_index: bool,
}

/// Runs detect in a process of the host `program`.
pub(super) fn detect(program: &Path, world: &World<'_>) -> anyhow::Result<DryDetect> {
    let ended = Command::new(program)
        .arg0("detect")
        .args([&world.platform, &world.build_plan])
        .env_clear()
        .envs(world.variables())
        .current_dir(&world.app)
        .output()
        .with_context(|| format!("The host can't be started: '{}'\nCheck that the file is a program, and that you may execute it.", program.display()))?;
    let said = [ended.stdout, ended.stderr].concat();
    Ok(DryDetect {
        status: ended.status.code(),
        said: String::from_utf8_lossy(&said).into_owned(),
        plan: fs::read_to_string(&world.build_plan).context(UNUSABLE)?,
    })
}

/// Runs the component's `build` in a runner of the host `program`. Returns the sandbox that held, and the declared build.
pub(super) fn build(
    program: &Path,
    context: &BuildContext,
    buildpack: &Path,
    grants: &Grants,
) -> anyhow::Result<(Option<Held>, DryBuild)> {
    let app = Dir::open_ambient(Path::new(&context.common.app_dir))
        .map_err(|error| PhaseError::Input(InputError::App(error)))?;
    let artifact = ArtifactFile::open(buildpack).map_err(PhaseError::from)?;
    let (mut held, mut said) = (None, Vec::new());
    let declared = declared(
        program,
        context,
        grants,
        &app,
        &artifact,
        &mut Listener {
            started: &mut || (),
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
        // An error that would end a build is a result here.
        Err(error) => DryBuild {
            said,
            problem: Some(diagnose(&error).to_string()),
            ..DryBuild::default()
        },
    };
    Ok((held, dry))
}

fn declared(
    program: &Path,
    context: &BuildContext,
    grants: &Grants,
    app: &Dir,
    artifact: &ArtifactFile,
    listener: &mut Listener<'_>,
) -> Result<DryBuild, Box<PhaseError>> {
    let Declared { output, left } =
        phase::declare(program, context, grants, app, artifact, listener)?;
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
                files: None,
                is_at_index: false,
            })
            .chain(layer.folders.iter().flat_map(planned_files))
            .collect(),
    });
    launch::write(&context.layers, &output).map_err(PhaseError::from)?;
    let launch = fs::read_to_string(Path::new(&context.layers_dir).join("launch.toml"));
    Ok(DryBuild {
        layers: layers.collect(),
        files: left.entries,
        bytes: left.bytes,
        launch: launch.unwrap_or_default(),
        ..DryBuild::default()
    })
}

/// One entry for each source of a folder of files.
fn planned_files(folder: &CheckedFolder) -> impl Iterator<Item = PlannedContent> {
    let by_source = folder.files.chunk_by(|one, next| one.source == next.source);
    let files = by_source.map(|files| (&files[0].source, files.len(), false));
    let packages = folder.packages.iter();
    let packages = packages.map(|of_source| (&of_source.source, of_source.packages.len(), true));
    let all = files.chain(packages);
    all.map(|(source, count, is_at_index)| PlannedContent {
        source: source.to_string(),
        into: folder.into.to_string(),
        files: Some(count as u64),
        is_at_index,
    })
}
