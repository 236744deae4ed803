//! Tests a package that contains the template: it needs no token and no network, and its content is checked as if a
//! server had sent it.

use std::fs;

use fetch::{DownloadLimits, Proxies, Remote, Session};
use tests::lifecycle::Ended;

use crate::world::{PATH, TOKEN, World, error, stdout};

const FOLDER: &str = "job-template";

/// A world whose package contains the template at `main`, without its server and without a token.
struct Packaged {
    world: World,
    commit: String,
}

impl Packaged {
    fn new() -> Self {
        let world = World::without_token();
        let (variable, user) = ("TOKEN".parse().unwrap(), "oauth2".parse().unwrap());
        let found = credential::in_variable(&variable, &user, TOKEN.as_bytes());
        let found = found.unwrap().unwrap();
        let remote = Remote {
            url: world.server.url(PATH).parse().unwrap(),
            credential: Some(found.credential),
            certificates: Vec::new(),
            proxies: Proxies::default(),
        };
        let mut session = Session::open(remote, DownloadLimits::default()).unwrap();
        let (main, folder) = ("main".parse().unwrap(), FOLDER.parse().unwrap());
        let resolved = session.resolve(&main, &folder).unwrap();
        let pack = session.download_pack(&resolved).unwrap();
        let packaged = Self {
            world,
            commit: resolved.commit.to_string(),
        };
        packaged.bring_along(&pack);
        packaged.declare(&resolved.tree.to_string());
        packaged
    }

    fn bring_along(&self, pack: &[u8]) {
        let folder = self.world.lifecycle.buildpack_dir().join("vendor");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{FOLDER}.pack")), pack).unwrap();
    }

    fn declare(&self, tree: &str) {
        let commit = &self.commit;
        let table = format!(
            "[metadata.sources.job-template.vendored]\nrevision = \"main\"\ncommit = \"{commit}\"\ntree = \"{tree}\"\n\n"
        );
        let after = "# The token is in";
        let lifecycle = &self.world.lifecycle;
        lifecycle
            .edit_descriptor(after, &format!("{table}{after}"))
            .unwrap();
    }

    fn pack(&self) -> Vec<u8> {
        let folder = self.world.lifecycle.buildpack_dir().join("vendor");
        fs::read(folder.join(format!("{FOLDER}.pack"))).unwrap()
    }

    /// Runs a build that must not send a request.
    fn build(&self) -> Ended {
        let before = self.world.server.requests().len();
        let ended = self.world.lifecycle.build().unwrap();
        assert_eq!(self.world.server.requests().len(), before);
        ended
    }

    fn fails(&self) -> String {
        let ended = self.build();
        assert!(!ended.passed(), "{}", ended.output());
        assert!(!self.world.lifecycle.layers_dir().join(FOLDER).exists());
        error(&ended)
    }
}

#[test]
fn a_package_that_brings_its_template_along_builds_without_token_and_network() {
    let packaged = Packaged::new();
    let ended = packaged.build();
    assert!(ended.passed(), "{}", ended.output());
    let said = stdout(&ended);
    let line = "  Source 'job-template': comes with this package, at main; no server is asked\n";
    assert!(said.contains(line), "{said}");
    assert!(!said.contains("request"), "{said}");
    let fetched = World::sample();
    fetched.build();
    let template = |world: &World| {
        let folder = world.lifecycle.layers_dir().join(FOLDER).join(FOLDER);
        tests::folder::snapshot(&folder).unwrap()
    };
    assert_eq!(template(&packaged.world), template(&fetched));
}

#[test]
fn a_layer_out_of_the_package_is_kept_like_one_that_was_fetched() {
    let packaged = Packaged::new();
    assert!(packaged.build().passed());
    let lifecycle = &packaged.world.lifecycle;
    lifecycle.export().unwrap();
    lifecycle.restore().unwrap();
    let ended = packaged.build();
    let said = stdout(&ended);
    assert!(said.contains("kept, nothing has changed"), "{said}");
}

#[test]
fn another_revision_than_the_packaged_one_is_refused_by_its_name() {
    let packaged = Packaged::new();
    let lifecycle = &packaged.world.lifecycle;
    for revision in ["main", &packaged.commit] {
        let set = lifecycle.platform_variable("BP_JOB_TEMPLATE_REF", revision);
        set.unwrap();
        assert!(packaged.build().passed());
        fs::remove_dir_all(lifecycle.layers_dir().join(FOLDER)).unwrap();
        fs::remove_file(lifecycle.layers_dir().join("job-template.toml")).unwrap();
    }
    let set = lifecycle.platform_variable("BP_JOB_TEMPLATE_REF", "v2");
    set.unwrap();
    let said = packaged.fails();
    assert!(
        said.contains("BP_JOB_TEMPLATE_REF asks for 'v2'") && said.contains(&packaged.commit),
        "{said}"
    );
}

#[test]
fn a_pack_that_was_changed_or_holds_another_folder_is_refused() {
    let packaged = Packaged::new();
    let good = packaged.pack();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    packaged.bring_along(&bad);
    let said = packaged.fails();
    assert!(
        said.contains("The buildpack's package is incomplete"),
        "{said}"
    );
    assert!(said.contains("checksum"), "{said}");

    packaged.bring_along(&good);
    let lifecycle = &packaged.world.lifecycle;
    let descriptor = fs::read_to_string(lifecycle.buildpack_dir().join("buildpack.toml")).unwrap();
    let tree = descriptor
        .lines()
        .find(|line| line.starts_with("tree"))
        .unwrap();
    let other = format!("tree = \"{}\"", "0".repeat(40));
    lifecycle.edit_descriptor(tree, &other).unwrap();
    let said = packaged.fails();
    assert!(said.contains("the pack lacks the tree 000000"), "{said}");
}

#[test]
fn a_package_without_what_it_should_bring_along_is_refused() {
    let packaged = Packaged::new();
    let folder = packaged.world.lifecycle.buildpack_dir().join("vendor");
    fs::remove_dir_all(folder).unwrap();
    let said = packaged.fails();
    assert!(
        said.contains("package does not contain source 'job-template'"),
        "{said}"
    );
}
