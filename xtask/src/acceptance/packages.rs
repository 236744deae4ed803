//! Runs the lifecycle with the buildpack of Python packages before the job template, and an index behind a token.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use engine::artifact::go_arch;
use lifecycle::write_binding;

use super::Outcome;
use super::program::{run_as_user, said};
use super::stage::Stage;
use super::tools::Tools;
use crate::packages;

/// Builds twice by `creator`, and starts the job, which imports the packages.
pub(super) fn creator(tools: &Tools, package: &Path) -> anyhow::Result<Outcome> {
    let mut stage = match Stage::new(tools, package, go_arch())? {
        Ok(stage) => stage,
        Err(missing) => return Ok(Outcome::Missing(missing)),
    };
    let token = stage.world.canary.token().to_owned();
    let wheels = packages::wheels()?;
    let index = packages::serve(&wheels, &token)?;
    packages::write_project(&stage.world.app(), &wheels, &index)?;
    let bindings = stage.world.bindings();
    packages::bindings(&index, &token, |name, entries| {
        write_binding(&bindings, name, entries)
    })?;
    let buildpack = packages::buildpack()?;
    let buildpack = buildpack.path().join("buildpack");
    let descriptor: toml::Table = fs::read_to_string(buildpack.join("buildpack.toml"))?.parse()?;
    let text = |key: &str| descriptor["buildpack"][key].as_str().context("no text");
    stage.add(&buildpack, text("id")?, text("version")?)?;

    let create = || run_as_user(&stage.creator());
    said(&create()?, "Layer 'packages': made")?;
    let asked = index.requests().len();
    ensure!(
        asked == wheels.len(),
        "{asked} requests for {} wheels",
        wheels.len()
    );
    let image = stage.image()?;
    let mut seen = vec![image.search(&stage.world)?];
    seen.extend(stage.job()?);

    stage.forget_layers()?;
    said(&create()?, "Layer 'packages': kept, nothing has changed")?;
    ensure!(
        index.requests().len() == asked,
        "the second build asked the index"
    );
    stage.image()?.search(&stage.world)?;
    seen.push(format!(
        "{} packages with {asked} requests, and the second build asked nobody for them",
        wheels.len()
    ));
    Ok(Outcome::Seen(seen))
}
