//! The command line of `cargo xtask <command>`.

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask <command>

  bench [detect|build|rebuild|scale]... [--rounds N] [--json FILE] [--plots DIR]
                         measures times and memory, beside a script and a native buildpack
  bench guests [--rounds N] [--json FILE] [--plots DIR]
                         measures a buildpack in each language whose tools this machine has, beside scripts
  bench instructions [--update]
                         counts the instructions of detect and build, and compares them with the record;
                         or writes the record
  assets                 builds the programs that the tool brings along, into target/assets/: hosts and compiler
  build                  makes a buildpack directory for this machine in target/buildpack/
  accept                 updates the snapshots in the host's unit tests to the present messages
  acceptance [--lifecycle DIR] [--base IMAGE]
                         tests the package under the real lifecycle, pack and docker, if this machine has them
  demo [--app DIR] [--keep] [--check|--update]
                         builds a sample project (or yours) against a git server on loopback, and runs it;
                         compares the examples in documents with the output, or writes them
  fuzz [TARGET] [--seconds N] [--input FILE] [--keep]
                         tests the host's parsers with inputs that libFuzzer generates, or with one file
  kernels DIR            boots each kernel in a folder in a virtual machine, and shows the sandbox's level there
  package [--vendor SOURCE=REF]
                         packages the buildpack for every architecture in target/package/, for
                         `pack buildpack package`; with --vendor, includes the template at that revision
  package --check        does the same, and compares with the package of a clone in another folder
  programs [--accept]    tests the tables of seccomp programs for each architecture, or writes them from the lists
  pythons TAG [--sums FILE]
                         lists a release of python-build-standalone in guest/python/buildpack.toml,
                         by its list of digests, which curl downloads if no file is given
  release [TAG]          writes the files of a release and their checksums to target/release-files/
  tidy [--update]        checks rules that the compiler doesn't, and the counts and tables in documents;
                         or writes these
  verify DIR|FILE.cnb [--digests FILE]
                         compares a package with this checkout, or with a list, and shows what it may do";

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
        ["assets"] => xtask::assets::run(),
        ["bench", ref options @ ..] => xtask::bench::run(options),
        ["build"] => package::build::run(),
        ["demo", ref options @ ..] => xtask::demo::run(options),
        ["fuzz", ref options @ ..] => xtask::fuzz::run(options),
        ["kernels", ref options @ ..] => xtask::kernels::run(options),
        ["package", ref options @ ..] => xtask::packaging::run(options),
        ["programs", ref options @ ..] => xtask::programs::run(options),
        ["pythons", ref options @ ..] => xtask::pythons::run(options),
        ["release", ref options @ ..] => xtask::release::run(options),
        ["tidy", ref options @ ..] => xtask::tidy::run(options, USAGE),
        ["verify", ref options @ ..] => package::verify::run(options),
        _ => bail!("{USAGE}"),
    }
}
