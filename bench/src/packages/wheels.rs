//! The wheels of the benchmark, and the pages of an index that offers them.
//!
//! Nothing here serves or unpacks them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cnb::sha256::Sha256;
use package::{cargo, say};
use serde::Serialize;

use super::server::{Page, Pages};

/// The packages that are measured unless a folder is named: four that many projects of this kind have, and what belongs
/// to them.
const DEFAULT: [&str; 25] = [
    "certifi",
    "contourpy",
    "cycler",
    "dill",
    "fonttools",
    "kiwisolver",
    "matplotlib",
    "mpmath",
    "networkx",
    "numpy",
    "packaging",
    "pandas",
    "pillow",
    "pyparsing",
    "python-dateutil",
    "qiskit",
    "requests",
    "rustworkx",
    "scipy",
    "six",
    "stevedore",
    "sympy",
    "typing-extensions",
    "tzdata",
    "urllib3",
];

/// A wheel in memory.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Wheel {
    /// The name of its file.
    pub(crate) file: String,
    pub(crate) bytes: usize,
    #[serde(skip)]
    pub(crate) sha256: Sha256,
    #[serde(skip)]
    content: Arc<[u8]>,
    #[serde(skip)]
    metadata: Arc<[u8]>,
    /// In the folder of temporary files.
    #[serde(skip)]
    pub(crate) path: PathBuf,
}

impl Wheel {
    /// The project's name as an index has it, and the version.
    fn project(&self) -> (String, &str) {
        let mut parts = self.file.split('-');
        let (name, version) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        (name.replace(['_', '.'], "-").to_ascii_lowercase(), version)
    }

    /// The requirement that only this version meets.
    pub(crate) fn requirement(&self) -> String {
        let (name, version) = self.project();
        format!("{name}=={version}")
    }

    /// The path on the server.
    pub(crate) fn address(&self) -> String {
        format!("/files/{}", self.file)
    }
}

/// All wheels of a folder, in the order of their names, and copied into the folder `copies`. `python` reads their metadata.
pub(crate) fn read(folder: &Path, copies: &Path, python: &Path) -> Result<Vec<Wheel>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    paths.sort();
    ensure!(!paths.is_empty(), "no wheels in {}", folder.display());
    let out = tempfile::tempdir()?;
    script(python, |command| {
        command.arg("metadata").arg(out.path()).args(&paths)
    })?;
    let wheels = paths.into_iter().map(|path| {
        let file = path.file_name().and_then(|name| name.to_str());
        let file = file.context("a wheel's name is not UTF-8")?.to_owned();
        let content: Arc<[u8]> = fs::read(&path)?.into();
        let path = copies.join(&file);
        fs::write(&path, &content)?;
        Ok(Wheel {
            bytes: content.len(),
            sha256: Sha256::of(&content),
            metadata: fs::read(out.path().join(format!("{file}.metadata")))?.into(),
            content,
            file,
            path,
        })
    });
    wheels.collect()
}

/// Makes a wheel with one member of this many bytes, and reads it.
pub(crate) fn make(folder: &Path, python: &Path, name: &str, bytes: u64) -> Result<Vec<Wheel>> {
    let folder = folder.join(name);
    fs::create_dir(&folder)?;
    script(python, |command| {
        let make = command.arg("make").arg(&folder);
        make.args([name, "1", &bytes.to_string()])
    })?;
    read(&folder, &folder, python)
}

fn script(python: &Path, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
    let mut command = Command::new(python);
    command
        .arg("-I")
        .arg(cargo::root().join("bench/peers/packages/wheels.py"));
    let status = arguments(&mut command)
        .status()
        .with_context(|| format!("can't start {}", python.display()))?;
    ensure!(status.success(), "wheels.py ended with {status}");
    Ok(())
}

/// The folder with the default wheels. The ordinary client downloads them, unless an earlier run did.
pub(crate) fn downloaded(python: &Path, folder: &Path) -> Result<PathBuf> {
    let wheels = folder.join("wheels");
    if wheels.is_dir() {
        return Ok(wheels);
    }
    say::step("downloading the wheels");
    let staged = folder.join("wheels.part");
    let mut client = Command::new(python);
    client.args(["-m", "pip", "download", "--quiet", "--no-deps"]);
    client.args(["--only-binary", ":all:"]);
    let status = client.arg("--dest").arg(&staged).args(DEFAULT).status()?;
    ensure!(
        status.success(),
        "pip could not download the packages ({status}); name a folder with wheels by --wheels"
    );
    fs::rename(&staged, &wheels)?;
    Ok(wheels)
}

/// The pages of an index, with metadata beside each file, as the large ones serve it.
pub(crate) fn index(wheels: &[Wheel]) -> Pages {
    let mut pages = Pages::new();
    let mut projects: BTreeMap<String, String> = BTreeMap::new();
    for wheel in wheels {
        let (address, file) = (wheel.address(), &wheel.file);
        let (sha256, metadata) = (wheel.sha256, Sha256::of(&wheel.metadata));
        let links = projects.entry(wheel.project().0).or_default();
        // Writing to a string does not fail.
        writeln!(
            links,
            "<a href=\"{address}#sha256={sha256}\" data-dist-info-metadata=\"sha256={metadata}\" \
             data-core-metadata=\"sha256={metadata}\">{file}</a><br>"
        )
        .ok();
        let content = Arc::clone(&wheel.metadata);
        pages.insert(format!("{address}.metadata"), Page::bytes(content));
        pages.insert(address, Page::bytes(Arc::clone(&wheel.content)));
    }
    for (project, links) in projects {
        let text = format!("<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n");
        pages.insert(format!("/simple/{project}/"), Page::html(text));
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_each_file_with_its_digest_and_its_metadata() {
        let wheel = Wheel {
            file: "Some_Name.x-1.0-py3-none-any.whl".into(),
            bytes: 7,
            sha256: Sha256::of(b"content"),
            content: b"content".as_slice().into(),
            metadata: b"Name".as_slice().into(),
            path: PathBuf::new(),
        };
        assert_eq!(wheel.requirement(), "some-name-x==1.0");
        let pages = index(std::slice::from_ref(&wheel));
        let page = String::from_utf8(pages["/simple/some-name-x/"].content.to_vec()).unwrap();
        let link = format!("{}#sha256={}", wheel.address(), wheel.sha256);
        assert!(page.contains(&link), "{page}");
        assert_eq!(&*pages[&wheel.address()].content, b"content");
        let metadata = format!("{}.metadata", wheel.address());
        assert_eq!(&*pages[&metadata].content, b"Name");
    }
}
