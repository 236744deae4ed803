//! The world of one test: the template on a git server, and a lifecycle that runs the shipped buildpack.
//!
//! No expectation belongs here.

use std::fs;
use std::path::Path;

use tests::app;
use tests::folder::{self, Entry};
use tests::git_server::{GitServer, Options};
use tests::lifecycle::{Ended, Lifecycle};
use tests::repository::Repository;

/// A token of no real server.
pub(crate) const TOKEN: &str = "glpat-0123456789abcdefghij";
/// The template's address in buildpack.toml.
pub(crate) const ADDRESS: &str = "https://gitlab.com/StoneOne/planqk/serverless-template.git";
/// The template's path on its server.
pub(crate) const PATH: &str = "StoneOne/planqk/serverless-template.git";
/// The bills of materials of a build.
pub(crate) const DOCUMENTS: [&str; 2] = ["launch.sbom.cdx.json", "launch.sbom.spdx.json"];
/// The label with the receipt.
pub(crate) const RECEIPT: &str = "wasm-buildpacks.receipt.planqk-buildpacks_job-template";

/// A server with the template behind a token, and a project to build.
pub(crate) struct World {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) server: GitServer,
    pub(crate) repository: Repository,
}

impl World {
    /// The sample project without a token, with the server's address in buildpack.toml.
    pub(crate) fn without_token() -> Self {
        Self::of(&app::sample())
    }

    /// The sample project, with the token in the platform's environment folder.
    pub(crate) fn sample() -> Self {
        Self::with_app("sample")
    }

    /// A fixture application, with the token in the platform's environment folder.
    pub(crate) fn with_app(state: &str) -> Self {
        let world = Self::of(&app::folder(state));
        world
            .lifecycle
            .platform_variable("BP_GITLAB_TOKEN", TOKEN)
            .unwrap();
        world
    }

    /// The sample project and the token, in a folder whose name starts with `prefix`.
    pub(crate) fn in_folder(prefix: &str) -> Self {
        let folder = package::trial::job_template().unwrap();
        let lifecycle = Lifecycle::named(&folder.path().join("buildpack"), prefix).unwrap();
        lifecycle.put_app(&app::sample()).unwrap();
        let token = lifecycle.platform_variable("BP_GITLAB_TOKEN", TOKEN);
        token.unwrap();
        Self::served(lifecycle, |options| options.token("oauth2", TOKEN))
    }

    /// The sample project, with a template that needs no token.
    pub(crate) fn public() -> Self {
        let world = Self::served(job_template(&app::sample()), |options| options);
        world
            .lifecycle
            .edit_descriptor("credential = \"gitlab\"\n", "")
            .unwrap();
        world
    }

    fn of(app: &Path) -> Self {
        Self::served(job_template(app), |options| options.token("oauth2", TOKEN))
    }

    fn served(lifecycle: Lifecycle, guard: impl FnOnce(Options) -> Options) -> Self {
        let repository = Repository::template().unwrap();
        let options = GitServer::options().repository(PATH, repository.git_dir());
        let server = guard(options).start().unwrap();
        lifecycle
            .edit_descriptor(ADDRESS, &server.url(PATH))
            .unwrap();
        Self {
            lifecycle,
            server,
            repository,
        }
    }

    /// Runs a build, which must pass.
    pub(crate) fn build(&self) -> Ended {
        passed(self.lifecycle.build().unwrap())
    }

    /// All entries of the layers directory.
    pub(crate) fn layers(&self) -> Vec<Entry> {
        folder::snapshot(&self.lifecycle.layers_dir()).unwrap()
    }

    /// Reads a file of the layers directory, which must be text.
    pub(crate) fn layer_file(&self, path: &str) -> String {
        read(&self.lifecycle.layers_dir().join(path))
    }

    /// The receipt from launch.toml.
    pub(crate) fn receipt(&self) -> String {
        let launch: toml::Table = toml::from_str(&self.layer_file("launch.toml")).unwrap();
        let labels = launch["labels"].as_array().unwrap();
        let receipt = labels
            .iter()
            .find(|label| label["key"].as_str() == Some(RECEIPT));
        receipt.unwrap()["value"].as_str().unwrap().to_owned()
    }

    /// The number of requests for a pack.
    pub(crate) fn packs(&self) -> usize {
        let requests = self.server.requests();
        requests
            .iter()
            .filter(|request| request.command() == Some("fetch"))
            .count()
    }
}

/// A lifecycle with the shipped buildpack and this application, without a server.
pub(crate) fn job_template(app: &Path) -> Lifecycle {
    let folder = package::trial::job_template().unwrap();
    Lifecycle::with_app(&folder.path().join("buildpack"), app).unwrap()
}

/// A lifecycle with one of the test guests; the variable `CASE` selects what it does.
pub(crate) fn guest(name: &str, case: &str) -> Lifecycle {
    let folder = package::trial::guest(name, package::trial::DESCRIPTOR).unwrap();
    let lifecycle = Lifecycle::with_app(&folder.path().join("buildpack"), &app::sample()).unwrap();
    lifecycle.platform_variable("CASE", case).unwrap();
    lifecycle
}

/// Asserts that a phase passed, and returns it.
#[track_caller]
pub(crate) fn passed(ended: Ended) -> Ended {
    assert!(
        ended.passed(),
        "{:?} {:?}\n{}",
        ended.code,
        ended.signal,
        ended.output()
    );
    ended
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A phase's standard output, which must be text.
pub(crate) fn stdout(ended: &Ended) -> &str {
    str::from_utf8(&ended.stdout).unwrap()
}

/// A phase's standard error, which must be text, as one line: line breaks do not matter.
pub(crate) fn error(ended: &Ended) -> String {
    let text = str::from_utf8(&ended.stderr).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
