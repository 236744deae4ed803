//! The cases: which program gets which files from which server.
//!
//! Nothing here measures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cnb::sha256::Sha256;
use lifecycle::Lifecycle;
use package::say;
use tempfile::TempDir;
use xtask::bench::world;

use super::clients::{self, BSDTAR, CURL, Clients, PIP, UV};
use super::ours::{self, Listed};
use super::server::{Page, Pages, Server};
use super::wheels::{self, Wheel};
use super::{CHANGED, LARGE, PACKAGES, PYTHON, WHEELS};
use crate::case::{Case, Facts, Pace, Served};
use crate::groups::{AGAIN, FAR};
use crate::peers::OURS;

/// The size of the large member, which is that of the largest one seen in a real wheel.
const LARGEST: u64 = 350_000_000;
/// The folder on the server for the archive of Python.
const ARCHIVE: &str = "/files/python.tar.gz";

/// Makes the cases.
pub(crate) struct Workshop<'a> {
    clients: &'a Clients,
    wheels: &'a [Wheel],
    folder: TempDir,
}

/// Files on a server.
#[derive(Clone)]
struct Site<'a> {
    name: &'static str,
    wheels: &'a [Wheel],
    server: Rc<Server>,
    delay: u64,
}

impl<'a> Workshop<'a> {
    pub(crate) fn new(clients: &'a Clients, wheels: &'a [Wheel]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("packages-").tempdir()?;
        Ok(Self {
            clients,
            wheels,
            folder,
        })
    }

    /// All programs with all wheels, near and far, and this buildpack with layers of a previous build.
    pub(crate) fn wheels(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for delay in [0, FAR] {
            let site = Site::start(WHEELS, self.wheels, delay)?;
            cases.push(site.cold()?);
            for client in clients::ALL {
                // It reads local files, so there is no request to add a delay to.
                let is_local = client == BSDTAR;
                if self.clients.has(client) && !(is_local && delay > 0) {
                    cases.push(self.install(client, &site)?);
                }
            }
            if delay == 0 {
                cases.push(site.again()?);
                cases.push(self.changed()?);
            }
        }
        Ok(cases)
    }

    /// One wheel with a large member.
    pub(crate) fn large(&self) -> Result<Vec<Case>> {
        say::step("making a wheel with a large member");
        let python = self.clients.python();
        let wheels = wheels::make(self.folder.path(), &python, "large", LARGEST)?;
        let site = Site::start(LARGE, &wheels, 0)?;
        let mut cases = vec![site.cold()?];
        for client in [PIP, UV] {
            if self.clients.has(client) {
                cases.push(self.install(client, &site)?);
            }
        }
        Ok(cases)
    }

    /// This machine's Python as a tar archive, beside what a script does with one.
    pub(crate) fn python(&self) -> Result<Vec<Case>> {
        let content = self.archive()?;
        let sha256 = Sha256::of(&content);
        let mut pages = Pages::new();
        pages.insert(ARCHIVE.to_owned(), Page::bytes(content.into()));
        let server = Rc::new(Server::start(pages, Duration::ZERO)?);
        let listed = Listed {
            address: ARCHIVE.to_owned(),
            sha256,
            unpack: "tar-gz",
        };
        let world = Rc::new(ours::world(&server.origin(), &[listed])?);
        let last = ours::out(&world).join("bin");
        let mut cases = vec![build(PYTHON, OURS, world, &server, last)];
        if self.clients.has(CURL) {
            let url = format!("{}{ARCHIVE}", server.origin());
            let world = self.world()?;
            let (last, path) = (world.path().join("out/bin"), world.path().to_owned());
            let command = move || Clients::pipe(&url, &path);
            cases.push(Case {
                facts: Facts::new(PACKAGES, CURL).of(PYTHON),
                server: Some(Rc::<Server>::clone(&server)),
                ..client(world, Box::new(command), move || arrived(&last))
            });
        }
        Ok(cases)
    }

    /// A build whose layer is of one other package.
    fn changed(&self) -> Result<Case> {
        let python = self.clients.python();
        let other = wheels::make(self.folder.path(), &python, "changed", 1000)?;
        // The smallest one makes the least difference to the time of a whole build.
        let smallest = self.wheels.iter().min_by_key(|wheel| wheel.bytes);
        let smallest = smallest.context("no wheels")?.file.clone();
        let mut before: Vec<Wheel> = self.wheels.to_vec();
        before.retain(|wheel| wheel.file != smallest);
        before.extend(other);
        let old = Site::start(CHANGED, &before, 0)?;
        let new = Site::start(CHANGED, self.wheels, 0)?;
        let world = old.built()?;
        // The buildpack's id is the same: the application now locks another package.
        let text = ours::descriptor(&new.server.origin(), &Listed::of(self.wheels));
        fs::write(world.buildpack_dir().join("buildpack.toml"), text)?;
        let out = ours::out(&world);
        let (world, restored, count) = (Rc::new(world), out.clone(), self.wheels.len());
        let case = build(CHANGED, AGAIN, Rc::clone(&world), &new.server, out.clone());
        Ok(Case {
            before: Box::new(move || {
                world.restore()?;
                ensure!(!restored.exists(), "the layer has been restored");
                Ok(())
            }),
            after: Box::new(move || installed(&out, count)),
            ..case
        })
    }

    fn install(&self, name: &'static str, site: &Site<'_>) -> Result<Case> {
        let world = self.world()?;
        let (out, count) = (world.path().join("out"), site.wheels.len());
        // A command that is started again and again is made once.
        let install = self
            .clients
            .install(name, site.wheels, &site.server.origin(), world.path());
        let command = move || again(&install);
        let server = (name != BSDTAR).then(|| Rc::clone(&site.server) as Rc<dyn Served>);
        Ok(Case {
            facts: site.facts(name),
            server,
            ..client(world, Box::new(command), move || installed(&out, count))
        })
    }

    fn world(&self) -> Result<TempDir> {
        let builder = &mut tempfile::Builder::new();
        Ok(builder.prefix("client-").tempdir_in(self.folder.path())?)
    }

    /// Packs the programs, headers and modules of this machine's Python, without its packages.
    fn archive(&self) -> Result<Vec<u8>> {
        let base = Command::new(self.clients.python())
            .args(["-I", "-c", "import sys; print(sys.base_prefix)"])
            .output()?;
        let base = PathBuf::from(String::from_utf8(base.stdout)?.trim());
        let file = self.folder.path().join("python.tar.gz");
        let mut tar = Command::new("tar");
        tar.args(["--format=ustar", "--sort=name", "--owner=0", "--group=0"]);
        tar.args(["--exclude=site-packages", "--exclude=__pycache__"]);
        tar.args(["--exclude=libpython*.a", "-czf"]);
        tar.arg(&file)
            .arg("-C")
            .arg(base)
            .args(["bin", "include", "lib"]);
        let status = tar.status().context("can't start tar")?;
        ensure!(status.success(), "tar ended with {status}");
        let content = fs::read(&file)?;
        fs::remove_file(file)?;
        say::line(&format!("{PYTHON}: {} KB of tar.gz", content.len() / 1000));
        Ok(content)
    }
}

impl<'a> Site<'a> {
    fn start(name: &'static str, wheels: &'a [Wheel], delay: u64) -> Result<Self> {
        let server = Server::start(wheels::index(wheels), Duration::from_millis(delay))?;
        Ok(Self {
            name,
            wheels,
            server: Rc::new(server),
            delay,
        })
    }

    fn facts(&self, peer: &'static str) -> Facts {
        Facts::new(PACKAGES, peer).of(self.name).after(self.delay)
    }

    fn our_world(&self) -> Result<Lifecycle> {
        ours::world(&self.server.origin(), &Listed::of(self.wheels))
    }

    /// A first build.
    fn cold(&self) -> Result<Case> {
        let world = Rc::new(self.our_world()?);
        let (out, count) = (ours::out(&world), self.wheels.len());
        Ok(Case {
            facts: self.facts(OURS),
            after: Box::new(move || installed(&out, count)),
            ..build(self.name, OURS, world, &self.server, PathBuf::new())
        })
    }

    /// A world with the image of a build.
    fn built(&self) -> Result<Lifecycle> {
        let world = self.our_world()?;
        let first = world::phase(&world, "build").output()?;
        let told = String::from_utf8_lossy(&first.stderr);
        ensure!(first.status.success(), "the first build failed: {told}");
        world.export()?;
        Ok(world)
    }

    /// A build of what the previous image has.
    fn again(&self) -> Result<Case> {
        let world = Rc::new(self.built()?);
        let (out, before) = (ours::out(&world), Rc::clone(&world));
        Ok(Case {
            facts: self.facts(AGAIN),
            before: Box::new(move || before.restore()),
            after: Box::new(move || {
                ensure!(!out.exists(), "the layer was made again");
                Ok(())
            }),
            ..build(self.name, AGAIN, world, &self.server, PathBuf::new())
        })
    }
}

/// A build of this buildpack, with empty layers. `last` must exist after it.
fn build(
    name: &'static str,
    peer: &'static str,
    world: Rc<Lifecycle>,
    server: &Rc<Server>,
    last: PathBuf,
) -> Case {
    let (before, printed) = (Rc::clone(&world), world.world().join("printed"));
    Case {
        facts: Facts::new(PACKAGES, peer).of(name),
        pace: Pace::Often,
        before: Box::new(move || {
            before.empty_layers()?;
            Ok(())
        }),
        command: Box::new(move || world::phase(&world, "build")),
        after: Box::new(move || arrived(&last)),
        server: Some(Rc::<Server>::clone(server)),
        printed,
    }
}

/// A case of another program, which begins with empty folders. The facts are the caller's.
fn client(
    world: TempDir,
    command: Box<dyn Fn() -> Command>,
    after: impl Fn() -> Result<()> + 'static,
) -> Case {
    let printed = world.path().join("printed");
    Case {
        facts: Facts::new(PACKAGES, CURL),
        pace: Pace::Often,
        before: Box::new(move || clients::empty(world.path())),
        command,
        after: Box::new(after),
        server: None,
        printed,
    }
}

/// The same command once more.
fn again(command: &Command) -> Command {
    let mut again = Command::new(command.get_program());
    again.args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            again.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        again.current_dir(folder);
    }
    again
}

fn arrived(path: &Path) -> Result<()> {
    ensure!(path.exists(), "{} did not arrive", path.display());
    Ok(())
}

/// Checks that a folder has this many packages.
fn installed(folder: &Path, count: usize) -> Result<()> {
    let mut found = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let name = entry?.file_name();
        found += usize::from(name.as_encoded_bytes().ends_with(b".dist-info"));
    }
    ensure!(
        found == count,
        "{} has {found} packages of {count}",
        folder.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_missing_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a-1.dist-info")).unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        installed(folder.path(), 1).unwrap();
        let error = installed(folder.path(), 2).unwrap_err().to_string();
        assert!(error.ends_with("has 1 packages of 2"), "{error}");
    }

    #[test]
    fn a_command_is_the_same_each_time() {
        let mut command = Command::new("env");
        command.arg("-0").env_clear().env("A", "1").current_dir("/");
        let output = again(&command).output().unwrap();
        assert_eq!(output.stdout, b"A=1\0");
    }
}
