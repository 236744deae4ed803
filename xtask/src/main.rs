//! What a person types: `cargo xtask <command>`.

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask <command>

  build                  a ready buildpack directory for this machine in target/buildpack/
  acceptance [--lifecycle DIR] [--base IMAGE]
                         the package under the real lifecycle, pack and docker, as far as they are here
  demo [--app DIR] [--keep]
                         builds a sample project (or yours) against a git server on loopback, and runs it
  fuzz [TARGET] [--seconds N] [--input FILE] [--keep]
                         tries what the host parses with inputs that libFuzzer makes up, or with one file
  tidy                   checks what the compiler doesn't: see docs/architecture.md";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            xtask::say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["acceptance", ref options @ ..] => xtask::acceptance::run(options),
        ["build"] => xtask::build::run(),
        ["demo", ref options @ ..] => xtask::demo::run(options),
        ["fuzz", ref options @ ..] => xtask::fuzz::run(options),
        ["tidy"] => xtask::tidy::run(),
        _ => bail!("{USAGE}"),
    }
}
