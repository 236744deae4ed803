//! `wasm-buildpack`: makes, checks, runs, tests, packages and verifies a buildpack.

mod answer;
mod assets;
mod build;
mod check;
mod explain;
mod failure;
mod file;
mod finish;
mod inspect;
mod languages;
mod new;
mod package;
mod parser;
mod recompiled;
mod run;
mod seal;
mod show;
mod test;
mod trial;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Makes a buildpack from a WebAssembly component, and a package that `pack` takes.
#[derive(Debug, Parser)]
#[command(name = "wasm-buildpack", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a new buildpack in a directory: descriptor, source, a sample application, a test and a README.
    New(new::Options),
    /// Builds the buildpack of a project for this machine, into `target/buildpack`.
    Build(build::Options),
    /// Judges a component: its imports, exports, features and sizes.
    Check(check::Options),
    /// Shows what a buildpack may do on this machine, and what it would do with an application.
    Explain(explain::Options),
    /// Shows a buildpack's component: its digests, imports and exports.
    Inspect(inspect::Options),
    /// Packages the buildpack for both architectures, for `pack buildpack package`.
    Package(package::Options),
    /// Finishes a component for another process of this tool.
    #[command(name = finish::COMMAND, hide = true)]
    Finish(finish::Options),
    /// Runs detect and build on an application as a lifecycle does, and shows what they made.
    Run(run::Options),
    /// Runs the buildpack on its sample applications, and compares with what is expected.
    Test(test::Options),
    /// Compares a package with what this tool makes, and shows what it may do. Runs none of it.
    Verify(verify::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::New(options) => new::run(&options),
        Command::Build(options) => build::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Finish(options) => finish::here(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Run(options) => run::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match outcome {
        Ok(status) => status,
        Err(error) => failure::show(&error),
    }
}
