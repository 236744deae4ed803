//! Runs the lifecycle's own programs without a container and without a registry: images are folders.

use std::fs;
use std::path::Path;

use anyhow::ensure;

use super::Outcome;
use super::program::{USER, run_as_user, said};
use super::stage::Stage;
use super::stand_in::{SCRIPT_SAYS, write_script};
use super::tools::API;
use super::tools::Tools;

/// The Platform API of kpack and of Tekton's task.
const OLD_API: &str = "0.9";

/// Builds three times by `creator`: first, after a commit outside the wanted folder, and after a commit within it.
pub(super) fn creator(tools: &Tools, package: &Path, arch: &str) -> anyhow::Result<Outcome> {
    let stage = match Stage::new(tools, package, arch)? {
        Ok(stage) => stage,
        Err(missing) => return Ok(Outcome::Missing(missing)),
    };
    let mut seen = vec![format!("lifecycle {}, user {USER}", stage.version()?)];
    let create = || run_as_user(&stage.creator());

    let first = create()?;
    said(&first, "Layer 'job-template': made")?;
    said(
        &first,
        "Adding layer 'planqk-buildpacks/job-template:job-template'",
    )?;
    let before = stage.image()?;
    seen.push(format!("first build: {}", before.search(&stage.world)?));
    ensure!(
        before.config["architecture"] == arch,
        "the image is for another architecture"
    );

    stage.world.commit_beside()?;
    stage.forget_layers()?;
    let second = create()?;
    said(&second, "Layer 'job-template': kept, nothing has changed")?;
    said(
        &second,
        "Reusing layer 'planqk-buildpacks/job-template:job-template'",
    )?;
    let kept = stage.image()?;
    ensure!(
        kept.layer_id()? == before.layer_id()?,
        "the layer has another id"
    );
    kept.search(&stage.world)?;
    seen.push("after a commit beside the folder: the layer was kept".to_owned());

    stage.world.commit_within()?;
    stage.forget_layers()?;
    let third = create()?;
    said(
        &third,
        "Adding layer 'planqk-buildpacks/job-template:job-template'",
    )?;
    let replaced = stage.image()?;
    ensure!(
        replaced.layer_id()? != before.layer_id()?,
        "the layer still has the old id"
    );
    seen.push(format!(
        "after a commit within it: replaced; {}",
        replaced.search(&stage.world)?
    ));
    seen.extend(stage.job()?);
    Ok(Outcome::Seen(seen))
}

/// Runs the phases one by one, as a platform without `creator` does.
pub(super) fn phases(tools: &Tools, package: &Path, arch: &str) -> anyhow::Result<Outcome> {
    let stage = match Stage::new(tools, package, arch)? {
        Ok(stage) => stage,
        Err(missing) => return Ok(Outcome::Missing(missing)),
    };
    run_as_user(&stage.phase(
        "analyzer",
        API,
        &[
            "-layout",
            "-layout-dir",
            "{layout}",
            "-layers",
            "{layers}",
            "-run-image",
            "run",
            "app",
        ],
    ))?;
    run_as_user(&stage.detector(API))?;
    run_as_user(&stage.phase(
        "restorer",
        API,
        &[
            "-layout",
            "-layout-dir",
            "{layout}",
            "-layers",
            "{layers}",
            "-cache-dir",
            "{cache}",
        ],
    ))?;
    run_as_user(&stage.builder(API))?;
    run_as_user(&stage.phase(
        "exporter",
        API,
        &[
            "-layout",
            "-layout-dir",
            "{layout}",
            "-layers",
            "{layers}",
            "-cache-dir",
            "{cache}",
            "-app",
            "{workspace}",
            "-launcher",
            "{launcher}",
            "app",
        ],
    ))?;
    let mut seen = vec![stage.image()?.search(&stage.world)?];
    seen.extend(stage.job()?);
    Ok(Outcome::Seen(seen))
}

/// Runs detect and build with the older Platform API that kpack and Tekton's task use.
pub(super) fn old_platform(tools: &Tools, package: &Path, arch: &str) -> anyhow::Result<Outcome> {
    let stage = match Stage::new(tools, package, arch)? {
        Ok(stage) => stage,
        Err(missing) => return Ok(Outcome::Missing(missing)),
    };
    run_as_user(&stage.detector(OLD_API))?;
    let built = run_as_user(&stage.builder(OLD_API))?;
    said(&built, "Layer 'job-template': made")?;
    let found = stage.world.canary.in_folder(&stage.world.path("layers"))?;
    ensure!(found.is_empty(), "the token is in the layers: {found:?}");
    Ok(Outcome::Seen(stage.job()?))
}

/// Builds with this buildpack, then with a script of the same id, then with this buildpack again. The script declares no
/// formats of bills of materials, and the lifecycle refuses a build with a restored bill that its buildpack did not
/// declare. So this test fails if this buildpack leaves a bill that a script cannot take over.
pub(super) fn way_back(tools: &Tools, package: &Path, arch: &str) -> anyhow::Result<Outcome> {
    let stage = match Stage::new(tools, package, arch)? {
        Ok(stage) => stage,
        Err(missing) => return Ok(Outcome::Missing(missing)),
    };
    let create = || run_as_user(&stage.creator());
    said(&create()?, "Layer 'job-template': made")?;
    stage.image()?.search(&stage.world)?;

    let ours = stage.world.path("ours");
    fs::rename(&stage.buildpack, &ours)?;
    write_script(&stage.buildpack)?;
    stage.forget_layers()?;
    said(&create()?, SCRIPT_SAYS)?;
    let mut seen = vec!["a script of the same id built after it".to_owned()];

    fs::remove_dir_all(&stage.buildpack)?;
    fs::rename(&ours, &stage.buildpack)?;
    stage.forget_layers()?;
    said(&create()?, "Layer 'job-template': made")?;
    seen.push(stage.image()?.search(&stage.world)?);
    Ok(Outcome::Seen(seen))
}
