//! Sources of files. Each file is identified by its SHA-256 digest.
//!
//! The files are listed either in buildpack.toml or in a lock file of the application. Nothing here reads a lock file.

use std::path::PathBuf;

use super::super::{DescriptorError, Section};
use super::{ContentForm, DeclaredSource, SourceKind, in_package};
use crate::address::{FileUrl, Origin, RemoteUrl};
use crate::names::{CredentialName, LockFileName, SourceName, SupplierName};
use crate::sha256::Sha256;

/// The limit on the files that a source lists in buildpack.toml.
const MOST_FILES: usize = 1024;

/// A source that consists of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    pub list: FileList,
    /// The other origins to which a server may redirect a request. They get no credential.
    pub redirects_to: Vec<Origin>,
    /// The credential, if the server is not public.
    pub credential: Option<CredentialName>,
    /// The supplier of the files, for the bills of materials.
    pub supplier: Option<SupplierName>,
    /// The digests of the files in the package. If it is set, the host fetches nothing.
    pub vendored: Option<Vec<Sha256>>,
}

/// The list of a source's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileList {
    /// buildpack.toml lists the files, with paths beneath one address.
    Declared {
        base: RemoteUrl,
        files: Vec<DeclaredFile>,
    },
    /// These files of the application list addresses with digests. Each of them that exists counts.
    InApplication(Vec<LockFileName>),
}

/// A file that buildpack.toml lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredFile {
    /// The path beneath the source's address, as it is written.
    pub path: String,
    pub url: FileUrl,
    pub sha256: Sha256,
    /// The only architecture that uses the file, by Go's name.
    pub arch: Option<String>,
}

impl FileSource {
    pub const FORM: ContentForm = ContentForm::Files;

    /// The keys by which a table declares a source of files.
    pub const KEYS: [&str; 2] = ["files", "listed-in"];

    /// The one server of the source. `None` if a lock file of the application names the servers.
    #[must_use]
    pub fn server(&self) -> Option<&RemoteUrl> {
        match &self.list {
            FileList::Declared { base, .. } => Some(base),
            FileList::InApplication(_) => None,
        }
    }

    /// The files that buildpack.toml lists.
    #[must_use]
    pub fn declared(&self) -> &[DeclaredFile] {
        match &self.list {
            FileList::Declared { files, .. } => files,
            FileList::InApplication(_) => &[],
        }
    }

    /// The folder of a source's files in a package.
    #[must_use]
    pub fn package_folder(source: &SourceName) -> PathBuf {
        in_package(source.as_str())
    }

    /// The path of one of a source's files in a package.
    #[must_use]
    pub fn package_file(source: &SourceName, sha256: Sha256) -> PathBuf {
        Self::package_folder(source).join(sha256.to_string())
    }

    pub(super) fn package_files(&self, name: &SourceName) -> impl Iterator<Item = PathBuf> {
        let digests = self.vendored.iter().flatten();
        digests.map(|sha256| Self::package_file(name, *sha256))
    }

    pub(super) fn named<'d>(&'d self, name: &'d SourceName) -> DeclaredSource<'d> {
        DeclaredSource {
            name,
            kind: SourceKind::Files(self),
            form: Self::FORM,
            server: self.server(),
            reference: None,
            ref_variable: None,
            credential: self.credential.as_ref(),
            supplier: self.supplier.as_ref(),
            is_vendored: self.vendored.is_some(),
        }
    }
}

pub(super) fn read(mut section: Section<'_>) -> Result<FileSource, DescriptorError> {
    let list = if section.has("listed-in") {
        if section.has("files") {
            let text = "a source has either 'files' or 'listed-in'";
            return Err(section.conflict(text.to_owned()));
        }
        let names: Vec<LockFileName> = section.parsed_list("listed-in")?;
        if names.is_empty() {
            let text = "it must name a file of the application, such as \"uv.lock\"";
            return Err(section.conflict_at("listed-in", text.to_owned()));
        }
        FileList::InApplication(names)
    } else {
        let base: RemoteUrl = section.required("files")?;
        let files = section.tables("file")?;
        if files.is_empty() || files.len() > MOST_FILES {
            let text = format!("a source lists from 1 to {MOST_FILES} files");
            return Err(section.conflict_at("file", text));
        }
        let files = files.into_iter().map(|file| declared(file, &base));
        let files: Vec<_> = files.collect::<Result<_, _>>()?;
        let mut listed = files.iter().enumerate();
        let twice = listed.find(|(at, file)| files[..*at].iter().any(|one| one.path == file.path));
        if let Some((_, DeclaredFile { path, .. })) = twice {
            let text = format!("'{}' is listed twice", crate::names::shown(path));
            return Err(section.conflict_at("file", text));
        }
        FileList::Declared { base, files }
    };
    let source = FileSource {
        redirects_to: section.parsed_list("redirects-to")?,
        credential: section.parsed("credential")?,
        supplier: section.parsed("supplier")?,
        vendored: vendored(&mut section)?,
        list,
    };
    section.finish()?;
    Ok(source)
}

fn declared(mut section: Section<'_>, base: &RemoteUrl) -> Result<DeclaredFile, DescriptorError> {
    let path = section.required_text("path")?;
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    if !path.split('/').all(plain) {
        let text = "it must be plain names with one '/' between them";
        return Err(section.conflict_at("path", text.to_owned()));
    }
    let url = section.value("path", base.join(&path).parse::<FileUrl>())?;
    let sha256 = section.required("sha256")?;
    let arch = section.text("arch")?;
    section.finish()?;
    Ok(DeclaredFile {
        path,
        url,
        sha256,
        arch,
    })
}

/// Reads the digests of the files in the package. An empty list differs from a missing one.
fn vendored(section: &mut Section<'_>) -> Result<Option<Vec<Sha256>>, DescriptorError> {
    if !section.has("vendored") {
        return Ok(None);
    }
    let mut vendored = section.section("vendored")?;
    let digests = vendored.parsed_list("sha256")?;
    vendored.finish()?;
    Ok(Some(digests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Descriptor;

    const HEAD: &str = "api = \"0.10\"\n[buildpack]\nid = \"a/b\"\nversion = \"1\"\nclear-env = true\n\
        [metadata.credentials.c]\nenv = \"BP_TOKEN\"\n[metadata.sources.s]\n";
    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read(source: &str) -> Result<FileSource, String> {
        let text = format!("{HEAD}{}", source.replace("DIGEST", DIGEST));
        match Descriptor::parse(&text, "buildpack.toml") {
            Ok(mut descriptor) => Ok(descriptor.sources.files.pop_first().unwrap().1),
            Err(error) => Err(text::chain(&error)),
        }
    }

    const LISTED: &str = "files = \"https://files.example.com/pub/\"\ncredential = \"c\"\nsupplier = \"Makers\"\n\
        redirects-to = [\"https://cdn.example.com\"]\n\
        [[metadata.sources.s.file]]\npath = \"1/a.tar.gz\"\nsha256 = \"DIGEST\"\narch = \"amd64\"\n\
        [[metadata.sources.s.file]]\npath = \"b\"\nsha256 = \"DIGEST\"\n";

    #[test]
    fn a_list_of_buildpack_toml_has_addresses_beneath_its_own() {
        let source = read(LISTED).unwrap();
        let [one, two] = source.declared() else {
            panic!("{source:?}");
        };
        let url = "https://files.example.com/pub/1/a.tar.gz";
        assert_eq!(
            (&*one.path, one.url.to_string()),
            ("1/a.tar.gz", url.to_owned())
        );
        assert_eq!(
            (one.arch.as_deref(), two.arch.as_deref()),
            (Some("amd64"), None)
        );
        assert_eq!(one.sha256.to_string(), DIGEST);
        assert_eq!(
            source.server().unwrap().origin(),
            "https://files.example.com"
        );
        assert_eq!(source.redirects_to.len(), 1);
        assert_eq!(source.vendored, None);
    }

    #[test]
    fn a_list_of_the_application_names_its_files_and_no_server() {
        let source = read("listed-in = [\"uv.lock\", \"pylock.toml\"]\n").unwrap();
        let FileList::InApplication(files) = &source.list else {
            panic!("{source:?}");
        };
        assert_eq!(files.len(), 2);
        assert_eq!((source.server(), source.declared()), (None, &[][..]));
        let vendored = |list: &str| {
            let source = read(&format!(
                "listed-in = [\"a\"]\nvendored = {{ sha256 = [{list}] }}\n"
            ));
            source.unwrap().vendored.unwrap().len()
        };
        assert_eq!((vendored(""), vendored("\"DIGEST\"")), (0, 1));
    }

    #[test]
    fn what_contradicts_itself_or_leads_elsewhere_is_refused_by_its_key() {
        let file = |path: &str, more: &str| {
            format!(
                "files = \"https://files.example.com\"\n[[metadata.sources.s.file]]\npath = \"{path}\"\nsha256 = \"DIGEST\"\n{more}"
            )
        };
        for (source, key) in [
            ("listed-in = []\n".to_owned(), "s.listed-in"),
            ("listed-in = [\"a/b.lock\"]\n".to_owned(), "s.listed-in"),
            ("listed-in = [\"../b\"]\n".to_owned(), "s.listed-in"),
            (
                "listed-in = [\"a\"]\nfiles = \"https://x.example\"\n".to_owned(),
                "has either",
            ),
            (
                "listed-in = [\"a\"]\nvendored = true\n".to_owned(),
                "s.vendored",
            ),
            (
                "listed-in = [\"a\"]\nvendored = { sha256 = [\"a\"] }\n".to_owned(),
                "s.vendored",
            ),
            (
                "listed-in = [\"a\"]\nref = \"main\"\n".to_owned(),
                "s.ref in",
            ),
            (
                "files = \"https://files.example.com\"\n".to_owned(),
                "s.file in",
            ),
            (
                "files = \"http://files.example.com\"\n".to_owned(),
                "s.files in",
            ),
            (file("../a", ""), "path in"),
            (file("a//b", ""), "path in"),
            (file("a?b", ""), "path in"),
            (file("%2e%2e/a", ""), "path in"),
            (file("a", "size = 1\n"), "size in"),
            (file("a", "").replace("DIGEST", "abc"), "sha256 in"),
            (
                file(
                    "a",
                    &format!("[[metadata.sources.s.file]]\npath = \"a\"\nsha256 = \"{DIGEST}\"\n"),
                ),
                "'a' is listed twice",
            ),
            (
                "listed-in = [\"a\"]\nredirects-to = [\"https://x.example/path\"]\n".to_owned(),
                "s.redirects-to",
            ),
            (
                "listed-in = [\"a\"]\ncredential = \"none\"\n".to_owned(),
                "s.credential",
            ),
        ] {
            let error = read(&source).unwrap_err();
            assert!(error.contains(key), "{source}: {error}");
        }
        read(&file("a/b.tar.gz", "")).unwrap();
    }

    #[test]
    fn a_credential_is_for_one_server_whatever_the_kinds_of_its_sources_are() {
        let git = |host: &str| {
            format!(
                "[metadata.sources.g]\ngit = \"https://{host}/x.git\"\nref = \"main\"\nsubpath = \"a\"\ncredential = \"c\"\n"
            )
        };
        read(&format!("{LISTED}{}", git("files.example.com"))).unwrap();
        let error = read(&format!("{LISTED}{}", git("git.example.com"))).unwrap_err();
        assert!(
            error.contains("a credential is for one origin only"),
            "{error}"
        );
        let open = "listed-in = [\"a\"]\ncredential = \"c\"\n";
        read(open).unwrap();
        let error = read(&format!("{open}{}", git("files.example.com"))).unwrap_err();
        assert!(
            error.contains("a credential is for one origin only"),
            "{error}"
        );
    }
}
