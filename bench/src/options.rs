//! Parses the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::groups;

const USAGE: &str =
    "bench [detect|build|rebuild|scale]... [--rounds N] [--json FILE] [--plots DIR]";

/// The groups to measure, and the files for the results.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) buildpack: PathBuf,
    pub(crate) native: PathBuf,
    pub(crate) groups: Vec<&'static str>,
    pub(crate) rounds: Option<usize>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) plots: Option<PathBuf>,
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
            rounds: None,
            json: None,
            plots: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--rounds" => {
                    let text = value()?;
                    let rounds = text.parse().ok().filter(|rounds| *rounds > 0);
                    options.rounds = Some(
                        rounds.with_context(|| format!("'{text}' is not a number of rounds"))?,
                    );
                }
                "--json" => options.json = Some(value()?.into()),
                "--plots" => options.plots = Some(value()?.into()),
                name => {
                    let known = groups::ALL.iter().find(|known| **known == name);
                    let Some(group) = known else {
                        bail!("not '{name}', but {USAGE}")
                    };
                    options.groups.push(group);
                }
            }
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
        assert_eq!(
            (options.rounds, options.json, options.plots),
            (None, None, None)
        );
        let options = parse("detect scale --rounds 7 --json out.json --plots docs").unwrap();
        assert_eq!(
            (options.groups, options.rounds),
            (vec!["detect", "scale"], Some(7))
        );
        assert_eq!(
            (options.json, options.plots),
            (Some("out.json".into()), Some("docs".into()))
        );
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_name() {
        for (arguments, message) in [
            ("detects", "not 'detects', but bench [detect|"),
            ("--rounds", "--rounds needs a value"),
            ("--rounds 0", "'0' is not a number of rounds"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
