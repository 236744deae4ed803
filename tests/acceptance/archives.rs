//! `cargo xtask verify` on files as `pack buildpack package --format file` writes them: an image in a tar.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tar::{Builder, EntryType, Header};
use tests::folder::{self, Kind};
use xtask::aot::sha256;
use xtask::arch::Arch;

use crate::packaging::packaged;
use crate::verifying::look;

/// Where the job template's buildpack is in an image.
const PLACE: &str = "/cnb/buildpacks/planqk-buildpacks_job-template/0.1.0";

/// The archive of a layer while it is written.
struct Layer(Builder<Vec<u8>>);

impl Layer {
    /// A layer with the buildpack of a folder, as `pack` writes it.
    fn of(dir: &Path) -> Self {
        let mut layer = Self(Builder::new(Vec::new()));
        for path in [
            "/cnb",
            "/cnb/buildpacks",
            "/cnb/buildpacks/planqk-buildpacks_job-template",
            PLACE,
        ] {
            layer.add(path, 0o755, EntryType::Directory, &[], "");
        }
        for entry in folder::snapshot(dir).unwrap() {
            let path = format!("{PLACE}/{}", entry.path.display());
            match entry.kind {
                Kind::Folder => layer.add(&path, entry.mode, EntryType::Directory, &[], ""),
                Kind::File(bytes) => layer.add(&path, entry.mode, EntryType::Regular, &bytes, ""),
                Kind::Link(to) => {
                    let to = to.to_str().unwrap().to_owned();
                    layer.add(&path, 0o777, EntryType::Symlink, &[], &to);
                }
                Kind::Other => unreachable!("a buildpack has no devices"),
            }
        }
        layer
    }

    fn add(&mut self, path: &str, mode: u32, kind: EntryType, bytes: &[u8], link: &str) {
        self.add_header(path, mode, kind, bytes, link, |_| ());
    }

    /// The names go into the header as they are: the crate's own ways refuse those that a hostile archive has.
    fn add_header(
        &mut self,
        path: &str,
        mode: u32,
        kind: EntryType,
        bytes: &[u8],
        link: &str,
        change: impl FnOnce(&mut Header),
    ) {
        let mut header = Header::new_gnu();
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..path.len()].copy_from_slice(path.as_bytes());
        gnu.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        change(&mut header);
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// The blobs of an image's layout.
#[derive(Default)]
struct Image {
    blobs: Vec<(String, Vec<u8>)>,
}

impl Image {
    fn blob(&mut self, bytes: Vec<u8>) -> serde_json::Value {
        let digest = sha256(&bytes);
        let reference = json!({ "digest": format!("sha256:{digest}"), "size": bytes.len() });
        self.blobs.push((digest, bytes));
        reference
    }

    fn json(&mut self, value: &serde_json::Value) -> serde_json::Value {
        self.blob(serde_json::to_vec(value).unwrap())
    }
}

/// Writes a `.cnb` file with this layer for this machine. `change` is called with its blobs before they are written.
fn cnb(
    layer: Vec<u8>,
    diff_id: &str,
    change: impl FnOnce(&mut Image),
) -> (tempfile::TempDir, PathBuf) {
    let mut image = Image::default();
    let arch = Arch::here().unwrap().name();
    let id = "planqk-buildpacks/job-template";
    let layers = json!({ id: { "0.1.0": { "api": "0.10", "layerDiffID": diff_id } } });
    let metadata = json!({ "id": id, "version": "0.1.0" });
    let labels = json!({
        "io.buildpacks.buildpack.layers": layers.to_string(),
        "io.buildpacks.buildpackage.metadata": metadata.to_string(),
    });
    let config = image.json(&json!({
        "os": "linux", "architecture": arch, "rootfs": { "type": "layers", "diff_ids": [diff_id] },
        "config": { "Labels": labels },
    }));
    let layer = image.blob(layer);
    let manifest = image.json(&json!({ "schemaVersion": 2, "config": config, "layers": [layer] }));
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    change(&mut image);
    let mut file = Layer(Builder::new(Vec::new()));
    let layout = br#"{"imageLayoutVersion": "1.0.0"}"#;
    file.add("oci-layout", 0o644, EntryType::Regular, layout, "");
    let index = serde_json::to_vec(&index).unwrap();
    file.add("index.json", 0o644, EntryType::Regular, &index, "");
    for (digest, bytes) in &image.blobs {
        let path = format!("blobs/sha256/{digest}");
        file.add(&path, 0o644, EntryType::Regular, bytes, "");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.cnb");
    fs::write(&path, file.bytes()).unwrap();
    (folder, path)
}

/// What is found in a file whose layer was changed.
fn found(change: impl FnOnce(&mut Layer)) -> Vec<String> {
    let (_buildpack, dir) = packaged(None);
    let mut layer = Layer::of(&dir);
    change(&mut layer);
    let layer = layer.bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let (_folder, path) = cnb(layer, &diff_id, |_| ());
    look(&path).unwrap().findings
}

#[track_caller]
fn assert_one(found: &[String], words: &str) {
    assert!(
        found.len() == 1 && found[0].contains(words),
        "{found:#?} does not say {words:?}"
    );
}

#[test]
fn a_file_as_pack_writes_it_passes_compressed_or_not() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, &layer).unwrap();
    for layer in [layer, zipped.finish().unwrap()] {
        let (_folder, path) = cnb(layer, &diff_id, |_| ());
        let report = look(&path).unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        let text = report.lines.join("\n");
        assert!(
            text.contains(" planqk-buildpacks_job-template/0.1.0:\n"),
            "{text}"
        );
        assert!(text.contains("source 'job-template': "), "{text}");
    }
}

#[test]
fn what_an_archive_can_hold_and_a_folder_can_not_is_found() {
    let file = |path: &'static str| {
        move |layer: &mut Layer| layer.add(path, 0o644, EntryType::Regular, b"x", "")
    };
    assert_one(
        &found(file("/cnb/../etc/passwd")),
        "has a path that leads out",
    );
    assert_one(
        &found(file("/etc/passwd")),
        "etc/passwd does not belong into a package",
    );
    assert_one(
        &found(file("/cnb/lifecycle/creator")),
        "does not belong into a package",
    );
    let second = found(file("/cnb/buildpacks/other_one/1.0/bin/build"));
    let two = |text: &String| text.ends_with("it must hold one buildpack");
    assert!(second.iter().any(two), "{second:#?}");
    // The same name twice: which one counts is the unpacker's choice.
    let again = format!("{PLACE}/bin/detect");
    let twice = |layer: &mut Layer| layer.add(&again, 0o755, EntryType::Regular, b"x", "");
    assert!(
        found(twice)
            .iter()
            .any(|text| text.ends_with("bin/detect is there twice"))
    );
    let place = format!("{PLACE}/bin/more");
    let hard = |layer: &mut Layer| layer.add(&place, 0o755, EntryType::Link, &[], "/etc/passwd");
    assert_one(&found(hard), "is neither file, folder nor link (Link)");
    let device = |layer: &mut Layer| layer.add(&place, 0o666, EntryType::Char, &[], "");
    assert_one(&found(device), "is neither file, folder nor link (Char)");
    let open = |layer: &mut Layer| layer.add("/cnb", 0o777, EntryType::Directory, &[], "");
    assert_one(&found(open), "has not the mode 0755");
    let owned = |layer: &mut Layer| {
        let own = |header: &mut Header| header.set_uid(1000);
        layer.add_header(&place, 0o644, EntryType::Regular, b"x", "", own);
    };
    assert_one(&found(owned), "is not root's");
    let capable = |layer: &mut Layer| {
        let extension = [("SCHILY.xattr.security.capability", &b"\x01"[..])];
        layer.0.append_pax_extensions(extension).unwrap();
        layer.add(&place, 0o755, EntryType::Regular, b"x", "");
    };
    assert_one(
        &found(capable),
        "carries 'SCHILY.xattr.security.capability'",
    );
    assert_eq!(found(|_| ()), [""; 0]);
}

#[test]
fn a_file_whose_digests_disagree_is_refused() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let refused = |diff_id: &str, change: fn(&mut Image)| {
        let (_folder, path) = cnb(layer.clone(), diff_id, change);
        format!("{:#}", look(&path).unwrap_err())
    };
    let other = format!("sha256:{}", sha256(b"another layer"));
    let error = refused(&other, |_| ());
    assert!(
        error.contains("not the one that its image records"),
        "{error}"
    );
    let error = refused(&diff_id, |image| image.blobs[1].1.push(0));
    assert!(error.contains("has another digest"), "{error}");
    let error = refused(&diff_id, |image| drop(image.blobs.remove(1)));
    assert!(error.contains("it lacks blobs/sha256/"), "{error}");
    let (_folder, path) = cnb(layer.clone(), &diff_id, |image| {
        image.blob(b"left over".to_vec());
    });
    assert_one(
        &look(&path).unwrap().findings,
        "nothing in the file refers to it",
    );
    let (_folder, path) = cnb(layer, &diff_id, |_| ());
    assert!(look(&path).unwrap().findings.is_empty());
}

#[test]
fn what_is_no_package_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for bytes in [&b""[..], b"PK\x03\x04", &[0; 1024]] {
        fs::write(&file, bytes).unwrap();
        look(&file).unwrap_err();
    }
    look(folder.path()).unwrap_err();
    look(&folder.path().join("nothing")).unwrap_err();
}
