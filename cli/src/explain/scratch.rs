//! Makes a temporary folder for a dry run, with the files that the lifecycle would provide.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use cnb::context::{BuildContext, ContextError, Environment};
use cnb::descriptor::Descriptor;
use engine::artifact;

/// The title and the advice if the temporary folder can't be made, read or written.
pub(super) const UNUSABLE: &str = "The folder for a dry run can't be used\n\
    Check that you may write the folder for temporary files (TMPDIR), and that the disk is not full.";

/// The temporary folder. Dropping this removes it.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> anyhow::Result<Self> {
        let temp = std::env::temp_dir();
        for number in 0..100 {
            let path = temp.join(format!("explain-{}-{number}", std::process::id()));
            // Fails if the name exists, even if another user made it.
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path)).context(UNUSABLE),
            }
        }
        Err(anyhow!("a hundred of them exist in {}", temp.display()).context(UNUSABLE))
    }

    /// Makes the folder for the buildpack whose component runs.
    pub(super) fn buildpack(&self) -> anyhow::Result<PathBuf> {
        let folder = self.0.join("buildpack");
        let made = DirBuilder::new().mode(0o700).create(&folder);
        made.context(UNUSABLE)?;
        Ok(folder)
    }

    /// Makes the inputs of both phases.
    pub(super) fn world<'e>(
        &self,
        environment: &'e Environment,
        buildpack: &Path,
        app: Option<&Path>,
        platform: Option<&Path>,
    ) -> anyhow::Result<World<'e>> {
        for folder in ["app", "platform", "layers"] {
            let made = DirBuilder::new().mode(0o700).create(self.0.join(folder));
            made.context(UNUSABLE)?;
        }
        let found = |path: &Path| {
            path.canonicalize().with_context(|| {
                format!(
                    "A folder can't be read: '{}'\nCheck the paths in the command.",
                    path.display()
                )
            })
        };
        let or_own = |path: Option<&Path>, own: &str| found(path.unwrap_or(&self.0.join(own)));
        let world = World {
            environment,
            app: or_own(app, "app")?,
            platform: or_own(platform, "platform")?,
            layers: or_own(None, "layers")?,
            buildpack: found(buildpack)?,
            build_plan: self.0.join("plan.toml"),
            buildpack_plan: self.0.join("buildpack-plan.toml"),
        };
        fs::write(&world.build_plan, "").context(UNUSABLE)?;
        Ok(world)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A failure is ignored, because the folder lies in the directory for temporary files.
        let _left = fs::remove_dir_all(&self.0);
    }
}

/// The paths that a lifecycle passes to the phases.
pub(super) struct World<'e> {
    environment: &'e Environment,
    pub(super) app: PathBuf,
    pub(super) platform: PathBuf,
    layers: PathBuf,
    buildpack: PathBuf,
    pub(super) build_plan: PathBuf,
    buildpack_plan: PathBuf,
}

impl World<'_> {
    pub(super) fn variables(&self) -> BTreeMap<OsString, OsString> {
        let paths = [
            ("CNB_BUILDPACK_DIR", &self.buildpack),
            ("CNB_PLATFORM_DIR", &self.platform),
            ("CNB_LAYERS_DIR", &self.layers),
            ("CNB_BUILD_PLAN_PATH", &self.build_plan),
            ("CNB_BP_PLAN_PATH", &self.buildpack_plan),
        ];
        let paths = paths.map(|(name, path)| (name.into(), path.into()));
        let target = [
            ("CNB_TARGET_OS", "linux"),
            ("CNB_TARGET_ARCH", artifact::go_arch()),
        ];
        let target = target.map(|(name, value)| (name.into(), value.into()));
        // These variables of the process environment also affect a build.
        let own = [
            "SERVICE_BINDING_ROOT",
            "CNB_EXEC_ENV",
            "SSL_CERT_FILE",
            "https_proxy",
            "HTTPS_PROXY",
            "no_proxy",
            "NO_PROXY",
        ];
        let own = own.into_iter().filter_map(|name| {
            let value = self.environment.variable(name)?;
            Some((name.into(), value.to_owned()))
        });
        paths.into_iter().chain(target).chain(own).collect()
    }

    /// Writes the Buildpack Plan that the lifecycle makes of the build plan, if no other buildpack takes part.
    pub(super) fn write_buildpack_plan(&self) -> anyhow::Result<()> {
        let plan: toml::Table = fs::read_to_string(&self.build_plan)
            .context(UNUSABLE)?
            .parse()
            .context("The build plan is not TOML\nReport this: the host wrote it.")?;
        let entries = plan.get("requires").cloned();
        let entries = entries.map(|entries| ("entries".to_owned(), entries));
        let plan = toml::Table::from_iter(entries).to_string();
        fs::write(&self.buildpack_plan, plan).context(UNUSABLE)
    }

    pub(super) fn build_context(
        &self,
        descriptor: &Descriptor,
    ) -> Result<BuildContext, ContextError> {
        let environment = Environment::new(self.variables(), self.app.clone());
        BuildContext::read(&environment, descriptor)
    }
}
