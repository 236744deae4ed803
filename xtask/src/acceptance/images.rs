//! Makes images in docker under this command's own names: a base with Python, the lifecycle, and the images that pack
//! makes from them. All of them are removed in the end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::pack_program::Pack;
use super::program::{is_root, run};
use super::tools::{LIFECYCLE, version_of};
use super::world::World;
use package::say;

/// The lifecycle, for builders that are not trusted.
pub(super) const LIFECYCLE_IMAGE: &str = "acceptance.local/lifecycle";
/// The base of the builder and of the run image.
pub(super) const BASE: &str = "acceptance.local/base";
/// A builder with Python and this buildpack, in this order.
pub(super) const BUILDER: &str = "acceptance.local/builder";
/// This buildpack as a package.
pub(super) const PACKAGE: &str = "acceptance.local/planqk-buildpack-job-template";
/// Both buildpacks as one package.
pub(super) const BOTH: &str = "acceptance.local/planqk-job";
/// The built application.
pub(super) const JOB: &str = "acceptance.local/acceptance-job";

const ADD_USER: &str = "grep -q '^[^:]*:[^:]*:1000:' /etc/passwd \
    || echo 'cnb:x:1000:1000::/home/cnb:/bin/sh' >> /etc/passwd; \
    mkdir -p /home/cnb && chown 1000:1000 /home/cnb";

/// The APIs in the lifecycle's own descriptor, which these images declare too.
const BUILDPACK_APIS: [&str; 6] = ["0.7", "0.8", "0.9", "0.10", "0.11", "0.12"];
const PLATFORM_APIS: [&str; 7] = ["0.7", "0.8", "0.9", "0.10", "0.11", "0.12", "0.13"];

/// Images in docker, which are removed on drop.
pub(super) struct Images {
    /// Makes most of the images.
    pub(super) pack: Pack,
    docker: PathBuf,
    made: Vec<String>,
}

impl Images {
    pub(super) fn new(docker: &Path, pack: Pack) -> Self {
        Self {
            pack,
            docker: docker.to_owned(),
            made: Vec::new(),
        }
    }

    /// Remembers an image by its id, because another image can take its name.
    pub(super) fn made(&mut self, name: &str) -> anyhow::Result<()> {
        let format = "{{.Id}}";
        let output = Command::new(&self.docker)
            .args(["image", "inspect", "--format", format, name])
            .output()?;
        ensure!(output.status.success(), "the image does not exist: {name}");
        let id = String::from_utf8(output.stdout)?.trim().to_owned();
        if !self.made.contains(&id) {
            self.made.push(id);
        }
        Ok(())
    }

    /// Makes the base from the given image, or from a Debian by debootstrap. The text says what is missing.
    pub(super) fn base(&mut self, given: Option<&str>) -> anyhow::Result<Result<(), String>> {
        let from = match given {
            Some(image) => image.to_owned(),
            None => match self.debian()? {
                Ok(image) => image,
                Err(missing) => return Ok(Err(missing)),
            },
        };
        // pack needs the user who builds in the image's variables, and the lifecycle needs that user in /etc/passwd.
        let container = run(Command::new(&self.docker)
            .args([
                "create",
                "--network",
                "none",
                "--user",
                "0",
                "--entrypoint",
                "/bin/sh",
            ])
            .args([&from, "-c", ADD_USER]))?;
        let container = container.trim();
        let committed = run(Command::new(&self.docker).args(["start", "--attach", container]))
            .and_then(|_| {
                run(Command::new(&self.docker)
                    .args([
                        "commit",
                        "--change",
                        "ENV CNB_USER_ID=1000 CNB_GROUP_ID=1000",
                    ])
                    .args(["--change", "ENTRYPOINT []", "--change", "USER 1000:1000"])
                    .args([container, BASE]))
            });
        run(Command::new(&self.docker).args(["rm", "--force", container]))?;
        committed?;
        self.made(BASE)?;
        Ok(Ok(()))
    }

    fn debian(&mut self) -> anyhow::Result<Result<String, String>> {
        const NAME: &str = "acceptance.local/debian";
        let missing = |why: &str| {
            Ok(Err(format!(
                "{why}; or pass an image with Python: --base IMAGE"
            )))
        };
        if !is_root() {
            return missing("debootstrap needs root");
        }
        if Command::new("debootstrap")
            .arg("--version")
            .output()
            .is_err()
        {
            return missing("debootstrap is not on PATH");
        }
        say::step("making a Debian with Python by debootstrap, which takes minutes");
        let folder = tempfile::tempdir()?;
        run(Command::new("debootstrap")
            .args([
                "--variant=minbase",
                "--include=python3,python-is-python3",
                "stable",
            ])
            .arg(folder.path()))?;
        let path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        self.import(NAME, folder.path(), &[path.to_owned()])?;
        Ok(Ok(NAME.to_owned()))
    }

    /// Makes an image from a folder.
    fn import(&mut self, name: &str, folder: &Path, changes: &[String]) -> anyhow::Result<()> {
        let mut tar = Command::new("tar")
            .args([
                "--create",
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--directory",
            ])
            .arg(folder)
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start tar")?;
        let content = tar.stdout.take().context("no pipe")?;
        let mut import = Command::new(&self.docker);
        import.arg("import");
        for change in changes {
            import.args(["--change", change]);
        }
        let imported = import.args(["-", name]).stdin(content).status()?;
        ensure!(
            tar.wait()?.success() && imported.success(),
            "docker can't import the image {name}"
        );
        self.made(name)
    }

    /// Makes the lifecycle's image, for builders that are not trusted, and its archive, for a builder.
    pub(super) fn lifecycle(&mut self, programs: &Path, world: &World) -> anyhow::Result<()> {
        let version = version_of(&programs.join("creator"))?;
        let root = world.path("lifecycle-image");
        let dir = root.join("cnb/lifecycle");
        fs::create_dir_all(&dir)?;
        for name in LIFECYCLE {
            let program = programs.join(name).canonicalize()?;
            let own = program.file_name().context("a file")?.to_owned();
            if !dir.join(&own).exists() {
                fs::copy(&program, dir.join(&own))?;
            }
            if own != *name {
                symlink(&own, dir.join(name))?;
            }
        }
        let quoted = |versions: &[&str]| {
            let all: Vec<_> = versions.iter().map(|one| format!("{one:?}")).collect();
            format!("[{}]", all.join(", "))
        };
        let (buildpack, platform) = (quoted(&BUILDPACK_APIS), quoted(&PLATFORM_APIS));
        fs::write(
            world.path("lifecycle.toml"),
            format!(
                "[apis.buildpack]\ndeprecated = []\nsupported = {buildpack}\n\
                 [apis.platform]\ndeprecated = []\nsupported = {platform}\n\
                 [lifecycle]\nversion = \"{version}\"\n"
            ),
        )?;
        run(Command::new("tar")
            .args(["--create", "--gzip", "--owner=0", "--group=0", "--file"])
            .arg(world.path("lifecycle.tgz"))
            .arg("--directory")
            .arg(world.path(""))
            .arg("lifecycle.toml")
            .arg("--directory")
            .arg(root.join("cnb"))
            .arg("lifecycle"))?;
        // The phases need these folders, and the names of users.
        for folder in ["tmp", "etc", "root"] {
            fs::create_dir_all(root.join(folder))?;
        }
        fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
        fs::write(
            root.join("etc/passwd"),
            "root:x:0:0::/root:/\ncnb:x:1000:1000::/tmp:/\n",
        )?;
        let apis = serde_json::json!({
            "buildpack": {"deprecated": [], "supported": BUILDPACK_APIS},
            "platform": {"deprecated": [], "supported": PLATFORM_APIS},
        });
        let apis = serde_json::Value::from(apis.to_string());
        self.import(
            LIFECYCLE_IMAGE,
            &root,
            &[
                format!("LABEL io.buildpacks.lifecycle.version={version}"),
                format!("LABEL io.buildpacks.lifecycle.apis={apis}"),
                "ENTRYPOINT [\"/cnb/lifecycle/creator\"]".to_owned(),
            ],
        )
    }
}

impl Drop for Images {
    /// Removes the images, the last one first. If docker cannot remove one, its message is shown.
    fn drop(&mut self) {
        for name in self.made.iter().rev() {
            let removed = Command::new(&self.docker)
                .args(["image", "rm", "--force", name])
                .output();
            if let Err(error) = removed {
                say::error(&format!("can't remove {name} from docker: {error}"));
            }
        }
        // pack keeps its cache in volumes that are named after the image.
        let mut script = Command::new("/bin/sh");
        script.args(["-c", "\"$0\" volume ls --quiet --filter name=pack-cache-acceptance-job | xargs -r \"$0\" volume rm"]);
        drop(script.arg(&self.docker).output());
    }
}
