//! The bills of materials that packaging prepares: for each format a document with the host and the crates that it is
//! made of. What a build knows besides, the host adds.

mod crates;
mod cyclonedx;
mod spdx;

use std::fs;
use std::path::Path;

use host::cnb::sbom::{FOLDER, Format};

use self::crates::Crate;

/// The host's name to those who read the image's bills: by itself it is called after what it does here.
const HOST: &str = "wasm-buildpacks-host";

/// What the host is, in a line.
const DESCRIPTION: &str =
    "Runs a buildpack's component and fetches what it declares. No part of the image";

/// What a document is made of.
#[derive(Debug, Clone)]
struct Made {
    host: Crate,
    crates: Vec<Crate>,
}

/// Writes the documents into a buildpack directory whose host is built for this target.
pub fn write(dir: &Path, target: &str) -> anyhow::Result<()> {
    let made = crates::of_host(target)?;
    let folder = dir.join(FOLDER);
    fs::create_dir_all(&folder)?;
    for format in Format::ALL {
        let document = match format {
            Format::CycloneDx => cyclonedx::document(&made),
            Format::Spdx => spdx::document(&made),
        };
        fs::write(folder.join(format.file()), format!("{document}\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use host::cnb::sbom::Prepared;
    use host::dir::Dir;

    use super::*;
    use crate::cargo;

    #[test]
    fn the_host_can_use_what_is_prepared() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &cargo::host_target()).unwrap();
        let dir = Dir::open_ambient(folder.path()).unwrap();
        Prepared::read(&dir, &BTreeSet::from(Format::ALL)).unwrap();
    }

    #[test]
    fn the_same_is_prepared_again() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for folder in &folders {
            write(folder.path(), &cargo::host_target()).unwrap();
        }
        for format in Format::ALL {
            let file = Path::new(FOLDER).join(format.file());
            let [one, other] = folders
                .each_ref()
                .map(|folder| fs::read(folder.path().join(&file)).unwrap());
            assert_eq!(one, other);
        }
    }
}
