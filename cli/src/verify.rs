//! `verify`: takes a package apart, compares it with what this tool makes, and shows what it may do. Runs none of it.

use std::path::PathBuf;
use std::process::ExitCode;

use ::package::programs::Programs as _;
use ::package::verify::{Digests, Known, verify};
use report::Report as Lines;

use crate::answer::{self, Format};
use crate::assets::Assets;

/// The options of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder of a package, one buildpack directory of it, or a file of `pack buildpack package --format file`.
    #[arg(value_name = "DIR|FILE.cnb")]
    package: PathBuf,
    /// A list of SHA-256 digests, such as a release has, in place of this tool's own hosts.
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let assets = Assets::new()?;
    let list = options.digests.as_deref().map(Digests::read).transpose()?;
    let known = list
        .as_ref()
        .map_or(Known::Brought(&assets), Known::Released);
    // The compiler is always this tool's: a list has no digest of what a foreign component compiles to.
    let compile = |component: &[u8], arch| assets.compile(component, arch);
    let report = verify(&options.package, &known, &compile)?;
    if options.format == Format::Json {
        answer::json(&report);
    } else {
        let out = Lines::new(false, None);
        report.lines.iter().for_each(|line| out.line(line));
        for finding in &report.findings {
            out.error(finding);
        }
        if report.findings.is_empty() {
            out.line("verify: no faults found");
        }
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
