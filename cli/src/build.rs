//! `build`: makes a component of the project's source, compiles it and lays out a buildpack for this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::package::aot::{Compiled, sha256};
use ::package::arch::Arch;
use ::package::programs::{Document, Programs};
use ::package::{layout, project, say};
use anyhow::Context as _;

use crate::assets::Assets;
use crate::finish;
use crate::inspect::digest;
use crate::languages::Language;
use crate::seal::Seal;

/// The options of `build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder of the project.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Takes this component or core module, and builds no source.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let dir = buildpack(&options.dir, options.component.as_deref())?;
    say::line(&format!("buildpack directory: {}", dir.display()));
    Ok(ExitCode::SUCCESS)
}

/// The directory of a ready buildpack: this one if it is laid out already, or else the one that is built from it.
pub(crate) fn ready(dir: &Path, component: Option<&Path>) -> anyhow::Result<PathBuf> {
    if component.is_none() && dir.join(layout::DETECT).is_file() {
        return Ok(dir.to_owned());
    }
    buildpack(dir, component)
}

/// Builds the project in a folder, or takes a component in place of its source. Returns the buildpack directory, which is
/// for this machine.
pub(crate) fn buildpack(dir: &Path, component: Option<&Path>) -> anyhow::Result<PathBuf> {
    let descriptor = project::descriptor(dir)?;
    let component = self::component(dir, component)?;
    let target = dir.join("target");
    let assets = Assets::new()?;
    let programs = Remembering::new(&assets, &target)?;
    let buildpack = target.join("buildpack");
    ::package::build::directory(&buildpack, &descriptor, &component, &programs)?;
    Ok(buildpack)
}

/// The project's component: its network is closed, and names that nobody reads are gone.
pub(crate) fn component(dir: &Path, file: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let (built, name) = if let Some(file) = file {
        let name = text::shown_os(file.as_os_str());
        let built = crate::file::component(file).with_context(|| {
            format!(
                "'{name}' can't be read\nName a component or a core module, as the language's tool made it."
            )
        })?;
        (built, name)
    } else {
        let language = Language::of(dir)?;
        let name = format!("what the tool for {} made", language.name());
        (compiled(dir, language)?, name)
    };
    let finished = finish::finished(&built, &name)?;
    if !finished.closed.is_empty() {
        say::step(&format!(
            "closed, because a component has no network: {}",
            // A component can bring a list of its own.
            text::line(&finished.closed.join(", "))
        ));
    }
    Ok(finished.component)
}

/// The component as the language's tool makes it. Uses again the one that was made of the same inputs, if this user's
/// tool has sealed it.
fn compiled(dir: &Path, language: Language) -> anyhow::Result<Vec<u8>> {
    let inputs = language.inputs(dir)?;
    let own = digest(&std::env::current_exe()?)?;
    let about = inputs.map(|inputs| format!("component {own} {inputs}"));
    let (seal, folder) = (Seal::of_this_user(), dir.join("target/compiled"));
    let place = folder.join("component");
    if let (Some(about), Some(seal)) = (&about, &seal) {
        let kept = fs::read(&place).unwrap_or_default();
        if let Some(component) = seal.open(about, &kept) {
            say::step(&format!("the source ({}) has not changed", language.name()));
            return Ok(component.to_vec());
        }
    }
    say::step(&format!("building the source ({})", language.name()));
    let component = language.compile(dir)?;
    if let (Some(about), Some(seal)) = (&about, &seal) {
        let folder = made(folder)?;
        let staged = tempfile::NamedTempFile::new_in(&folder)?;
        fs::write(staged.path(), seal.close(about, &component))?;
        staged.persist(&place)?;
    }
    Ok(component)
}

/// Makes a folder of the project, and returns it.
fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| {
        format!(
            "'{}' can't be made\nCheck that you may write the project's folder, and that the disk is not full.",
            folder.display()
        )
    })?;
    Ok(folder)
}

/// Keeps the last artifact for each architecture in the project's `target/`: between two edits of a descriptor or of a
/// sample, the component is the same, and some take half a minute to compile. `target/` can come with a stranger's
/// project, so only what this user's tool has sealed is taken from there.
pub(crate) struct Remembering<'a> {
    programs: &'a Assets,
    folder: PathBuf,
    /// The digest of the compiler: another compiler may make another artifact.
    compiler: String,
    /// Missing if this user has no folder for it. Then nothing is kept.
    seal: Option<Seal>,
}

impl<'a> Remembering<'a> {
    pub(crate) fn new(programs: &'a Assets, target: &Path) -> anyhow::Result<Self> {
        let folder = made(target.join("compiled"))?;
        // The compiler becomes a file here, before any thread starts a program: a program that is still open for writing in
        // a process that another thread has just forked can't be started.
        let compiler = digest(&programs.compiler()?)?;
        Ok(Self {
            programs,
            folder,
            compiler,
            seal: Seal::of_this_user(),
        })
    }
}

impl Programs for Remembering<'_> {
    fn host(&self, arch: Arch) -> anyhow::Result<PathBuf> {
        self.programs.host(arch)
    }

    fn bills(&self, arch: Arch) -> anyhow::Result<Vec<Document>> {
        self.programs.bills(arch)
    }

    fn compile(&self, component: &[u8], arch: Arch) -> anyhow::Result<Compiled> {
        let place = self.folder.join(arch.name());
        let Some(seal) = &self.seal else {
            return self.programs.compile(component, arch);
        };
        let about = format!("{} {} {}", arch.name(), self.compiler, sha256(component));
        let kept = fs::read(&place).unwrap_or_default();
        if let Some(artifact) = seal.open(&about, &kept) {
            return Ok(Compiled::of(component, artifact.to_vec(), arch));
        }
        let compiled = self.programs.compile(component, arch)?;
        let staged = tempfile::NamedTempFile::new_in(&self.folder)?;
        fs::write(staged.path(), seal.close(&about, &compiled.artifact))?;
        staged.persist(&place)?;
        Ok(compiled)
    }
}
