//! The two phases, each a list of steps from top to bottom. A step never calls an earlier one, and all writing is at
//! the end.
//!
//! The steps themselves live in the modules that this one calls.

mod error;

use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

use crate::limits;
use crate::receipt;
use crate::runner::{self, Listener, Workplace};
use crate::wire::Start;
use cnb::check::{self, BuildFacts, CheckedOutput, KnownSources};
use cnb::context::{
    BuildContext, Common, DetectContext, Environment, ProcessSettings, UnknownSetting,
};
use cnb::descriptor::Descriptor;
use cnb::later;
use cnb::launch::{self, PlanFile};
use cnb::layer;
use cnb::sandbox::Sandbox;
use cnb::sbom::{self, Prepared};
use cnb::walk::{self, Snapshot, Walk, WalkError};
use confine::{self, Held, ProcessLimits};
use contents::{self, Digests, Remotes, Summary, Unfinished};
use contract::log::Level;
use contract::types::DetectOutcome;
use dir::Dir;
use engine::artifact::{ArtifactFile, Compare};
use engine::{Artifact, CallError, Confinement, Guest, Logger, Preopen, engine_for};
use policy::{Grants, OperatorPolicy};
use report::Report;

pub use self::error::{ComponentError, InputError, LayersError, PhaseError};

/// The limit for names at the top of the layers directory, which has a few for each layer.
const MOST_AT_THE_TOP: usize = 10_000;

/// The result of a phase that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The buildpack takes part, or has built.
    Done,
    /// The buildpack does not take part.
    NotDetected,
}

impl Outcome {
    /// Returns the exit status of the process.
    ///
    /// <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#detection>: 100 means that detection
    /// failed, and anything else but 0 that something went wrong.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotDetected => 100,
        }
    }
}

/// Decides whether the buildpack takes part, and writes the build plan if it does.
pub fn detect(environment: &Environment, report: Report) -> Result<Outcome, PhaseError> {
    let buildpack_dir = environment.buildpack_dir()?;
    let grants = Grants::of(Descriptor::read(&buildpack_dir)?, OperatorPolicy::read()?);
    let descriptor = &grants.descriptor;
    let context = DetectContext::read(environment, descriptor)?;
    say_denied(report, &grants, Level::Debug);
    let app = open_app(&context.common)?;
    let build_plan = PlanFile::open(&context.build_plan_path)?;
    let mut artifact = ArtifactFile::open(buildpack_dir.path())?;
    let limits = limits::guest(&descriptor.limits);
    let engine = engine_for(&limits).map_err(|error| CallError::set_up(&error))?;
    // Neither is dropped: this process ends after the component's answer, and the kernel then frees the memory.
    let artifact = Artifact::load(&engine, &mut artifact, Compare::Checksum)?;
    let artifact = ManuallyDrop::new(artifact);
    let guest = ManuallyDrop::new(Guest::link(engine, &artifact)?);
    let preopens = [Preopen {
        dir: app.as_fd(),
        name: &context.common.app_dir,
        writable: false,
    }];
    let say = move |level, text: &str| report.component(level, text);
    let logger = Logger::new(limits.log, Box::new(say));
    let contract = context.to_contract(descriptor, grants.index().is_some());
    let mut confinement = Confinement {
        limits: ProcessLimits {
            file: None,
            ..limits::process(&descriptor.limits)
        },
        demand: limits::demand(descriptor.sandbox),
        confined: &mut |held| report.debug(&format!("Sandbox: {held}")),
    };
    // The component runs in this process, which opens no more files. From here on the process is confined.
    match guest.detect(&contract, &preopens, &limits, &mut confinement, logger)?? {
        DetectOutcome::Fail(reason) => {
            report.component(Level::Info, &reason);
            Ok(Outcome::NotDetected)
        }
        DetectOutcome::Pass(plan) => {
            let plan = check::check_plan(plan)?;
            build_plan.write(&plan)?;
            Ok(Outcome::Done)
        }
    }
}

/// Decides what this buildpack adds to the image, fetches it, and writes the files that the lifecycle reads.
pub fn build(environment: &Environment, report: Report) -> Result<Outcome, PhaseError> {
    let began = Instant::now();
    let buildpack_dir = environment.buildpack_dir()?;
    let grants = Grants::of(Descriptor::read(&buildpack_dir)?, OperatorPolicy::read()?);
    let descriptor = &grants.descriptor;
    let context = BuildContext::read(environment, descriptor)?;
    let name = descriptor.name.as_ref().unwrap_or(&descriptor.id);
    let report = report.headline(name, &descriptor.version);
    say_denied(report, &grants, Level::Info);
    say_unknown(report, &context.unknown_settings);
    say_passed_over(report, &context.common.settings, descriptor);
    for why in &context.restored.unread {
        report.debug(&format!("Restored, and taken for empty: {why}"));
    }
    let app = open_app(&context.common)?;
    let artifact = ArtifactFile::open(buildpack_dir.path())?;
    let layers = &context.layers;
    // Two builds at once would each take the other's layers for files of its own component.
    let _alone = layers.lock().map_err(LayersError::Lock)?;
    contents::remove_leftovers(layers, MOST_AT_THE_TOP).map_err(LayersError::Leftovers)?;
    // The level until the runner has proven a higher one.
    let mut sandbox = confine::Level::WasmOnly;
    let own_digests = || Digests::of(artifact.record.artifact_sha256.clone());
    let mut digests = None;
    let mut listener = Listener {
        started: &mut || digests = Some(own_digests()),
        confined: &mut |held| {
            sandbox = held.level();
            say_confined(report, held);
        },
        log: &mut |level, text| report.component(level, text),
    };
    let Declared { mut output, left } = declare(
        Path::new(runner::OWN),
        &context,
        &grants,
        &app,
        &artifact,
        &mut listener,
    )?;
    let prepared = Prepared::read(&buildpack_dir, &descriptor.sbom_formats)?;
    let digests = digests
        .unwrap_or_else(own_digests)
        .map_err(InputError::Own)?;

    // The host reads credentials only now. Then it gives up access to everything but the layers, and connects to the
    // network only after that.
    let remotes = Remotes::new(&context, &grants, &buildpack_dir, report);
    let wanted = remotes.sign_in(&output.layers, &app)?;
    if descriptor.sandbox != Sandbox::Off {
        confine_host(layers, report);
    }
    let _unfinished = Unfinished(layers);
    let contents = contents::fetch(wanted, &remotes, &left, &context, &digests)?;
    let summary = Summary::of(&contents, &left);

    let facts = receipt::facts(&grants, sandbox, &digests, &contents);
    output.labels.push(receipt::label(&facts));

    // Only now does the host write files that the lifecycle reads.
    launch::withdraw(layers)?;
    layer::drop_undeclared(layers, &context.restored, &output.layers)?;
    for layer in contents.ready {
        report.line(&layer.place(layers)?);
    }
    sbom::write(layers, prepared, &facts)?;
    launch::write(layers, &output)?;
    report.line(&summary.told(began.elapsed()));
    Ok(Outcome::Done)
}

/// The component's output and the files that it left, both checked.
pub struct Declared {
    pub output: CheckedOutput,
    pub left: Walk,
}

/// Runs the component's `build` and checks its output and files. `program` is the host that runs the component.
pub fn declare(
    program: &Path,
    context: &BuildContext,
    grants: &Grants,
    app: &Dir,
    artifact: &ArtifactFile,
    listener: &mut Listener<'_>,
) -> Result<Declared, PhaseError> {
    let descriptor = &grants.descriptor;
    let layers = &context.layers;
    let before = Snapshot::take(layers)?;

    // The component decides in a separate process, which has ended when this returns.
    let limits = &descriptor.limits;
    let start = Start {
        context: context.to_contract(descriptor, grants.index().is_some()),
        limits: limits::guest(limits),
        process: limits::process(limits),
        demand: limits::demand(descriptor.sandbox),
        record: artifact.record.clone(),
    };
    let workplace = Workplace {
        program,
        app,
        layers,
        artifact,
    };
    let output = runner::build(&start, workplace, limits::output(limits), listener)??;

    // All of its output and files are checked before any of it is used.
    let plan = context.buildpack_plan.iter();
    let facts = BuildFacts {
        api: descriptor.api,
        buildpack_plan: plan.map(|entry| &*entry.name).collect(),
        sources: KnownSources::of(descriptor),
    };
    let output = check::check_output(output, &facts)?;
    let left = walk::judge(layers, &context.layers_dir, &before, &output.layers, limits)?;
    let later = later::variables(layers, &output.layers).map_err(WalkError::Dir)?;
    grants.may_set(&later)?;
    Ok(Declared { output, left })
}

/// Reports what the operator's policy denies.
fn say_denied(report: Report, grants: &Grants, level: Level) {
    for denial in &grants.denials {
        report.say(level, &format!("Policy: {denial}"));
    }
}

/// Warns of variables that look like misspelled settings of this buildpack.
fn say_unknown(report: Report, unknown: &[UnknownSetting]) {
    let text = |UnknownSetting { name, nearest }: &UnknownSetting| {
        let nearest = nearest.as_ref();
        let nearest = nearest.map_or(String::new(), |name| format!(" Is {name} meant?"));
        format!("{name} is not a setting of this buildpack, and does nothing.{nearest}")
    };
    report.warnings(unknown, text, "other variable", "other variables");
}

/// Warns of variables of the process environment that are ignored, which the operator probably did not intend. They
/// matter only where a source is declared.
fn say_passed_over(report: Report, settings: &ProcessSettings, descriptor: &Descriptor) {
    if descriptor.sources.all().is_empty() {
        return;
    }
    for name in &settings.passed_over {
        report.warning(&format!(
            "{name} does not count: buildpack.toml lacks clear-env = true, so an application could have set it."
        ));
    }
}

/// Reports the sandbox's level, and warns of what is missing from it.
fn say_confined(report: Report, held: &Held) {
    report.line(&format!("Sandbox: {held}"));
    for meaning in held.means() {
        report.warning(meaning);
    }
}

/// Confines the host before it connects. Reports the result at level `debug` only: the runner's report has already
/// warned of what the kernel lacks.
pub fn confine_host(layers: &Dir, report: Report) {
    let held = confine::restrict_host(layers.as_fd());
    let text = format!("Sandbox of the host, before it connects: {held}");
    report.debug(&text);
}

fn open_app(common: &Common) -> Result<Dir, PhaseError> {
    Ok(Dir::open_ambient(Path::new(&common.app_dir)).map_err(InputError::App)?)
}
