//! Tests files natively, among them what a sandbox refuses too.

use alloc::string::ToString;
use std::fs;

use super::*;
use crate::Failure;
use crate::testing::Sample;

/// A folder with these files, which is removed in the end.
fn folder(files: &[(&str, &str)]) -> Sample {
    let sample = Sample::new(".");
    for (name, content) in files {
        let path = sample.layers_dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    sample
}

fn app(folder: &Sample) -> App {
    App::at(folder.layers_dir().to_str().unwrap())
}

#[test]
fn an_entry_has_its_kind_and_a_missing_one_too() {
    let folder = folder(&[("file", ""), ("folder/in", "")]);
    let app = app(&folder);
    for (path, expected) in [
        ("file", Entry::File),
        ("folder", Entry::Directory),
        (".", Entry::Directory),
        ("nothing", Entry::Absent),
        ("nothing/in/it", Entry::Absent),
        ("file/below", Entry::Absent),
    ] {
        assert_eq!(app.entry(path), expected, "{path}");
        assert_eq!(app.exists(path), expected != Entry::Absent, "{path}");
    }
}

#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    let folder = folder(&[("a/file", "")]);
    let app = App::at(folder.layers_dir().join("a").to_str().unwrap());
    for path in ["", "/etc/passwd", "../a/file", "b/../../a/file"] {
        assert!(matches!(app.entry(path), Entry::Hidden(_)), "{path}");
        assert!(matches!(
            app.read(path).unwrap_err().failure(),
            Failure::Io(_)
        ));
        assert!(matches!(
            app.list(path).unwrap_err().failure(),
            Failure::Io(_)
        ));
    }
    let mut layer = LayerFolder::new(folder.layers_dir().to_str().unwrap(), Layer::launch("a"));
    layer.write("../b", "").unwrap_err();
    assert!(!folder.layers_dir().join("b").exists());
}

#[test]
fn what_is_not_a_regular_file_is_not_read_and_the_reason_is_shown() {
    let folder = folder(&[("folder/in", ""), ("latin-1", "")]);
    fs::write(folder.layers_dir().join("latin-1"), b"\xfc").unwrap();
    let app = app(&folder);
    for (path, why) in [
        ("folder", "it is a directory"),
        ("nothing", "it is not there"),
        ("latin-1", "it is not UTF-8"),
    ] {
        let error = app.read_to_string(path).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("The file '{path}' cannot be read")),
            "{error}"
        );
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn only_the_first_bytes_are_read_and_names_are_sorted() {
    let folder = folder(&[("b", "text"), ("a", ""), ("c/d", "")]);
    let app = app(&folder);
    assert_eq!(app.read_or_why("b", 2).unwrap(), b"te");
    assert_eq!(app.read_to_string("b").unwrap(), "text");
    assert_eq!(app.list(".").unwrap(), ["a", "b", "c"]);
}

#[test]
fn a_written_file_is_in_the_layer_and_an_executable_one_is_declared() {
    let folder = folder(&[]);
    let layers = folder.layers_dir().to_str().unwrap();
    let mut layer = LayerFolder::new(&format!("{layers}/"), Layer::launch("tools"));
    assert_eq!(layer.path(), format!("{layers}/tools"));
    layer.write("share/data", "old").unwrap();
    layer.write("share/data", "new").unwrap();
    layer.write_executable("bin/tool", "#!/bin/sh\n").unwrap();
    let read = |path: &str| fs::read_to_string(folder.layers_dir().join(path)).unwrap();
    assert_eq!(read("tools/share/data"), "new");
    assert_eq!(read("tools/bin/tool"), "#!/bin/sh\n");
    let layer: Layer = layer.into();
    assert_eq!(layer, Layer::launch("tools").executable("bin/tool"));
}
