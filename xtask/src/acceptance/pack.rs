//! Runs pack, with docker and without.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use engine::artifact::go_arch;
use lifecycle::folder;

use super::Outcome;
use super::image::Image;
use super::images::{BOTH, BUILDER, Images, JOB, LIFECYCLE_IMAGE, PACKAGE};
use super::pack_program::Pack;
use super::program::{run, said};
use super::tools::Tools;
use super::world::World;

const ADDED: &str = "Adding layer 'planqk-buildpacks/job-template:job-template'";
const REUSED: &str = "Reusing layer 'planqk-buildpacks/job-template:job-template'";

/// Runs `pack buildpack package` without a daemon, which writes a file for each architecture.
pub(super) fn file(tools: &Tools) -> anyhow::Result<Outcome> {
    let pack = match &tools.pack {
        Ok(pack) => pack,
        Err(missing) => return Ok(Outcome::Missing(missing.clone())),
    };
    let folder = tempfile::tempdir()?;
    let name = folder.path().join("job-template.cnb");
    let own = Pack::new(pack, folder.path());
    run(own
        .command()
        .args(["buildpack", "package"])
        .arg(&name)
        .args(["--config", "./package.toml", "--format", "file"]))?;
    let mut seen = Vec::new();
    folder::walk(folder.path(), &mut |path, meta| {
        if path.extension().is_some_and(|extension| extension == "cnb") {
            let name = path.file_name().unwrap_or_default();
            seen.push(format!("{}: {} bytes", name.display(), meta.len()));
        }
        Ok(())
    })?;
    ensure!(!seen.is_empty(), "pack wrote no file");
    seen.sort();
    Ok(Outcome::Seen(seen))
}

/// Does everything that needs docker: the package as an image, a builder with it, builds, and the job.
pub(super) fn images(tools: &Tools, package: &Path, base: Option<&str>) -> anyhow::Result<Outcome> {
    let (pack, docker, lifecycle) = match (&tools.pack, &tools.docker, &tools.lifecycle) {
        (Ok(pack), Ok(docker), Ok(lifecycle)) => (pack, docker, lifecycle),
        (Err(missing), ..) | (_, Err(missing), _) | (.., Err(missing)) => {
            return Ok(Outcome::Missing(missing.clone()));
        }
    };
    let world = World::new()?;
    let mut images = Images::new(docker, Pack::new(pack, &world.path("pack")));
    if let Err(missing) = images.base(base)? {
        return Ok(Outcome::Missing(missing));
    }
    images.lifecycle(lifecycle, &world)?;
    let buildpack = package.join("linux").join(go_arch()).canonicalize()?;
    images.packages(&buildpack, &world)?;
    images.builder(&buildpack, &world)?;
    let mut session = Session {
        world,
        images,
        docker: docker.clone(),
        seen: Vec::new(),
    };
    session.builds()?;
    session.builds_by_package()?;
    session.job()?;
    Ok(Outcome::Seen(session.seen))
}

/// A project and the images of its builds.
struct Session {
    world: World,
    images: Images,
    docker: PathBuf,
    seen: Vec<String>,
}

impl Session {
    fn build(&mut self, options: &[&str]) -> anyhow::Result<String> {
        let bindings = format!("{}:/platform/bindings:ro", self.world.bindings().display());
        let mut command = self.images.pack.command();
        command.args(["build", JOB, "--path"]).arg(self.world.app());
        command.args(["--builder", BUILDER, "--network", "host"]);
        command.args(["--pull-policy", "never", "--volume", &bindings]);
        command.args(["--lifecycle-image", LIFECYCLE_IMAGE]);
        if docker_is_elsewhere() {
            command.args(["--docker-host", "inherit"]);
        }
        let output = run(command.args(options))?;
        self.images.made(JOB)?;
        Ok(output)
    }

    fn image(&self) -> anyhow::Result<Image> {
        Image::from_docker(&self.docker, JOB)
    }

    fn see(&mut self, text: impl Into<String>) {
        self.seen.push(text.into());
    }

    /// Builds for the first time, after a commit outside the wanted folder, without the cache, and after one in it.
    fn builds(&mut self) -> anyhow::Result<()> {
        let first = self.build(&[])?;
        said(&first, "Layer 'job-template': made")?;
        let before = self.image()?;
        let searched = before.search(&self.world)?;
        self.see(format!("untrusted, first build: {searched}"));

        self.world.commit_beside()?;
        for (flow, options) in [
            ("untrusted", &[][..]),
            ("trusted", &["--trust-builder"][..]),
        ] {
            let asked = self.world.requests();
            let again = self.build(options)?;
            let asked = self.world.requests() - asked;
            said(&again, "Layer 'job-template': kept, nothing has changed")?;
            said(&again, REUSED)?;
            ensure!(
                self.image()?.layer_id()? == before.layer_id()?,
                "the layer has another id"
            );
            self.see(format!(
                "{flow}, after a commit beside the folder: the layer was kept; {asked} requests"
            ));
        }

        for (flow, options) in [
            ("untrusted", &["--clear-cache"][..]),
            ("trusted", &["--clear-cache", "--trust-builder"][..]),
        ] {
            let asked = self.world.requests();
            let cleared = self.build(options)?;
            said(&cleared, "Layer 'job-template': made")?;
            ensure!(
                self.image()?.layer_id()? == before.layer_id()?,
                "the same content has another id"
            );
            let asked = self.world.requests() - asked;
            self.see(format!(
                "{flow}, --clear-cache: fetched again with {asked} requests, and the layer has the same id"
            ));
        }

        self.world.commit_within()?;
        let changed = self.build(&["--trust-builder"])?;
        said(&changed, ADDED)?;
        let replaced = self.image()?;
        ensure!(
            replaced.layer_id()? != before.layer_id()?,
            "the layer still has the old id"
        );
        let searched = replaced.search(&self.world)?;
        self.see(format!(
            "trusted, after a commit within it: replaced; {searched}"
        ));
        Ok(())
    }

    /// Builds with buildpacks from the command line, and not with the builder's order.
    fn builds_by_package(&mut self) -> anyhow::Result<()> {
        let package = format!("docker://{PACKAGE}");
        let built = self.build(&[
            "--buildpack",
            "paketo-buildpacks/python",
            "--buildpack",
            &package,
        ])?;
        said(&built, REUSED)?;
        self.see("the package as an image, after the builder's Python: the layer was kept");
        let both = format!("docker://{BOTH}");
        let built = self.build(&["--buildpack", &both])?;
        said(&built, REUSED)?;
        let searched = self.image()?.search(&self.world)?;
        self.see(format!(
            "deploy/meta, both buildpacks as one package: the layer was kept; {searched}"
        ));
        Ok(())
    }

    fn job(&mut self) -> anyhow::Result<()> {
        let job = run(Command::new(&self.docker)
            .args(["run", "--rm", "--network", "none", "--read-only"])
            .args(["--env", r#"DATA_VALUE={"shots": 1000}"#])
            .args(["--env", r#"PARAMS_VALUE={"seed": 7}"#, JOB]))?;
        said(&job, "Job:ResultResponse: ")?;
        let format = "{{.Size}}";
        let size =
            run(Command::new(&self.docker).args(["image", "inspect", "--format", format, JOB]))?;
        self.see(format!(
            "docker run: the job gave its result; the image has {} bytes",
            size.trim()
        ));
        Ok(())
    }
}

/// Whether a variable names docker's daemon.
#[expect(clippy::disallowed_methods, reason = "as docker and pack do")]
fn docker_is_elsewhere() -> bool {
    std::env::var_os("DOCKER_HOST").is_some()
}
