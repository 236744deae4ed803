//! The job template's buildpack as a native program: without a sandbox, and with `git clone` as its download.
//!
//! It exists for the comparison only. Its detect does what the component does; its build does what the scripts do.

use std::process::Command;

use libcnb::build::{BuildContext, BuildResult, BuildResultBuilder};
use libcnb::data::build_plan::{BuildPlanBuilder, Require};
use libcnb::data::launch::{LaunchBuilder, ProcessBuilder};
use libcnb::data::{layer_name, process_type};
use libcnb::detect::{DetectContext, DetectResult, DetectResultBuilder};
use libcnb::generic::{GenericMetadata, GenericPlatform};
use libcnb::layer::UncachedLayerDefinition;
use libcnb::layer_env::{LayerEnv, ModificationBehavior, Scope};
use libcnb::{Buildpack, buildpack_main};

struct JobTemplate;

/// A message for the user.
#[derive(Debug)]
struct Failure(String);

impl Buildpack for JobTemplate {
    type Platform = GenericPlatform;
    type Metadata = GenericMetadata;
    type Error = Failure;

    fn detect(&self, context: DetectContext<Self>) -> libcnb::Result<DetectResult, Failure> {
        if !context.app_dir.join("planqk.json").is_file() {
            say("Could not find 'planqk.json' file");
            return DetectResultBuilder::fail().build();
        }
        say("Found 'planqk.json' file...");
        let mut python = Require::new("cpython");
        let launch = toml::Table::from_iter([("launch".to_owned(), true.into())]);
        python
            .metadata(launch)
            .map_err(|error| Failure(error.to_string()))?;
        let plan = BuildPlanBuilder::new().requires(python).or().build();
        DetectResultBuilder::pass().build_plan(plan).build()
    }

    fn build(&self, context: BuildContext<Self>) -> libcnb::Result<BuildResult, Failure> {
        say("---> PlanQK Job Template Buildpack");
        let definition = UncachedLayerDefinition {
            build: false,
            launch: true,
        };
        let layer = context.uncached_layer(layer_name!("job-template"), definition)?;
        let token = variable("BP_GITLAB_TOKEN")?;
        let template = variable("TEMPLATE")?;
        let status = Command::new("git")
            .args(["clone", "--quiet", "--depth", "1"])
            .arg(format!("http://oauth2:{token}@{template}"))
            .arg(layer.path())
            .status()
            .map_err(|error| Failure(format!("git can't be started: {error}")))?;
        if !status.success() {
            return Err(Failure(format!("git failed ({status})")).into());
        }
        let path = format!(":{}/job-template", layer.path().display());
        let change = |env: LayerEnv, mode, name, value: &str| {
            env.chainable_insert(Scope::Launch, mode, name, value)
        };
        let env = LayerEnv::new();
        let env = change(
            env,
            ModificationBehavior::Override,
            "ENTRY_POINT",
            "src.program:run",
        );
        let env = change(env, ModificationBehavior::Append, "PYTHONPATH", &path);
        layer.write_env(env)?;
        let process = ProcessBuilder::new(process_type!("web"), ["python", "-m", "app"])
            .default(true)
            .build();
        BuildResultBuilder::new()
            .launch(LaunchBuilder::new().process(process).build())
            .build()
    }

    #[expect(clippy::print_stderr, reason = "the rule is about the host")]
    fn on_error(&self, error: libcnb::Error<Failure>) {
        match error {
            libcnb::Error::BuildpackError(Failure(text)) => eprintln!("{text}"),
            other => eprintln!("{other}"),
        }
    }
}

impl From<Failure> for libcnb::Error<Failure> {
    fn from(failure: Failure) -> Self {
        Self::BuildpackError(failure)
    }
}

#[expect(clippy::disallowed_methods, reason = "the rule is about the host")]
fn variable(name: &'static str) -> Result<String, Failure> {
    std::env::var(name).map_err(|_| Failure(format!("{name} must be set")))
}

#[expect(clippy::print_stdout, reason = "the rule is about the host")]
fn say(text: &str) {
    println!("{text}");
}

buildpack_main!(JobTemplate);
