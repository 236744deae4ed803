//! `run`: calls detect and build on an application as a lifecycle does, and shows what they made.

mod answer;

use std::collections::BTreeMap;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use lifecycle::Environment;

use self::answer::Answer;
use crate::answer::Format;
use crate::trial::outcome::Made;
use crate::trial::source::Others;
use crate::trial::text::For;
use crate::trial::{TAKES_NO_PART, Trial, check_app, status};
use crate::{build, show};

/// The statuses with which the command ends.
const STATUSES: &str = "Ends with 0 if both phases pass, with 100 if the buildpack does not take part, and otherwise \
    with the status of the phase that failed. With --start, ends with the status of the process. An error of the tool \
    itself ends with 1.\n\n\
    With --format json, standard output has one object. 'detect' and 'build' have the 'status', 'log' and 'error' of a \
    phase. 'made' has the 'plan', 'layers' with their 'env' and 'entries', 'processes', 'labels', 'slices', 'unmet' and \
    'store'; it is null unless both phases pass. In all texts, <app>, <layers>, <buildpack> and <platform> stand for \
    the temporary folders. 'kept' is the folder that --keep keeps, which contains them.";

#[derive(Debug, clap::Args)]
#[command(after_help = STATUSES)]
pub(crate) struct Options {
    /// The buildpack's project, or a directory that `build` made.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The application.
    #[arg(long, value_name = "DIR")]
    app: PathBuf,
    /// Takes a source that buildpack.toml declares from a folder, which has the content of the source's `subpath`. No
    /// server is asked, and no credential is needed.
    #[arg(long, value_name = "NAME=DIR", value_parser = pair)]
    source: Vec<(String, String)>,
    /// Sets a variable of the platform, as `pack build --env` does.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Keeps the temporary folder with the layers, and says where it is.
    #[arg(long)]
    keep: bool,
    /// Starts the process of this type, or the default one, as the launcher does.
    #[arg(long, value_name = "PROCESS")]
    #[expect(
        clippy::option_option,
        reason = "the option may be missing, and may have no value"
    )]
    start: Option<Option<String>>,
    /// Takes this component, and does not build the project's source.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// The form of the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Parses `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must have the form NAME=VALUE".to_owned()),
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    ensure!(
        options.format == Format::Text || options.start.is_none(),
        "--start and --format json can't be used together\n\
         The process would write into the JSON. Leave one of them out."
    );
    check_app(&options.app)?;
    let buildpack = build::ready(&options.dir, options.component.as_deref())?;
    let sources = options.source.iter();
    let sources: BTreeMap<_, _> = sources
        .map(|(name, folder)| (name.clone(), PathBuf::from(folder)))
        .collect();
    let mut trial = Trial::new(
        &buildpack,
        &options.app,
        &sources,
        Others::Fetched,
        &options.env,
    )?;
    trial.allow_the_network();
    if options.format == Format::Json {
        return answer(trial, options.keep);
    }
    let ended = run_in(&trial, options.start.as_ref());
    if options.keep {
        show::out(&format!("Kept: {}", trial.keep()?.display()));
    }
    ended.map(ExitCode::from)
}

/// Runs both phases and prints their results as JSON.
fn answer(trial: Trial, keep: bool) -> anyhow::Result<ExitCode> {
    let places = trial.places();
    let answer = Answer::of(&trial, &places);
    let kept = keep.then(|| trial.keep()).transpose()?;
    let mut answer = answer?;
    answer.kept = kept;
    show::out(&answer.json(&places)?);
    Ok(ExitCode::from(answer.status()))
}

fn run_in(trial: &Trial, start: Option<&Option<String>>) -> anyhow::Result<u8> {
    show::out("== Detect");
    let detected = trial.detect()?;
    show::out(&String::from_utf8_lossy(&detected.stdout));
    show::err(&detected.stderr);
    if detected.code == Some(TAKES_NO_PART) {
        show::out("The buildpack does not take part.");
    }
    if !detected.passed() {
        return Ok(status(&detected));
    }
    show::out("== Build");
    let (built, of_others) = trial.build()?;
    for name in of_others {
        show::out(&format!(
            "The plan requires '{name}', which another buildpack has to provide."
        ));
    }
    show::out(&String::from_utf8_lossy(&built.stdout));
    show::err(&built.stderr);
    if !built.passed() {
        return Ok(status(&built));
    }
    let places = trial.places();
    let made = trial.made(&places)?;
    show::out("== Result");
    let text = made.text(For::Person, &places);
    show::out(if text.is_empty() { "Nothing." } else { &text });
    match start {
        None => Ok(0),
        Some(process) => self::start(trial, &made, process.as_deref()),
    }
}

/// Starts a process of the image, with this process's input and output, and returns its status.
fn start(trial: &Trial, made: &Made, process: Option<&str>) -> anyhow::Result<u8> {
    let types = made.process_types();
    let known = match process {
        Some(process) => types.contains(&process),
        None => made.has_default(),
    };
    if !known {
        let wanted = match process {
            None => "no default process".to_owned(),
            Some(process) => format!("no process '{process}'"),
        };
        let advice = match types[..] {
            [] => "It made no process at all.".to_owned(),
            _ => format!(
                "Name one of its processes by --start: {}.",
                types.join(", ")
            ),
        };
        bail!("The build made {wanted}\n{advice}");
    }
    show::out(&format!(
        "== Start of {}",
        process.unwrap_or("the default process")
    ));
    let lifecycle = trial.lifecycle();
    let home = (
        "HOME".into(),
        lifecycle.world().join("home").into_os_string(),
    );
    let mut command = lifecycle.launch_command(process, &Environment::from([home]))?;
    if let Some(user) = lifecycle::user() {
        command.uid(user).gid(user);
    }
    let program = Path::new(command.get_program()).to_owned();
    let ended = command.status().with_context(|| {
        format!(
            "The program of the process cannot be started: '{}'",
            program.display()
        )
    })?;
    let status = ended.code().or(ended.signal().map(|signal| 128 + signal));
    let status = status.and_then(|status| u8::try_from(status).ok());
    Ok(status.unwrap_or(u8::MAX))
}
