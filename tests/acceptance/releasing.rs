//! Tests the files of a release: everyone who builds it gets the same bytes, and the checksums match.

use std::fs;
use std::path::{Path, PathBuf};

use package::aot::sha256;
use package::arch::Arch;
use package::verify::{Digests, Known, verify};
use package::{platforms, release};
use tests::folder::{self, Entry, Kind};

use crate::packaging::packaged;

/// A package with this machine's buildpack in both folders: building a host for the other architecture takes minutes.
fn stand_in(folder: &Path) -> PathBuf {
    let (_folder, dir) = packaged(None);
    let package = folder.join("package");
    for arch in Arch::ALL {
        let place = platforms::folder(&package, arch);
        fs::create_dir_all(&place).unwrap();
        folder::copy(&dir, &place).unwrap();
    }
    package
}

/// A file in place of the tool, whose release takes minutes to build.
fn tool(folder: &Path) -> PathBuf {
    let path = folder.join("tool");
    fs::write(&path, "the tool").unwrap();
    path
}

#[test]
fn a_release_is_the_same_to_the_byte_and_its_sums_hold() {
    let folder = tempfile::tempdir().unwrap();
    let made: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|name| {
            let place = folder.path().join(name);
            let files = place.join("files");
            release::files(&stand_in(&place), &tool(&place), &files).unwrap();
            folder::snapshot(&files).unwrap()
        })
        .collect();
    assert_eq!(made[0], made[1]);
    let bytes = |name: &str| {
        let entry = made[0].iter().find(|entry| entry.path == Path::new(name));
        match &entry.unwrap().kind {
            Kind::File(bytes) => bytes.clone(),
            other => panic!("{name} is {other:?}"),
        }
    };
    let version = release::VERSION;
    let names: Vec<_> = folder::paths(&made[0]);
    let wanted = [
        "DIGESTS".to_owned(),
        "SHA256SUMS".to_owned(),
        format!("planqk-buildpack-job-template-{version}-linux-amd64.tar.gz"),
        format!("planqk-buildpack-job-template-{version}-linux-arm64.tar.gz"),
        format!("planqk-buildpack-job-template-{version}.wasm"),
        format!(
            "wasm-buildpack-{version}-linux-{}",
            Arch::here().unwrap().name()
        ),
    ];
    assert_eq!(names, wanted);
    let sums = String::from_utf8(bytes("SHA256SUMS")).unwrap();
    let right = |name: &&String| *name != "SHA256SUMS";
    let right = wanted
        .iter()
        .filter(right)
        .map(|name| format!("{}  {name}\n", sha256(&bytes(name))));
    assert_eq!(sums, right.collect::<String>());
}

#[test]
fn an_archive_of_a_release_holds_the_buildpack_directory_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let package = stand_in(folder.path());
    let files = folder.path().join("files");
    release::files(&package, &tool(folder.path()), &files).unwrap();
    let name = format!(
        "planqk-buildpack-job-template-{}-linux-amd64.tar.gz",
        release::VERSION
    );
    let zipped = fs::read(files.join(name)).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&zipped[..]));
    let mut unpacked = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), package::layout::TIME);
        let (mode, kind) = (header.mode().unwrap(), header.entry_type());
        let path = entry.path().unwrap().into_owned();
        let kind = if kind.is_dir() {
            Kind::Folder
        } else if kind.is_symlink() {
            Kind::Link(entry.link_name().unwrap().unwrap().into_owned())
        } else {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            Kind::File(bytes)
        };
        unpacked.push(Entry { path, mode, kind });
    }
    let packed = folder::snapshot(&platforms::folder(&package, Arch::Amd64)).unwrap();
    assert_eq!(unpacked.len(), packed.len());
    for (unpacked, packed) in unpacked.iter().zip(&packed) {
        assert_eq!(unpacked.path, packed.path);
        assert!(unpacked == packed, "{}", packed.path.display());
    }
}

#[test]
fn the_list_of_digests_is_one_that_verify_takes() {
    let folder = tempfile::tempdir().unwrap();
    let package = stand_in(folder.path());
    let files = folder.path().join("files");
    release::files(&package, &tool(folder.path()), &files).unwrap();
    let list = Digests::read(&files.join("DIGESTS")).unwrap();
    let here = platforms::folder(&package, Arch::here().unwrap());
    let report = verify(&here, &Known::Released(&list), &package::trial::compile).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let listed = report
        .lines
        .iter()
        .filter(|line| line.contains(", in the list"));
    // The three files are host, component and descriptor.
    assert_eq!(listed.count(), 3, "{:#?}", report.lines);
}
