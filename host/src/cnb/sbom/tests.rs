use serde_json::json;

use super::*;

struct World {
    folder: tempfile::TempDir,
    dir: Dir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(folder.path()).unwrap();
        dir.create_dir(FOLDER, 0o755).unwrap();
        for (format, document) in [
            (
                Format::CycloneDx,
                json!({
                    "metadata": {"properties": [], "tools": {"components": [{"name": "host", "hashes": []}]}},
                    "components": [],
                }),
            ),
            (
                Format::Spdx,
                json!({
                    "packages": [{"name": "host", "checksums": []}],
                    "relationships": [],
                    "annotations": [],
                }),
            ),
        ] {
            let path = folder.path().join(FOLDER).join(format.file());
            std::fs::write(path, document.to_string()).unwrap();
        }
        Self { folder, dir }
    }

    fn prepared(&self, formats: &[Format]) -> Result<Prepared, SbomError> {
        Prepared::read(&self.dir, &formats.iter().copied().collect())
    }

    fn bills(&self, contents: Vec<Content>) -> Bills {
        let facts = Facts {
            buildpack: "example/job".to_owned(),
            version: "1.2.3".to_owned(),
            host: "a".repeat(64),
            guest: "b".repeat(64),
            receipt: "{}".to_owned(),
            contents,
        };
        Bills::new(self.prepared(&Format::ALL).unwrap(), facts)
    }

    fn document(&self, file: &str) -> Value {
        serde_json::from_slice(&self.dir.read(file, LARGEST).unwrap()).unwrap()
    }

    /// All names but that of the folder with the prepared documents.
    fn names(&self) -> Vec<String> {
        let names = self.dir.names(100).unwrap();
        let names = names.into_iter().map(|name| name.into_string().unwrap());
        names.filter(|name| name != FOLDER).collect()
    }
}

fn content(layer: &str, launch: bool, address: Option<&str>) -> Content {
    Content {
        layer: layer.parse().unwrap(),
        launch,
        note: ContentNote {
            into: "job".to_owned(),
            source: "template".to_owned(),
            subpath: "a/b c".to_owned(),
            revision: "main".to_owned(),
            commit: "c".repeat(40),
            tree: "d".repeat(40),
        },
        address: address.map(str::to_owned),
    }
}

fn name(text: &str) -> LayerName {
    text.parse().unwrap()
}

#[test]
fn a_layer_with_contents_has_a_document_of_each_format() {
    let world = World::new();
    let address = "https://git.example/group/x.git";
    let bills = world.bills(vec![content("job", true, Some(address))]);
    bills.write_layer(&world.dir, &name("job")).unwrap();
    assert_eq!(world.names(), ["job.sbom.cdx.json", "job.sbom.spdx.json"]);

    let document = world.document("job.sbom.cdx.json");
    let tools = &document["metadata"]["tools"]["components"];
    assert_eq!(tools[0]["hashes"][0]["content"], "a".repeat(64));
    assert_eq!(tools[1]["name"], "example/job");
    assert_eq!(tools[1]["hashes"][0]["content"], "b".repeat(64));
    assert_eq!(document["metadata"]["properties"][0]["value"], "{}");
    let component = &document["components"][0];
    assert_eq!(component["name"], "template");
    assert_eq!(component["version"], "c".repeat(40));
    let ids = [
        format!("swh:1:dir:{}", "d".repeat(40)),
        format!("swh:1:rev:{}", "c".repeat(40)),
    ];
    assert_eq!(component["swhid"], json!(ids));
    assert_eq!(component["externalReferences"][0]["url"], address);

    let document = world.document("job.sbom.spdx.json");
    let packages = &document["packages"];
    assert_eq!(packages[0]["checksums"][0]["checksumValue"], "a".repeat(64));
    assert_eq!(packages[1]["checksums"][0]["checksumValue"], "b".repeat(64));
    let from = format!("git+{address}@{}#a/b%20c", "c".repeat(40));
    assert_eq!(packages[2]["downloadLocation"], from);
    assert_eq!(document["name"], "example/job: job");
    assert_eq!(document["annotations"][0]["comment"], "{}");
    let kinds = document["relationships"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|one| &one["relationshipType"]).collect();
    assert_eq!(kinds, ["DESCRIBES", "BUILD_TOOL_OF", "BUILD_TOOL_OF"]);
}

#[test]
fn an_address_that_is_not_told_is_left_out() {
    let world = World::new();
    let bills = world.bills(vec![content("job", true, None)]);
    bills.write_launch(&world.dir).unwrap();
    let component = &world.document("launch.sbom.cdx.json")["components"][0];
    assert_eq!(component["externalReferences"], json!([]));
    let package = &world.document("launch.sbom.spdx.json")["packages"][2];
    assert_eq!(package["downloadLocation"], "NOASSERTION");
}

#[test]
fn the_image_has_what_all_its_layers_have_and_nothing_of_the_others() {
    let world = World::new();
    let contents = ["one", "two", "not"].map(|layer| content(layer, layer != "not", None));
    let bills = world.bills(contents.to_vec());
    bills.write_launch(&world.dir).unwrap();
    let document = world.document("launch.sbom.cdx.json");
    let components = document["components"].as_array().unwrap().iter();
    let names: Vec<_> = components.map(|one| &one["bom-ref"]).collect();
    assert_eq!(names, ["one/job", "two/job"]);
    bills.write_layer(&world.dir, &name("not")).unwrap();
    let document = world.document("not.sbom.spdx.json");
    assert_eq!(document["packages"].as_array().unwrap().len(), 3);
}

#[test]
fn what_an_earlier_build_left_goes_where_there_is_nothing_to_say() {
    let world = World::new();
    for file in ["job.sbom.syft.json", "launch.sbom.cdx.json", "job.toml"] {
        world.dir.write_new(file, b"old", 0o644).unwrap();
    }
    let bills = world.bills(Vec::new());
    bills.write_layer(&world.dir, &name("job")).unwrap();
    assert_eq!(world.names(), ["job.toml", "launch.sbom.cdx.json"]);
    bills.write_launch(&world.dir).unwrap();
    assert_eq!(world.names(), ["job.toml"]);
}

#[test]
fn a_layer_that_the_lifecycle_would_take_for_another_has_no_document_of_its_own() {
    let world = World::new();
    let bills = world.bills(vec![content("job.more", true, None)]);
    bills.write_layer(&world.dir, &name("job.more")).unwrap();
    assert_eq!(world.names(), [""; 0]);
    bills.write_launch(&world.dir).unwrap();
    assert_eq!(world.names().len(), 2);
}

#[test]
fn the_same_is_written_again_to_the_byte_and_what_differs_has_another_name() {
    let world = World::new();
    let write = |contents: Vec<Content>| {
        world.bills(contents).write_launch(&world.dir).unwrap();
        Format::ALL.map(|format| {
            let file = format!("launch.sbom.{}", format.file());
            world.dir.read(file, LARGEST).unwrap()
        })
    };
    let first = write(vec![content("job", true, None)]);
    assert_eq!(write(vec![content("job", true, None)]), first);
    let names = |documents: &[Vec<u8>; 2]| {
        [("serialNumber", 0), ("documentNamespace", 1)].map(|(key, n)| {
            let document: Value = serde_json::from_slice(&documents[n]).unwrap();
            document[key].as_str().unwrap().to_owned()
        })
    };
    let own = names(&first);
    assert_ne!(own[0], own[1], "each of the two has its own");
    let path = world.folder.path().join("sbom/cdx.json");
    let prepared = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!(" {prepared}")).unwrap();
    let repacked = names(&write(vec![content("job", true, None)]));
    assert_ne!(repacked[0], own[0]);
    assert_eq!(repacked[1], own[1]);
    std::fs::write(&path, prepared).unwrap();
    let mut other = content("job", true, None);
    other.note.tree = "e".repeat(40);
    let other = write(vec![other]);
    for (one, other) in own.into_iter().zip(names(&other)) {
        assert_ne!(one, other);
        let form: String = one
            .chars()
            .map(|c| if c.is_ascii_hexdigit() { '0' } else { c })
            .collect();
        assert_eq!(form, "urn:uui0:00000000-0000-0000-0000-000000000000");
        assert_eq!((&one[22..24], &one[27..29]), ("-8", "-8"));
    }
}

#[test]
fn only_what_is_declared_is_read_and_written() {
    let world = World::new();
    std::fs::remove_file(world.folder.path().join("sbom/spdx.json")).unwrap();
    world.prepared(&[]).unwrap();
    world.prepared(&[Format::CycloneDx]).unwrap();
    let error = world.prepared(&Format::ALL).unwrap_err().to_string();
    assert!(error.contains("sbom/spdx.json"), "{error}");
}

#[test]
fn a_document_of_another_form_is_refused_by_what_it_lacks() {
    let world = World::new();
    let file = world.folder.path().join("sbom/cdx.json");
    let whole: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for format in Format::ALL {
        assert!(!format.lists().is_empty());
    }
    for list in Format::CycloneDx.lists() {
        let mut broken = whole.clone();
        *broken.pointer_mut(list).unwrap() = json!({});
        std::fs::write(&file, broken.to_string()).unwrap();
        let error = world.prepared(&[Format::CycloneDx]).unwrap_err();
        // What holds a list is asked for after what is in it.
        let error = error.to_string();
        assert!(
            error.starts_with("sbom/cdx.json has no list at /"),
            "{error}"
        );
    }
    std::fs::write(&file, "{").unwrap();
    let error = world.prepared(&[Format::CycloneDx]).unwrap_err();
    assert_eq!(error.to_string(), "sbom/cdx.json is no JSON");
}
