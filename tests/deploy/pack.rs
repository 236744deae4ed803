//! Tests the files for pack: the builder, and both buildpacks as one package.

use std::path::Path;

use toml::{Table, Value};

use crate::files::{root, text, toml};

/// The ids and versions of an order's groups.
fn order(file: &Table) -> Vec<Vec<(String, Option<String>)>> {
    let word = |entry: &Value, key: &str| entry.get(key)?.as_str().map(str::to_owned);
    let group = |group: &Value| {
        let entries = group["group"].as_array().unwrap().iter();
        entries
            .map(|entry| (word(entry, "id").unwrap(), word(entry, "version")))
            .collect()
    };
    file["order"]
        .as_array()
        .unwrap()
        .iter()
        .map(group)
        .collect()
}

fn uris(file: &Table, key: &str) -> Vec<String> {
    let entries = file[key].as_array().unwrap().iter();
    entries
        .map(|entry| entry["uri"].as_str().unwrap().to_owned())
        .collect()
}

/// This buildpack's id and version.
fn own() -> (String, String) {
    let text = std::fs::read_to_string(root().join("buildpack.toml")).unwrap();
    let own: Table = text.parse().unwrap();
    let word = |key: &str| own["buildpack"][key].as_str().unwrap().to_owned();
    (word("id"), word("version"))
}

#[test]
fn the_builder_has_python_and_then_this_buildpack() {
    let builder = toml("builder.toml");
    let python = "paketo-buildpacks/python".to_owned();
    assert_eq!(order(&builder), [[(python, None), (own().0, None)]]);
    let uris = uris(&builder, "buildpacks");
    assert!(
        uris[0].starts_with("docker://docker.io/paketobuildpacks/python:"),
        "{uris:?}"
    );
    let version = builder["buildpacks"][0]["version"].as_str().unwrap();
    assert!(uris[0].ends_with(&format!(":{version}")), "{uris:?}");
    // The output folder of `cargo xtask build`, relative to the file.
    assert_eq!(
        Path::new("deploy").join(&uris[1]),
        Path::new("deploy/../target/buildpack")
    );
    assert_eq!(builder["buildpacks"].as_array().unwrap().len(), 2);
    assert!(text("builder.toml").contains("docker://gcr.io/paketo-buildpacks/python:2.14.0"));
}

#[test]
fn the_builders_with_components_of_python_have_those_of_this_repository() {
    let own_folders = ["guest/python", "guest/python-packages", "."];
    let ids = own_folders.map(|folder| {
        let path = root().join(folder).join("buildpack.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let own: Table = text.parse().unwrap();
        own["buildpack"]["id"].as_str().unwrap().to_owned()
    });
    let first: Vec<_> = ids.iter().map(|id| (id.clone(), None)).collect();
    let folders = [
        "../guest/python/target/buildpack",
        "../guest/python-packages/target/buildpack",
        "../target/buildpack",
    ];
    let sandboxed = toml("sandboxed.toml");
    assert_eq!(order(&sandboxed), std::slice::from_ref(&first));
    assert_eq!(uris(&sandboxed, "buildpacks"), folders);
    let mixed = toml("mixed.toml");
    let second = vec![
        ("paketo-buildpacks/python".to_owned(), None),
        (own().0, None),
    ];
    assert_eq!(order(&mixed), [first, second]);
    assert_eq!(uris(&mixed, "buildpacks")[..3], folders);
    for key in ["build", "run", "lifecycle", "stack"] {
        assert_eq!(sandboxed[key], toml("builder.toml")[key], "{key}");
        assert_eq!(mixed[key], toml("builder.toml")[key], "{key}");
    }
}

#[test]
fn the_one_package_orders_what_it_brings() {
    let descriptor = toml("meta/buildpack.toml");
    let package = toml("meta/package.toml");
    let uris = uris(&package, "dependencies");
    let (id, version) = own();
    let [group] = &order(&descriptor)[..] else {
        panic!("one group");
    };
    let [(python, Some(of_python)), own] = &group[..] else {
        panic!("{group:?}");
    };
    assert_eq!(python, "paketo-buildpacks/python");
    assert_eq!(
        uris[0],
        format!("docker://docker.io/paketobuildpacks/python:{of_python}")
    );
    assert_eq!(*own, (id, Some(version.clone())));
    assert_eq!(uris[1], "../../target/buildpack");
    assert_eq!(
        descriptor["buildpack"]["version"].as_str(),
        Some(&version[..])
    );
    // pack refuses a descriptor with both.
    assert!(!descriptor.contains_key("targets"));
    assert_eq!(package["targets"].as_array().unwrap().len(), 2);
}

#[test]
fn both_bring_the_same_python() {
    let uris = |file: &str, key: &str| uris(&toml(file), key)[0].clone();
    assert_eq!(
        uris("builder.toml", "buildpacks"),
        uris("meta/package.toml", "dependencies")
    );
}
