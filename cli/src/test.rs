//! `test`: runs the buildpack on its sample applications, and compares what it made with what is expected.

mod difference;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use lifecycle::Ended;
use report::COMPONENT;

use crate::trial::source::Others;
use crate::trial::text::For;
use crate::trial::{TAKES_NO_PART, Trial};
use crate::{build, show};

/// The folder of the samples in a project.
const SAMPLES: &str = "samples";
/// The expected result of a sample.
const EXPECTED: &str = "expected.txt";

/// The files of a sample, and the statuses with which the command ends.
const SAMPLE: &str = "Each folder samples/NAME is a sample: 'app' is its application, the file 'env' has its \
    variables, one NAME=VALUE in a line, 'sources/SOURCE' has the content of a declared source, and 'expected.txt' has \
    what detect and build must make of it. A test asks no server.\n\n\
    Ends with 0 if each sample gives what is expected, and with 1 otherwise.";

#[derive(Debug, clap::Args)]
#[command(after_help = SAMPLE)]
pub(crate) struct Options {
    /// The buildpack's project.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Writes what the buildpack makes now as what is expected.
    #[arg(long)]
    accept: bool,
    /// Takes this component, and does not build the project's source.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let samples = samples(&options.dir.join(SAMPLES))?;
    let buildpack = build::ready(&options.dir, options.component.as_deref())?;
    let (mut passed, mut failed) = (0, 0);
    for sample in &samples {
        let name = sample.name();
        let made = sample
            .run(&buildpack)
            .with_context(|| format!("The sample cannot be run: '{name}'"))?;
        let file = sample.dir.join(EXPECTED);
        let expected = sample.expected()?;
        if expected.as_ref() == Some(&made) {
            passed += 1;
            show::out(&format!("{name}: passed"));
        } else if options.accept {
            fs::write(&file, &made).with_context(|| {
                format!(
                    "The expected result cannot be written: '{}'",
                    file.display()
                )
            })?;
            passed += 1;
            show::out(&format!("{name}: accepted, written to {}", shown(&file)));
        } else {
            failed += 1;
            let what = match expected {
                Some(_) => "the result differs from",
                None => "nothing is expected yet, because there is no",
            };
            show::out(&format!("{name}: FAILED, {what} {}", shown(&file)));
            let difference = difference::between(&expected.unwrap_or_default(), &made);
            for line in difference.lines() {
                show::out(&text::line(line));
            }
        }
    }
    show::out(&format!("{passed} passed, {failed} failed"));
    if failed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let dir = if options.dir == Path::new(".") {
        String::new()
    } else {
        format!(" {}", options.dir.display())
    };
    show::out(&format!(
        "Lines with '-' are expected, and lines with '+' are made. If they are right, accept them:\n  \
         wasm-buildpack test{dir} --accept"
    ));
    Ok(ExitCode::FAILURE)
}

/// A path for a message, without a `.` at its beginning.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(".").unwrap_or(path).display()
}

/// A sample application.
struct Sample {
    dir: PathBuf,
}

/// Finds the samples of a project, sorted by name.
fn samples(dir: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let missing = || {
        format!(
            "The project has no sample: '{}'\nMake one: put an application into {SAMPLES}/NAME/app.",
            shown(dir)
        )
    };
    for entry in fs::read_dir(dir).with_context(missing)? {
        let dir = entry?.path();
        if dir.is_dir() {
            ensure!(
                dir.join("app").is_dir(),
                "The sample has no application: '{}'\nPut an application into its folder 'app'.",
                shown(&dir)
            );
            samples.push(Sample { dir });
        }
    }
    ensure!(!samples.is_empty(), missing());
    samples.sort_by(|one, other| one.dir.cmp(&other.dir));
    Ok(samples)
}

impl Sample {
    fn name(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn expected(&self) -> anyhow::Result<Option<String>> {
        let file = self.dir.join(EXPECTED);
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&file);
        let text = text
            .with_context(|| format!("A file of the sample cannot be read: '{}'", shown(&file)))?;
        Ok(Some(text))
    }

    /// Runs both phases, and returns what they made as text.
    fn run(&self, buildpack: &Path) -> anyhow::Result<String> {
        let trial = Trial::new(
            buildpack,
            &self.dir.join("app"),
            &self.sources()?,
            Others::Missing,
            &self.variables()?,
        )?;
        let places = trial.places();
        let mut text = String::new();
        let detected = trial.detect()?;
        let outcome = match detected.code {
            Some(0) => "takes part".to_owned(),
            Some(TAKES_NO_PART) => "does not take part".to_owned(),
            _ => ended(&detected),
        };
        writeln!(text, "Detect: {outcome}")?;
        text.push_str(&said(&detected));
        if !detected.passed() {
            return Ok(places.named(&text));
        }
        let (built, of_others) = trial.build()?;
        if let Some(source) = trial.lacked(&built) {
            bail!(
                "The sample lacks the content of source '{source}'\nA test asks no server. Put the content into '{}'.",
                shown(&self.dir.join("sources").join(source))
            );
        }
        let outcome = if built.passed() {
            "passes".to_owned()
        } else {
            ended(&built)
        };
        writeln!(text, "Build: {outcome}")?;
        for name in of_others {
            writeln!(text, "  without '{name}', which another buildpack provides")?;
        }
        text.push_str(&said(&built));
        let text = places.named(&text);
        if !built.passed() {
            return Ok(text);
        }
        Ok(text + &trial.made(&places)?.text(For::Comparison, &places))
    }

    /// The folders in `sources`, by name.
    fn sources(&self) -> anyhow::Result<BTreeMap<String, PathBuf>> {
        let dir = self.dir.join("sources");
        let mut sources = BTreeMap::new();
        if !dir.exists() {
            return Ok(sources);
        }
        for entry in fs::read_dir(&dir)
            .with_context(|| format!("The sources cannot be listed: '{}'", shown(&dir)))?
        {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            sources.insert(name, entry.path());
        }
        Ok(sources)
    }

    /// The variables in `env`, without empty lines and those that begin with `#`.
    fn variables(&self) -> anyhow::Result<Vec<(String, String)>> {
        let file = self.dir.join("env");
        if !file.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&file);
        let text = text
            .with_context(|| format!("A file of the sample cannot be read: '{}'", shown(&file)))?;
        variables(&text)
            .with_context(|| format!("The variables cannot be read: '{}'", shown(&file)))
    }
}

fn variables(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|(n, line)| {
        let pair = line.split_once('=');
        let pair = pair.with_context(|| format!("Line {} is not NAME=VALUE.", n + 1))?;
        Ok((pair.0.to_owned(), pair.1.to_owned()))
    });
    pairs.collect()
}

/// The end of a phase that failed.
fn ended(ended: &Ended) -> String {
    match (ended.code, ended.signal) {
        (Some(code), _) => format!("fails with status {code}"),
        (None, Some(signal)) => format!("is ended by signal {signal}"),
        (None, None) => "fails".to_owned(),
    }
}

/// The component's own lines, and the host's error. The host's other lines have times and versions, and are left out.
fn said(ended: &Ended) -> String {
    let said = String::from_utf8_lossy(&ended.stdout);
    let own = said.lines().map(str::trim_start);
    let own = own.filter(|line| line.starts_with(COMPONENT));
    let error = unwrapped(&String::from_utf8_lossy(&ended.stderr));
    let mut text = String::new();
    for line in own.map(str::to_owned).chain(error) {
        text.push_str("  ");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The host's error with one line for each of its texts. Where the host breaks a line depends on the length of the
/// paths in it.
fn unwrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("  "), lines.last_mut()) {
            (Some(further), Some(last)) => {
                last.push(' ');
                last.push_str(further);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_line_by_line_and_a_line_without_a_value_is_named() {
        let read = variables("# a remark\n\nA=1\nB=x=y\nC=\n").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read, [pair("A", "1"), pair("B", "x=y"), pair("C", "")]);
        let error = variables("A=1\nB\n").unwrap_err().to_string();
        assert_eq!(error, "Line 2 is not NAME=VALUE.");
    }

    #[test]
    fn a_wrapped_error_of_the_host_becomes_one_line_for_each_text() {
        let text =
            "[Error: The title]\n  (an-id)\n| said\nThe reason is\n  long.\n1. Do\n  this.\n";
        assert_eq!(
            unwrapped(text),
            [
                "[Error: The title] (an-id)",
                "| said",
                "The reason is long.",
                "1. Do this."
            ]
        );
    }
}
