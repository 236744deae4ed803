use std::fs;
use std::path::PathBuf;

use super::*;
use crate::{ContentOrigin, ServerError};
use cnb::context::Environment;
use policy::OperatorPolicy;

const BUILDPACK: &str = r#"
api = "0.10"
[buildpack]
id = "a/b"
version = "1"
clear-env = true
[metadata.sources.one]
git = "https://git.example/x.git"
ref = "main"
subpath = "a"
credential = "c"
[metadata.sources.two]
git = "https://open.example/y.git"
ref = "main"
subpath = "a"
[metadata.credentials.c]
binding = "own"
"#;

const MIRROR: &str =
    "[mirrors.\"git.example\"]\nurl = \"https://mirror.example\"\nbinding = \"mirror\"\n";

const OWN: &str = include_str!("../../../fetch/src/tls/bound/own.pem");

struct World {
    folder: tempfile::TempDir,
    /// The variables of the process environment that the lifecycle does not set.
    variables: Vec<(&'static str, PathBuf)>,
}

impl World {
    /// Makes a world whose binding has these entries.
    fn with_binding(entries: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binding = "platform/bindings/token";
        for name in ["app", "buildpack", "layers", binding] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for (entry, text) in entries {
            fs::write(folder.path().join(binding).join(entry), text).unwrap();
        }
        fs::write(folder.path().join("plan.toml"), "").unwrap();
        Self {
            folder,
            variables: Vec::new(),
        }
    }

    /// Reads a build's inputs and signs in to its sources.
    fn signed_in<T>(
        &self,
        policy: &str,
        judge: impl FnOnce(BTreeMap<&SourceName, Result<SignedIn<'_>, ContentsError>>) -> T,
    ) -> Result<T, ContentsError> {
        let path = |name: &str| self.folder.path().join(name);
        let own = [
            ("CNB_PLATFORM_DIR", path("platform")),
            ("CNB_BP_PLAN_PATH", path("plan.toml")),
            ("CNB_LAYERS_DIR", path("layers")),
            ("CNB_BUILDPACK_DIR", path("buildpack")),
            ("CNB_TARGET_OS", "linux".into()),
            ("CNB_TARGET_ARCH", "amd64".into()),
        ];
        let variables = own.into_iter().chain(self.variables.clone());
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let environment = Environment::new(variables.collect(), path("app"));
        let descriptor = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
        let policy = OperatorPolicy::parse(policy).unwrap();
        let grants = Grants::of(descriptor, Some(policy));
        let context = BuildContext::read(&environment, &grants.descriptor).unwrap();
        let buildpack = Dir::open_ambient(&path("buildpack")).unwrap();
        let remotes = Remotes::new(&context, &grants, &buildpack, Report::SILENT);
        Ok(judge(remotes.sign_in_to_all()?))
    }

    fn first(&self, policy: &str) -> Result<ContentOrigin, ContentsError> {
        self.signed_in(policy, |sources| {
            let first = sources.into_values().next().unwrap();
            first.map(|source| source.origin().clone())
        })?
    }
}

#[test]
fn a_mirrors_binding_that_names_a_server_is_refused() {
    for url in ["https://mirror.example", "https://other.example"] {
        let entries = [("type", "mirror"), ("token", "t"), ("url", url)];
        let error = World::with_binding(&entries).first(MIRROR).unwrap_err();
        match error {
            ContentsError::Server(ServerError::MirrorUrl { from }) => {
                assert_eq!(from, "binding 'token'");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_mirrors_binding_without_a_server_and_a_sources_with_one_are_taken() {
    let world = World::with_binding(&[("type", "mirror"), ("token", "t")]);
    let origin = world.first(MIRROR).unwrap();
    assert!(origin.is_mirror);
    assert_eq!(origin.url, "https://mirror.example/x.git");
    let url = ("url", "https://other.example");
    let world = World::with_binding(&[("type", "own"), ("token", "t"), url]);
    let origin = world.first("").unwrap();
    assert!(!origin.is_mirror);
    assert_eq!(origin.url, "https://other.example/x.git");
}

#[test]
fn a_mirror_at_the_hosts_own_address_is_a_mirror() {
    let world = World::with_binding(&[("type", "mirror"), ("token", "t")]);
    let policy = MIRROR.replace("mirror.example", "git.example");
    assert!(world.first(&policy).unwrap().is_mirror);
}

#[test]
fn whose_certificates_are_believed_is_known_once_the_origins_are() {
    let mut world = World::with_binding(&[("type", "own"), ("token", "t")]);
    let file = world.folder.path().join("own.pem");
    fs::write(&file, OWN).unwrap();
    world.variables.push(("SSL_CERT_FILE", file));
    let policy = "system-authorities = false";
    world
        .signed_in(policy, |sources| {
            assert_eq!(sources.len(), 2);
            for source in sources.into_values() {
                let source = source.unwrap();
                let (from, certificates) = source.trusts();
                assert_eq!(from.len(), 1, "{from:?}");
                assert!(from[0].contains("SSL_CERT_FILE"), "{from:?}");
                assert_eq!(certificates, 1);
            }
        })
        .unwrap();
}
