//! Calls a buildpack as the lifecycle does: with its folders, variables, arguments and user, and with the data that
//! it keeps between two builds.
//!
//! <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md>. No expectation belongs here.

pub mod folder;
mod image;
mod launch;
mod process;
pub mod search;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

pub use image::Exported;
pub use launch::{Environment, launch_env};
pub use process::Ended;

/// The user who builds if the tests run as root: the lifecycle never runs a buildpack as root.
const USER: u32 = 1000;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A build's world in a temporary folder: an application, a buildpack, a platform, layers, an image and a cache.
pub struct Lifecycle {
    world: TempDir,
    id: String,
    version: String,
    variables: BTreeMap<OsString, OsString>,
    umask: u32,
    /// The owner of the application, if the tests run as root.
    app_owner: u32,
    timeout: Duration,
    watched: bool,
}

impl Lifecycle {
    /// A world with a copy of the buildpack in `buildpack_dir`, and an empty application directory.
    pub fn new(buildpack_dir: &Path) -> Result<Self> {
        Self::named(buildpack_dir, "lifecycle-")
    }

    /// A world as [`Self::new`] makes it, in a folder whose name starts with `prefix`.
    pub fn named(buildpack_dir: &Path, prefix: &str) -> Result<Self> {
        let file = buildpack_dir.join("buildpack.toml");
        let text =
            fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
        let descriptor: toml::Table = toml::from_str(&text)?;
        let word = |key: &str| {
            let value = descriptor
                .get("buildpack")
                .and_then(|table| table.get(key)?.as_str());
            value
                .map(str::to_owned)
                .with_context(|| format!("{} has no buildpack.{key}", file.display()))
        };
        // Both become names of folders before anybody has checked them.
        for name in [word("id")?.replace('/', "_"), word("version")?] {
            ensure!(
                !matches!(&*name, "" | "." | "..") && !name.contains(['/', '\0']),
                "{} has an id or a version that can't be a folder's name",
                file.display()
            );
        }
        let lifecycle = Self {
            id: word("id")?,
            version: word("version")?,
            world: tempfile::Builder::new().prefix(prefix).tempdir()?,
            variables: BTreeMap::new(),
            umask: 0o022,
            app_owner: USER,
            timeout: Duration::from_mins(2),
            watched: false,
        };
        folder::copy_sharing_programs(buildpack_dir, &lifecycle.buildpack_dir())?;
        folder::let_all_read(&lifecycle.world.path().join("buildpacks"))?;
        for folder in [
            lifecycle.app_dir(),
            lifecycle.layers_dir(),
            lifecycle.platform_dir().join("env"),
            lifecycle.path("home"),
            lifecycle.path("plan"),
            lifecycle.path("image/layers"),
            lifecycle.path("cache/layers"),
        ] {
            fs::create_dir_all(folder)?;
        }
        fs::write(lifecycle.buildpack_plan_path(), "")?;
        Ok(lifecycle)
    }

    /// A world as [`Self::new`] makes it, with a copy of the application in `app`.
    pub fn with_app(buildpack_dir: &Path, app: &Path) -> Result<Self> {
        let lifecycle = Self::new(buildpack_dir)?;
        lifecycle.put_app(app)?;
        Ok(lifecycle)
    }

    /// Copies an application into its directory.
    pub fn put_app(&self, app: &Path) -> Result<()> {
        folder::copy_plainly(app, &self.app_dir())
    }

    /// Makes another user the owner of the application, which only root can do.
    pub fn give_app_to(&mut self, user: u32) {
        self.app_owner = user;
    }

    /// The folder of everything. A search for a secret starts here, without [`Self::platform_dir`], where it belongs.
    #[must_use]
    pub fn world(&self) -> &Path {
        self.world.path()
    }

    /// Keeps the world's folder, and returns its path.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.world.keep()
    }

    #[must_use]
    pub fn app_dir(&self) -> PathBuf {
        self.path("workspace")
    }

    #[must_use]
    pub fn layers_dir(&self) -> PathBuf {
        self.path("layers").join(self.escaped_id())
    }

    #[must_use]
    pub fn platform_dir(&self) -> PathBuf {
        self.path("platform")
    }

    /// The copy of the buildpack.
    #[must_use]
    pub fn buildpack_dir(&self) -> PathBuf {
        self.path("buildpacks")
            .join(self.escaped_id())
            .join(&self.version)
    }

    /// The file for detect's Build Plan.
    #[must_use]
    pub fn build_plan_path(&self) -> PathBuf {
        self.path("plan/build-plan.toml")
    }

    /// Whether detect wrote a Build Plan. The lifecycle creates the file empty.
    #[must_use]
    pub fn has_build_plan(&self) -> bool {
        fs::metadata(self.build_plan_path()).is_ok_and(|plan| plan.len() > 0)
    }

    /// The file with build's Buildpack Plan. It is empty, unless a test writes it.
    #[must_use]
    pub fn buildpack_plan_path(&self) -> PathBuf {
        self.path("plan/buildpack-plan.toml")
    }

    /// Sets a variable as the platform does: as a file, and with `clear-env = false` in the process environment too.
    pub fn platform_variable(&self, name: &str, value: impl AsRef<[u8]>) -> Result<()> {
        Ok(fs::write(
            self.platform_dir().join("env").join(name),
            value,
        )?)
    }

    /// Writes a service binding into the platform directory.
    pub fn binding(&self, name: &str, entries: &[(&str, &str)]) -> Result<()> {
        write_binding(&self.platform_dir().join("bindings"), name, entries)
    }

    /// Sets a variable of the process environment, as the builder image or the operator does.
    pub fn variable(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.variables
            .insert(name.into(), value.as_ref().to_owned());
    }

    /// Sets the umask, which is 022 by default.
    pub fn umask(&mut self, umask: u32) {
        self.umask = umask;
    }

    /// Sets the time limit of a phase, which is two minutes by default.
    pub fn timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Records the arguments and environments of all processes while a phase runs: [`Ended::processes`].
    pub fn watch(&mut self) {
        self.watched = true;
    }

    /// Replaces text in the copy of buildpack.toml. Fails if the text is missing.
    pub fn edit_descriptor(&self, from: &str, to: &str) -> Result<()> {
        let file = self.buildpack_dir().join("buildpack.toml");
        let text = fs::read_to_string(&file)?;
        ensure!(text.contains(from), "buildpack.toml does not hold {from:?}");
        Ok(fs::write(file, text.replace(from, to))?)
    }

    /// Replaces the buildpack with another buildpack of the same id, as for an application that moves to another
    /// version. The lifecycle's data from earlier builds stays.
    pub fn replace_buildpack(&mut self, buildpack_dir: &Path) -> Result<()> {
        let other = Self::new(buildpack_dir)?;
        ensure!(other.id == self.id, "it has the id {}", other.id);
        fs::remove_dir_all(self.buildpack_dir())?;
        self.version.clone_from(&other.version);
        folder::copy_sharing_programs(buildpack_dir, &self.buildpack_dir())?;
        folder::let_all_read(&self.path("buildpacks"))
    }

    /// Runs `bin/detect`.
    pub fn detect(&self) -> Result<Ended> {
        if !self.build_plan_path().exists() {
            fs::write(self.build_plan_path(), "")?;
        }
        let variables = [("CNB_BUILD_PLAN_PATH", self.build_plan_path())];
        self.phase(
            "detect",
            &[self.platform_dir(), self.build_plan_path()],
            &variables,
        )
    }

    /// Runs `bin/build`.
    pub fn build(&self) -> Result<Ended> {
        let (layers, plan) = (self.layers_dir(), self.buildpack_plan_path());
        let arguments = [layers.clone(), self.platform_dir(), plan.clone()];
        self.phase(
            "build",
            &arguments,
            &[("CNB_LAYERS_DIR", layers), ("CNB_BP_PLAN_PATH", plan)],
        )
    }

    /// A phase as a person calls it: as this user, with the required variables, without arguments.
    #[must_use]
    pub fn by_hand(&self, phase: &str) -> Command {
        let mut command = Command::new(self.buildpack_dir().join("bin").join(phase));
        command
            .env_clear()
            .current_dir(self.app_dir())
            .env("CNB_BUILDPACK_DIR", self.buildpack_dir())
            .env("CNB_PLATFORM_DIR", self.platform_dir())
            .env("CNB_BUILD_PLAN_PATH", self.build_plan_path())
            .env("CNB_LAYERS_DIR", self.layers_dir())
            .env("CNB_BP_PLAN_PATH", self.buildpack_plan_path())
            .env("CNB_TARGET_OS", "linux")
            .env("CNB_TARGET_ARCH", arch());
        command
    }

    fn phase(&self, name: &str, arguments: &[PathBuf], own: &[(&str, PathBuf)]) -> Result<Ended> {
        let user = user();
        self.set_owners(user)?;
        // The shell sets the umask and is then replaced by the phase.
        let mut command = Command::new("/bin/sh");
        command
            .args([
                "-c",
                &format!("umask {:03o}; exec \"$0\" \"$@\"", self.umask),
            ])
            .arg(self.buildpack_dir().join("bin").join(name))
            .args(arguments)
            .current_dir(self.app_dir())
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.path("home"))
            .envs(target())
            .env("CNB_BUILDPACK_DIR", self.buildpack_dir())
            .env("CNB_PLATFORM_DIR", self.platform_dir())
            .envs(own.iter().map(|(name, value)| (name, value)))
            .envs(self.platform_variables_of_the_process()?)
            .envs(&self.variables);
        process::run(command, user, self.timeout, self.watched)
            .with_context(|| format!("bin/{name}"))
    }

    /// The platform's own folders keep their owner, as in an image.
    fn set_owners(&self, user: Option<u32>) -> Result<()> {
        fs::set_permissions(self.world(), fs::Permissions::from_mode(0o755))?;
        for folder in ["buildpacks", "platform", "layers", "plan"] {
            fs::set_permissions(self.path(folder), fs::Permissions::from_mode(0o755))?;
        }
        folder::let_all_read(&self.platform_dir())?;
        if let Some(user) = user {
            for folder in [self.layers_dir(), self.path("home"), self.path("plan")] {
                folder::give(&folder, user, user)?;
            }
            folder::give(&self.app_dir(), self.app_owner, self.app_owner)?;
        }
        Ok(())
    }

    fn platform_variables_of_the_process(&self) -> Result<Vec<(OsString, OsString)>> {
        let text = fs::read_to_string(self.buildpack_dir().join("buildpack.toml"))?;
        // Some tests use a broken descriptor, at which a real lifecycle would have failed earlier.
        let descriptor: toml::Table = toml::from_str(&text).unwrap_or_default();
        let clear_env = descriptor
            .get("buildpack")
            .and_then(|table| table.get("clear-env")?.as_bool());
        if clear_env == Some(true) {
            return Ok(Vec::new());
        }
        let mut variables = Vec::new();
        for entry in fs::read_dir(self.platform_dir().join("env"))? {
            let entry = entry?;
            variables.push((
                entry.file_name(),
                OsString::from(fs::read_to_string(entry.path())?),
            ));
        }
        Ok(variables)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path().join(name)
    }

    fn escaped_id(&self) -> String {
        self.id.replace('/', "_")
    }
}

/// The user who runs the phases, if that is not the caller: the lifecycle never runs a buildpack as root.
#[must_use]
pub fn user() -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(USER)
}

/// Writes a service binding, with one file for each entry.
pub fn write_binding(bindings: &Path, name: &str, entries: &[(&str, &str)]) -> Result<()> {
    let folder = bindings.join(name);
    fs::create_dir_all(&folder)?;
    for (entry, value) in entries {
        fs::write(folder.join(entry), value)?;
    }
    Ok(())
}

fn target() -> [(&'static str, &'static str); 4] {
    [
        ("CNB_TARGET_OS", "linux"),
        ("CNB_TARGET_ARCH", arch()),
        ("CNB_TARGET_DISTRO_NAME", "ubuntu"),
        ("CNB_TARGET_DISTRO_VERSION", "24.04"),
    ]
}

/// This machine's architecture by Go's name.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests;
