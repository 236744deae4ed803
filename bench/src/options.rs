//! Parses the command line.

use std::path::PathBuf;
use std::slice::Iter;

use anyhow::{Context, Result, bail};

use crate::groups;

const USAGE: &str = "bench [guests | packages [--wheels DIR] | [detect|build|rebuild|scale]...] [--rounds N] \
                     [--json FILE] [--plots DIR]";

/// The number of rounds, and the files for the results.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Output {
    pub(crate) rounds: Option<usize>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) plots: Option<PathBuf>,
}

impl Output {
    /// Parses a command line that has no other options.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut output = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if !output.take(argument, &mut arguments)? {
                bail!("not '{argument}', but {USAGE}");
            }
        }
        Ok(output)
    }

    /// Takes an option with its value. Returns whether it is one of these.
    fn take(&mut self, option: &str, rest: &mut Iter<'_, String>) -> Result<bool> {
        let mut value = || {
            rest.next()
                .with_context(|| format!("{option} needs a value"))
        };
        match option {
            "--rounds" => {
                let text = value()?;
                let rounds = text.parse().ok().filter(|rounds| *rounds > 0);
                self.rounds =
                    Some(rounds.with_context(|| format!("'{text}' is not a number of rounds"))?);
            }
            "--json" => self.json = Some(value()?.into()),
            "--plots" => self.plots = Some(value()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The folder of the wheels, and the files for the results.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct PackagesOptions {
    /// `None` downloads the default ones.
    pub(crate) wheels: Option<PathBuf>,
    pub(crate) output: Output,
}

impl PackagesOptions {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--wheels" {
                let folder = arguments.next().context("--wheels needs a folder")?;
                options.wheels = Some(folder.into());
            } else if !options.output.take(argument, &mut arguments)? {
                bail!("not '{argument}', but {USAGE}");
            }
        }
        Ok(options)
    }
}

/// The groups to measure, and the files for the results.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) buildpack: PathBuf,
    pub(crate) native: PathBuf,
    pub(crate) groups: Vec<&'static str>,
    pub(crate) output: Output,
}

impl Options {
    /// `cargo xtask bench` passes two paths before the user's options.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut arguments = arguments.iter();
        let mut path = || {
            arguments
                .next()
                .map(PathBuf::from)
                .context("called by cargo xtask bench alone")
        };
        let mut options = Self {
            buildpack: path()?,
            native: path()?,
            groups: Vec::new(),
            output: Output::default(),
        };
        while let Some(argument) = arguments.next() {
            if options.output.take(argument, &mut arguments)? {
                continue;
            }
            let known = groups::ALL.iter().find(|known| *known == argument);
            let Some(group) = known else {
                bail!("not '{argument}', but {USAGE}")
            };
            options.groups.push(group);
        }
        if options.groups.is_empty() {
            options.groups = groups::ALL.to_vec();
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Options> {
        let all = format!("buildpack native {arguments}");
        Options::parse(
            &all.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn all_groups_are_measured_if_none_is_named() {
        let options = parse("").unwrap();
        assert_eq!(options.groups, groups::ALL);
        assert_eq!(options.output, Output::default());
        let options = parse("detect scale --rounds 7 --json out.json --plots docs").unwrap();
        assert_eq!(
            (options.groups, options.output.rounds),
            (vec!["detect", "scale"], Some(7))
        );
        assert_eq!(
            (options.output.json, options.output.plots),
            (Some("out.json".into()), Some("docs".into()))
        );
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_name() {
        for (arguments, message) in [
            ("detects", "not 'detects', but bench [guests | packages ["),
            ("--rounds", "--rounds needs a value"),
            ("--rounds 0", "'0' is not a number of rounds"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn the_guests_have_the_same_options_and_no_groups() {
        let parse = |text: &str| {
            let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            Output::parse(&words)
        };
        assert_eq!(parse("").unwrap(), Output::default());
        let output = parse("--plots docs --rounds 9").unwrap();
        assert_eq!(
            (output.rounds, output.plots),
            (Some(9), Some("docs".into()))
        );
        for (arguments, message) in [
            ("detect", "not 'detect', but bench"),
            ("--json", "--json needs a value"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
    #[test]
    fn packages_take_a_folder_of_wheels_and_no_groups() {
        let parse = |text: &str| {
            let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            PackagesOptions::parse(&words)
        };
        assert_eq!(parse("").unwrap(), PackagesOptions::default());
        let options = parse("--wheels w --rounds 9").unwrap();
        assert_eq!(
            (options.wheels, options.output.rounds),
            (Some("w".into()), Some(9))
        );
        for (arguments, message) in [
            ("detect", "not 'detect', but bench"),
            ("--wheels", "--wheels needs a folder"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
