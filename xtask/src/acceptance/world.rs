//! The world of all parts: a template behind a token, a binding that names its server, and a project.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use lifecycle::folder;
use lifecycle::search::Canary;
use lifecycle::write_binding;
use server::app;
use server::git_server::GitServer;
use server::repository::{Repository, template_folder};
use tempfile::TempDir;

/// The template's path on its server, as buildpack.toml has it.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";
/// The wanted folder of the template.
pub(super) const SUBPATH: &str = "job-template";

/// Not a token of any real server. The search finds it wherever it leaks.
const TOKEN: &str = "glpat-acceptance_T5.wM8-rC2qJ6xN";

/// A world in a temporary folder, with a git server that ends with it.
pub(super) struct World {
    folder: TempDir,
    repository: Repository,
    server: GitServer,
    /// The token, for a search.
    pub(super) canary: Canary,
}

impl World {
    /// Makes a template on a server, a platform directory with a binding for it, and a copy of the sample project.
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = folder_of_own()?;
        let repository = Repository::template()?;
        let server = GitServer::options()
            .repository(TEMPLATE, repository.git_dir())
            .token("oauth2", TOKEN)
            .start()?;
        let world = Self {
            folder,
            repository,
            server,
            canary: Canary::new(TOKEN),
        };
        folder::copy(&app::sample(), &world.app())?;
        folder::copy(&template_folder(), &world.path("template"))?;
        fs::create_dir_all(world.platform().join("env"))?;
        let origin = world.server.origin();
        let entries = [("type", "gitlab"), ("token", TOKEN), ("url", &origin)];
        write_binding(&world.bindings(), "template", &entries)?;
        // Proves that the search can find the token.
        let found = world.canary.in_folder(&world.platform())?;
        ensure!(!found.is_empty(), "the search does not find the token");
        Ok(world)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn app(&self) -> PathBuf {
        self.path("workspace")
    }

    pub(super) fn platform(&self) -> PathBuf {
        self.path("platform")
    }

    /// The folder of the service bindings.
    pub(super) fn bindings(&self) -> PathBuf {
        self.platform().join("bindings")
    }

    /// The number of requests until now.
    pub(super) fn requests(&self) -> usize {
        self.server.requests().len()
    }

    /// Commits a change outside the wanted folder.
    pub(super) fn commit_beside(&self) -> anyhow::Result<()> {
        self.commit("docs/design.md", "One more thought.\n")
    }

    /// Commits a change in the wanted folder.
    pub(super) fn commit_within(&self) -> anyhow::Result<()> {
        self.commit("job-template/app/helpers.py", "# One more line.\n")
    }

    fn commit(&self, file: &str, more: &str) -> anyhow::Result<()> {
        let template = self.path("template");
        let path = template.join(file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        fs::write(&path, text + more)?;
        let tree = self.repository.tree_of(&template)?;
        self.repository.commit("main", &tree, "A change")?;
        Ok(())
    }

    /// The relative paths of the present files and links in the wanted folder.
    pub(super) fn wanted(&self) -> anyhow::Result<Vec<PathBuf>> {
        paths_in(&self.path("template").join(SUBPATH))
    }

    /// The content of the template's files outside the wanted folder, without empty ones.
    pub(super) fn unwanted(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let template = self.path("template");
        let mut unwanted = Vec::new();
        folder::walk(&template, &mut |path, meta| {
            if meta.is_file() && meta.len() > 0 && !path.starts_with(template.join(SUBPATH)) {
                unwanted.push(fs::read(path)?);
            }
            Ok(())
        })?;
        ensure!(!unwanted.is_empty(), "the template has nothing unwanted");
        Ok(unwanted)
    }
}

/// A temporary folder in lower case: the lifecycle reads the path of an image in a folder as an image's name.
fn folder_of_own() -> anyhow::Result<TempDir> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("acceptance-{}-{number}", std::process::id());
    let folder = tempfile::Builder::new()
        .prefix(&name)
        .rand_bytes(0)
        .tempdir();
    folder.with_context(|| format!("can't make a folder {name}"))
}

/// The relative paths of the files and links beneath a folder, sorted.
pub(super) fn paths_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    folder::walk(folder, &mut |path, meta| {
        if !meta.is_dir() {
            paths.push(path.strip_prefix(folder)?.to_owned());
        }
        Ok(())
    })?;
    paths.sort();
    Ok(paths)
}
