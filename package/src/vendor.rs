//! Puts sources into a package, so that a build needs neither a network nor a token for them.
//!
//! `repository` fetches a folder at one revision, and `files` fetches files, or takes those of a folder.

mod files;
mod repository;
mod server;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use cnb::context::Environment;
use cnb::descriptor::{Descriptor, FileList};
use cnb::names::SourceName;
use toml::Table;

use crate::layout::DESCRIPTOR;

pub use self::files::VendoredFiles;
pub use self::repository::VendoredFolder;

/// One value of `--vendor`: `SOURCE=REF`, `SOURCE=DIR`, or `SOURCE` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub source: SourceName,
    /// A revision of a repository, or a folder with the files of a source that the application lists.
    pub what: Option<String>,
}

impl FromStr for Wanted {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (source, what) = match text.split_once('=') {
            Some((source, what)) => (source, Some(what.to_owned())),
            None => (text, None),
        };
        let source = source.parse()?;
        Ok(Self { source, what })
    }
}

/// A source that a package contains.
#[derive(Debug)]
pub struct Brought {
    pub source: SourceName,
    pub content: Content,
}

/// The content of a vendored source.
#[derive(Debug)]
pub enum Content {
    Folder(VendoredFolder),
    Files(VendoredFiles),
}

impl Content {
    /// The table `vendored` of a source, which declares this content.
    pub fn table(&self) -> anyhow::Result<Table> {
        match self {
            Self::Folder(folder) => folder.table(),
            Self::Files(files) => files.table(),
        }
    }

    /// Writes the content into a buildpack directory.
    pub fn write(&self, buildpack: &Path, source: &SourceName) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => folder.write(buildpack, source),
            Self::Files(files) => files.write(buildpack, source),
        }
    }
}

/// Writes sources into a buildpack directory, and declares them in the descriptor there.
pub fn bring_along(folder: &Path, descriptor: &str, brought: &[Brought]) -> anyhow::Result<()> {
    let mut text = descriptor.to_owned();
    for Brought { source, content } in brought {
        let keys = toml::to_string(&content.table()?)?;
        write!(text, "\n[metadata.sources.{source}.vendored]\n{keys}")?;
    }
    Descriptor::parse(&text, DESCRIPTOR)?;
    fs::write(folder.join(DESCRIPTOR), text)?;
    for Brought { source, content } in brought {
        content.write(folder, source)?;
    }
    Ok(())
}

/// Fetches the wanted sources of a descriptor.
pub fn fetch(
    descriptor: &str,
    wanted: &[Wanted],
    environment: &Environment,
) -> anyhow::Result<Vec<Brought>> {
    let descriptor = Descriptor::parse(descriptor, DESCRIPTOR)?;
    let mut brought: Vec<Brought> = Vec::new();
    for Wanted { source, what } in wanted {
        let again = brought.iter().any(|one| one.source == *source);
        ensure!(
            !again,
            "--vendor names source '{source}' twice\nName it once."
        );
        let content = content(&descriptor, source, what.as_deref(), environment);
        brought.push(Brought {
            source: source.clone(),
            content: content.with_context(|| format!("Source '{source}' cannot be packaged"))?,
        });
    }
    Ok(brought)
}

fn content(
    descriptor: &Descriptor,
    name: &SourceName,
    what: Option<&str>,
    environment: &Environment,
) -> anyhow::Result<Content> {
    if let Some(source) = descriptor.sources.get(name) {
        let revision = what.with_context(|| {
            format!("It is a folder of a repository.\nName the revision: --vendor {name}=REF")
        })?;
        let folder = repository::fetch(descriptor, name, source, revision, environment)?;
        return Ok(Content::Folder(folder));
    }
    let Some(source) = descriptor.file_sources.get(name) else {
        let names: Vec<_> = descriptor.source_names().map(SourceName::as_str).collect();
        match names[..] {
            [] => bail!("{DESCRIPTOR} declares no source at all.\nLeave --vendor out."),
            _ => bail!(
                "{DESCRIPTOR} declares no source of this name.\nIts sources: {}",
                names.join(", ")
            ),
        }
    };
    let files = match (&source.list, what) {
        (FileList::Declared { files, .. }, None) => {
            files::fetch(descriptor, name, source, files, environment)?
        }
        (FileList::Declared { .. }, Some(_)) => bail!(
            "{DESCRIPTOR} lists its files, and all of them are packaged.\nWrite: --vendor {name}"
        ),
        (FileList::InApplication(_), Some(folder)) => files::in_folder(name, Path::new(folder))?,
        (FileList::InApplication(_), None) => bail!(
            "An application lists its files, so they are not known here.\n\
             Name a folder that has them: --vendor {name}=DIR"
        ),
    };
    Ok(Content::Files(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_a_source_and_what_may_contain_an_equals_sign() {
        let wanted = |text: &str| {
            let Wanted { source, what } = text.parse().unwrap();
            (source.to_string(), what)
        };
        assert_eq!(wanted("python"), ("python".to_owned(), None));
        assert_eq!(wanted("a=v1"), ("a".to_owned(), Some("v1".to_owned())));
        assert_eq!(wanted("a=b=c"), ("a".to_owned(), Some("b=c".to_owned())));
        for wrong in ["", "=v1", "a/b=v1", "v1.2 x"] {
            wrong.parse::<Wanted>().unwrap_err();
        }
    }
}
