//! Declares the layer with the wheels of the application's lock file.

use python_version::{VARIABLE, VersionError, choose};
use wasm_buildpack_sdk::{
    App, BuildContext, Content, EnvChange, Layer, Output, Result, SourceFile, Unpack, debug, info,
    warn,
};

use crate::choice::{self, Chosen};
use crate::error::LockError;
use crate::lock::{self, Lock};
use crate::platform::{Platform, PlatformError};
use crate::project::Project;
use crate::requirements::{self, Requirements, RequirementsError};
use crate::selection::{Selection, SelectionError};
use crate::{SITE_PACKAGES, stale};

/// The name of the layer, and of the source in buildpack.toml.
const PACKAGES: &str = "packages";

/// The package with which all of Jupyter finds its data. Those are beneath `sys.prefix` of an installed Python only.
const JUPYTER: &str = "jupyter-core";

pub(crate) fn build(context: &BuildContext) -> Result<Output> {
    let app = context.app();
    let Some(file) = lock::find(&app) else {
        return indexed(context);
    };
    let python = choose(&app, context.variable(VARIABLE)).map_err(VersionError::explained)?;
    let platform =
        Platform::of(&context.target, python.version).map_err(PlatformError::explained)?;
    let project = Project::read(&app);
    let selection = Selection::of(context).map_err(SelectionError::explained)?;
    let text = lock::text(&app, file).map_err(LockError::explained)?;
    let lock = lock::read(file, &text, &platform, project.name.as_ref(), &selection);
    let lock = lock.map_err(LockError::explained)?;
    let checked = selection.check(file, &lock.offered);
    checked.map_err(SelectionError::explained)?;
    compare(file, &lock, &project, &platform).map_err(LockError::explained)?;
    let chosen = choice::choose(&lock.packages, &platform.tags);
    let chosen = chosen.map_err(|refused| choice::explained(file, &platform.shown(), &refused))?;
    tell(file, &lock, &chosen, &platform);
    if let Some(selection) = selection.shown() {
        info!("Chosen of the project: {selection}");
    }
    if file == lock::PREFERRED {
        tell_of_preferred(&app, &project);
    }
    if chosen.is_empty() {
        return Ok(Output::new());
    }
    let contents = chosen.iter().map(|wheel| {
        let file = SourceFile::new(&wheel.address.text, &wheel.sha256).unpack(Unpack::Wheel, 0);
        Content::new(PACKAGES, SITE_PACKAGES).file(file)
    });
    Ok(Output::new().layer(layer(context, contents, has_jupyter(&lock))))
}

/// The output for a requirements file, whose wheels the host finds at an index.
fn indexed(context: &BuildContext) -> Result<Output> {
    let app = context.app();
    let file = requirements::FILE;
    if !app.is_file(file) {
        info!("There is no lock file any more, so no packages are added");
        return Ok(Output::new());
    }
    let python = choose(&app, context.variable(VARIABLE)).map_err(VersionError::explained)?;
    let platform =
        Platform::of(&context.target, python.version).map_err(PlatformError::explained)?;
    let project = Project::read(&app);
    let selection = Selection::of(context).and_then(|chosen| chosen.check_fixed(file));
    selection.map_err(SelectionError::explained)?;
    let text = lock::text(&app, file).map_err(LockError::explained)?;
    let read = Requirements::read(&text).and_then(|read| read.with_index(context.has_index));
    let read = read.map_err(RequirementsError::explained)?;
    let indexed = read.on(&platform).map_err(LockError::explained)?;
    compare(file, &indexed.lock, &project, &platform).map_err(LockError::explained)?;
    tell(file, &indexed.lock, &[], &platform);
    tell_of_dependencies(file, &project);
    if indexed.lock.packages.is_empty() {
        return Ok(Output::new());
    }
    let has_jupyter = has_jupyter(&indexed.lock);
    let packages = indexed.into_packages(&platform.tags);
    let all = Content::new(PACKAGES, SITE_PACKAGES).packages(packages);
    Ok(Output::new().layer(layer(context, [all], has_jupyter)))
}

/// Refuses a lock that does not have what the project needs.
fn compare(
    file: &'static str,
    lock: &Lock,
    project: &Project,
    platform: &Platform,
) -> Result<(), LockError> {
    let is_empty = lock.packages.is_empty() && !project.is_dynamic;
    match stale::difference(lock, project, platform) {
        _ if is_empty && project.dependencies.is_empty() && project.has_dependencies() => {
            Err(LockError::Empty { file })
        }
        Some(_) if is_empty => Err(LockError::Empty { file }),
        Some(why) => Err(LockError::Stale { file, why }),
        None => Ok(()),
    }
}

fn tell(file: &str, lock: &Lock, chosen: &[Chosen], platform: &Platform) {
    info!(
        "{} {} of {file} for {}",
        lock.packages.len(),
        if lock.packages.len() == 1 {
            "package"
        } else {
            "packages"
        },
        platform.shown()
    );
    if lock.has_own_package {
        info!(
            "The project itself is not installed: its code is run from the application's directory"
        );
    }
    for wheel in chosen {
        debug!("{}", wheel.address.file_name);
    }
    let with_user: Vec<_> = chosen
        .iter()
        .filter(|wheel| wheel.address.had_user)
        .collect();
    if let [first, others @ ..] = with_user.as_slice() {
        let more = if others.is_empty() {
            String::new()
        } else {
            format!(" and {} more", others.len())
        };
        warn!(
            "{file} contains a user name or a password in the address of '{}'{more}, for everyone who can read the file. \
             It is not used here: remove it from the file, change it, and give the platform a credential.",
            first.name
        );
    }
}

/// Says what could not be compared, and which other lock is not read.
fn tell_of_preferred(app: &App, project: &Project) {
    let file = lock::PREFERRED;
    if app.is_file("uv.lock") {
        info!("{file} is preferred, so uv.lock is not read");
    }
    tell_of_dependencies(file, project);
}

fn has_jupyter(lock: &Lock) -> bool {
    let mut packages = lock.packages.iter();
    packages.any(|package| package.name.to_string() == JUPYTER)
}

/// Says what could not be compared, for a file that has no dependencies of the project.
fn tell_of_dependencies(file: &str, project: &Project) {
    if !project.dependencies.is_empty() {
        info!(
            "{file} does not record the dependencies that it was made for, so only names and versions were compared"
        );
    }
}

/// The layer. All wheels become one folder, as an installer would make it.
///
/// The folder comes after what is in `PYTHONPATH` already, so that packages can't replace modules of a buildpack
/// before this one.
fn layer(
    context: &BuildContext,
    contents: impl IntoIterator<Item = Content>,
    has_jupyter: bool,
) -> Layer {
    let folder = format!("{}/{SITE_PACKAGES}", context.layer_path(PACKAGES));
    let layer = contents
        .into_iter()
        .fold(Layer::launch(PACKAGES), Layer::content);
    let layer = layer
        .env(EnvChange::append("PYTHONPATH", &folder).delimiter(":"))
        .env(EnvChange::prepend("PATH", format!("{folder}/bin")).delimiter(":"));
    if has_jupyter {
        layer.env(
            EnvChange::append("JUPYTER_PATH", format!("{folder}/share/jupyter")).delimiter(":"),
        )
    } else {
        layer
    }
}

#[cfg(test)]
mod tests;
