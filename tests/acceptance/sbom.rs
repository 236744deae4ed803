//! Tests the bills of materials against their schemas, and the receipt.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tests::search::Canary;

use crate::schemas;
use crate::world::{DOCUMENTS, PATH, TOKEN, World, error, stdout};

/// Reads a file of the layers directory as JSON.
fn document(world: &World, file: &str) -> Value {
    serde_json::from_str(&world.layer_file(file)).unwrap()
}

/// The file names of the written bills of materials.
fn documents(world: &World) -> Vec<String> {
    let names = fs::read_dir(world.lifecycle.layers_dir()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(".sbom.")).collect();
    names.sort();
    names
}

/// Everything that describes the image: the documents and launch.toml.
fn told(world: &World) -> Vec<(String, String)> {
    let files = documents(world).into_iter();
    let files = files.chain(["launch.toml".to_owned()]);
    files
        .map(|file| (file.clone(), world.layer_file(&file)))
        .collect()
}

fn digest(world: &World, file: &str) -> String {
    let mut file = File::open(world.lifecycle.buildpack_dir().join(file)).unwrap();
    engine::artifact::sha256(&mut file).unwrap()
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
    let purl = format!("pkg:generic/job-template@{commit}");
    let document = documents_of(&world);
    let component = only(&document.cyclonedx["components"]);
    assert_eq!(component["name"], "job-template");
    assert_eq!(component["version"], commit);
    assert_eq!(component["purl"], purl);
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
    // Readers treat each package, and each component outside `tools`, as a part of the image.
    let package = only(&document.spdx["packages"]);
    assert_eq!(package["name"], "job-template");
    assert_eq!(package["versionInfo"], commit);
    let locators = package["externalRefs"].as_array().unwrap().iter();
    let locators: Vec<_> = locators
        .map(|one| one["referenceLocator"].clone())
        .collect();
    assert_eq!(json!(locators), json!([purl, ids[0], ids[1]]));
    assert!(document.cyclonedx["metadata"].get("component").is_none());
}

/// Both documents of the image.
struct Documents {
    cyclonedx: Value,
    spdx: Value,
}

fn documents_of(world: &World) -> Documents {
    let [cyclonedx, spdx] = DOCUMENTS.map(|file| document(world, file));
    Documents { cyclonedx, spdx }
}

/// The only element of a list.
#[track_caller]
fn only(list: &Value) -> &Value {
    let [one] = &list.as_array().unwrap()[..] else {
        panic!("{list}");
    };
    one
}

/// The minimum elements of a bill of materials by the United States' NTIA, in the fields of each format.
/// <https://www.ntia.gov/report/2021/minimum-elements-software-bill-materials-sbom>
#[test]
fn each_format_has_the_minimum_elements() {
    let world = World::sample();
    world.build();
    let Documents { cyclonedx, spdx } = documents_of(&world);
    let (component, package) = (only(&cyclonedx["components"]), only(&spdx["packages"]));
    assert_eq!(component["supplier"]["name"], "PlanQK");
    assert_eq!(package["supplier"], "Organization: PlanQK");
    for (document, pointers) in [
        (component, &["/name", "/version", "/purl"][..]),
        (
            package,
            &["/name", "/versionInfo", "/externalRefs/0/referenceLocator"],
        ),
        (
            &cyclonedx,
            &["/metadata/authors/0/name", "/metadata/timestamp"],
        ),
        (
            &spdx,
            &["/creationInfo/creators/0", "/creationInfo/created"],
        ),
    ] {
        for pointer in pointers {
            let text = document.pointer(pointer).and_then(Value::as_str);
            assert!(text.is_some_and(|text| !text.is_empty()), "{pointer}");
        }
    }
    // The documents state that the dependencies are unknown.
    let unknown = only(&cyclonedx["compositions"]);
    assert_eq!(unknown["aggregate"], "unknown");
    assert_eq!(unknown["dependencies"], json!([component["bom-ref"]]));
    let relationships = spdx["relationships"].as_array().unwrap();
    for (from, kind, to) in [
        (json!("SPDXRef-DOCUMENT"), "DESCRIBES", &package["SPDXID"]),
        (
            package["SPDXID"].clone(),
            "DEPENDS_ON",
            &json!("NOASSERTION"),
        ),
    ] {
        let relationship =
            json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
        assert!(relationships.contains(&relationship), "{relationship}");
    }
}

#[test]
fn host_and_component_have_their_digests_and_the_hosts_crates_are_tools() {
    let world = World::sample();
    world.build();
    let (host, guest) = (digest(&world, "bin/detect"), digest(&world, "guest.cwasm"));

    let Documents { cyclonedx, spdx } = documents_of(&world);
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
    let version = engine::ENGINE_VERSION;
    assert_eq!(engine["purl"], format!("pkg:cargo/wasmtime@{version}"));
    assert_eq!(engine["hashes"][0]["alg"], "SHA-256");
    assert!(named("cranelift-codegen").is_none());
    let refs: BTreeSet<_> = crates.iter().map(|one| one["bom-ref"].as_str()).collect();
    assert_eq!(refs.len(), crates.len());

    // SPDX has no field for tools.
    let receipt = spdx["annotations"][0]["comment"].as_str().unwrap();
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    assert_eq!(receipt["host"], host);
    assert_eq!(receipt["guest"], guest);
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
        "guest": digest(&world, "guest.cwasm"),
        "engine": format!("wasmtime {}", engine::ENGINE_VERSION),
        "sandbox": {"held": level, "asked": "prefer"},
        "variables": [],
        "sources": {"job-template": {"from": "server", "credential": "variable"}},
        "denied": [],
        "contents": [{
            "layer": "job-template",
            "into": "job-template",
            "source": "job-template",
            "kept": false,
            "known-from": "server",
            "subpath": "job-template",
            "revision": "main",
            "commit": world.repository.id("main").unwrap(),
            "tree": world.repository.id("main:job-template").unwrap(),
            "supplier": "PlanQK",
        }],
    });
    assert_eq!(receipt, expected);
    let Documents { cyclonedx, spdx } = documents_of(&world);
    let property = json!([{"name": "wasm-buildpacks:receipt", "value": text}]);
    assert_eq!(cyclonedx["metadata"]["properties"], property);
    assert_eq!(spdx["annotations"][0]["comment"], text);
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

/// Each document contains the template's address in its own field, and still fits its schema.
#[track_caller]
fn assert_address(world: &World) {
    let url = world.server.url(PATH);
    let commit = world.repository.id("main").unwrap();
    let Documents { cyclonedx, spdx } = documents_of(world);
    let component = only(&cyclonedx["components"]);
    let expected = json!([{"type": "vcs", "url": url}]);
    assert_eq!(component["externalReferences"], expected);
    let package = only(&spdx["packages"]);
    let from = format!("git+{url}@{commit}#job-template");
    assert_eq!(package["downloadLocation"], from);
    assert_eq!(
        component["purl"],
        package["externalRefs"][0]["referenceLocator"]
    );
    let purl = component["purl"].as_str().unwrap();
    assert!(purl.contains("?vcs_url=git%2Bhttp"), "{purl}");
    for (file, document) in DOCUMENTS.into_iter().zip([&cyclonedx, &spdx]) {
        assert_eq!(schemas::faults(file, document), "");
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
fn a_build_that_keeps_the_layer_writes_its_documents_again_and_says_that_it_is_kept() {
    let world = World::sample();
    world.build();
    let first: Value = serde_json::from_str(&world.receipt()).unwrap();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    assert_eq!(documents(&world), [""; 0]);
    let ended = world.build();
    assert!(stdout(&ended).contains("kept, nothing has changed"));
    assert_eq!(documents(&world), DOCUMENTS);
    let mut again: Value = serde_json::from_str(&world.receipt()).unwrap();
    let kept = std::mem::replace(&mut again["contents"][0]["kept"], json!(false));
    assert_eq!((kept, again), (json!(true), first));
}

/// The earlier script: it declares no formats, and uses the layer's folder for its own files.
const SCRIPT: &str = r#"#!/bin/sh
mkdir -p "$CNB_LAYERS_DIR/job-template/app"
printf '[types]\nlaunch = true\n' > "$CNB_LAYERS_DIR/job-template.toml"
"#;

/// A buildpack with the same id that declares no formats of bills of materials.
fn without_formats() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let descriptor = "api = \"0.10\"\n[buildpack]\nid = \"planqk-buildpacks/job-template\"\n\
                      version = \"0.0.1\"\n";
    fs::write(folder.path().join("buildpack.toml"), descriptor).unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    for phase in ["detect", "build"] {
        let file = folder.path().join("bin").join(phase);
        fs::write(&file, SCRIPT).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn a_buildpack_without_formats_can_build_after_this_one_and_this_one_again() {
    let mut world = World::sample();
    let own = tempfile::tempdir().unwrap();
    tests::folder::copy(&world.lifecycle.buildpack_dir(), own.path()).unwrap();
    let script = without_formats();
    world.build();
    world.lifecycle.export().unwrap();
    // The same must hold after a build that kept the layer.
    world.lifecycle.restore().unwrap();
    assert!(stdout(&world.build()).contains("kept, nothing has changed"));
    world.lifecycle.export().unwrap();
    for (buildpack, layer) in [(script.path(), "app"), (own.path(), "job-template/app")] {
        world.lifecycle.replace_buildpack(buildpack).unwrap();
        world.lifecycle.restore().unwrap();
        world.build();
        let exported = world.lifecycle.export().unwrap();
        assert_eq!(exported.added, ["job-template"]);
        let layer = world
            .lifecycle
            .layers_dir()
            .join("job-template")
            .join(layer);
        assert!(layer.is_dir());
    }
}

#[test]
fn what_an_older_version_told_of_a_layer_goes_with_the_next_build_though_the_layer_is_kept() {
    let mut world = World::sample();
    world.build();
    for (file, copy) in [
        (DOCUMENTS[0], "job-template.sbom.cdx.json"),
        (DOCUMENTS[1], "job-template.sbom.spdx.json"),
    ] {
        let copy = world.lifecycle.layers_dir().join(copy);
        fs::copy(world.lifecycle.layers_dir().join(file), copy).unwrap();
    }
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    assert_eq!(documents(&world).len(), 2, "restored with the layer");
    let ended = world.build();
    assert!(stdout(&ended).contains("kept, nothing has changed"));
    assert_eq!(documents(&world), DOCUMENTS);
    world.lifecycle.export().unwrap();
    let script = without_formats();
    world.lifecycle.replace_buildpack(script.path()).unwrap();
    world.lifecycle.restore().unwrap();
    world.build();
    world.lifecycle.export().unwrap();
}

#[test]
fn no_format_is_written_that_buildpack_toml_does_not_declare() {
    let world = World::sample();
    with_formats(&world, "");
    world.build();
    assert_eq!(documents(&world), [""; 0]);
    // The receipt is a label in any case.
    serde_json::from_str::<Value>(&world.receipt()).unwrap();

    let world = World::sample();
    with_formats(
        &world,
        "sbom-formats = [\"application/vnd.cyclonedx+json\"]\n",
    );
    world.build();
    assert_eq!(documents(&world), DOCUMENTS[..1]);
}

#[test]
fn a_document_goes_when_its_format_is_declared_no_longer() {
    let world = World::sample();
    // The layers directory still contains all files of the build before.
    world.build();
    with_formats(&world, "sbom-formats = [\"application/spdx+json\"]\n");
    world.build();
    assert_eq!(documents(&world), DOCUMENTS[1..]);
}

#[test]
fn a_buildpack_whose_prepared_documents_are_gone_or_broken_builds_nothing() {
    for (file, text, words) in [
        ("sbom/spdx.json", None, "sbom/spdx.json"),
        (
            "sbom/cdx.json",
            Some("{"),
            "sbom/cdx.json is not valid JSON",
        ),
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
            "is incomplete",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(world.layers(), []);
        assert_eq!(world.server.requests().len(), 0, "asked in vain");
    }
}
