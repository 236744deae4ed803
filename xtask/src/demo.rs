//! `cargo xtask demo`: builds a project into a runnable job, and shows every step.
//!
//! Only the address is not real. A git server on loopback takes the place of the template's server, and a service
//! binding names it, as an operator's would.
//!
//! Documents show sections of its output: see [`documents`].

mod python;
mod shown;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use cnb::descriptor::Descriptor;
use lifecycle::folder;
use lifecycle::search::Canary;
use lifecycle::{Ended, Environment, Lifecycle};
use server::app;
use server::git_server::GitServer;
use server::repository::Repository;

use self::shown::Shown;
use crate::documents;
use crate::python::python;
use package::cargo::Profile;
use package::{build, cargo, say, trial};

/// The template's path on its server, as buildpack.toml has it.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";

/// Not a token of any real server.
const TOKEN: &str = "demo-token-4d1c7a90";

struct Options {
    app: PathBuf,
    keep: bool,
    /// Whether the demo of packages is wanted.
    python: bool,
    documents: Option<Documents>,
}

/// The action on the examples in documents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    Check,
    Update,
}

/// Runs the demo with the options of its command line.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let options = parse(options)?;
    if options.python {
        return python::run(&mut Shown::default());
    }
    ensure!(
        options.documents.is_none() || python()?.is_some(),
        "the documents show the job's start, so --check and --update need Python"
    );
    let buildpack = build::buildpack(Profile::of_trials()?)?;
    let mut shown = Shown::default();

    shown.line("\n== A git server on loopback, with the template behind a token");
    let repository = Repository::template()?;
    let server = GitServer::options()
        .repository(TEMPLATE, repository.git_dir())
        .token("oauth2", TOKEN)
        .start()?;
    shown.line(&server.url(TEMPLATE));

    let world = Lifecycle::with_app(&buildpack, &options.app)
        .with_context(|| format!("can't copy the application {}", options.app.display()))?;
    world.binding(
        "template",
        &[
            ("type", "gitlab"),
            ("token", TOKEN),
            ("url", &server.origin()),
        ],
    )?;

    shown.line("\n== Granted rights");
    show_grants(&world, &mut shown)?;

    shown.line("\n== wasm-buildpack explain --help");
    explain(&world, &mut shown)?;

    let root = cargo::root();
    let app = options.app.strip_prefix(&root).unwrap_or(&options.app);
    shown.line(&format!("\n== bin/detect on {}", app.display()));
    let detected = world.detect()?;
    show(&detected, &mut shown);
    match detected.code {
        Some(0) => {}
        Some(100) => bail!("this is not a PlanQK project: bin/detect ended with 100"),
        _ => bail!("bin/detect failed"),
    }

    shown.line("\n== bin/build");
    let built = world.build()?;
    show(&built, &mut shown);
    ensure!(built.passed(), "bin/build failed");

    shown.line("\n== Requests to the server");
    for request in server.requests() {
        shown.line(&format!("{} {}", request.method, request.target));
    }
    shown.line("\n== Files in the layers directory");
    show_layers(&world.layers_dir(), &mut shown)?;
    let found = Canary::new(TOKEN).in_folder(&world.layers_dir())?;
    ensure!(found.is_empty(), "the token is in the layers: {found:?}");
    shown.line("None of them contains the token.");

    shown.line("\n== The job, started as the launcher would");
    launch(&world, &mut shown)?;

    shown.line("\n== bin/build once more, as for the next version of the project");
    rebuild(&world, &mut shown)?;

    shown.line("\n== wasm-buildpack run, for a new buildpack in Rust");
    author(&mut shown)?;
    let shown = shown.without_what_differs(world.world());
    if options.keep {
        say::line(&format!("\nkept: {}", world.keep().display()));
    }
    let Some(wanted) = options.documents else {
        return Ok(());
    };
    let found = documents::compare("demo", wanted == Documents::Update, &|name| {
        shown.sections(name).map(|text| documents::fenced(&text))
    })?;
    documents::report(&found)
}

fn parse(mut options: &[&str]) -> anyhow::Result<Options> {
    let mut parsed = Options {
        app: app::sample(),
        keep: false,
        python: false,
        documents: None,
    };
    loop {
        options = match options {
            [] => {
                ensure!(
                    parsed.documents.is_none() || parsed.app == app::sample(),
                    "the documents show the sample project, so --check and --update can't be used with --app"
                );
                return Ok(parsed);
            }
            ["--python", rest @ ..] => {
                parsed.python = true;
                rest
            }
            ["--keep", rest @ ..] => {
                parsed.keep = true;
                rest
            }
            ["--app", dir, rest @ ..] => {
                parsed.app = PathBuf::from(dir);
                ensure!(parsed.app.is_dir(), "{dir} is not a directory");
                rest
            }
            ["--check", rest @ ..] => {
                parsed.documents = Some(Documents::Check);
                rest
            }
            ["--update", rest @ ..] => {
                parsed.documents = Some(Documents::Update);
                rest
            }
            [other, ..] => {
                bail!(
                    "demo has the options --app DIR, --keep, --python, --check and --update, and not '{other}'"
                )
            }
        };
    }
}

/// Shows the rights that buildpack.toml asks for.
fn show_grants(world: &Lifecycle, shown: &mut Shown) -> anyhow::Result<()> {
    let file = world.buildpack_dir().join("buildpack.toml");
    let descriptor = Descriptor::parse(&std::fs::read_to_string(file)?, "buildpack.toml")?;
    shown.line("To the component:");
    shown.line(&format!("  {}  to read", world.app_dir().display()));
    shown.line(&format!(
        "  {}  to read and write, in build",
        world.layers_dir().display()
    ));
    let variables: Vec<_> = descriptor
        .variables
        .iter()
        .map(ToString::to_string)
        .collect();
    let variables = if variables.is_empty() {
        "none".to_owned()
    } else {
        variables.join(", ")
    };
    shown.line(&format!("  variables of the platform: {variables}"));
    shown.line("  no network, no environment, no other process");
    shown.line("To the host, when the component has ended:");
    for (name, source) in &descriptor.sources.git {
        let credential = source
            .credential
            .as_ref()
            .map_or("none".to_owned(), ToString::to_string);
        shown.line(&format!(
            "  source {name}: {}, the folder '{}', credential: {credential}",
            source.git, source.subpath
        ));
    }
    shown.line(
        "In this demo, a service binding names the server on loopback as the source's server.",
    );
    Ok(())
}

/// Shows the output of `wasm-buildpack explain`: the rights and the actions of a build, without the network.
fn explain(world: &Lifecycle, shown: &mut Shown) -> anyhow::Result<()> {
    let buildpack = world.buildpack_dir();
    let mut help = trial::tool()?;
    help.args(["explain", "--help"]);
    let help = String::from_utf8(cargo::output(help)?)?;
    shown.line(help.trim_end());
    shown.line("\n== wasm-buildpack explain, before any build");
    let mut command = trial::tool()?;
    command.arg("explain");
    for (option, dir) in [
        ("--buildpack", buildpack),
        ("--app", world.app_dir()),
        ("--platform", world.platform_dir()),
    ] {
        command.arg(option).arg(dir);
    }
    let answer = String::from_utf8(cargo::output(command)?)?;
    shown.line(answer.trim_end());
    Ok(())
}

/// Builds again. The previous image's layer is kept, and only a few ids are fetched.
fn rebuild(world: &Lifecycle, shown: &mut Shown) -> anyhow::Result<()> {
    world.export()?;
    world.restore()?;
    let rebuilt = world.build()?;
    show(&rebuilt, shown);
    ensure!(rebuilt.passed(), "bin/build failed");
    let exported = world.export()?;
    ensure!(
        exported.reused == ["job-template"],
        "the layer was not kept: {exported:?}"
    );
    Ok(())
}

/// Makes a new buildpack by the tool for authors, and runs it on its own sample application.
fn author(shown: &mut Shown) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut new = trial::tool()?;
    new.args(["new", "hello", "--lang", "rust"]);
    new.current_dir(folder.path());
    cargo::output(new)?;
    let mut run = trial::tool()?;
    run.args(["run", "--app", "samples/hello/app", "--start"]);
    run.current_dir(folder.path().join("hello"));
    let answer = String::from_utf8(cargo::output(run)?)?;
    shown.line(answer.trim_end());
    Ok(())
}

fn show(ended: &Ended, shown: &mut Shown) {
    shown.line(ended.output().trim_end());
    if let Some(code) = ended.code {
        shown.line(&format!("(exit status {code})"));
    }
}

fn show_layers(layers_dir: &Path, shown: &mut Shown) -> anyhow::Result<()> {
    for entry in folder::snapshot(layers_dir)? {
        let path = entry.path.display().to_string();
        match entry.kind {
            folder::Kind::File(bytes) if is_for_reading(&path) => {
                shown.line(&format!("{path}:"));
                for line in String::from_utf8_lossy(&bytes).lines() {
                    shown.line(&format!("    {line}"));
                }
            }
            folder::Kind::File(bytes) => shown.line(&format!("{path}  {} bytes", bytes.len())),
            folder::Kind::Link(target) => shown.line(&format!("{path} -> {}", target.display())),
            folder::Kind::Folder | folder::Kind::Other => {}
        }
    }
    Ok(())
}

/// Whether a file is shown whole: one that the lifecycle or the launcher reads. Others are only listed.
fn is_for_reading(path: &str) -> bool {
    !path.contains('/') && !path.contains(".sbom.") || path.contains("/env")
}

fn launch(world: &Lifecycle, shown: &mut Shown) -> anyhow::Result<()> {
    let Some(python) = python()? else {
        shown.line("Python is missing on this machine, so the demo does not start the job.");
        return Ok(());
    };
    let mut environment = Environment::new();
    environment.insert("PATH".into(), python.path);
    environment.insert("DATA_VALUE".into(), r#"{"shots": 1000}"#.into());
    environment.insert("PARAMS_VALUE".into(), r#"{"seed": 7}"#.into());
    let job = world.launch(None, &environment)?;
    show(&job, shown);
    ensure!(job.passed(), "the job failed");
    Ok(())
}
