//! Checks a package, and shows its parts and what it may do.
//!
//! Nothing of a package is run, written to disk or trusted.

mod cnb;
mod digests;
mod found;
mod grants;
mod known;
mod platform;
mod read;

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use serde::Serialize;

pub use self::digests::Digests;
pub use self::known::Known;

use self::found::Package;
use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::DESCRIPTOR;
use crate::programs::{Checkout, Programs as _};
use crate::{aot, build, say};

/// The result of verifying a package.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The description of the package, line by line.
    pub lines: Vec<String>,
    /// The faults, each with its place.
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

/// Verifies this checkout's package with the options of `cargo xtask verify`.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let programs = Checkout(Profile::Release);
    let digests;
    let (path, known) = match *options {
        [path] => (path, Known::Checkout(Profile::Release)),
        [path, "--digests", list] | ["--digests", list, path] => {
            digests = Digests::read(Path::new(list))?;
            (path, Known::Released(&digests))
        }
        _ => bail!("usage: verify DIR|FILE.cnb [--digests FILE]"),
    };
    let compile = |component: &[u8], arch| programs.compile(component, arch);
    let report = verify(Path::new(path), &known, &compile)?;
    for line in &report.lines {
        say::line(line);
    }
    for finding in &report.findings {
        say::error(finding);
    }
    ensure!(
        report.findings.is_empty(),
        "{path} has {} faults",
        report.findings.len()
    );
    say::line("verify: no faults found");
    Ok(())
}

/// The function that compiles a component, such as [`aot::compile`].
pub type Compile<'a> = &'a dyn Fn(&[u8], Arch) -> anyhow::Result<aot::Compiled>;

/// Verifies a package, one platform's folder of it, or a file of `pack buildpack package --format file`.
///
/// An error means that the package could not be read. Its faults are in the report.
pub fn verify(path: &Path, known: &Known<'_>, compile: Compile<'_>) -> anyhow::Result<Report> {
    let report = judge(path, known, compile);
    let Report { lines, findings } =
        report.map_err(|error| anyhow!(printable(&format!("{error:#}"))))?;
    let all = |texts: Vec<String>| texts.iter().map(|text| printable(text)).collect();
    Ok(Report {
        lines: all(lines),
        findings: all(findings),
    })
}

/// Escapes control characters and invisible ones in a text that may quote a package.
fn printable(text: &str) -> String {
    let spelt = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    text.chars().map(spelt).collect()
}

fn judge(path: &Path, known: &Known<'_>, compile: Compile<'_>) -> anyhow::Result<Report> {
    let package = read::open(path).with_context(|| format!("can't verify {}", path.display()))?;
    let mut report = Report {
        lines: Vec::new(),
        findings: package.findings.clone(),
    };
    if package.platforms.is_empty() {
        report.finding(&path.display().to_string(), "it contains no buildpack");
    }
    for platform in &package.platforms {
        platform::judge(platform, known, compile, &mut report)?;
    }
    compare(&package, &mut report);
    policy(&package, known, &mut report)?;
    Ok(report)
}

/// Checks that all platforms have the same component and the same descriptor.
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

/// Describes what the descriptors grant. Equal descriptors are shown once.
fn policy(package: &Package, known: &Known<'_>, report: &mut Report) -> anyhow::Result<()> {
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
            // The descriptor of a package with a vendored source has the source's ids at its end.
            Known::Checkout(_) if bytes.starts_with(build::descriptor()?.as_bytes()) => {
                ", the one of this checkout with more at its end"
            }
            Known::Checkout(_) => ", not the one of this checkout",
            Known::Brought(_) => "",
            Known::Released(list) if list.lists(DESCRIPTOR, &aot::sha256(bytes)) => ", in the list",
            Known::Released(_) => ", not in the list",
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
