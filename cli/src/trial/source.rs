//! Puts folders in the place of declared sources: each becomes a pack in the trial's copy of the buildpack, as if the
//! package contained it. So no server is asked, and no credential is needed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use cnb::names::SourceName;
use lifecycle::folder;
use package::{layout, packed};
use toml::{Table, Value};

/// Replaces sources in a buildpack directory. Returns the declared sources that are on a server still.
pub(super) fn replace(
    buildpack: &Path,
    folders: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<Vec<String>> {
    let file = buildpack.join(layout::DESCRIPTOR);
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
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
            match names[..] {
                [] => bail!(
                    "buildpack.toml declares no source, so '{}' cannot take the place of '{name}'",
                    folder.display()
                ),
                _ => bail!(
                    "buildpack.toml declares no source '{name}', but: {}",
                    names.join(", ")
                ),
            }
        };
        vendor(buildpack, name, source, folder).with_context(|| {
            format!(
                "'{}' cannot take the place of source '{name}'",
                folder.display()
            )
        })?;
    }
    let served = declared
        .iter()
        .filter(|(_, source)| source.get("vendored").is_none());
    let served = served.map(|(name, _)| name.clone()).collect();
    if !folders.is_empty() {
        // The copy may be a hard link to the buildpack's own file.
        fs::remove_file(&file)?;
        fs::write(&file, toml::to_string(&descriptor)?)?;
        folder::let_all_read(buildpack)?;
    }
    Ok(served)
}

fn vendor(buildpack: &Path, name: &str, source: &mut Value, from: &Path) -> anyhow::Result<()> {
    ensure!(from.is_dir(), "it is not a directory");
    let source = source.as_table_mut().context("it is not a table")?;
    let revision = source.get("ref").cloned();
    let revision = revision.context("buildpack.toml declares no 'ref' for it")?;
    let packed = packed::folder(from)?;
    let place = buildpack.join(layout::pack(&name.parse::<SourceName>()?));
    let parent = place.parent().context("the pack has no folder")?;
    fs::create_dir_all(parent)?;
    fs::write(&place, &packed.pack).with_context(|| format!("cannot write {}", place.display()))?;
    let ids = [
        ("revision", revision),
        ("commit", Value::from(packed.commit)),
        ("tree", Value::from(packed.tree)),
    ];
    let ids = ids.map(|(key, value)| (key.to_owned(), value));
    let ids = Table::from_iter(ids);
    source.insert("vendored".to_owned(), Value::from(ids));
    Ok(())
}
