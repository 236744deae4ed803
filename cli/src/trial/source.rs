//! Puts folders in the place of declared sources: each becomes a pack in the trial's copy of the buildpack, as if the
//! package contained it. So no server is asked, and no credential is needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use cnb::names::SourceName;
use cnb::sha256::Sha256;
use lifecycle::folder;
use package::{layout, packed};
use toml::{Table, Value};

/// An id of no object, for a source that is not there.
const NOTHING: &str = "0000000000000000000000000000000000000000";

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
                if is_of_files(source) {
                    vendored_files(buildpack, name, source, Vec::new())?;
                } else {
                    vendored(source, NOTHING, NOTHING)?;
                }
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

fn vendor(buildpack: &Path, name: &str, source: &mut Value, from: &Path) -> anyhow::Result<()> {
    ensure!(from.is_dir(), "This is not a directory.");
    if is_of_files(source) {
        return vendored_files(buildpack, name, source, files(from)?);
    }
    let packed = packed::folder(from)?;
    vendored(source, &packed.commit, &packed.tree)?;
    let place = buildpack.join(layout::pack(&name.parse::<SourceName>()?));
    let parent = place.parent().context("The pack has no folder.")?;
    fs::create_dir_all(parent)?;
    fs::write(&place, &packed.pack)
        .with_context(|| format!("The pack cannot be written: '{}'", place.display()))
}

fn is_of_files(source: &Value) -> bool {
    ["files", "listed-in"]
        .iter()
        .any(|key| source.get(key).is_some())
}

/// All files of a folder and of its folders.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder::snapshot(folder)? {
        if matches!(entry.kind, folder::Kind::File(_)) {
            files.push(folder.join(entry.path));
        }
    }
    Ok(files)
}

/// Copies files into the buildpack under their digests, and declares that the package contains them.
fn vendored_files(
    buildpack: &Path,
    name: &str,
    source: &mut Value,
    files: Vec<PathBuf>,
) -> anyhow::Result<()> {
    let name: SourceName = name.parse()?;
    let mut digests = Vec::new();
    for from in files {
        let content = fs::read(&from)
            .with_context(|| format!("The file cannot be read: '{}'", from.display()))?;
        let sha256 = Sha256::of(&content);
        let place = buildpack.join(layout::file(&name, sha256));
        let parent = place.parent().context("The file has no folder.")?;
        fs::create_dir_all(parent)?;
        fs::write(&place, &content)
            .with_context(|| format!("The file cannot be written: '{}'", place.display()))?;
        digests.push(Value::from(sha256.to_string()));
    }
    let folder = layout::file(&name, Sha256::of(b""));
    fs::create_dir_all(buildpack.join(folder.parent().context("The file has no folder.")?))?;
    let source = source
        .as_table_mut()
        .context("The source is not a table in buildpack.toml.")?;
    let digests = [("sha256".to_owned(), Value::from(digests))];
    source.insert(
        "vendored".to_owned(),
        Value::from(Table::from_iter(digests)),
    );
    Ok(())
}

/// Declares that the package contains a source.
fn vendored(source: &mut Value, commit: &str, tree: &str) -> anyhow::Result<()> {
    let source = source
        .as_table_mut()
        .context("The source is not a table in buildpack.toml.")?;
    let revision = source.get("ref").cloned();
    let revision = revision.context("The source has no 'ref' in buildpack.toml.")?;
    let ids = [
        ("revision", revision),
        ("commit", Value::from(commit)),
        ("tree", Value::from(tree)),
    ];
    let ids = ids.map(|(key, value)| (key.to_owned(), value));
    source.insert("vendored".to_owned(), Value::from(Table::from_iter(ids)));
    Ok(())
}
