//! Makes the bills of materials of a package, one for each format. The CycloneDX one lists the host and its crates as
//! tools. In a build, the host adds what only the build knows.

mod crates;
mod cyclonedx;
mod spdx;

use std::fs;
use std::path::{Path, PathBuf};

use cnb::sbom::{FOLDER, Format};

use self::crates::Crate;
use crate::arch::Arch;

/// The host's name for readers of an image's bills. Its package name, `host`, only describes its role in this project.
const HOST: &str = "wasm-buildpacks-host";

const DESCRIPTION: &str =
    "Runs a buildpack's component and fetches what it declares. No part of the image";

/// A document of a buildpack directory: its path there and its text.
pub type Document = (PathBuf, String);

/// The programs that a document lists.
#[derive(Debug, Clone)]
struct Made {
    host: Crate,
    crates: Vec<Crate>,
}

/// The documents of the host for an architecture, each with its path in a buildpack directory.
pub fn documents(arch: Arch) -> anyhow::Result<Vec<Document>> {
    Ok(written(&crates::of_host(arch)?))
}

/// The same documents, from what `cargo::host_crates` and Cargo.lock said when the host was built.
pub fn documents_of(crates: &str, lock: &str) -> anyhow::Result<Vec<Document>> {
    Ok(written(&crates::of_tree(crates, lock)?))
}

fn written(made: &Made) -> Vec<Document> {
    let documents = Format::ALL.map(|format| {
        let document = match format {
            Format::CycloneDx => cyclonedx::document(made),
            Format::Spdx => spdx::document(made),
        };
        (place(format), format!("{document}\n"))
    });
    documents.into()
}

/// The path of a format's document in a buildpack directory.
#[must_use]
pub fn place(format: Format) -> PathBuf {
    Path::new(FOLDER).join(format.file())
}

/// Writes documents into a buildpack directory.
pub fn write(dir: &Path, documents: &[Document]) -> anyhow::Result<()> {
    fs::create_dir_all(dir.join(FOLDER))?;
    for (place, document) in documents {
        fs::write(dir.join(place), document)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cnb::sbom::Prepared;
    use dir::Dir;

    use super::*;

    #[test]
    fn the_host_can_use_what_is_prepared() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &documents(Arch::here().unwrap()).unwrap()).unwrap();
        let dir = Dir::open_ambient(folder.path()).unwrap();
        Prepared::read(&dir, &BTreeSet::from(Format::ALL)).unwrap();
    }

    #[test]
    fn the_same_is_prepared_again() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for folder in &folders {
            write(folder.path(), &documents(Arch::here().unwrap()).unwrap()).unwrap();
        }
        for format in Format::ALL {
            let file = place(format);
            let [one, other] = folders
                .each_ref()
                .map(|folder| fs::read(folder.path().join(&file)).unwrap());
            assert_eq!(one, other);
        }
    }
}
