//! Prepares the files that the lifecycle's programs need, and their command lines.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use engine::artifact::go_arch;
use lifecycle::folder;

use super::image::Image;
use super::layout::write_run_image;
use super::program::{USER, is_root, run, said};
use super::stand_in::write_python;
use super::tools::{API, Tools, version_of};
use super::world::World;
use crate::python::python;

/// A world with every file that the lifecycle's programs need.
pub(super) struct Stage {
    pub(super) world: World,
    /// The directory of the tested buildpack.
    pub(super) buildpack: PathBuf,
    /// The ids and versions of the buildpacks, in their order.
    group: Vec<(String, String)>,
    programs: PathBuf,
    foreign: bool,
}

/// The id of the tested buildpack.
const OWN: &str = "planqk-buildpacks/job-template";

/// The directory where the lifecycle looks for a buildpack.
fn place(world: &World, id: &str, version: &str) -> PathBuf {
    let folder = world.path("buildpacks").join(id.replace('/', "_"));
    folder.join(version)
}

impl Stage {
    /// Prepares the stage for an architecture. The text says what is missing for it.
    pub(super) fn new(
        tools: &Tools,
        package: &Path,
        arch: &str,
    ) -> anyhow::Result<Result<Self, String>> {
        let programs = match &tools.lifecycle {
            Ok(programs) => programs.clone(),
            Err(missing) => return Ok(Err(missing.clone())),
        };
        if let Err(missing) = Tools::starts(arch) {
            return Ok(Err(missing));
        }
        let buildpack = package.join("linux").join(arch);
        if !buildpack.is_dir() {
            return Ok(Err(format!("{} does not exist", buildpack.display())));
        }
        let world = World::new()?;
        let descriptor = fs::read_to_string(buildpack.join("buildpack.toml"))?;
        let descriptor: toml::Table = descriptor.parse()?;
        let version = descriptor["buildpack"]["version"]
            .as_str()
            .context("no version")?;
        let group = [("paketo-buildpacks/python", "0.0.1"), (OWN, version)];
        let group = group.map(|(id, version)| (id.to_owned(), version.to_owned()));
        let [python, place] = group
            .each_ref()
            .map(|(id, version)| place(&world, id, version));
        folder::copy(&buildpack, &place)?;
        write_python(&python, "0.0.1")?;
        for name in ["layers", "cache", "bin"] {
            fs::create_dir_all(world.path(name))?;
        }
        write_run_image(
            &world.path("layout/index.docker.io/library/run/latest"),
            arch,
        )?;
        fs::set_permissions(world.path(""), fs::Permissions::from_mode(0o755))?;
        if is_root() {
            for name in ["layers", "cache", "workspace", "layout"] {
                folder::give(&world.path(name), USER, USER)?;
            }
        }
        let stage = Self {
            world,
            buildpack: place,
            group: group.into(),
            programs,
            foreign: arch != go_arch(),
        };
        stage.write_order()?;
        Ok(Ok(stage))
    }

    /// Adds a buildpack to the order, before the tested one.
    pub(super) fn add(&mut self, from: &Path, id: &str, version: &str) -> anyhow::Result<()> {
        folder::copy(from, &place(&self.world, id, version))?;
        let before = self.group.len() - 1;
        self.group
            .insert(before, (id.to_owned(), version.to_owned()));
        self.write_order()
    }

    fn write_order(&self) -> anyhow::Result<()> {
        let groups = self.group.iter().map(|(id, version)| {
            format!("[[order.group]]\nid = \"{id}\"\nversion = \"{version}\"\n")
        });
        let order = format!("[[order]]\n{}", groups.collect::<String>());
        Ok(fs::write(self.world.path("order.toml"), order)?)
    }

    pub(super) fn version(&self) -> anyhow::Result<String> {
        version_of(&self.programs.join("creator"))
    }

    /// A program with its arguments. A name in braces stands for the world's path with that name.
    pub(super) fn phase(&self, name: &str, api: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .current_dir(self.world.path(""))
            .env("CNB_PLATFORM_API", api)
            .env("CNB_EXPERIMENTAL_MODE", "warn")
            .arg("-no-color");
        if is_root() && !["detector", "builder"].contains(&name) {
            command.args(["-uid", "1000", "-gid", "1000"]);
        }
        for argument in arguments {
            let name = argument
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            match name {
                Some("launcher") => command.arg(self.programs.join("launcher")),
                Some(name) => command.arg(self.world.path(name)),
                None => command.arg(argument),
            };
        }
        command
    }

    pub(super) fn creator(&self) -> Command {
        self.phase(
            "creator",
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
                "-platform",
                "{platform}",
                "-buildpacks",
                "{buildpacks}",
                "-order",
                "{order.toml}",
                "-launcher",
                "{launcher}",
                "-run-image",
                "run",
                "-process-type",
                "web",
                "app",
            ],
        )
    }

    pub(super) fn detector(&self, api: &str) -> Command {
        self.phase(
            "detector",
            api,
            &[
                "-app",
                "{workspace}",
                "-platform",
                "{platform}",
                "-buildpacks",
                "{buildpacks}",
                "-order",
                "{order.toml}",
                "-layers",
                "{layers}",
                "-log-level",
                "debug",
            ],
        )
    }

    pub(super) fn builder(&self, api: &str) -> Command {
        self.phase(
            "builder",
            api,
            &[
                "-app",
                "{workspace}",
                "-platform",
                "{platform}",
                "-buildpacks",
                "{buildpacks}",
                "-layers",
                "{layers}",
            ],
        )
    }

    pub(super) fn image(&self) -> anyhow::Result<Image> {
        Image::from_layout(&self.world.path("layout/index.docker.io/library/app/latest"))
    }

    /// Empties the layers directory, as for a next build on another machine or in another pod.
    pub(super) fn forget_layers(&self) -> anyhow::Result<()> {
        let layers = self.world.path("layers");
        fs::remove_dir_all(&layers)?;
        fs::create_dir(&layers)?;
        if is_root() {
            folder::give(&layers, USER, USER)?;
        }
        Ok(())
    }

    /// Starts the job with the real launcher and the layers of the last build.
    pub(super) fn job(&self) -> anyhow::Result<Vec<String>> {
        if self.foreign {
            return Ok(vec![
                "the job was not started: its image is for another architecture".to_owned(),
            ]);
        }
        let Some(python) = python()? else {
            return Ok(vec![
                "the job was not started: Python is not on PATH".to_owned(),
            ]);
        };
        // The launcher takes the type of the process from its own name.
        let web = self.world.path("bin/web");
        symlink(self.programs.join("launcher"), &web)?;
        let output = run(Command::new(&web)
            .current_dir(self.world.app())
            .env("CNB_PLATFORM_API", API)
            .env("CNB_LAYERS_DIR", self.world.path("layers"))
            .env("CNB_APP_DIR", self.world.app())
            .env("PATH", &python.path)
            .env("DATA_VALUE", r#"{"shots": 1000}"#)
            .env("PARAMS_VALUE", r#"{"seed": 7}"#))?;
        said(&output, "Job:ResultResponse: ")?;
        Ok(vec![
            "the launcher started the job, and it gave its result".to_owned(),
        ])
    }
}
