//! The shipped buildpack, a git server with the template, and an application.
//!
//! Every build is searched here for the token, whatever its test is about.

use std::path::{Path, PathBuf};

use package::trial;
use tempfile::TempDir;
use tests::app;
use tests::git_server::{GitServer, Options};
use tests::lifecycle::{Ended, Lifecycle};
use tests::repository::Repository;
use tests::search::Canary;

/// The template's path and server in buildpack.toml.
pub(crate) const PATH: &str = "StoneOne/planqk/serverless-template.git";
pub(crate) const DECLARED: &str = "https://gitlab.com";
/// The variable for the token in buildpack.toml.
pub(crate) const VARIABLE: &str = "BP_GITLAB_TOKEN";
pub(crate) const USER: &str = "oauth2";
/// The valid token.
pub(crate) const TOKEN: &str = "glpat-canary_Q7.zW3-kX9vT2mL5";
/// A token that no server accepts.
pub(crate) const OTHER: &str = "glpat-other_Z4.pR8-nH1cB6yD0";

/// A server with the template, which requires [`TOKEN`].
pub(crate) struct Template {
    pub(crate) server: GitServer,
    _repository: Repository,
}

impl Template {
    pub(crate) fn served() -> Self {
        Self::with(|options| options.token(USER, TOKEN))
    }

    pub(crate) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        Self::of(Repository::template().unwrap(), change)
    }

    pub(crate) fn of(repository: Repository, change: impl FnOnce(Options) -> Options) -> Self {
        let options = GitServer::options().repository(PATH, repository.git_dir());
        Self {
            server: change(options).start().unwrap(),
            _repository: repository,
        }
    }

    /// The base64 text after `Basic ` in each request with a credential.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let requests = self.server.requests();
        let headers = requests
            .iter()
            .filter_map(|request| request.header("Authorization"));
        headers
            .map(|header| header.strip_prefix("Basic ").unwrap().to_owned())
            .collect()
    }

    /// Asserts that there were requests, each with this user and token.
    pub(crate) fn assert_asked_by(&self, user: &str, token: &str) {
        let given = self.credentials();
        assert!(!given.is_empty(), "nobody signed in");
        assert_eq!(given.len(), self.server.requests().len());
        let expected = tests::search::base64(format!("{user}:{token}").as_bytes());
        assert!(given.iter().all(|given| *given == expected), "{given:?}");
    }

    pub(crate) fn assert_not_asked(&self) {
        let requests = self.server.requests();
        assert!(requests.is_empty(), "{requests:?}");
    }
}

/// The environment of a build.
pub(crate) struct Scene {
    pub(crate) world: Lifecycle,
    _buildpack: TempDir,
}

impl Scene {
    /// The job template's buildpack on the sample, without a credential, with the source's real address.
    pub(crate) fn new() -> Self {
        let buildpack = trial::job_template().unwrap();
        Self::of(buildpack, &app::sample())
    }

    /// A test guest on the sample.
    pub(crate) fn of_guest(name: &str) -> Self {
        Self::of(
            trial::guest(name, trial::DESCRIPTOR).unwrap(),
            &app::sample(),
        )
    }

    fn of(buildpack: TempDir, app: &Path) -> Self {
        let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), app).unwrap();
        Self {
            world,
            _buildpack: buildpack,
        }
    }

    /// The token in a binding that names the server, as an operator passes it to a build.
    pub(crate) fn bound_to(template: &Template) -> Self {
        let scene = Self::new();
        scene.bind(
            "template",
            &[("token", TOKEN), ("url", &template.server.origin())],
        );
        scene
    }

    /// The token in the variable, with the line end that `echo` adds; the source is on this server.
    pub(crate) fn variable_for(template: &Template) -> Self {
        let scene = Self::new();
        scene.declare(&template.server.origin());
        scene.set(VARIABLE, format!("{TOKEN}\n"));
        scene
    }

    /// Replaces the server in buildpack.toml.
    pub(crate) fn declare(&self, origin: &str) {
        self.world.edit_descriptor(DECLARED, origin).unwrap();
    }

    /// Sets the descriptor's `sandbox` key.
    pub(crate) fn sandbox(&self, sandbox: &str) {
        let table = format!("[metadata]\nsandbox = \"{sandbox}\"\n");
        let first = "[metadata.sources.";
        let edited = self.world.edit_descriptor("[metadata]\n", &table);
        edited
            .or_else(|_| {
                self.world
                    .edit_descriptor(first, &format!("{table}{first}"))
            })
            .unwrap();
    }

    /// Adds a binding of type `gitlab`.
    pub(crate) fn bind(&self, name: &str, entries: &[(&str, &str)]) {
        let entries = [&[("type", "gitlab")], entries].concat();
        self.world.binding(name, &entries).unwrap();
    }

    /// Sets a platform variable, as an application's project.toml can.
    pub(crate) fn set(&self, name: &str, value: impl AsRef<[u8]>) {
        self.world.platform_variable(name, value).unwrap();
    }

    pub(crate) fn bindings(&self) -> PathBuf {
        self.world.platform_dir().join("bindings")
    }

    /// Builds. Neither the output nor the files may contain a token.
    pub(crate) fn build(&self) -> Ended {
        let ended = self.world.build().unwrap();
        self.assert_no_token(&ended);
        ended
    }

    pub(crate) fn detect(&self) -> Ended {
        let ended = self.world.detect().unwrap();
        self.assert_no_token(&ended);
        ended
    }

    /// Runs a build that must succeed, and returns its output.
    pub(crate) fn builds(&self) -> String {
        let ended = self.build();
        assert!(ended.passed(), "{:?}\n{}", ended.code, ended.output());
        ended.output()
    }

    /// Runs a build that must fail for a reason outside the buildpack, and returns its output on one line.
    pub(crate) fn fails(&self) -> String {
        self.ends_with(1)
    }

    /// The same, with this refusal.
    pub(crate) fn refused(&self, id: &str) -> String {
        let ended = self.build();
        let text = one_line(&ended);
        assert_eq!(ended.refusal().as_deref(), Some(id), "{text}");
        assert_eq!(ended.code, Some(1), "{text}");
        text
    }

    pub(crate) fn ends_with(&self, code: i32) -> String {
        let ended = self.build();
        let text = one_line(&ended);
        assert_eq!(ended.code, Some(code), "{text}");
        assert!(ended.refusal().is_some(), "{text}");
        text
    }

    /// Asserts that neither a phase's output nor its files contain a token.
    pub(crate) fn assert_no_token(&self, ended: &Ended) {
        for token in [TOKEN, OTHER] {
            let canary = Canary::new(token);
            let mut found = canary.in_processes(&ended.processes);
            for (stream, bytes) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
                found.extend(
                    canary
                        .in_bytes(bytes)
                        .iter()
                        .map(|form| format!("{stream} ({form})")),
                );
            }
            found.extend(self.places(token));
            assert!(found.is_empty(), "{found:#?}\n{}", ended.output());
        }
    }

    /// The files of the world that contain a token, without the platform's directory, where it belongs.
    pub(crate) fn places(&self, token: &str) -> Vec<String> {
        let mut places = Canary::new(token).in_folder(self.world.world()).unwrap();
        let platform = self.world.platform_dir().display().to_string();
        places.retain(|place| !place.contains(&platform));
        places
    }
}

/// The output without line breaks.
pub(crate) fn one_line(ended: &Ended) -> String {
    ended
        .output()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
