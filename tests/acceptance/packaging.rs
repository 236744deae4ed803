//! Tests that a package contains its files, and nothing of the machine that made it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use package::arch::Arch;
use package::{layout, shipped, trial};
use tempfile::TempDir;
use tests::folder::{self, Kind};

/// Lays out the buildpack for this machine as packaging does. A test may change its host, which is a copy.
pub(crate) fn packaged(guest: Option<&str>) -> (TempDir, PathBuf) {
    let folder = match guest {
        None => trial::job_template(),
        Some(name) => trial::guest(name, &with_targets()),
    };
    let folder = folder.unwrap();
    let dir = folder.path().join("buildpack");
    // The file is a hard link to the built host, which must not change.
    fs::remove_file(dir.join(layout::DETECT)).unwrap();
    package::build::place_host(&dir, trial::host().unwrap()).unwrap();
    layout::settle(&dir).unwrap();
    (folder, dir)
}

fn with_targets() -> String {
    let target = |arch: Arch| {
        format!(
            "\n[[targets]]\nos = \"linux\"\narch = \"{}\"\n",
            arch.name()
        )
    };
    let targets = Arch::ALL.map(target).concat();
    format!("{}{targets}", trial::DESCRIPTOR)
}

#[test]
fn a_buildpack_directory_holds_what_it_needs_with_the_same_modes_and_times_for_everyone() {
    let (_folder, dir) = packaged(None);
    let found: BTreeMap<_, _> = folder::snapshot(&dir)
        .unwrap()
        .into_iter()
        .map(|entry| {
            let text = match entry.kind {
                Kind::Folder => format!("folder {:o}", entry.mode),
                Kind::File(_) => format!("file {:o}", entry.mode),
                Kind::Link(to) => format!("link {}", to.display()),
                Kind::Other => "other".to_owned(),
            };
            (entry.path.display().to_string(), text)
        })
        .collect();
    let wanted = [
        ("artifact.toml", "file 644"),
        ("bin", "folder 755"),
        ("bin/build", "link detect"),
        ("bin/detect", "file 755"),
        ("buildpack.toml", "file 644"),
        ("guest.cwasm", "file 644"),
        ("guest.wasm", "file 644"),
        ("sbom", "folder 755"),
        ("sbom/cdx.json", "file 644"),
        ("sbom/spdx.json", "file 644"),
    ];
    let wanted = wanted.map(|(path, text)| (path.to_owned(), text.to_owned()));
    assert_eq!(found, BTreeMap::from(wanted));
    let own = fs::read(package::cargo::root().join("buildpack.toml")).unwrap();
    assert_eq!(fs::read(dir.join("buildpack.toml")).unwrap(), own);
    folder::walk(&dir, &mut |path, meta| {
        assert_eq!(
            meta.mtime(),
            layout::TIME.cast_signed(),
            "{}",
            path.display()
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_ships_holds_no_path_of_the_machine_that_built_it() {
    let (_folder, dir) = packaged(None);
    let home = std::env::home_dir().unwrap().join("");
    let mut folders: Vec<_> = shipped::folders()
        .unwrap()
        .into_iter()
        .map(|(folder, _)| folder)
        .collect();
    folders.push(home);
    let holds = |file: &Path, folder: &Path| {
        let needle = folder.as_os_str().as_encoded_bytes();
        memchr::memmem::find(&fs::read(file).unwrap(), needle).is_some()
    };
    // The control: this test program contains such a path.
    let own = std::env::current_exe().unwrap();
    assert!(holds(&own, &package::cargo::root()));
    for file in [
        "bin/detect",
        "guest.wasm",
        "guest.cwasm",
        "sbom/cdx.json",
        "sbom/spdx.json",
    ] {
        for folder in &folders {
            assert!(
                !holds(&dir.join(file), folder),
                "{file}: {}",
                folder.display()
            );
        }
    }
}

#[test]
fn a_component_compiles_to_the_same_artifact_each_time_and_to_another_for_each_architecture() {
    let (_folder, dir) = packaged(None);
    let component = fs::read(dir.join("guest.wasm")).unwrap();
    for arch in Arch::ALL {
        let compiled = package::aot::compile(&component, arch).unwrap();
        assert_eq!(compiled.record.arch, arch.name());
        let packaged = fs::read(dir.join("guest.cwasm")).unwrap();
        let is_here = arch == Arch::here().unwrap();
        assert_eq!(compiled.artifact == packaged, is_here, "{arch:?}");
    }
}
