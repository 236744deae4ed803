//! A server with files, and a lifecycle with a component that asks for them. No expectation belongs here.

use std::fmt::Write as _;
use std::fs;

use cnb::sha256::Sha256;
use package::trial;
use tempfile::TempDir;
use tests::app;
use tests::git_server::{GitServer, Options};
use tests::lifecycle::{Ended, Lifecycle};

const HEAD: &str = "api = \"0.10\"\n\n[buildpack]\nid = \"tests/files\"\nversion = \"0.0.1\"\nclear-env = true\n\
    sbom-formats = [\"application/vnd.cyclonedx+json\", \"application/spdx+json\"]\n\n[metadata]\n\n\
    [metadata.limits]\nseconds = 300\n";

/// A build with files.
pub(crate) struct Scene {
    _app: TempDir,
    pub(crate) server: GitServer,
    pub(crate) lifecycle: Lifecycle,
}

/// A content that the component declares.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) into: &'a str,
    pub(crate) path: &'a str,
    pub(crate) sha256: Sha256,
    pub(crate) unpack: &'a str,
    pub(crate) leading: u32,
}

impl<'a> Wanted<'a> {
    /// A file with this content, copied into the folder `data`.
    pub(crate) fn file(path: &'a str, content: &[u8]) -> Self {
        Self {
            into: "data",
            path,
            sha256: Sha256::of(content),
            unpack: "file",
            leading: 0,
        }
    }

    /// The package of this name, found at an index.
    pub(crate) fn package(name: &'a str, content: &[u8]) -> Self {
        Self {
            unpack: "package",
            ..Self::file(name, content)
        }
    }

    fn table(&self) -> String {
        let Self {
            into,
            path,
            sha256,
            unpack,
            leading,
        } = self;
        if *unpack == "package" {
            return format!(
                "[[metadata.contents]]\nsource = \"files\"\ninto = \"{into}\"\npackage = \"{path}\"\nsha256 = \"{sha256}\"\n\n"
            );
        }
        format!(
            "[[metadata.contents]]\nsource = \"files\"\ninto = \"{into}\"\npath = \"{path}\"\nsha256 = \"{sha256}\"\n\
             unpack = \"{unpack}\"\nleading-folders = {leading}\n\n"
        )
    }
}

/// The text of a source whose files buildpack.toml lists, beneath `/pub` of the server.
pub(crate) fn declared(entries: &[(&str, &[u8])]) -> String {
    let entries = entries.iter().map(|(path, content)| {
        format!(
            "[[metadata.sources.files.file]]\npath = \"{path}\"\nsha256 = \"{}\"\n",
            Sha256::of(content)
        )
    });
    format!("files = \"ORIGIN/pub\"\n{}", entries.collect::<String>())
}

impl Scene {
    /// A server with these files. `source` is the text of `[metadata.sources.files]`, in which `ORIGIN` stands for the
    /// server, and `files` are the application's, in which it does too.
    pub(crate) fn new(
        serve: impl FnOnce(Options) -> Options,
        source: &str,
        wanted: &[Wanted<'_>],
        files: &[(&str, &str)],
    ) -> Self {
        Self::with_limits("", serve, source, wanted, files)
    }

    /// The same with these lines of `[metadata.limits]`.
    pub(crate) fn with_limits(
        limits: &str,
        serve: impl FnOnce(Options) -> Options,
        source: &str,
        wanted: &[Wanted<'_>],
        files: &[(&str, &str)],
    ) -> Self {
        let server = serve(GitServer::options()).start().unwrap();
        let origin = server.origin();
        let mut descriptor = format!(
            "{HEAD}{limits}\n[metadata.sources.files]\n{}\n\n",
            source.replace("ORIGIN", &origin)
        );
        for wanted in wanted {
            write!(descriptor, "{}", wanted.table()).unwrap();
        }
        let folder = trial::guest("fetches_files", &descriptor).unwrap();
        let app = tempfile::tempdir().unwrap();
        tests::folder::copy(&app::sample(), app.path()).unwrap();
        for (name, text) in files {
            fs::write(app.path().join(name), text.replace("ORIGIN", &origin)).unwrap();
        }
        let lifecycle = Lifecycle::with_app(&folder.path().join("buildpack"), app.path()).unwrap();
        Self {
            _app: app,
            server,
            lifecycle,
        }
    }

    /// Runs a build that must pass, and returns its output in one line.
    #[track_caller]
    pub(crate) fn builds(&self) -> String {
        let ended = self.lifecycle.build().unwrap();
        assert!(ended.passed(), "{}", ended.output());
        in_one_line(&ended.output())
    }

    /// Runs a build that must fail with this id, and leave nothing. Returns its output in one line.
    #[track_caller]
    pub(crate) fn refuses(&self, id: &str) -> String {
        let ended: Ended = self.lifecycle.build().unwrap();
        assert!(!ended.passed(), "{}", ended.output());
        assert_eq!(ended.refusal().as_deref(), Some(id), "{}", ended.output());
        let left = tests::folder::snapshot(&self.lifecycle.layers_dir()).unwrap();
        assert!(left.is_empty(), "{left:?}");
        in_one_line(&ended.output())
    }

    /// The content of a file of the layer `files`.
    #[track_caller]
    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        fs::read(self.lifecycle.layers_dir().join("files").join(path)).unwrap()
    }

    /// The paths that the server was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        asked(&self.server)
    }
}

/// The paths that a server was asked for, sorted.
pub(crate) fn asked(server: &GitServer) -> Vec<String> {
    let requests = server.requests();
    let paths = requests.iter().map(|request| request.path().to_owned());
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    paths
}

/// The words of a text, since messages are wrapped.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
