//! Puts folders in the place of declared sources: each becomes a pack in the trial's copy of the buildpack, as if the
//! package contained it. So no server is asked, and no credential is needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use lifecycle::folder;
use package::layout;
use package::vendor::Content;
use toml::{Table, Value};

/// The sources that no folder replaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// The host fetches them from their servers.
    Fetched,
    /// The host finds that the package lacks them, and asks no server.
    Missing,
}

/// Replaces sources in a buildpack directory. Returns the names of the others.
pub(super) fn replace(
    buildpack: &Path,
    folders: &BTreeMap<String, PathBuf>,
    others: Others,
) -> anyhow::Result<Vec<String>> {
    let file = buildpack.join(layout::DESCRIPTOR);
    let text = fs::read_to_string(&file)
        .with_context(|| format!("The descriptor cannot be read: '{}'", file.display()))?;
    let mut descriptor: Table = toml::from_str(&text)?;
    let metadata = descriptor.get_mut("metadata");
    let declared = metadata
        .and_then(|metadata| metadata.get_mut("sources"))
        .and_then(Value::as_table_mut);
    let mut none = Table::new();
    let declared = declared.unwrap_or(&mut none);
    for (name, folder) in folders {
        let Some(source) = declared.get_mut(name) else {
            let names: Vec<_> = declared.keys().map(String::as_str).collect();
            let advice = match names[..] {
                [] => "It declares no source at all.".to_owned(),
                _ => format!("Name one of its sources: {}.", names.join(", ")),
            };
            bail!("buildpack.toml declares no source '{name}'\n{advice}");
        };
        vendor(buildpack, name, source, folder).with_context(|| {
            format!(
                "The folder cannot take the place of source '{name}': '{}'",
                folder.display()
            )
        })?;
    }
    let mut left = Vec::new();
    for (name, source) in declared.iter_mut() {
        if source.get("vendored").is_none() {
            left.push(name.clone());
            if others == Others::Missing {
                lack(buildpack, name, source)?;
            }
        }
    }
    if !folders.is_empty() || others == Others::Missing {
        // The copy may be a hard link to the buildpack's own file.
        fs::remove_file(&file)?;
        fs::write(&file, toml::to_string(&descriptor)?)?;
        folder::let_all_read(buildpack)?;
    }
    Ok(left)
}

/// Puts a folder into the package as a source, and declares it.
fn vendor(buildpack: &Path, name: &str, source: &mut Value, from: &Path) -> anyhow::Result<()> {
    ensure!(from.is_dir(), "This is not a directory.");
    let content = Content::of_folder(source, from)?;
    content.write(buildpack, &name.parse()?)?;
    declare(source, &content)
}

/// Declares a source whose content the package does not have.
fn lack(buildpack: &Path, name: &str, source: &mut Value) -> anyhow::Result<()> {
    let missing = Content::missing(source)?;
    missing.write(buildpack, &name.parse()?)?;
    declare(source, &missing)
}

/// Declares that the package contains a source.
fn declare(source: &mut Value, content: &Content) -> anyhow::Result<()> {
    let source = source
        .as_table_mut()
        .context("The source is not a table in buildpack.toml.")?;
    source.insert("vendored".to_owned(), Value::from(content.table()?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use cnb::sha256::Sha256;

    use super::*;

    /// A buildpack directory with a source of each kind, and a folder with a file and a link to it.
    fn buildpack_and_folder() -> (tempfile::TempDir, tempfile::TempDir) {
        let (buildpack, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = "[metadata.sources.files]\nlisted-in = [\"some.lock\"]\n\
            [metadata.sources.folder]\ngit = \"https://git.example/a.git\"\nref = \"main\"\n";
        fs::write(buildpack.path().join(layout::DESCRIPTOR), text).unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/file"), "content").unwrap();
        symlink("deep/file", folder.path().join("link")).unwrap();
        (buildpack, folder)
    }

    fn sources(buildpack: &Path) -> Table {
        let text = fs::read_to_string(buildpack.join(layout::DESCRIPTOR)).unwrap();
        let descriptor: Table = text.parse().unwrap();
        descriptor["metadata"]["sources"]
            .as_table()
            .unwrap()
            .clone()
    }

    #[test]
    fn a_folder_becomes_files_by_digest_or_a_pack_and_links_among_files_are_passed_over() {
        let (buildpack, folder) = buildpack_and_folder();
        let folders = ["files", "folder"].map(|name| (name.to_owned(), folder.path().to_owned()));
        let left = replace(buildpack.path(), &folders.into(), Others::Fetched).unwrap();
        assert_eq!(left, [""; 0]);
        let sources = sources(buildpack.path());
        let digest = Sha256::of(b"content").to_string();
        assert_eq!(
            sources["files"]["vendored"]["sha256"],
            vec![digest.clone()].into()
        );
        let written = folder::snapshot(&buildpack.path().join("vendor")).unwrap();
        let digest = format!("files/{digest}");
        assert_eq!(folder::paths(&written), ["files", &*digest, "folder.pack"]);
        assert_eq!(sources["folder"]["vendored"]["revision"], "main".into());
    }

    #[test]
    fn a_source_that_no_folder_replaces_is_declared_and_missing() {
        let (buildpack, _) = buildpack_and_folder();
        let left = replace(buildpack.path(), &BTreeMap::new(), Others::Missing).unwrap();
        assert_eq!(left, ["files", "folder"]);
        let sources = sources(buildpack.path());
        assert_eq!(
            sources["files"]["vendored"]["sha256"],
            Value::Array(Vec::new())
        );
        assert_eq!(sources["folder"]["vendored"]["tree"], "0".repeat(40).into());
        let written = folder::snapshot(&buildpack.path().join("vendor")).unwrap();
        assert_eq!(folder::paths(&written), ["files"]);
    }
}
