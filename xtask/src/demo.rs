//! `cargo xtask demo`: a project becomes a runnable job, and everything that happens is shown.
//!
//! Nothing is faked but the address: a real git server on loopback stands where the template's server is, and the
//! host is told so in the way that an operator tells it, by a service binding.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use host::cnb::descriptor::Descriptor;
use lifecycle::folder;
use lifecycle::search::Canary;
use lifecycle::{Ended, Environment, Lifecycle};
use server::app;
use server::git_server::GitServer;
use server::repository::Repository;

use crate::python::python;
use package::cargo::Profile;
use package::{build, cargo, say};

/// Where the template lies on its server, as buildpack.toml says.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";

/// Not a token of any real server.
const TOKEN: &str = "demo-token-4d1c7a90";

struct Options {
    app: PathBuf,
    keep: bool,
}

/// Runs the demo with the options of its command line.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let options = parse(options)?;
    let buildpack = build::buildpack(Profile::of_trials()?)?;

    say::line("\n== A git server on loopback, with the template behind a token");
    let repository = Repository::template()?;
    let server = GitServer::options()
        .repository(TEMPLATE, repository.git_dir())
        .token("oauth2", TOKEN)
        .start()?;
    say::line(&server.url(TEMPLATE));

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

    say::line("\n== What is granted");
    show_grants(&world)?;

    let root = cargo::root();
    let app = options.app.strip_prefix(&root).unwrap_or(&options.app);
    say::line(&format!("\n== bin/detect on {}", app.display()));
    let detected = world.detect()?;
    show(&detected);
    match detected.code {
        Some(0) => {}
        Some(100) => bail!("this is no PlanQK project: bin/detect ended with 100"),
        _ => bail!("bin/detect failed"),
    }

    say::line("\n== bin/build");
    let built = world.build()?;
    show(&built);
    ensure!(built.passed(), "bin/build failed");

    say::line("\n== What the server was asked");
    for request in server.requests() {
        say::line(&format!("{} {}", request.method, request.target));
    }
    say::line("\n== What was written");
    show_layers(&world.layers_dir())?;
    let found = Canary::new(TOKEN).in_folder(&world.layers_dir())?;
    ensure!(found.is_empty(), "the token is in the layers: {found:?}");
    say::line("The token is in none of it.");

    say::line("\n== The job, started as the launcher would");
    launch(&world)?;

    say::line("\n== bin/build once more, as for the next version of the project");
    rebuild(&world)?;
    if options.keep {
        say::line(&format!("\nkept: {}", world.keep().display()));
    }
    Ok(())
}

fn parse(mut options: &[&str]) -> anyhow::Result<Options> {
    let mut parsed = Options {
        app: app::sample(),
        keep: false,
    };
    loop {
        options = match options {
            [] => return Ok(parsed),
            ["--keep", rest @ ..] => {
                parsed.keep = true;
                rest
            }
            ["--app", dir, rest @ ..] => {
                parsed.app = PathBuf::from(dir);
                ensure!(parsed.app.is_dir(), "{dir} is no directory");
                rest
            }
            [other, ..] => bail!("demo knows --app DIR and --keep, not '{other}'"),
        };
    }
}

/// What buildpack.toml asks for, and what the host makes of it.
fn show_grants(world: &Lifecycle) -> anyhow::Result<()> {
    let file = world.buildpack_dir().join("buildpack.toml");
    let descriptor = Descriptor::parse(&std::fs::read_to_string(file)?, "buildpack.toml")?;
    say::line("To the component:");
    say::line(&format!("  {}  to read", world.app_dir().display()));
    say::line(&format!(
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
    say::line(&format!("  variables of the platform: {variables}"));
    say::line("  no network, no environment, no other process");
    say::line("To the host, when the component has ended:");
    for (name, source) in &descriptor.sources {
        let credential = source
            .credential
            .as_ref()
            .map_or("none".to_owned(), ToString::to_string);
        say::line(&format!(
            "  source {name}: {}, the folder '{}', credential: {credential}",
            source.git, source.subpath
        ));
    }
    say::line("Here a service binding says that the source's server is the one on loopback.");
    Ok(())
}

/// The previous image's layer is kept, and nothing is fetched but a few ids.
fn rebuild(world: &Lifecycle) -> anyhow::Result<()> {
    world.export()?;
    world.restore()?;
    let rebuilt = world.build()?;
    show(&rebuilt);
    ensure!(rebuilt.passed(), "bin/build failed");
    let exported = world.export()?;
    ensure!(
        exported.reused == ["job-template"],
        "the layer was not kept: {exported:?}"
    );
    Ok(())
}

fn show(ended: &Ended) {
    say::line(ended.output().trim_end());
    if let Some(code) = ended.code {
        say::line(&format!("(exit status {code})"));
    }
}

fn show_layers(layers_dir: &Path) -> anyhow::Result<()> {
    for entry in folder::snapshot(layers_dir)? {
        let path = entry.path.display().to_string();
        match entry.kind {
            folder::Kind::File(bytes) if is_for_reading(&path) => {
                say::line(&format!("{path}:"));
                for line in String::from_utf8_lossy(&bytes).lines() {
                    say::line(&format!("    {line}"));
                }
            }
            folder::Kind::File(bytes) => say::line(&format!("{path}  {} bytes", bytes.len())),
            folder::Kind::Link(target) => say::line(&format!("{path} -> {}", target.display())),
            folder::Kind::Folder | folder::Kind::Other => {}
        }
    }
    Ok(())
}

/// What the lifecycle and the launcher read is shown whole; the template and the bills of materials are listed.
fn is_for_reading(path: &str) -> bool {
    !path.contains('/') && !path.contains(".sbom.") || path.contains("/env")
}

fn launch(world: &Lifecycle) -> anyhow::Result<()> {
    let Some(python) = python()? else {
        say::line("There is no Python on this machine, so the demo ends before the job's start.");
        return Ok(());
    };
    let mut environment = Environment::new();
    environment.insert("PATH".into(), python.path);
    environment.insert("DATA_VALUE".into(), r#"{"shots": 1000}"#.into());
    environment.insert("PARAMS_VALUE".into(), r#"{"seed": 7}"#.into());
    let job = world.launch(None, &environment)?;
    show(&job);
    ensure!(job.passed(), "the job failed");
    Ok(())
}
