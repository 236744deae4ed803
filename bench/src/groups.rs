//! The benchmark's groups of cases: which peers build with which repositories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use lifecycle::Lifecycle;
use server::git_server::GitServer;
use server::repository::clean_git;
use xtask::bench::world;

use crate::case::{Case, Facts, Pace};
use crate::peers::{
    BASH, BASH_DIRECT, CLONE, DEPTH, NATIVE, OURS, Programs, SPARSE, UNCONFINED, template_of,
    wanted_dir,
};
use crate::repositories::{
    BESIDE_STEPS, DEEP, HEAVY, HISTORY, LARGE, Made, SMALL, Shape, WANTED_STEPS, WIDE,
};

/// The delay that a distant server adds to each answer, in milliseconds.
pub(crate) const FAR: u64 = 40;

/// Builds again, with the layer of the previous build.
pub(crate) const REBUILD: &str = "rebuild";
pub(crate) const DETECT: &str = "detect";
pub(crate) const BUILD: &str = "build";
pub(crate) const SCALE: &str = "scale";

pub(crate) const BRANCH: &str = "branch";
pub(crate) const COMMIT: &str = "commit";

/// `tar x` of the wanted files: the least that writing them can cost.
pub(crate) const TAR: &str = "tar x";

/// All groups, in the order of their runs.
pub(crate) const ALL: [&str; 4] = [DETECT, BUILD, REBUILD, SCALE];

/// Makes the cases, and the repositories that do not exist yet.
pub(crate) struct Groups<'a> {
    pub(crate) programs: &'a Programs,
    /// The folder of the repositories.
    pub(crate) repositories: &'a Path,
}

impl Groups<'_> {
    /// The cases of a group, in parts that run one after the other.
    pub(crate) fn parts(&self, group: &'static str) -> Result<Vec<Vec<Case>>> {
        match group {
            DETECT => Ok(vec![self.detect()?]),
            REBUILD => Ok(vec![self.rebuild()?]),
            SCALE => Ok(vec![self.scale()?]),
            _ => self.build(),
        }
    }

    fn detect(&self) -> Result<Vec<Case>> {
        let peers = [OURS, UNCONFINED, BASH, BASH_DIRECT, NATIVE];
        let case = |peer| {
            let world = Rc::new(self.programs.world(peer, None)?);
            let (before, command, after) =
                (Rc::clone(&world), Rc::clone(&world), Rc::clone(&world));
            let writes = ![BASH, BASH_DIRECT].contains(&peer);
            Ok(Case {
                facts: Facts::new(DETECT, peer),
                pace: Pace::Often,
                before: Box::new(move || Ok(fs::write(before.build_plan_path(), "")?)),
                command: Box::new(move || world::phase(&command, "detect")),
                after: Box::new(move || {
                    ensure!(after.has_build_plan() == writes, "the build plan");
                    Ok(())
                }),
                server: None,
                printed: world.world().join("printed"),
            })
        };
        peers.into_iter().map(case).collect()
    }

    fn build(&self) -> Result<Vec<Vec<Case>>> {
        let mut parts = Vec::new();
        let everybody = [OURS, UNCONFINED, CLONE, DEPTH, SPARSE, NATIVE];
        let scripts = [OURS, CLONE, DEPTH, SPARSE];
        let mut small = Vec::new();
        for delay in [0, FAR] {
            let site = self.site(&SMALL, delay)?;
            for peer in everybody {
                small.push(self.cold(BUILD, peer, &site, BRANCH)?);
            }
            for peer in scripts {
                small.push(self.cold(BUILD, peer, &site, COMMIT)?);
            }
        }
        parts.push(small);
        for shape in [&HISTORY, &LARGE, &WIDE, &DEEP, &HEAVY] {
            let site = self.site(shape, 0)?;
            let mut cases = Vec::new();
            for peer in scripts {
                cases.push(self.cold(BUILD, peer, &site, BRANCH)?);
            }
            if shape.name == WIDE.name {
                cases.push(Self::tar(&site)?);
            }
            parts.push(cases);
        }
        Ok(parts)
    }

    /// Repeats the builds with the layer that the lifecycle restores, beside the first builds.
    fn rebuild(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for delay in [0, FAR] {
            let site = self.site(&SMALL, delay)?;
            for revision in [BRANCH, COMMIT] {
                cases.push(self.cold(REBUILD, OURS, &site, revision)?);
                cases.push(self.again(&site, revision)?);
            }
            cases.push(self.cold(REBUILD, CLONE, &site, BRANCH)?);
        }
        Ok(cases)
    }

    fn scale(&self) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        let wanted = WANTED_STEPS.iter().map(|(_, shape)| shape);
        for shape in wanted.chain(BESIDE_STEPS.iter().map(|(_, shape)| shape)) {
            let site = self.site(shape, 0)?;
            for peer in [OURS, CLONE, DEPTH, SPARSE] {
                cases.push(self.cold(SCALE, peer, &site, BRANCH)?);
            }
        }
        Ok(cases)
    }

    /// Makes a repository and starts its server.
    fn site<'s>(&self, shape: &'s Shape, delay: u64) -> Result<Site<'s>> {
        let made = shape.made(self.repositories)?;
        let server = Rc::new(world::server(&made.git_dir, Duration::from_millis(delay))?);
        Ok(Site {
            shape,
            made,
            server,
            delay,
        })
    }

    /// A first build of an application.
    fn cold(
        &self,
        group: &'static str,
        peer: &'static str,
        site: &Site<'_>,
        revision: &'static str,
    ) -> Result<Case> {
        let build = self.set_up(peer, site, revision)?;
        let (world, before) = (Rc::clone(&build.world), Rc::clone(&build.world));
        let last = wanted_dir(&world).join(site.shape.last_file());
        Ok(Case {
            facts: site.facts(group, peer, revision),
            pace: site.pace(peer),
            before: Box::new(move || {
                before.empty_layers()?;
                Ok(())
            }),
            command: Box::new(move || build.command()),
            after: Box::new(move || {
                ensure!(last.is_file(), "{} did not arrive", last.display());
                Ok(())
            }),
            server: Some(Rc::<GitServer>::clone(&site.server)),
            printed: world.world().join("printed"),
        })
    }

    /// A build whose layer is in the previous image.
    fn again(&self, site: &Site<'_>, revision: &'static str) -> Result<Case> {
        let build = self.set_up(OURS, site, revision)?;
        let first = build.command().output()?;
        let told = String::from_utf8_lossy(&first.stderr);
        ensure!(first.status.success(), "the first build failed: {told}");
        build.world.export()?;
        let (world, before) = (Rc::clone(&build.world), Rc::clone(&build.world));
        let wanted = wanted_dir(&world);
        Ok(Case {
            facts: site.facts(REBUILD, AGAIN, revision),
            pace: Pace::Often,
            before: Box::new(move || before.restore()),
            command: Box::new(move || build.command()),
            after: Box::new(move || {
                ensure!(!wanted.exists(), "the layer was made again");
                Ok(())
            }),
            server: Some(Rc::<GitServer>::clone(&site.server)),
            printed: world.world().join("printed"),
        })
    }

    fn set_up(&self, peer: &str, site: &Site<'_>, revision: &str) -> Result<Build> {
        let world = Rc::new(self.programs.world(peer, Some(&site.server))?);
        let mut variables = vec![
            ("BP_GITLAB_TOKEN", world::TOKEN.to_owned()),
            ("TEMPLATE", template_of(&site.server)),
        ];
        if revision == COMMIT {
            let name = "BP_JOB_TEMPLATE_REF";
            world.platform_variable(name, &site.made.commit)?;
            variables.push((name, site.made.commit.clone()));
        }
        // The host reads its variables from the platform's files, so its environment stays empty.
        if peer == OURS || peer == UNCONFINED {
            variables.clear();
        }
        Ok(Build { world, variables })
    }

    /// Measures writing the files alone, without a download.
    fn tar(site: &Site<'_>) -> Result<Case> {
        let folder = Rc::new(tempfile::Builder::new().prefix("tar-").tempdir()?);
        let archive = folder.path().join("wanted.tar");
        let made = clean_git()
            .current_dir(&site.made.git_dir)
            .args(["archive", "--format=tar", "--output"])
            .arg(&archive)
            .arg("main:job-template")
            .status()?;
        ensure!(made.success(), "git archive failed");
        let out = folder.path().join("out");
        let (into, last) = (out.clone(), out.join(site.shape.last_file()));
        let printed = folder.path().join("printed");
        Ok(Case {
            facts: Facts::new(BUILD, TAR).of(site.shape.name),
            pace: Pace::Sometimes,
            before: Box::new(move || {
                let _held = &folder;
                empty(&out)
            }),
            command: Box::new(move || {
                let mut tar = Command::new("tar");
                tar.arg("xf").arg(&archive).arg("-C").arg(&into);
                tar
            }),
            after: Box::new(move || {
                ensure!(last.is_file(), "{} did not arrive", last.display());
                Ok(())
            }),
            server: None,
            printed,
        })
    }
}

/// The name of this buildpack's second build, with the layer of the first.
pub(crate) const AGAIN: &str = "this buildpack, again";

/// A repository and its server.
struct Site<'a> {
    shape: &'a Shape,
    made: Made,
    server: Rc<GitServer>,
    delay: u64,
}

impl Site<'_> {
    fn facts(&self, group: &'static str, peer: &'static str, revision: &'static str) -> Facts {
        Facts::new(group, peer)
            .of(self.shape.name)
            .at(revision)
            .after(self.delay)
    }

    /// A rough guess of the run's duration.
    fn pace(&self, peer: &str) -> Pace {
        let whole = [CLONE, DEPTH].contains(&peer);
        match self.shape.name {
            name if name == LARGE.name && whole => Pace::Seldom,
            name if name == HISTORY.name && peer == CLONE => Pace::Seldom,
            name if name == HEAVY.name => Pace::Seldom,
            name if name == WIDE.name => Pace::Sometimes,
            _ => Pace::Often,
        }
    }
}

/// A build by one peer.
struct Build {
    world: Rc<Lifecycle>,
    variables: Vec<(&'static str, String)>,
}

impl Build {
    fn command(&self) -> Command {
        let mut command = world::phase(&self.world, "build");
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }
}

fn empty(folder: &PathBuf) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}
