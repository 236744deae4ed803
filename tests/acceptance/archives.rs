//! Tests `cargo xtask verify` on files of `pack buildpack package --format file`: an image in a tar archive.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use package::aot::sha256;
use package::arch::Arch;
use serde_json::json;
use tar::{Builder, EntryType, Header};
use tests::folder::{self, Kind};

use crate::packaging::packaged;
use crate::verifying::look;

/// The folder of the job template's buildpack in an image.
const PLACE: &str = "/cnb/buildpacks/planqk-buildpacks_job-template/0.1.0";

/// A layer's archive that is being written.
struct Layer(Builder<Vec<u8>>);

impl Layer {
    /// A layer that contains a folder's buildpack, as `pack` writes it.
    fn of(dir: &Path) -> Self {
        let mut layer = Self(Builder::new(Vec::new()));
        for path in ["/cnb/buildpacks/planqk-buildpacks_job-template", PLACE] {
            layer.add(path, 0o755, EntryType::Directory, &[], "");
        }
        for entry in folder::snapshot(dir).unwrap() {
            let path = format!("{PLACE}/{}", entry.path.display());
            match entry.kind {
                Kind::Folder => layer.add(&path, entry.mode, EntryType::Directory, &[], ""),
                Kind::File(bytes) => layer.add(&path, entry.mode, EntryType::Regular, &bytes, ""),
                Kind::Link(to) => {
                    let to = to.to_str().unwrap().to_owned();
                    layer.add(&path, 0o755, EntryType::Symlink, &[], &to);
                }
                Kind::Other => unreachable!("a buildpack has no devices"),
            }
        }
        layer
    }

    fn add(&mut self, path: &str, mode: u32, kind: EntryType, bytes: &[u8], link: &str) {
        self.add_header(path, mode, kind, bytes, link, |_| ());
    }

    /// Writes the names into the header directly, since the crate refuses the names of a hostile archive. Everything
    /// else is as `pack` writes it.
    fn add_header(
        &mut self,
        path: &str,
        mode: u32,
        kind: EntryType,
        bytes: &[u8],
        link: &str,
        change: impl FnOnce(&mut Header),
    ) {
        let mut header = Header::new_ustar();
        let fields = header.as_ustar_mut().unwrap();
        fields.name[..path.len()].copy_from_slice(path.as_bytes());
        fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_device_major(0).unwrap();
        header.set_device_minor(0).unwrap();
        header.set_mtime(package::layout::TIME);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        change(&mut header);
        set_checksum(&mut header);
        self.0.append(&header, bytes).unwrap();
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// Go ends the checksum's six digits with a zero and a space; the crate writes a seventh digit.
fn set_checksum(header: &mut Header) {
    header.set_cksum();
    let sum = header.cksum().unwrap();
    let field = &mut header.as_old_mut().cksum;
    field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// The blobs of an OCI image layout.
#[derive(Default)]
struct Image {
    blobs: Vec<(String, Vec<u8>)>,
}

impl Image {
    fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> serde_json::Value {
        let digest = sha256(&bytes);
        let reference = json!({
            "mediaType": media_type, "size": bytes.len(), "digest": format!("sha256:{digest}"),
        });
        self.blobs.push((digest, bytes));
        reference
    }

    fn json(&mut self, media_type: &str, value: &serde_json::Value) -> serde_json::Value {
        self.blob(media_type, serde_json::to_vec(value).unwrap())
    }
}

/// Compresses as Go does, whose header does not state the compression level.
fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
    zipped.write_all(bytes).unwrap();
    zipped.finish().unwrap()
}

/// Formats JSON in lines, with `spaces` spaces for each level.
fn lines(value: &serde_json::Value, spaces: usize) -> Vec<u8> {
    let text = serde_json::to_string_pretty(value).unwrap();
    let lines = text.lines().map(|line| {
        let rest = line.trim_start();
        let level = (line.len() - rest.len()) / 2;
        format!("{}{rest}", " ".repeat(level * spaces))
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

/// Writes a `.cnb` file with this compressed layer, for this machine. `change` is called with the blobs before they
/// are written.
fn cnb(
    layer: Vec<u8>,
    diff_id: &str,
    change: impl FnOnce(&mut Image),
) -> (tempfile::TempDir, PathBuf) {
    cnb_with(layer, diff_id, |_| (), change)
}

/// Writes a `.cnb` file as `cnb` does. `configure` is called with the image's configuration.
fn cnb_with(
    layer: Vec<u8>,
    diff_id: &str,
    configure: impl FnOnce(&mut serde_json::Value),
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
    let mut config = json!({
        "architecture": arch, "created": NO_TIME, "history": [{ "created": NO_TIME }], "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [diff_id] }, "config": { "Labels": labels },
    });
    configure(&mut config);
    let config = image.json(CONFIG, &config);
    let layer = image.blob(LAYER, layer);
    let manifest = image.json(
        MANIFEST,
        &json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] }),
    );
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest] });
    change(&mut image);
    image.blobs.sort();
    let mut file = Layer(Builder::new(Vec::new()));
    for path in ["/blobs", "/blobs/sha256"] {
        file.add(path, 0o755, EntryType::Directory, &[], "");
    }
    for (digest, bytes) in &image.blobs {
        let path = format!("/blobs/sha256/{digest}");
        file.add(&path, 0o755, EntryType::Regular, bytes, "");
    }
    let index = lines(&index, 3);
    file.add("/index.json", 0o755, EntryType::Regular, &index, "");
    let layout = lines(&json!({ "imageLayoutVersion": "1.0.0" }), 4);
    file.add("/oci-layout", 0o755, EntryType::Regular, &layout, "");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package.cnb");
    fs::write(&path, file.bytes()).unwrap();
    (folder, path)
}

/// The findings in a file with a changed layer.
fn found(change: impl FnOnce(&mut Layer)) -> Vec<String> {
    let (_buildpack, dir) = packaged(None);
    let mut layer = Layer::of(&dir);
    change(&mut layer);
    let layer = layer.bytes();
    found_in(&layer)
}

/// The findings in a file with this layer.
fn found_in(layer: &[u8]) -> Vec<String> {
    let diff_id = format!("sha256:{}", sha256(layer));
    let (_folder, path) = cnb(zipped(layer), &diff_id, |_| ());
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
fn a_file_as_pack_writes_it_passes() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let (_folder, path) = cnb(zipped(&layer), &diff_id, |_| ());
    let report = look(&path).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let text = report.lines.join("\n");
    assert!(
        text.contains(" planqk-buildpacks_job-template/0.1.0:\n"),
        "{text}"
    );
    assert!(text.contains("source 'job-template': "), "{text}");
}

/// `pack` 0.40 made this file from a folder with other files in it: only the archive around them is tested here.
#[test]
fn nothing_is_wrong_with_how_pack_itself_wrote_a_file() {
    let file = package::cargo::root().join("tests/fixtures/archives/pack-0.40.cnb");
    let found = look(&file).unwrap().findings;
    assert!(!found.is_empty(), "the files in it are of no use");
    for text in &found {
        assert!(!text.contains("as pack writes it"), "{text}");
        let place = "linux/amd64 planqk-buildpacks_job-template/0.1.0: ";
        assert!(text.starts_with(place), "{text}");
    }
}

#[test]
fn what_others_could_read_otherwise_is_found_by_the_entrys_name() {
    let detect = format!("{PLACE}/bin/detect");
    let artifact = format!("{PLACE}/artifact.toml");
    let inserted = |path: &str, extra: &dyn Fn(&mut Layer)| {
        let (_buildpack, dir) = packaged(None);
        let mut layer = Layer(Builder::new(Vec::new()));
        let whole = Layer::of(&dir).bytes();
        let mut archive = tar::Archive::new(&whole[..]);
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if entry.path_bytes() == path.as_bytes() {
                extra(&mut layer);
            }
            let header = entry.header().clone();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            layer.0.append(&header, &bytes[..]).unwrap();
        }
        found_in(&layer.bytes())
    };
    assert_eq!(inserted("nothing", &|_| ()), [""; 0]);
    // Records that one reader accepts and another ignores: repeated ones, an empty one, and those for all following
    // entries.
    let records: [&[(&str, &[u8])]; 3] = [
        &[("path", b"x"), ("path", detect.as_bytes())],
        &[("path", b"")],
        &[("mtime", b"0")],
    ];
    for records in records {
        let records = |layer: &mut Layer| {
            let records = records.iter().copied();
            layer.0.append_pax_extensions(records).unwrap();
        };
        let found = inserted(&detect, &records);
        assert!(
            found
                .iter()
                .any(|text| text.contains("which pack never writes")),
            "{found:#?}"
        );
    }
    let global = |layer: &mut Layer| {
        let record = b"13 path=/etc\n";
        layer.add("/x", 0o644, EntryType::XGlobalHeader, record, "");
    };
    assert!(!inserted(&detect, &global).is_empty());
    let empty = |layer: &mut Layer| layer.add("/x", 0o644, EntryType::XHeader, b"", "");
    assert_one(
        &inserted(&artifact, &empty),
        "artifact.toml is not written as pack writes it",
    );
    // A long name in GNU's form, where a plain one would fit.
    let long = format!("{artifact}\0");
    let gnu = |layer: &mut Layer| {
        layer.add("/x", 0o644, EntryType::GNULongName, long.as_bytes(), "");
    };
    assert_one(&inserted(&artifact, &gnu), "artifact.toml is not written");
    // The same entries in another order, and bytes after the end.
    let (_buildpack, dir) = packaged(None);
    let whole = Layer::of(&dir).bytes();
    let mut turned = [&whole[512..1024], &whole[..512]].concat();
    turned.extend_from_slice(&whole[1024..]);
    assert_one(
        &found_in(&turned),
        "planqk-buildpacks_job-template is not written",
    );
    let behind = [&whole[..], &whole[..1024]].concat();
    assert_one(&found_in(&behind), "its end is not written");
}

#[test]
fn names_by_which_images_remove_files_are_found_wherever_they_stand() {
    for path in [
        "/cnb/.wh.buildpacks",
        "/cnb/buildpacks/.wh..wh..opq",
        "/cnb/buildpacks/planqk-buildpacks_job-template/.wh.0.0.9",
        "/cnb/buildpacks/.wh.other/x",
    ] {
        for kind in [EntryType::Directory, EntryType::Regular] {
            let found = found(|layer| layer.add(path, 0o755, kind, &[], ""));
            assert_one(&found, "has the name of a whiteout");
        }
    }
    // A folder of another buildpack, without any of its files.
    let other = |layer: &mut Layer| {
        let path = "/cnb/buildpacks/other_one";
        layer.add(path, 0o755, EntryType::Directory, &[], "");
    };
    assert_one(&found(other), "other_one does not belong in a package");
    let twice = |layer: &mut Layer| layer.add(PLACE, 0o755, EntryType::Directory, &[], "");
    assert_one(&found(twice), "is in the layer twice");
}

#[test]
fn what_a_terminal_would_obey_is_spelt() {
    let hostile = "/cnb/buildpacks/a\u{1b}[2J\nverify: no faults found\u{202e}";
    let found = found(|layer| layer.add(hostile, 0o644, EntryType::Regular, b"", ""));
    assert_one(&found, r"a\u{1b}[2J\nverify");
    assert!(found[0].contains(r"\u{202e}"), "{found:?}");
    // The same holds for a buildpack's version, and for what cannot be verified.
    let (_buildpack, dir) = packaged(None);
    let file = dir.join("buildpack.toml");
    let text = fs::read_to_string(&file).unwrap();
    let version = "version = \"0.1.0\\u001b[2J\"";
    fs::write(&file, text.replace("version = \"0.1.0\"", version)).unwrap();
    let report = look(&dir).unwrap();
    let said = [report.lines, report.findings].concat().join("");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(said.contains(r"\u{1b}[2J"), "{said}");
    let error = look(&dir.join("no\u{1b}file")).unwrap_err().to_string();
    assert!(error.contains(r"no\u{1b}file"), "{error}");
}

type Configure = fn(&mut serde_json::Value);

#[test]
fn json_that_others_could_read_otherwise_is_refused() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let zipped = zipped(&layer);
    let refused = |configure: Configure| {
        let (_folder, path) = cnb_with(zipped.clone(), &diff_id, configure, |_| ());
        look(&path).unwrap_err().to_string()
    };
    let cases: [(Configure, &str); 5] = [
        (
            |config| config["Config"] = config["config"].clone(),
            "the keys 'Config' and 'config' are equal for some parsers",
        ),
        (
            |config| config["Os"] = json!("linux"),
            "are equal for some parsers",
        ),
        (
            |config| config["author"] = json!("x"),
            "unknown field `author`",
        ),
        (
            |config| config["created"] = json!("2026-01-01T00:00:00Z"),
            "the configuration is not as pack writes it",
        ),
        (
            |config| config["history"][0]["empty_layer"] = json!(true),
            "unknown field `empty_layer`",
        ),
    ];
    for (configure, words) in cases {
        let error = refused(configure);
        assert!(error.contains(words), "{words}: {error}");
    }
    let (_folder, path) = cnb_with(zipped.clone(), &diff_id, |_| (), |_| ());
    assert_eq!(look(&path).unwrap().findings, [""; 0]);
    // The platform reads this label.
    let label: Configure = |config| {
        let labels = &mut config["config"]["Labels"]["io.buildpacks.buildpack.layers"];
        let text = labels.as_str().unwrap();
        let twin = text.replace(
            "\"layerDiffID\":",
            "\"layerdiffid\":\"sha256:0\",\"layerDiffID\":",
        );
        *labels = twin.into();
    };
    let (_folder, path) = cnb_with(zipped.clone(), &diff_id, label, |_| ());
    assert_one(
        &look(&path).unwrap().findings,
        "io.buildpacks.buildpack.layers",
    );
}

#[test]
fn a_layer_that_is_not_compressed_as_pack_does_it_is_refused() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let zipped = zipped(&layer);
    let mut named = flate2::GzBuilder::new()
        .filename("x")
        .write(Vec::new(), Compression::default());
    named.write_all(&layer).unwrap();
    for (layer, words) in [
        (layer.clone(), "not compressed as pack compresses it"),
        (
            named.finish().unwrap(),
            "not compressed as pack compresses it",
        ),
        (
            [&zipped[..], &zipped].concat(),
            "bytes follow the end of a layer",
        ),
        (
            [&zipped[..], &[0]].concat(),
            "1 bytes follow the end of a layer",
        ),
    ] {
        let (_folder, path) = cnb(layer, &diff_id, |_| ());
        let error = format!("{:#}", look(&path).unwrap_err());
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn what_an_archive_can_hold_and_a_folder_can_not_is_found() {
    let file = |path: &'static str| {
        move |layer: &mut Layer| layer.add(path, 0o644, EntryType::Regular, b"x", "")
    };
    assert_one(
        &found(file("/cnb/../etc/passwd")),
        "has a path that leads out of the archive",
    );
    assert_one(
        &found(file("/etc/passwd")),
        "etc/passwd does not belong in a package",
    );
    assert_one(
        &found(file("/cnb/lifecycle/creator")),
        "does not belong in a package",
    );
    let second = found(file("/cnb/buildpacks/other_one/1.0/bin/build"));
    let two = |text: &String| text.ends_with("it must hold one buildpack");
    assert!(second.iter().any(two), "{second:#?}");
    // The same name twice: each unpacker may choose another one.
    let again = format!("{PLACE}/bin/detect");
    let twice = |layer: &mut Layer| layer.add(&again, 0o755, EntryType::Regular, b"x", "");
    assert!(
        found(twice)
            .iter()
            .any(|text| text.ends_with("bin/detect is in the layer twice"))
    );
    let place = format!("{PLACE}/bin/more");
    let hard = |layer: &mut Layer| layer.add(&place, 0o755, EntryType::Link, &[], "/etc/passwd");
    assert_one(&found(hard), "is not a file, folder or link (Link)");
    let device = |layer: &mut Layer| layer.add(&place, 0o666, EntryType::Char, &[], "");
    assert_one(&found(device), "is not a file, folder or link (Char)");
    let open = |layer: &mut Layer| layer.add("/cnb", 0o777, EntryType::Directory, &[], "");
    assert_one(&found(open), "does not have the mode 0755");
    let owned = |layer: &mut Layer| {
        let own = |header: &mut Header| header.set_uid(1000);
        layer.add_header(&place, 0o644, EntryType::Regular, b"x", "", own);
    };
    assert_one(&found(owned), "is not owned by root");
    let capable = |layer: &mut Layer| {
        let extension = [("SCHILY.xattr.security.capability", &b"\x01"[..])];
        layer.0.append_pax_extensions(extension).unwrap();
        layer.add(&place, 0o755, EntryType::Regular, b"x", "");
    };
    assert_one(
        &found(capable),
        "has the extension 'SCHILY.xattr.security.capability'",
    );
    assert_eq!(found(|_| ()), [""; 0]);
}

#[test]
fn a_file_whose_digests_disagree_is_refused() {
    let (_buildpack, dir) = packaged(None);
    let layer = Layer::of(&dir).bytes();
    let diff_id = format!("sha256:{}", sha256(&layer));
    let layer = zipped(&layer);
    let refused = |diff_id: &str, change: fn(&mut Image)| {
        let (_folder, path) = cnb(layer.clone(), diff_id, change);
        format!("{:#}", look(&path).unwrap_err())
    };
    let other = format!("sha256:{}", sha256(b"another layer"));
    let error = refused(&other, |_| ());
    assert!(
        error.contains("does not have the digest that its image records"),
        "{error}"
    );
    let error = refused(&diff_id, |image| image.blobs[1].1.push(0));
    assert!(
        error.contains("does not have the digest that is its name"),
        "{error}"
    );
    let error = refused(&diff_id, |image| drop(image.blobs.remove(1)));
    assert!(
        error.contains("blobs/sha256/") && error.contains(" is missing"),
        "{error}"
    );
    let (_folder, path) = cnb(layer.clone(), &diff_id, |image| {
        image.blob("", b"left over".to_vec());
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
