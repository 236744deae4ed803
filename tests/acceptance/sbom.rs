//! What is in the image, told by the image: bills of materials that fit their schemas, and the receipt.

use std::collections::BTreeSet;
use std::fs::{self, File};

use serde_json::{Value, json};
use tests::search::Canary;

use crate::schemas;
use crate::world::{DOCUMENTS, PATH, TOKEN, World, error, stdout};

/// What a build writes into the layers directory, read as JSON.
fn document(world: &World, file: &str) -> Value {
    serde_json::from_str(&world.layer_file(file)).unwrap()
}

/// The names of the bills of materials that are there.
fn documents(world: &World) -> Vec<String> {
    let names = fs::read_dir(world.lifecycle.layers_dir()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(".sbom.")).collect();
    names.sort();
    names
}

/// Everything that tells something of the image: the documents and launch.toml.
fn told(world: &World) -> Vec<(String, String)> {
    let files = documents(world).into_iter();
    let files = files.chain(["launch.toml".to_owned()]);
    files
        .map(|file| (file.clone(), world.layer_file(&file)))
        .collect()
}

fn digest(world: &World, file: &str) -> String {
    let mut file = File::open(world.lifecycle.buildpack_dir().join(file)).unwrap();
    host::wasm::artifact::sha256(&mut file).unwrap()
}

fn with_receipt(world: &World, detail: &str) {
    let to = format!("[metadata]\nreceipt = \"{detail}\"\n");
    world
        .lifecycle
        .edit_descriptor("[metadata]\n", &to)
        .unwrap();
}

fn with_formats(world: &World, formats: &str) {
    let from = "sbom-formats = [\"application/vnd.cyclonedx+json\", \"application/spdx+json\"]\n";
    world.lifecycle.edit_descriptor(from, formats).unwrap();
}

#[test]
fn the_documents_of_a_build_fit_the_published_schemas() {
    let world = World::sample();
    world.build();
    assert_eq!(documents(&world), DOCUMENTS);
    for file in DOCUMENTS {
        assert_eq!(schemas::faults(file, &document(&world, file)), "");
    }
}

type Break = fn(&mut Value);

#[test]
fn the_schemas_find_what_is_wrong() {
    let world = World::sample();
    world.build();
    let breaks: [(&str, Break); 6] = [
        ("launch.sbom.cdx.json", |d| d["bomFormat"] = json!("SPDX")),
        ("launch.sbom.cdx.json", |d| {
            d["components"][0]["type"] = json!("template");
        }),
        ("launch.sbom.cdx.json", |d| d["serialNumber"] = json!("1")),
        ("launch.sbom.spdx.json", |d| d["name"] = json!(1)),
        ("launch.sbom.spdx.json", |d| {
            d["packages"][0]["more"] = json!("");
        }),
        ("launch.sbom.spdx.json", |d| {
            d["relationships"][0]["relationshipType"] = json!("TOOL_OF");
        }),
    ];
    for (file, break_it) in breaks {
        let mut document = document(&world, file);
        break_it(&mut document);
        assert_ne!(schemas::faults(file, &document), "", "{file}");
    }
}

#[test]
fn what_was_fetched_is_named_by_its_commit_and_tree_and_nothing_else_is_in_the_image() {
    let world = World::sample();
    world.build();
    let commit = world.repository.id("main").unwrap();
    let tree = world.repository.id("main:job-template").unwrap();
    let ids = [format!("swh:1:dir:{tree}"), format!("swh:1:rev:{commit}")];
    for of in ["job-template", "launch"] {
        let document = document(&world, &format!("{of}.sbom.cdx.json"));
        let [component] = &document["components"].as_array().unwrap()[..] else {
            panic!("{}", document["components"]);
        };
        assert_eq!(component["name"], "job-template");
        assert_eq!(component["version"], commit);
        assert_eq!(component["swhid"], json!(ids));
        for (name, value) in [
            ("layer", "job-template"),
            ("into", "job-template"),
            ("subpath", "job-template"),
            ("revision", "main"),
            ("commit", &commit),
            ("tree", &tree),
        ] {
            let property = json!({"name": format!("wasm-buildpacks:{name}"), "value": value});
            let properties = component["properties"].as_array().unwrap();
            assert!(properties.contains(&property), "{property}");
        }
    }
    for of in ["job-template", "launch"] {
        let document = document(&world, &format!("{of}.sbom.spdx.json"));
        let described: Vec<_> = related(&document, "SPDXRef-DOCUMENT", "DESCRIBES");
        let [described] = &described[..] else {
            panic!("{described:?}");
        };
        assert_eq!(described["name"], "job-template");
        assert_eq!(described["versionInfo"], commit);
        let locators = described["externalRefs"].as_array().unwrap().iter();
        let locators: Vec<_> = locators
            .map(|one| one["referenceLocator"].clone())
            .collect();
        assert_eq!(json!(locators), json!(ids));
        assert_eq!(document["creationInfo"]["created"], "1980-01-01T00:00:01Z");
    }
}

/// The packages of an SPDX document to which one has this relationship.
fn related<'d>(document: &'d Value, from: &str, kind: &str) -> Vec<&'d Value> {
    let packages = document["packages"].as_array().unwrap();
    let relationships = document["relationships"].as_array().unwrap().iter();
    relationships
        .filter(|one| one["spdxElementId"] == from && one["relationshipType"] == kind)
        .map(|one| {
            let id = &one["relatedSpdxElement"];
            packages.iter().find(|one| one["SPDXID"] == *id).unwrap()
        })
        .collect()
}

#[test]
fn host_and_component_have_their_digests_and_the_hosts_crates_are_beside_the_image() {
    let world = World::sample();
    world.build();
    let (host, guest) = (digest(&world, "bin/detect"), digest(&world, "guest.wasm"));

    let cyclonedx = document(&world, "job-template.sbom.cdx.json");
    let tools = &cyclonedx["metadata"]["tools"]["components"];
    assert_eq!(
        tools[0]["hashes"],
        json!([{"alg": "SHA-256", "content": host}])
    );
    assert_eq!(tools[1]["name"], "planqk-buildpacks/job-template");
    assert_eq!(
        tools[1]["hashes"],
        json!([{"alg": "SHA-256", "content": guest}])
    );
    let crates = tools[0]["components"].as_array().unwrap();
    let named = |name: &str| crates.iter().find(|one| one["name"] == name);
    let engine = named("wasmtime").unwrap();
    let version = host::wasm::engine::ENGINE_VERSION;
    assert_eq!(engine["purl"], format!("pkg:cargo/wasmtime@{version}"));
    assert_eq!(engine["hashes"][0]["alg"], "SHA-256");
    assert!(named("cranelift-codegen").is_none());
    let refs: BTreeSet<_> = crates.iter().map(|one| one["bom-ref"].as_str()).collect();
    assert_eq!(refs.len(), crates.len());

    let spdx = document(&world, "job-template.sbom.spdx.json");
    let linked = related(&spdx, "SPDXRef-host", "STATIC_LINK");
    assert_eq!(linked.len(), crates.len());
    for tool in ["SPDXRef-host", "SPDXRef-guest"] {
        let made = related(&spdx, tool, "BUILD_TOOL_OF");
        assert_eq!(made, related(&spdx, "SPDXRef-DOCUMENT", "DESCRIBES"));
    }
    let packages = spdx["packages"].as_array().unwrap();
    let ids: BTreeSet<_> = packages.iter().map(|one| one["SPDXID"].as_str()).collect();
    assert_eq!(ids.len(), packages.len());
    for (id, digest) in [("SPDXRef-host", host), ("SPDXRef-guest", guest)] {
        let package = packages.iter().find(|one| one["SPDXID"] == id).unwrap();
        assert_eq!(package["checksums"][0]["checksumValue"], digest);
    }
    // Readers that look for known flaws take what has a package URL for a part of the image.
    let urls = packages
        .iter()
        .filter(|one| one["externalRefs"].to_string().contains("purl"));
    assert_eq!(urls.count(), 0);
}

#[test]
fn the_receipt_is_a_label_of_the_image_and_in_every_document() {
    let world = World::sample();
    let ended = world.build();
    let text = world.receipt();
    let receipt: Value = serde_json::from_str(&text).unwrap();
    let level = receipt["sandbox"]["held"].as_str().unwrap();
    let line = format!("Sandbox: {level} (");
    assert!(stdout(&ended).contains(&line), "{line}{}", ended.output());
    let expected = json!({
        "buildpack": "planqk-buildpacks/job-template@0.1.0",
        "host": digest(&world, "bin/detect"),
        "guest": digest(&world, "guest.wasm"),
        "engine": format!("wasmtime {}", host::wasm::engine::ENGINE_VERSION),
        "sandbox": {"held": level, "asked": "prefer"},
        "variables": [],
        "sources": {"job-template": {"from": "server", "credential": "variable"}},
        "denied": [],
        "contents": [{
            "layer": "job-template",
            "into": "job-template",
            "source": "job-template",
            "subpath": "job-template",
            "revision": "main",
            "commit": world.repository.id("main").unwrap(),
            "tree": world.repository.id("main:job-template").unwrap(),
        }],
    });
    assert_eq!(receipt, expected);
    for of in ["job-template", "launch"] {
        let cyclonedx = document(&world, &format!("{of}.sbom.cdx.json"));
        let property = json!([{"name": "wasm-buildpacks:receipt", "value": text}]);
        assert_eq!(cyclonedx["metadata"]["properties"], property);
        let spdx = document(&world, &format!("{of}.sbom.spdx.json"));
        assert_eq!(spdx["annotations"][0]["comment"], text);
    }
}

#[test]
fn the_receipt_says_that_a_token_came_from_a_binding() {
    let world = World::without_token();
    let binding = [("type", "gitlab"), ("token", TOKEN)];
    world.lifecycle.binding("template", &binding).unwrap();
    world.build();
    let receipt: Value = serde_json::from_str(&world.receipt()).unwrap();
    assert_eq!(receipt["sources"]["job-template"]["credential"], "binding");
}

#[test]
fn neither_the_token_nor_a_private_address_is_told() {
    let world = World::sample();
    world.build();
    let canary = Canary::new(TOKEN);
    for (file, text) in told(&world) {
        assert_eq!(canary.in_bytes(text.as_bytes()), [""; 0], "{file}");
        for word in [world.server.origin().as_str(), PATH, "StoneOne"] {
            assert!(!text.contains(word), "{file} tells {word}");
        }
    }
}

#[test]
fn a_private_address_is_told_where_the_receipt_is_to_be_full_and_the_token_never() {
    let world = World::sample();
    with_receipt(&world, "full");
    world.build();
    let canary = Canary::new(TOKEN);
    for (file, text) in told(&world) {
        assert_eq!(canary.in_bytes(text.as_bytes()), [""; 0], "{file}");
        assert!(text.contains(&world.server.url(PATH)), "{file}");
    }
    assert_address(&world);
}

#[test]
fn the_address_of_a_repository_that_anyone_can_read_is_told() {
    let world = World::public();
    world.build();
    assert_address(&world);
    let receipt: Value = serde_json::from_str(&world.receipt()).unwrap();
    assert_eq!(receipt["sources"]["job-template"]["credential"], "none");
}

/// Each document says where the template is from, in its own words, and still fits its schema.
#[track_caller]
fn assert_address(world: &World) {
    let url = world.server.url(PATH);
    let commit = world.repository.id("main").unwrap();
    for of in ["job-template", "launch"] {
        let file = format!("{of}.sbom.cdx.json");
        let cyclonedx = document(world, &file);
        let expected = json!([{"type": "vcs", "url": url}]);
        assert_eq!(cyclonedx["components"][0]["externalReferences"], expected);
        assert_eq!(schemas::faults(&file, &cyclonedx), "");
        let file = format!("{of}.sbom.spdx.json");
        let spdx = document(world, &file);
        let described = related(&spdx, "SPDXRef-DOCUMENT", "DESCRIBES");
        let from = format!("git+{url}@{commit}#job-template");
        assert_eq!(described[0]["downloadLocation"], from);
        assert_eq!(schemas::faults(&file, &spdx), "");
    }
    let receipt: Value = serde_json::from_str(&world.receipt()).unwrap();
    assert_eq!(receipt["contents"][0]["address"], url);
}

#[test]
fn two_builds_of_the_same_tell_the_same_to_the_byte_wherever_they_run() {
    let world = World::sample();
    world.build();
    let first = told(&world);
    world.lifecycle.forget().unwrap();
    world.build();
    assert_eq!(told(&world), first);
    let elsewhere = World::sample();
    elsewhere.build();
    assert_eq!(told(&elsewhere), first);
}

#[test]
fn a_build_that_keeps_the_layer_writes_its_documents_again() {
    let world = World::sample();
    world.build();
    let first = told(&world);
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    assert_eq!(documents(&world), DOCUMENTS[..2]);
    let ended = world.build();
    assert!(stdout(&ended).contains("kept, nothing has changed"));
    assert_eq!(told(&world), first);
}

#[test]
fn no_format_is_written_that_buildpack_toml_does_not_declare() {
    let world = World::sample();
    with_formats(&world, "");
    world.build();
    assert_eq!(documents(&world), [""; 0]);
    // The receipt is a label all the same.
    serde_json::from_str::<Value>(&world.receipt()).unwrap();

    let world = World::sample();
    with_formats(
        &world,
        "sbom-formats = [\"application/vnd.cyclonedx+json\"]\n",
    );
    world.build();
    assert_eq!(
        documents(&world),
        ["job-template.sbom.cdx.json", "launch.sbom.cdx.json"]
    );
}

#[test]
fn a_kept_layers_document_goes_when_its_format_is_declared_no_longer() {
    let world = World::sample();
    world.build();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    with_formats(&world, "sbom-formats = [\"application/spdx+json\"]\n");
    let ended = world.build();
    assert!(stdout(&ended).contains("kept, nothing has changed"));
    assert_eq!(
        documents(&world),
        ["job-template.sbom.spdx.json", "launch.sbom.spdx.json"]
    );
}

#[test]
fn a_buildpack_whose_prepared_documents_are_gone_or_broken_builds_nothing() {
    for (file, text, words) in [
        ("sbom/spdx.json", None, "sbom/spdx.json"),
        ("sbom/cdx.json", Some("{"), "sbom/cdx.json is no JSON"),
        (
            "sbom/cdx.json",
            Some("[]"),
            "sbom/cdx.json has no list at /components",
        ),
    ] {
        let world = World::sample();
        let path = world.lifecycle.buildpack_dir().join(file);
        fs::remove_file(&path).unwrap();
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let ended = world.lifecycle.build().unwrap();
        assert_eq!(ended.code, Some(70), "{}", ended.output());
        let said = error(&ended);
        for words in [
            words,
            "[Error: The buildpack's bills of materials can't be used]",
            "was not packaged as a whole",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(world.layers(), []);
        assert_eq!(world.server.requests().len(), 0, "asked in vain");
    }
}
