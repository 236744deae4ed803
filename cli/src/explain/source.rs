//! The declared sources in an explanation, as data and as text. Nothing else in `explain` knows the kinds of sources.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use ::package::vendor;
use cnb::context::BuildContext;
use cnb::descriptor::source::{GitSource, SourceKind};
use cnb::descriptor::{CredentialDeclaration, DeclaredSource, Descriptor};
use cnb::names::SourceName;
use contents::{ContentOrigin, ContentsError, Looked};
use policy::Grants;
use report::{bytes, counted};
use serde::Serialize;

use crate::answer::indented;

/// The sources of content, by kind.
#[derive(Debug, Default, Serialize)]
pub(super) struct SourceAnswers {
    /// The git repositories.
    sources: Vec<RepositoryAnswer>,
    /// The sources of files by digest.
    file_sources: Vec<FilesAnswer>,
}

/// A source that is a git repository.
#[derive(Debug, Serialize)]
struct RepositoryAnswer {
    name: String,
    /// The address of the repository.
    url: String,
    /// The branch, tag or commit.
    revision: String,
    /// The variable that set the revision.
    chosen_by: Option<String>,
    /// The folder in the repository.
    subpath: String,
    /// Whether the repository is a mirror from the operator's policy.
    mirror: bool,
    /// The commit that comes with the package. Then no server is asked.
    in_package: Option<String>,
    /// The places that may hold its credential.
    credential_from: Vec<String>,
    /// The place where the credential was found.
    credential_found: Option<String>,
    /// The only server that would get the credential.
    credential_goes_to: Option<String>,
    /// The reason why the source can't be fetched.
    problem: Option<String>,
    /// The result of asking the server, with `--ask`.
    asked: Option<AskedAnswer>,
}

/// A source that consists of files.
#[derive(Debug, Serialize)]
struct FilesAnswer {
    name: String,
    /// The list of the files and their servers, in words.
    from: String,
    /// Whether the files come with the package. Then no server is asked.
    in_package: bool,
    /// The places that may hold its credential.
    credential_from: Vec<String>,
}

/// The result of asking for a source as a build does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AskedAnswer {
    /// The folder that a build would use.
    Taken(Looked),
    /// The message of the error that a build would end with.
    Refused(String),
    /// The reason why it was not asked: the same credential or proxy was refused for another source.
    Unasked(String),
}

/// The results of signing in to sources, and of asking their servers.
#[derive(Default)]
pub(super) struct Tried<'a> {
    pub(super) origins: BTreeMap<&'a SourceName, Result<ContentOrigin, ContentsError>>,
    pub(super) asked: BTreeMap<SourceName, AskedAnswer>,
}

impl SourceAnswers {
    pub(super) fn of(context: &BuildContext, grants: &Grants, mut tried: Tried<'_>) -> Self {
        let mut answers = Self::default();
        for source in grants.descriptor.sources.all() {
            match source.kind {
                SourceKind::Git(declared) => {
                    let repository = repository(&source, declared, context, grants, &mut tried);
                    answers.sources.extend(repository);
                }
                SourceKind::Files(_) => {
                    let files = files(&source, &grants.descriptor);
                    answers.file_sources.push(files);
                }
            }
        }
        answers
    }
}

/// Returns `None` for a repository that was not tried.
fn repository(
    source: &DeclaredSource<'_>,
    declared: &GitSource,
    context: &BuildContext,
    grants: &Grants,
    tried: &mut Tried<'_>,
) -> Option<RepositoryAnswer> {
    let chosen = &context.revisions[source.name];
    let mirror = grants.mirror_of(&declared.git.authority());
    let (url, is_mirror, found, problem) = match tried.origins.remove(source.name)? {
        Ok(origin) => (origin.url, origin.is_mirror, origin.credential, None),
        Err(error) => {
            let url = declared.git.to_string();
            (url, false, None, Some(error.to_string()))
        }
    };
    let in_package = declared.vendored.as_ref();
    let to: Option<cnb::address::RemoteUrl> = url.parse().ok();
    Some(RepositoryAnswer {
        name: source.name.to_string(),
        revision: chosen.revision.to_string(),
        chosen_by: chosen.variable.as_ref().map(ToString::to_string),
        subpath: declared.subpath.to_string(),
        mirror: is_mirror,
        in_package: in_package.map(|vendored| vendored.commit.to_string()),
        credential_from: match (in_package, mirror) {
            (None, Some(mirror)) => mirror.credential.as_ref().map_or_else(Vec::new, places),
            _ => credential_from(source, &grants.descriptor),
        },
        credential_goes_to: to.filter(|_| found.is_some()).map(|url| url.origin()),
        credential_found: found,
        url,
        problem,
        asked: tried.asked.remove(source.name),
    })
}

fn files(source: &DeclaredSource<'_>, descriptor: &Descriptor) -> FilesAnswer {
    FilesAnswer {
        name: source.name.to_string(),
        from: vendor::describe(source),
        in_package: source.is_vendored,
        credential_from: credential_from(source, descriptor),
    }
}

/// The places of the declared credential. Content in the package needs none.
fn credential_from(source: &DeclaredSource<'_>, descriptor: &Descriptor) -> Vec<String> {
    let name = source.credential.filter(|_| !source.is_vendored);
    name.map_or_else(Vec::new, |name| places(&descriptor.credentials[name]))
}

fn places(credential: &CredentialDeclaration) -> Vec<String> {
    let binding = credential
        .binding
        .iter()
        .map(|kind| format!("a binding of type '{kind}'"));
    let variable = credential.env.iter().map(|name| format!("variable {name}"));
    binding.chain(variable).collect()
}

impl Display for SourceAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sources,
            file_sources,
        } = self;
        for source in sources {
            source.fmt(f)?;
        }
        for source in file_sources {
            source.fmt(f)?;
        }
        if sources.is_empty() && file_sources.is_empty() {
            writeln!(f, "Sources: none")?;
        }
        Ok(())
    }
}

impl Display for RepositoryAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mirror = if self.mirror {
            ", the mirror of the operator's policy"
        } else {
            ""
        };
        writeln!(f, "Source '{}': {}{mirror}", self.name, self.url)?;
        let by = self.chosen_by.as_ref();
        let by = by.map_or(String::new(), |variable| format!(", chosen by {variable}"));
        writeln!(f, "  the folder {} at {}{by}", self.subpath, self.revision)?;
        if let Some(commit) = &self.in_package {
            writeln!(
                f,
                "  comes with this package, at commit {commit}; no server is asked"
            )?;
        } else if self.credential_from.is_empty() {
            writeln!(f, "  credential: none is declared")?;
        } else {
            writeln!(
                f,
                "  credential: from {}",
                self.credential_from.join(", or ")
            )?;
        }
        if let (Some(found), Some(to)) = (&self.credential_found, &self.credential_goes_to) {
            writeln!(f, "    found in {found}; it goes to {to} and nowhere else")?;
        }
        if let Some(problem) = &self.problem {
            writeln!(f, "  can't be fetched: {problem}")?;
        }
        match &self.asked {
            Some(asked) => asked.fmt(f),
            None => Ok(()),
        }
    }
}

impl Display for FilesAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Source '{}': {}", self.name, self.from)?;
        if self.in_package {
            return Ok(());
        }
        let from = if self.credential_from.is_empty() {
            "none is declared".to_owned()
        } else {
            format!("from {}", self.credential_from.join(", or "))
        };
        writeln!(f, "  credential: {from}")
    }
}

impl Display for AskedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looked = match self {
            Self::Taken(looked) => looked,
            Self::Refused(why) => {
                writeln!(f, "  asked just now: a build would end with this")?;
                return indented(f, why);
            }
            Self::Unasked(why) => return writeln!(f, "  not asked: {why}"),
        };
        let Looked {
            commit,
            tree,
            files,
            bytes: size,
            lfs_pointers,
        } = looked;
        let files = counted(*files, "file", "files");
        writeln!(
            f,
            "  asked just now: a build would take {files}, {}",
            bytes(*size)
        )?;
        writeln!(f, "    commit {commit}, tree {tree}")?;
        if *lfs_pointers > 0 {
            let pointers = counted(
                *lfs_pointers,
                "of them is a pointer",
                "of them are pointers",
            );
            writeln!(f, "    {pointers} to Git LFS, which isn't fetched")?;
        }
        Ok(())
    }
}
