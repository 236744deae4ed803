//! Puts sources into a package, so that a build needs neither a network nor a token for them, and checks and describes
//! those that it has.
//!
//! Each kind of source has a file. Nothing else in this package knows the kinds.

mod files;
mod repository;
mod server;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use cnb::context::Environment;
use cnb::descriptor::source::{FileSource, SourceKind};
use cnb::descriptor::{DeclaredSource, Descriptor, Limits};
use cnb::names::{SourceName, VariableName};
use policy::is_like_a_credential;
use toml::{Table, Value};

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

/// A line of `verify` about the content of a source.
pub(crate) enum Judged {
    Sound(String),
    Fault(String),
}

impl Content {
    /// All files of a folder, as if they had been fetched. `source` is the declaration in the descriptor.
    pub fn of_folder(source: &Value, folder: &Path) -> anyhow::Result<Self> {
        if is_of_files(source) {
            Ok(Self::Files(VendoredFiles::beneath(folder)?))
        } else {
            Ok(Self::Folder(VendoredFolder::of(source, folder)?))
        }
    }

    /// The content of a source that the package does not have.
    pub fn missing(source: &Value) -> anyhow::Result<Self> {
        if is_of_files(source) {
            Ok(Self::Files(VendoredFiles::default()))
        } else {
            Ok(Self::Folder(VendoredFolder::missing(source)?))
        }
    }

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

fn is_of_files(source: &Value) -> bool {
    let mut keys = FileSource::KEYS.iter();
    keys.any(|key| source.get(key).is_some())
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
    let sources = descriptor.sources.all();
    let Some(source) = sources.iter().find(|source| source.name == name) else {
        let names: Vec<_> = sources.iter().map(|source| source.name.as_str()).collect();
        match names[..] {
            [] => bail!("{DESCRIPTOR} declares no source at all.\nLeave --vendor out."),
            _ => bail!(
                "{DESCRIPTOR} declares no source of this name.\nIts sources: {}",
                names.join(", ")
            ),
        }
    };
    Ok(match source.kind {
        SourceKind::Git(declared) => Content::Folder(repository::fetch(
            descriptor,
            name,
            declared,
            what,
            environment,
        )?),
        SourceKind::Files(declared) => {
            Content::Files(files::bring(descriptor, name, declared, what, environment)?)
        }
    })
}

/// Describes where the content of a source comes from.
#[must_use]
pub fn describe(source: &DeclaredSource<'_>) -> String {
    match source.kind {
        SourceKind::Git(declared) => repository::describe(declared),
        SourceKind::Files(declared) => files::describe(declared),
    }
}

/// Checks the content of a vendored source in a package. `read` returns a file of the package. Missing files are
/// reported elsewhere.
pub(crate) fn judge<'p>(
    source: &DeclaredSource<'_>,
    limits: &Limits,
    read: impl Fn(&str) -> Option<&'p [u8]>,
) -> Vec<Judged> {
    match source.kind {
        SourceKind::Git(declared) => repository::judge(source.name, declared, limits, read),
        SourceKind::Files(declared) => files::judge(source.name, declared, read),
    }
}

/// The name of a platform's variable, with a note if an operator's policy must name it.
pub(crate) fn variable(name: &VariableName) -> String {
    if is_like_a_credential(name) {
        format!("{name} (named like a credential's, so only if an operator's policy names it)")
    } else {
        name.to_string()
    }
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
