//! Shows what a buildpack may do on this machine, and what it would do with an application. Writes only to a temporary
//! folder, which is removed before a server is asked. Asks servers only with `--ask`.
//!
//! Runs the steps of `host::phase`, in the same order. The component runs in the host that the tool brings along, which
//! is the one that ships: a buildpack's own program is not trusted, so none is started. Neither is its compiled
//! component, which is native code: `recompiled` compiles the component again. The buildpack cannot turn the sandbox
//! off here either: see `sandboxed`. `text` formats the answer.

mod asking;
mod dry;
mod sandboxed;
mod scratch;
mod source;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use ::package::arch::Arch;
use ::package::programs::Programs as _;
use cnb::context::{BuildContext, Environment};
use cnb::descriptor::Descriptor;
use cnb::steering;
use contents::{Remotes, SignedIn};
use dir::Dir;
use host::phase::{self, PhaseError};
use policy::{Grants, OperatorPolicy, PATH};
use report::Report;
use serde::Serialize;

use self::dry::{DryBuild, DryDetect};
use self::sandboxed::SandboxAnswer;
use self::scratch::Scratch;
use self::source::{SourceAnswers, Tried};
use crate::answer::{self, Format};
use crate::assets::Assets;
use crate::inspect::{Inspection, digest, open};
use crate::package::hide;
use crate::recompiled;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The buildpack directory.
    #[arg(long, value_name = "DIR")]
    buildpack: PathBuf,
    /// An application, for a dry run of both phases.
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
    /// The platform directory, with variables and bindings.
    #[arg(long, value_name = "DIR")]
    platform: Option<PathBuf>,
    /// Asks the servers, as a build does.
    #[arg(long)]
    ask: bool,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The rights of a build, and its plan.
#[derive(Debug, Serialize)]
struct Explanation {
    #[serde(flatten)]
    inspection: Inspection,
    /// SHA-256 of the host that ran here, which the tool brings along.
    ran_host_sha256: String,
    /// The path of the operator's policy, if it exists.
    policy: Option<&'static str>,
    /// The denied declarations, with reasons.
    denied: Vec<String>,
    /// The protection that is demanded, and the protection that the kernel gives.
    sandbox: SandboxAnswer,
    /// The limits of a build, by their keys in buildpack.toml.
    limits: Vec<(&'static str, u64)>,
    /// The platform's variables that are passed to the component.
    variables: Vec<VariableAnswer>,
    /// The variables that the component may set for later buildpacks.
    build_variables: Vec<String>,
    #[serde(flatten)]
    sources: SourceAnswers,
    /// The formats of bills of materials that a build writes.
    sbom_formats: Vec<&'static str>,
    /// The level of detail of the receipt in the image.
    receipt: String,
    /// The result of detect, if an application is given.
    detect: Option<DryDetect>,
    /// The result of a dry build, if an application is given.
    build: Option<DryBuild>,
}

/// A variable that is passed to the component.
#[derive(Debug, Serialize)]
struct VariableAnswer {
    name: String,
    set: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let environment = Environment::from_process();
    hide(Report::new(false, None));
    let explanation = explain(&environment, options)?;
    answer::show(&explanation, options.format);
    Ok(ExitCode::SUCCESS)
}

/// Inspects a buildpack and its grants, and runs both phases without the network.
fn explain(environment: &Environment, options: &Options) -> anyhow::Result<Explanation> {
    let Options {
        buildpack,
        app,
        platform,
        ask,
        format: _,
    } = options;
    let dir = open(buildpack)?;
    let assets = Assets::new()?;
    let scratch = Scratch::new()?;
    let own = scratch.buildpack()?;
    let recompiled = recompiled::write(&dir, &assets, &own)?;
    let inspection = Inspection::of(&dir, &own, recompiled, &read(&dir)?)?;
    let program = assets.host(Arch::here()?)?;
    let policy = OperatorPolicy::read().map_err(PhaseError::from)?;
    let mut grants = Grants::of(read(&open(&own)?)?, policy);
    let sandbox = sandboxed::always(&mut grants.descriptor, &own)?;
    let descriptor = &grants.descriptor;
    let ran_host_sha256 = digest(&program)?;
    let world = scratch.world(environment, &own, app.as_deref(), platform.as_deref())?;
    // Without an application the component gets an empty one, because the process that runs it proves the sandbox.
    let detect = dry::detect(&program, &world)?;
    world.write_buildpack_plan()?;
    let context = world.build_context(descriptor).map_err(PhaseError::from)?;
    let (held, build) = dry::build(&program, &context, &own, &grants)?;
    // The host reads credentials only now, after the component has ended.
    let remotes = Remotes::new(&context, &grants, &dir, Report::SILENT).in_memory();
    let mut tried = Tried::default();
    let mut signed_in = Vec::new();
    for (name, source) in remotes.sign_in_to_all().map_err(PhaseError::from)? {
        let origin = source.map(|source| {
            let origin = source.origin().clone();
            signed_in.push((name.clone(), source.route(), source));
            origin
        });
        tried.origins.insert(name, origin);
    }
    // The host connects only now, after it needs no more files and has removed its own.
    drop((scratch, assets));
    if *ask {
        phase::confine_host(&context.layers, Report::SILENT);
        tried.asked = asking::ask(signed_in, SignedIn::look);
    }
    let formats = descriptor.sbom_formats.iter();
    Ok(Explanation {
        inspection,
        ran_host_sha256,
        policy: grants.operator.as_ref().map(|_| PATH),
        denied: grants.denials.iter().map(ToString::to_string).collect(),
        sandbox: sandbox.answer(held.as_ref()),
        limits: descriptor.limits.rows().collect(),
        variables: variables(descriptor, &context),
        build_variables: descriptor
            .build_variables
            .iter()
            .map(|name| steering::told(name.as_str()))
            .collect(),
        sources: SourceAnswers::of(&context, &grants, tried),
        sbom_formats: formats.map(|format| format.media_type()).collect(),
        receipt: descriptor.receipt.to_string(),
        detect: app.is_some().then_some(detect),
        build: app.is_some().then_some(build),
    })
}

fn variables(descriptor: &Descriptor, context: &BuildContext) -> Vec<VariableAnswer> {
    let set = &context.common.variables;
    let declared = descriptor.variables.iter();
    let answers = declared.map(|name| VariableAnswer {
        name: name.to_string(),
        set: set.iter().any(|(set, _)| set == name),
    });
    answers.collect()
}

fn read(dir: &Dir) -> anyhow::Result<Descriptor> {
    Ok(Descriptor::read(dir).map_err(PhaseError::from)?)
}
