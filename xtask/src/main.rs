//! The command line of `cargo xtask <command>`.

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask <command>

  bench [detect|build|rebuild|scale]... [--rounds N] [--json FILE] [--plots DIR]
                         how fast it is, beside a script and a native buildpack
  bench instructions [--update]
                         how many instructions detect and build take, beside what was written down
  build                  a ready buildpack directory for this machine in target/buildpack/
  accept                 takes the messages as they are now into the snapshots of the host's unit tests
  acceptance [--lifecycle DIR] [--base IMAGE]
                         the package under the real lifecycle, pack and docker, as far as they are here
  demo [--app DIR] [--keep] [--check|--update]
                         builds a sample project (or yours) against a git server on loopback, and runs it;
                         compares the examples in documents with that, or writes them
  fuzz [TARGET] [--seconds N] [--input FILE] [--keep]
                         tries what the host parses with inputs that libFuzzer makes up, or with one file
  kernels DIR            boots each kernel in a folder in a virtual machine, and shows what the sandbox does there
  package [--vendor REF] the buildpack for every architecture in target/package/, for `pack buildpack package`;
                         with the template at a fixed revision in it, if one is named
  package --check        the same, and compares with what a clone in another folder makes
  programs [--accept]    tests the tables of seccomp programs for each architecture, or writes them from the lists
  release [TAG]          the files of a release and their checksums in target/release-files/
  tidy [--update]        checks what the compiler doesn't, and the counts and tables in documents; or writes those
  verify DIR|FILE.cnb [--digests FILE]
                         takes a package apart: is its host this checkout's (or listed), what may it do";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            package::say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["accept"] => xtask::accept::run(),
        ["acceptance", ref options @ ..] => xtask::acceptance::run(options),
        ["bench", ref options @ ..] => xtask::bench::run(options),
        ["build"] => package::build::run(),
        ["demo", ref options @ ..] => xtask::demo::run(options),
        ["fuzz", ref options @ ..] => xtask::fuzz::run(options),
        ["kernels", ref options @ ..] => xtask::kernels::run(options),
        ["package", ref options @ ..] => xtask::packaging::run(options),
        ["programs", ref options @ ..] => xtask::programs::run(options),
        ["release", ref options @ ..] => xtask::release::run(options),
        ["tidy", ref options @ ..] => xtask::tidy::run(options, USAGE),
        ["verify", ref options @ ..] => package::verify::run(options),
        _ => bail!("{USAGE}"),
    }
}
