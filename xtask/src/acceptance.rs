//! `cargo xtask acceptance`: tests the package under the real lifecycle, pack and docker that this machine has.
//!
//! Each part reports its results, or the tool that is missing. A part that ran and failed fails the whole command. A
//! part that could not run does not, and the summary names it.

mod deployed;
mod image;
mod images;
mod layout;
mod lifecycle;
mod pack;
mod pack_program;
mod packages;
mod program;
mod stage;
mod stand_in;
mod tools;
mod world;

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};

use package::{platforms, say};
use tools::Tools;

#[derive(Debug, Default)]
struct Options {
    /// The folder with the lifecycle's programs.
    lifecycle: Option<PathBuf>,
    /// An image in docker, with Python, from which builder and run image are made.
    base: Option<String>,
}

/// The result of a part that did not fail.
enum Outcome {
    /// It ran, with these results.
    Seen(Vec<String>),
    /// It could not run, because this is missing.
    Missing(String),
}

/// Runs every part that can run here.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let options = parse(options)?;
    let tools = Tools::find(options.lifecycle.as_deref())?;
    let package = platforms::package()?;
    let mut parts = Parts::default();
    for arch in ["amd64", "arm64"] {
        let name = |what: &str| format!("lifecycle, {arch}: {what}");
        parts.run(&name("creator, three times"), || {
            lifecycle::creator(&tools, &package, arch)
        });
        parts.run(&name("each phase by itself"), || {
            lifecycle::phases(&tools, &package, arch)
        });
        parts.run(&name("detect and build at Platform API 0.9"), || {
            lifecycle::old_platform(&tools, &package, arch)
        });
        parts.run(&name("a script of the same id, and back"), || {
            lifecycle::way_back(&tools, &package, arch)
        });
    }
    parts.run("lifecycle: packages of Python before the job", || {
        packages::creator(&tools, &package)
    });
    parts.run("pack: package as a file", || pack::file(&tools));
    parts.run("pack and docker: package, builder, builds, job", || {
        pack::images(&tools, &package, options.base.as_deref())
    });
    parts.verdict()
}

fn parse(mut options: &[&str]) -> anyhow::Result<Options> {
    let mut parsed = Options::default();
    loop {
        options = match options {
            [] => return Ok(parsed),
            ["--lifecycle", dir, rest @ ..] => {
                let dir = PathBuf::from(dir);
                let dir = dir
                    .canonicalize()
                    .with_context(|| format!("{} is not a directory", dir.display()))?;
                parsed.lifecycle = Some(dir);
                rest
            }
            ["--base", image, rest @ ..] => {
                parsed.base = Some((*image).to_owned());
                rest
            }
            [other, ..] => {
                bail!(
                    "acceptance has the options --lifecycle DIR and --base IMAGE, and not '{other}'"
                )
            }
        };
    }
}

/// The parts that were started, each with its result.
#[derive(Default)]
struct Parts {
    ended: Vec<(String, anyhow::Result<Outcome>)>,
}

impl Parts {
    fn run(&mut self, name: &str, part: impl FnOnce() -> anyhow::Result<Outcome>) {
        say::line(&format!("\n== {name}"));
        let outcome = part();
        match &outcome {
            Ok(Outcome::Seen(_)) => {}
            Ok(Outcome::Missing(what)) => say::line(&format!("not run: {what}")),
            Err(error) => say::error(&format!("{error:#}")),
        }
        self.ended.push((name.to_owned(), outcome));
    }

    /// Prints the result of each part. Fails if a part failed, or if none could run.
    fn verdict(self) -> anyhow::Result<()> {
        say::line("\n== Summary");
        let (mut seen, mut failed) = (0, 0);
        for (name, outcome) in &self.ended {
            match outcome {
                Ok(Outcome::Seen(lines)) => {
                    seen += 1;
                    say::line(&format!("passed   {name}"));
                    for line in lines {
                        say::line(&format!("           {line}"));
                    }
                }
                Ok(Outcome::Missing(what)) => say::line(&format!("not run  {name}: {what}")),
                Err(error) => {
                    failed += 1;
                    let error = format!("{error:#}");
                    let first = error.lines().next().unwrap_or_default();
                    say::line(&format!("FAILED   {name}: {first}"));
                }
            }
        }
        ensure!(failed == 0, "{failed} of {} parts failed", self.ended.len());
        ensure!(
            seen > 0,
            "no part could run, because this machine has none of their tools"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(outcomes: Vec<anyhow::Result<Outcome>>) -> Parts {
        let ended = outcomes.into_iter().map(|one| ("part".to_owned(), one));
        Parts {
            ended: ended.collect(),
        }
    }

    #[test]
    fn a_part_that_could_not_run_fails_nothing_and_one_that_failed_does() {
        let seen = || Ok(Outcome::Seen(Vec::new()));
        let missing = || Ok(Outcome::Missing("pack".to_owned()));
        parts(vec![seen(), missing()]).verdict().unwrap();
        let error = parts(vec![seen(), Err(anyhow::anyhow!("no"))]).verdict();
        assert_eq!(error.unwrap_err().to_string(), "1 of 2 parts failed");
    }

    #[test]
    fn where_nothing_could_run_nothing_is_accepted() {
        let missing = Ok(Outcome::Missing("pack".to_owned()));
        parts(vec![missing]).verdict().unwrap_err();
    }

    #[test]
    fn an_unknown_option_is_an_error_that_names_it() {
        let error = parse(&["--lifecycel", "."]).unwrap_err().to_string();
        assert!(error.contains("'--lifecycel'"), "{error}");
        let parsed = parse(&["--base", "image", "--lifecycle", "."]).unwrap();
        assert_eq!(parsed.base.as_deref(), Some("image"));
        assert!(parsed.lifecycle.unwrap().is_absolute());
    }
}
