//! `cargo xtask fuzz`: runs the fuzz targets with libFuzzer for a long time. No test needs it, and nothing else builds
//! it.
//!
//! Its inputs are in `target/fuzzing/TARGET/`, and the next run continues with them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, ensure};

use package::{cargo, say};

/// The default run time of each target, in seconds.
const SECONDS: u64 = 60;
/// The limit of generated and of kept inputs, in bytes.
const LONGEST: &str = "-max_len=4096";

#[derive(Debug)]
struct Options<'a> {
    targets: Vec<String>,
    seconds: u64,
    /// A file instead of generated inputs.
    input: Option<&'a Path>,
    /// Whether to keep inputs that reach code which no kept input reaches.
    keep: bool,
}

/// Runs one target, or all of them one after the other. Fails if a target fails.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let options = parse(options)?;
    say::step("building the fuzz targets");
    let program = cargo::fuzzer()?;
    let mut failures = Vec::new();
    for target in &options.targets {
        match attempt(&program, target, &options)? {
            Some(failure) => failures.push(failure),
            None if options.keep => keep(&program, target)?,
            None => {}
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    say::line("fuzz: nothing found");
    Ok(())
}

fn parse<'a>(options: &'a [&'a str]) -> anyhow::Result<Options<'a>> {
    let mut parsed = Options {
        targets: known()?,
        seconds: SECONDS,
        input: None,
        keep: false,
    };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = || {
            options
                .next()
                .with_context(|| format!("{option} needs a value"))
        };
        match *option {
            "--seconds" => {
                let seconds = value()?;
                let number = seconds.parse().ok().filter(|number| *number > 0);
                parsed.seconds =
                    number.with_context(|| format!("'{seconds}' is not a number of seconds"))?;
            }
            "--input" => parsed.input = Some(Path::new(value()?)),
            "--keep" => parsed.keep = true,
            name => parsed.targets = vec![by_name(name)?],
        }
    }
    let one = parsed.targets.len() == 1;
    ensure!(
        one || parsed.input.is_none(),
        "--input needs the target of the file"
    );
    Ok(parsed)
}

/// The folder with a folder of kept inputs for each target. A test of the package `fuzz` compares it with the targets.
fn corpus() -> PathBuf {
    cargo::root().join("fuzz/corpus")
}

/// The sorted names of all targets. They are the names of the folders with kept inputs, because nothing here links the
/// targets.
fn known() -> anyhow::Result<Vec<String>> {
    let corpus = corpus();
    let entries =
        fs::read_dir(&corpus).with_context(|| format!("can't list {}", corpus.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn by_name(name: &str) -> anyhow::Result<String> {
    let mut known = known()?;
    let place = known.iter().position(|known| known == name);
    let place = place.with_context(|| {
        format!(
            "no target is named '{name}'; the targets are {}",
            known.join(", ")
        )
    })?;
    Ok(known.swap_remove(place))
}

/// Runs a target. Returns a text if it failed.
fn attempt(program: &Path, target: &str, options: &Options<'_>) -> anyhow::Result<Option<String>> {
    if let Some(input) = options.input {
        ensure!(
            input.is_file(),
            "the file does not exist: {}",
            input.display()
        );
        let held = libfuzzer(program, target, [input.into()])?;
        return Ok((!held).then(|| format!("{} fails at {}", target, input.display())));
    }
    say::step(&format!("{} for {} seconds", target, options.seconds));
    let finding = folder(target)?.join(finding()?);
    let arguments: [OsString; 7] = [
        found(target)?.into(),
        kept(target).into(),
        LONGEST.into(),
        "-verbosity=0".into(),
        "-print_final_stats=1".into(),
        format!("-max_total_time={}", options.seconds).into(),
        format!("-exact_artifact_path={}", finding.display()).into(),
    ];
    if libfuzzer(program, target, arguments)? {
        return Ok(None);
    }
    let left = finding.is_file();
    ensure!(left, "libFuzzer failed at {target} and left no input");
    Ok(Some(report(target, &finding)))
}

/// A new name for each finding, so that a later failure does not replace the file.
fn finding() -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(format!("finding-{}", now.as_secs()))
}

fn report(target: &str, finding: &Path) -> String {
    let (name, file) = (target, finding.display());
    let kept = kept(target);
    let kept = kept.display();
    format!(
        "{name} fails at {file}\n\
         1. Run it again: cargo xtask fuzz {name} --input {file}\n\
         2. Keep it, so that the tests fail until it is fixed: mv {file} {kept}/"
    )
}

/// Adds generated inputs to the kept ones, if they reach code that those do not.
fn keep(program: &Path, target: &str) -> anyhow::Result<()> {
    let arguments: [OsString; 5] = [
        "-merge=1".into(),
        "-use_counters=0".into(),
        LONGEST.into(),
        kept(target).into(),
        found(target)?.into(),
    ];
    let merged = libfuzzer(program, target, arguments)?;
    ensure!(merged, "the inputs of {target} can't be merged");
    Ok(())
}

fn libfuzzer(
    program: &Path,
    target: &str,
    arguments: impl IntoIterator<Item = OsString>,
) -> anyhow::Result<bool> {
    let mut command = Command::new(program);
    command.arg(format!("--target={target}")).args(arguments);
    let status = command
        .status()
        .with_context(|| format!("can't start {}", program.display()))?;
    Ok(status.success())
}

fn kept(target: &str) -> PathBuf {
    corpus().join(target)
}

fn folder(target: &str) -> anyhow::Result<PathBuf> {
    let folder = cargo::target_dir().join("fuzzing").join(target);
    fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    Ok(folder)
}

fn found(target: &str) -> anyhow::Result<PathBuf> {
    let corpus = folder(target)?.join("corpus");
    fs::create_dir_all(&corpus).with_context(|| format!("can't create {}", corpus.display()))?;
    Ok(corpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_are_tried_if_none_is_named() {
        let options = parse(&["--seconds", "5", "--keep"]).unwrap();
        assert_eq!((options.targets, options.seconds), (known().unwrap(), 5));
        assert!(options.keep);
        let options = parse(&["pack", "--input", "x"]).unwrap();
        assert_eq!(options.targets, ["pack"]);
        assert_eq!(options.input, Some(Path::new("x")));
    }

    #[test]
    fn options_that_mean_nothing_are_refused_with_their_name() {
        for (options, message) in [
            (
                &["packs"][..],
                "no target is named 'packs'; the targets are address, ",
            ),
            (&["--seconds"], "--seconds needs a value"),
            (&["--seconds", "0"], "'0' is not a number of seconds"),
            (&["--seconds", "soon"], "'soon' is not a number of seconds"),
            (&["--input", "x"], "--input needs the target"),
        ] {
            let error = parse(options).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_finding_is_reported_with_its_file_and_what_to_do() {
        let text = report("address", Path::new("/tmp/finding-1"));
        assert!(
            text.contains("cargo xtask fuzz address --input /tmp/finding-1"),
            "{text}"
        );
        assert!(text.contains("fuzz/corpus/address/"), "{text}");
    }

    #[test]
    fn a_run_that_ends_without_an_answer_is_no_success() {
        let options = parse(&["wire"]).unwrap();
        let attempt = |program| attempt(Path::new(program), "wire", &options);
        assert_eq!(attempt("true").unwrap(), None);
        let error = attempt("false").unwrap_err().to_string();
        assert!(
            error.contains("failed at wire and left no input"),
            "{error}"
        );
        let error = attempt("/absent/program").unwrap_err().to_string();
        assert!(error.contains("can't start /absent/program"), "{error}");
    }
}
