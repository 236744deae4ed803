use std::fs;

use toml::Table;

use super::*;
use cnb::check::LayerTypes;
use cnb::descriptor::Limits;
use cnb::identity::Identity;
use cnb::walk::{self, Snapshot};

/// By the notes, an earlier build fetched `template` and `gone` into the layer, and the `restored` files came back. The
/// component writes the files `written`, declares no content, and the layer is installed. Returns whether
/// `template/old`, `template/own` and `gone` exist.
fn placed(restored: &[&str], written: &[&str]) -> [bool; 3] {
    let folder = tempfile::tempdir().unwrap();
    let write = |paths: &[&str]| {
        for path in paths {
            let path = folder.path().join("app").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    };
    write(restored);
    let layers = Dir::open_ambient(folder.path()).unwrap();
    let before = Snapshot::take(&layers).unwrap();
    write(written);
    let declared = [layer()];
    let limits = Limits::default();
    let left = walk::judge(&layers, "/layers", &before, &declared, &limits).unwrap();
    let note = |into: &str| ContentNote {
        into: into.to_owned(),
        source: String::new(),
        identity: Identity::default(),
    };
    let notes = Notes {
        contents: ["template", "gone", "../app"].map(note).into(),
        ..Notes::default()
    };
    layer::begin(&layers, &declared[0].name).unwrap();
    let ready = PreparedLayer {
        layer: &declared[0],
        sources: Vec::new(),
        notes: Notes::default(),
        previous: outdated(Some(&notes), &left.layers[&declared[0].name]),
        is_made: true,
        licences: BTreeMap::new(),
        chosen: BTreeMap::new(),
        told: String::new(),
    };
    ready.place(&layers).unwrap();
    ["template/old", "template/own", "gone"]
        .map(|path| folder.path().join("app").join(path).exists())
}

fn layer() -> CheckedLayer {
    CheckedLayer {
        name: "app".parse().unwrap(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: true,
        },
        metadata: Table::new(),
        contents: Vec::new(),
        folders: Vec::new(),
        env: Vec::new(),
        exec_d: Vec::new(),
        executables: Vec::new(),
    }
}

#[test]
fn what_the_component_writes_stays_where_something_was_fetched_before() {
    assert_eq!(placed(&[], &["template/own"]), [false, true, false]);
    let restored = ["template/old", "gone/file"];
    assert_eq!(placed(&restored, &["template/own"]), [true, true, false]);
}

#[test]
fn what_was_fetched_before_and_is_not_declared_again_is_removed() {
    let restored = ["template/old", "gone/file"];
    assert_eq!(placed(&restored, &["other"]), [false, false, false]);
}
