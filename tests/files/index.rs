//! An index of packages behind a token, and a project for the component of Python packages. No expectation belongs here.

use std::fmt::Write as _;
use std::fs;

use cnb::sha256::Sha256;
use package::trial;
use tests::git_server::{GitServer, Options};
use tests::lifecycle::{Ended, Lifecycle};

use crate::scene;

const LISTED: &str = "listed-in = [\"pylock.toml\", \"uv.lock\", \"requirements.txt\"]";
const TOKEN: &str = "tok-0123456789abcdef";

/// An index and a project that takes its packages from there.
pub(crate) struct Index {
    pub(crate) server: GitServer,
    pub(crate) lifecycle: Lifecycle,
}

/// A package, its version and its wheel.
pub(crate) type Release<'a> = (&'a str, &'a str, Vec<u8>);

/// The name of a wheel for every platform.
pub(crate) fn file(package: &str, version: &str) -> String {
    format!("{package}-{version}-py3-none-any.whl")
}

impl Index {
    /// A project whose `pylock.toml` names these wheels.
    pub(crate) fn new(wheels: &[Release<'_>]) -> Self {
        let index = Self::serving(wheels, |options| options);
        let mut lock = "lock-version = \"1.0\"\ncreated-by = \"tests\"\n".to_owned();
        for (package, version, content) in wheels {
            let url = index.server.url(&file(package, version));
            writeln!(
                lock,
                "[[packages]]\nname = \"{package}\"\nversion = \"{version}\"\nwheels = [{{ url = \"{url}\", hashes = {{ sha256 = \"{}\" }} }}]",
                Sha256::of(content)
            )
            .unwrap();
        }
        index.write("pylock.toml", &lock);
        index
    }

    /// A project without a lock. The server has these wheels, and what `serve` adds.
    pub(crate) fn serving(wheels: &[Release<'_>], serve: impl FnOnce(Options) -> Options) -> Self {
        let with_wheel = |options: Options, (package, version, content): &Release<'_>| {
            options.file(&format!("/{}", file(package, version)), content.clone())
        };
        let options = GitServer::options().token("oauth2", TOKEN).tls();
        let options = serve(wheels.iter().fold(options, with_wheel));
        let server = options.start().unwrap();
        let buildpack = trial::python("python-packages", |descriptor| {
            let with_credential = format!(
                "{LISTED}\ncredential = \"index\"\n\n[metadata.credentials.index]\nbinding = \"index\"\n"
            );
            assert!(descriptor.contains(LISTED));
            descriptor.replace(LISTED, &with_credential)
        });
        let buildpack = buildpack.unwrap();
        let lifecycle = Lifecycle::new(&buildpack.path().join("buildpack")).unwrap();
        fs::create_dir_all(lifecycle.app_dir()).unwrap();
        let index = [
            ("type", "index"),
            ("token", TOKEN),
            ("url", &*server.origin()),
        ];
        lifecycle.binding("index", &index).unwrap();
        let authority = server.authority().unwrap();
        let authority = [("type", "ca-certificates"), ("index.pem", authority)];
        lifecycle.binding("authority", &authority).unwrap();
        Self { server, lifecycle }
    }

    /// Writes a file of the application.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.lifecycle.app_dir().join(name), text).unwrap();
    }

    /// Runs detect, which must pass, and build.
    pub(crate) fn build(&self) -> Ended {
        let detected = self.lifecycle.detect().unwrap();
        assert!(detected.passed(), "{}", detected.output());
        self.lifecycle.build().unwrap()
    }

    /// The paths that the server was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        scene::asked(&self.server)
    }
}
