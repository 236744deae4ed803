use serde_json::json;

use super::*;
use crate::identity::tests::git;

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
                    "compositions": [{"dependencies": []}],
                }),
            ),
            (
                Format::Spdx,
                json!({
                    "packages": [],
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

    fn write(&self, contents: Vec<BilledContent>) {
        let facts = BillFacts {
            buildpack: "example/job".to_owned(),
            version: "1.2.3".to_owned(),
            host: "a".repeat(64),
            guest: "b".repeat(64),
            receipt: "{}".to_owned(),
            contents,
        };
        write(&self.dir, self.prepared(&Format::ALL).unwrap(), &facts).unwrap();
    }

    fn document(&self, file: &str) -> Value {
        serde_json::from_slice(&self.dir.read(file, LARGEST).unwrap()).unwrap()
    }

    /// All names except that of the folder with the prepared documents.
    fn names(&self) -> Vec<String> {
        let names = self.dir.names(100).unwrap();
        let names = names.into_iter().map(|name| name.into_string().unwrap());
        names.filter(|name| name != FOLDER).collect()
    }
}

fn content(layer: &str, launch: bool, address: Option<&str>) -> BilledContent {
    let (identity, description) = git("a/b c", &"c".repeat(40), &"d".repeat(40));
    BilledContent {
        layer: layer.parse().unwrap(),
        launch,
        provenance: Provenance {
            kept: false,
            known_from: KnownFrom::Server,
        },
        note: ContentNote {
            into: "job".to_owned(),
            source: "template".to_owned(),
            identity,
        },
        description,
        supplier: Some("Some Makers".parse().unwrap()),
        address: address.map(str::to_owned),
    }
}

/// The only item of a list.
#[track_caller]
fn only(list: &Value) -> &Value {
    let [one] = &list.as_array().unwrap()[..] else {
        panic!("{list}");
    };
    one
}

#[test]
fn an_image_with_contents_has_a_document_of_each_format() {
    let world = World::new();
    let address = "https://git.example/group/x.git";
    world.write(vec![content("job", true, Some(address))]);
    let files = ["launch.sbom.cdx.json", "launch.sbom.spdx.json"];
    assert_eq!(world.names(), files);

    let document = world.document("launch.sbom.cdx.json");
    let tools = &document["metadata"]["tools"]["components"];
    assert_eq!(tools[0]["hashes"][0]["content"], "a".repeat(64));
    assert_eq!(tools[1]["name"], "example/job");
    assert_eq!(tools[1]["hashes"][0]["content"], "b".repeat(64));
    assert_eq!(document["metadata"]["properties"][0]["value"], "{}");
    let component = only(&document["components"]);
    assert_eq!(component["name"], "template");
    assert_eq!(component["version"], "c".repeat(40));
    let ids = [
        format!("swh:1:dir:{}", "d".repeat(40)),
        format!("swh:1:rev:{}", "c".repeat(40)),
    ];
    assert_eq!(component["swhid"], json!(ids));
    assert_eq!(component["externalReferences"][0]["url"], address);

    let spdx = world.document("launch.sbom.spdx.json");
    let package = only(&spdx["packages"]);
    let from = format!("git+{address}@{}#a/b%20c", "c".repeat(40));
    assert_eq!(package["downloadLocation"], from);
    assert_eq!(spdx["name"], "example/job");
    assert_eq!(spdx["annotations"][0]["comment"], "{}");
    let id = format!("content-1-{}", "d".repeat(40));
    assert_eq!(component["bom-ref"], id);
    let id = format!("SPDXRef-{id}");
    assert_eq!(package["SPDXID"], id);
    let relationships = [
        ("SPDXRef-DOCUMENT", "DESCRIBES", &*id),
        (&id, "DEPENDS_ON", "NOASSERTION"),
    ];
    let relationships = relationships.map(|(from, kind, to)| {
        json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
    });
    assert_eq!(spdx["relationships"], json!(relationships));
    assert_eq!(
        document["compositions"][0]["dependencies"],
        json!([component["bom-ref"]])
    );

    // These must be the same for readers that identify packages by URL, and so must the supplier.
    let purl = format!(
        "pkg:generic/template@{0}?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fgroup%2Fx.git%40{0}",
        "c".repeat(40)
    );
    assert_eq!(component["purl"], purl);
    assert_eq!(package["externalRefs"][0]["referenceLocator"], purl);
    assert_eq!(component["supplier"]["name"], "Some Makers");
    assert_eq!(package["supplier"], "Organization: Some Makers");
}

#[test]
fn a_supplier_that_is_not_declared_is_not_made_up() {
    let world = World::new();
    let mut content = content("job", true, None);
    content.supplier = None;
    world.write(vec![content]);
    let component = &world.document("launch.sbom.cdx.json")["components"][0];
    assert!(component.get("supplier").is_none());
    let package = &world.document("launch.sbom.spdx.json")["packages"][0];
    assert_eq!(package["supplier"], "NOASSERTION");
}

#[test]
fn an_address_that_is_not_told_is_left_out() {
    let world = World::new();
    world.write(vec![content("job", true, None)]);
    let purl = format!("pkg:generic/template@{}", "c".repeat(40));
    let component = &world.document("launch.sbom.cdx.json")["components"][0];
    assert_eq!(component["externalReferences"], json!([]));
    assert_eq!(component["purl"], purl);
    let package = &world.document("launch.sbom.spdx.json")["packages"][0];
    assert_eq!(package["downloadLocation"], "NOASSERTION");
    assert_eq!(package["externalRefs"][0]["referenceLocator"], purl);
}

#[test]
fn the_image_has_what_all_its_layers_have_and_nothing_of_the_others() {
    let world = World::new();
    let contents = ["one", "two", "not"].map(|layer| content(layer, layer != "not", None));
    world.write(contents.to_vec());
    assert_eq!(
        world.names(),
        ["launch.sbom.cdx.json", "launch.sbom.spdx.json"]
    );
    let document = world.document("launch.sbom.cdx.json");
    let components = document["components"].as_array().unwrap().iter();
    let layers: Vec<_> = components
        .map(|one| &one["properties"][0]["value"])
        .collect();
    assert_eq!(layers, ["one", "two"]);
    let ids = &document["compositions"][0]["dependencies"];
    assert_ne!(ids[0], ids[1]);
    let world = World::new();
    world.write(vec![content("not", false, None)]);
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn what_an_earlier_build_left_goes_the_layers_own_too_and_nothing_else() {
    let world = World::new();
    for file in [
        "job.sbom.syft.json",
        "job.more.sbom.spdx.json",
        "launch.sbom.cdx.json",
        ".staged-job-a.sbom.b",
        "job.toml",
        "sbomb",
    ] {
        world.dir.write_new(file, b"old", 0o644).unwrap();
    }
    remove(&world.dir).unwrap();
    assert_eq!(world.names(), [".staged-job-a.sbom.b", "job.toml", "sbomb"]);
}

#[test]
fn the_same_is_written_again_to_the_byte_and_what_differs_has_another_name() {
    let world = World::new();
    let write = |contents: Vec<BilledContent>| {
        world.write(contents);
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
    other.note.identity = git("a/b c", &"c".repeat(40), &"e".repeat(40)).0;
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
        // Lists within the broken list are missing too, so the error may name one of them.
        let error = error.to_string();
        assert!(
            error.starts_with("sbom/cdx.json has no list at /"),
            "{error}"
        );
    }
    std::fs::write(&file, "{").unwrap();
    let error = world.prepared(&[Format::CycloneDx]).unwrap_err();
    assert_eq!(error.to_string(), "sbom/cdx.json is not valid JSON");
}

#[test]
fn the_documents_of_one_source_stay_the_same_to_the_byte() {
    let world = World::new();
    world.write(vec![content(
        "job",
        true,
        Some("https://git.example/group/x.git"),
    )]);
    for (file, expected) in [
        (
            "launch.sbom.cdx.json",
            include_str!("tests/launch.cdx.json"),
        ),
        (
            "launch.sbom.spdx.json",
            include_str!("tests/launch.spdx.json"),
        ),
    ] {
        let written = String::from_utf8(world.dir.read(file, LARGEST).unwrap()).unwrap();
        assert_eq!(written, expected.trim_end(), "{file}");
    }
}
