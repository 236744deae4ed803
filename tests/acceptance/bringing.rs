//! Tests `cargo xtask package --vendor SOURCE=REF`: packaging fetches a template as a build would, and identifies it by
//! its id.
//!
//! Building with such a package is tested in `vendored`.

use std::fs;
use std::path::{Path, PathBuf};

use cnb::context::Environment;
use package::vendor::{Brought, Content, VendoredFolder, Wanted, bring_along, fetch};
use package::verify::Report;
use tests::search::Canary;

use crate::packaging::packaged;
use crate::verifying::look;
use crate::world::{TOKEN, World};

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Environment::new(variables.collect(), PathBuf::from("/"))
}

/// The world's descriptor, which contains the address of its server.
fn descriptor(world: &World) -> String {
    fs::read_to_string(world.lifecycle.buildpack_dir().join("buildpack.toml")).unwrap()
}

fn fetch_at(
    descriptor: &str,
    revision: &str,
    environment: &Environment,
) -> anyhow::Result<Vec<Brought>> {
    let wanted: Wanted = format!("job-template={revision}").parse()?;
    fetch(descriptor, &[wanted], environment)
}

fn with_token(world: &World, revision: &str) -> anyhow::Result<Vec<Brought>> {
    let environment = environment(&[("BP_GITLAB_TOKEN", TOKEN)]);
    fetch_at(&descriptor(world), revision, &environment)
}

fn folder(brought: &[Brought]) -> &VendoredFolder {
    match brought {
        [
            Brought {
                source,
                content: Content::Folder(folder),
            },
        ] if source.as_str() == "job-template" => folder,
        _ => panic!("{brought:?}"),
    }
}

/// Writes a binding with the token and the server's address.
fn binding(root: &Path, url: &str) {
    let binding = root.join("template");
    fs::create_dir_all(&binding).unwrap();
    for (name, text) in [("type", "gitlab"), ("token", TOKEN), ("url", url)] {
        fs::write(binding.join(name), text).unwrap();
    }
}

#[test]
fn the_template_comes_with_the_variables_token_and_the_package_builds_without_the_server() {
    let world = World::without_token();
    let brought = with_token(&world, "main").unwrap();
    let ids = &folder(&brought).ids;
    assert_eq!(ids.revision.to_string(), "main");
    let dir = world.lifecycle.buildpack_dir();
    bring_along(&dir, &descriptor(&world), &brought).unwrap();
    let asked = world.server.requests().len();
    world.build();
    assert_eq!(world.server.requests().len(), asked);
    assert_eq!(Canary::new(TOKEN).in_folder(&dir).unwrap(), [""; 0]);
    // A commit's full id is a fixed revision too, and gives the same pack.
    let again = with_token(&world, &ids.commit.to_string()).unwrap();
    assert_eq!(folder(&again).ids.tree, ids.tree);
    assert!(folder(&again).pack == folder(&brought).pack);
}

#[test]
fn a_bindings_token_goes_to_the_server_that_the_binding_names() {
    let world = World::without_token();
    let root = tempfile::tempdir().unwrap();
    binding(root.path(), &world.server.origin());
    let text = fs::read_to_string(package::cargo::root().join("buildpack.toml")).unwrap();
    assert!(text.contains(crate::world::ADDRESS));
    let root = root.path().display().to_string();
    let environment = environment(&[("SERVICE_BINDING_ROOT", &root)]);
    let brought = fetch_at(&text, "main", &environment).unwrap();
    let other = with_token(&world, "main").unwrap();
    assert_eq!(folder(&brought).ids.tree, folder(&other).ids.tree);
}

#[test]
fn without_a_token_nothing_is_asked_and_a_wrong_one_or_a_wrong_name_is_said() {
    let world = World::without_token();
    for variables in [
        &[][..],
        &[("BP_GITLAB_TOKEN", "\n")],
        &[("BP_OTHER", TOKEN)],
    ] {
        let error = fetch_at(&descriptor(&world), "main", &environment(variables)).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains(": Variable BP_GITLAB_TOKEN must be set"),
            "{error}"
        );
    }
    assert_eq!(world.server.requests().len(), 0);
    let wrong = environment(&[("BP_GITLAB_TOKEN", "glpat-wrong-0123456789")]);
    let error = format!(
        "{:#}",
        fetch_at(&descriptor(&world), "main", &wrong).unwrap_err()
    );
    assert!(error.contains("refused the credential"), "{error}");
    assert!(!error.contains("glpat-wrong"), "{error}");
    // The token is read by the same rules as in a build, and is not shown.
    let spaced = format!("{TOKEN} x");
    let spaced = environment(&[("BP_GITLAB_TOKEN", &spaced)]);
    let error = fetch_at(&descriptor(&world), "main", &spaced).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("variable BP_GITLAB_TOKEN"), "{error}");
    assert!(!error.contains(TOKEN), "{error}");
    let error = format!("{:#}", with_token(&world, "no-such-branch").unwrap_err());
    assert!(
        error.contains("no branch and no tag 'no-such-branch'"),
        "{error}"
    );
    for bad in ["", "a b", "--upload-pack=x", "../x"] {
        with_token(&world, bad).unwrap_err();
    }
}

#[test]
fn what_a_package_brings_along_is_verified_by_its_id() {
    let world = World::without_token();
    let brought = with_token(&world, "main").unwrap();
    let own = fs::read_to_string(package::cargo::root().join("buildpack.toml")).unwrap();
    let after = |change: &dyn Fn(&Path)| -> Report {
        let (_folder, dir) = packaged(None);
        bring_along(&dir, &own, &brought).unwrap();
        change(&dir);
        package::layout::settle(&dir).unwrap();
        look(&dir).unwrap()
    };
    let pack = |dir: &Path| dir.join("vendor/job-template.pack");

    let report = after(&|_| ());
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let text = report.lines.join("\n");
    let tree = folder(&brought).ids.tree;
    for words in [
        format!(
            "source 'job-template': comes with the package: {}, the folder job-template at main (commit ",
            crate::world::ADDRESS
        ),
        "; nothing is fetched\n".to_owned(),
        format!(" bytes, the tree {tree}\n"),
    ] {
        assert!(text.contains(&words), "{words:?} is not in\n{text}");
    }
    assert!(!text.contains("credential 'gitlab'"), "{text}");

    for (change, words) in [
        (
            &(|dir: &Path| {
                let mut bytes = fs::read(pack(dir)).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(pack(dir), bytes).unwrap();
            }) as &dyn Fn(&Path),
            "is not the tree ",
        ),
        (
            &|dir| fs::remove_file(pack(dir)).unwrap(),
            "vendor/job-template.pack is missing",
        ),
        (
            &|dir| fs::write(dir.join("vendor/other.pack"), "PACK").unwrap(),
            "vendor/other.pack does not belong in a buildpack directory",
        ),
        (
            &|dir| {
                let file = dir.join("buildpack.toml");
                let text = fs::read_to_string(&file).unwrap();
                let other = text.replace(&tree.to_string(), &"0".repeat(40));
                fs::write(file, other).unwrap();
            },
            "is not the tree 000000",
        ),
    ] {
        let found = after(change).findings;
        assert!(
            found.len() == 1 && found[0].contains(words),
            "{found:#?} {words}"
        );
    }
    // Without the table that declares it, the pack does not belong into the package.
    let found = after(&|dir| fs::write(dir.join("buildpack.toml"), &own).unwrap()).findings;
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[1].contains("vendor/job-template.pack does not belong"),
        "{found:#?}"
    );
}
