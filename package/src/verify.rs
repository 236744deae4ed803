//! `cargo xtask verify`: takes a package apart and says what it is made of, and what it may do.
//!
//! Nothing of a package is run, written to disk or believed.

mod cnb;
mod digests;
mod found;
mod grants;
mod known;
mod platform;
mod read;

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};

pub use self::digests::Digests;
pub use self::known::Known;

use self::found::Package;
use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::DESCRIPTOR;
use crate::{aot, build, say};

/// What is said of a package.
#[derive(Debug, Default)]
pub struct Report {
    /// What it is, line by line.
    pub lines: Vec<String>,
    /// What is wrong with it, each with the place.
    pub findings: Vec<String>,
}

impl Report {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn finding(&mut self, place: &str, text: impl AsRef<str>) {
        self.findings.push(format!("{place}: {}", text.as_ref()));
    }
}

/// Verifies what the command line names.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let (path, known) = match *options {
        [path] => (path, Known::Checkout(Profile::Release)),
        [path, "--digests", list] | ["--digests", list, path] => {
            (path, Known::Released(Digests::read(Path::new(list))?))
        }
        _ => bail!("verify wants DIR or FILE.cnb, and takes --digests FILE"),
    };
    let report = verify(Path::new(path), &known, aot::compile)?;
    for line in &report.lines {
        say::line(line);
    }
    for finding in &report.findings {
        say::error(finding);
    }
    ensure!(
        report.findings.is_empty(),
        "{path} is not what it should be: {} findings",
        report.findings.len()
    );
    say::line("verify: nothing is wrong with it");
    Ok(())
}

/// What compiles a component.
pub type Compile = fn(&[u8], Arch) -> anyhow::Result<aot::Compiled>;

/// Takes apart a package, one platform's folder of it, or a file of `pack buildpack package --format file`.
///
/// An error is that it could not be looked at. What is wrong with it is in the report.
pub fn verify(path: &Path, known: &Known, compile: Compile) -> anyhow::Result<Report> {
    let report = judge(path, known, compile);
    let Report { lines, findings } =
        report.map_err(|error| anyhow!(printable(&format!("{error:#}"))))?;
    let all = |texts: Vec<String>| texts.iter().map(|text| printable(text)).collect();
    Ok(Report {
        lines: all(lines),
        findings: all(findings),
    })
}

/// A text that may quote a package, as it can be shown: what a terminal would obey, or nobody sees, is spelt.
fn printable(text: &str) -> String {
    let spelt = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    text.chars().map(spelt).collect()
}

fn judge(path: &Path, known: &Known, compile: Compile) -> anyhow::Result<Report> {
    let package = read::open(path).with_context(|| format!("can't verify {}", path.display()))?;
    let mut report = Report {
        lines: Vec::new(),
        findings: package.findings.clone(),
    };
    if package.platforms.is_empty() {
        report.finding(&path.display().to_string(), "there is no buildpack in it");
    }
    for platform in &package.platforms {
        platform::judge(platform, known, compile, &mut report)?;
    }
    compare(&package, &mut report);
    policy(&package, known, &mut report)?;
    Ok(report)
}

/// One component and one descriptor, whatever the architecture.
fn compare(package: &Package, report: &mut Report) {
    let [first, others @ ..] = &package.platforms[..] else {
        return;
    };
    for other in others {
        for file in [DESCRIPTOR, engine::artifact::COMPONENT_FILE] {
            if first.file(file) != other.file(file) {
                report.finding(
                    &other.name,
                    format!("{file} is not the same as in {}", first.name),
                );
            }
        }
    }
}

/// What the descriptors grant: one that is the same everywhere is shown once.
fn policy(package: &Package, known: &Known, report: &mut Report) -> anyhow::Result<()> {
    let mut shown: Vec<&[u8]> = Vec::new();
    for platform in &package.platforms {
        let Some(bytes) = platform.file(DESCRIPTOR) else {
            continue;
        };
        if shown.contains(&bytes) {
            continue;
        }
        shown.push(bytes);
        let Ok(Some(descriptor)) = platform::read_descriptor(platform) else {
            continue;
        };
        let same = match known {
            Known::Checkout(_) if bytes == build::descriptor()?.as_bytes() => {
                ", the one of this checkout"
            }
            // What was packaged with contents has their ids behind the rest.
            Known::Checkout(_) if bytes.starts_with(build::descriptor()?.as_bytes()) => {
                ", the one of this checkout with something behind it"
            }
            Known::Checkout(_) => ", another than this checkout's",
            Known::Released(list) if list.lists(DESCRIPTOR, &aot::sha256(bytes)) => {
                ", one of the list"
            }
            Known::Released(_) => ", not one of the list",
        };
        report.line(format!(
            "policy: {DESCRIPTOR} of {}@{}, SHA-256 {}{same}",
            descriptor.id,
            descriptor.version,
            aot::sha256(bytes)
        ));
        for line in grants::lines(&descriptor) {
            report.line(format!("  {line}"));
        }
    }
    Ok(())
}
