use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    dir: Option<PathBuf>,
}

pub(crate) fn run(_: &Options) -> anyhow::Result<ExitCode> {
    anyhow::bail!("'check' is not written yet")
}
