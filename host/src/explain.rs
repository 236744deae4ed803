//! Tells what a buildpack may and would do on this machine with an application. Nothing is written but a folder of
//! its own, which is gone before a server is asked; and none is asked unless that is wanted.
//!
//! The same steps as in `phase`, in the same order. How the answer looks lives in `text`.

mod asking;
mod dry;
mod scratch;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::cli::{About, Question};
use crate::contents::{Looked, Remotes, SignedIn};
use crate::phase::{self, Outcome, PhaseError};
use crate::policy::{Grants, OperatorPolicy, PATH};
use crate::report::Report;
use cnb::context::Environment;
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::sandbox::Sandbox;
use cnb::steering;
use confine::Held;
use dir::Dir;
use engine::artifact::{self, ArtifactFile, Compare};
use engine::{Artifact, CallError, Guest, engine_for};

pub use self::dry::{DryBuild, DryDetect, DryLayer, PlannedContent};
use self::scratch::Scratch;

/// What the component is.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The buildpack's id and version.
    pub buildpack: String,
    /// SHA-256 of the component, as packaging recorded it.
    pub component_sha256: String,
    /// SHA-256 of what it was compiled to, as it was found.
    pub artifact_sha256: String,
    /// The architecture that this is for.
    pub arch: &'static str,
    /// The engine of this host, which is the one that compiled it.
    pub engine: String,
    /// SHA-256 of this host.
    pub host_sha256: String,
    /// What the component asks for.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

/// What a build may do, and would do.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What is run.
    #[serde(flatten)]
    pub inspection: Inspection,
    /// The operator's policy, if there is one.
    pub policy: Option<&'static str>,
    /// What is declared and doesn't hold, and why.
    pub denied: Vec<String>,
    /// What is asked of the kernel, and what it gives.
    pub sandbox: SandboxAnswer,
    /// What a build may use: keys of buildpack.toml.
    pub limits: Vec<(&'static str, u64)>,
    /// The platform's variables that the guest is told.
    pub variables: Vec<VariableAnswer>,
    /// The variables that it may set for the buildpacks behind this one.
    pub build_variables: Vec<String>,
    /// Where content may come from.
    pub sources: Vec<SourceAnswer>,
    /// The formats of bills of materials that a build writes.
    pub sbom_formats: Vec<&'static str>,
    /// How much the receipt in the image tells.
    pub receipt: String,
    /// What detect says to the application.
    pub detect: Option<DryDetect>,
    /// What build would do with it.
    pub build: Option<DryBuild>,
}

/// What is asked of the kernel, and what it gives.
#[derive(Debug, Serialize)]
pub struct SandboxAnswer {
    /// `sandbox` of buildpack.toml, as far as the operator grants it.
    pub asked: String,
    /// What a runner on this machine found by trying, just now.
    pub held: String,
    /// What is missing means this.
    pub means: String,
}

/// A variable that the guest is told.
#[derive(Debug, Serialize)]
pub struct VariableAnswer {
    /// Its name.
    pub name: String,
    /// Whether it is set.
    pub set: bool,
}

/// A source of content.
#[derive(Debug, Serialize)]
pub struct SourceAnswer {
    /// Its name.
    pub name: String,
    /// The repository that would be asked.
    pub url: String,
    /// The branch, tag or commit.
    pub revision: String,
    /// The variable that chose it.
    pub chosen_by: Option<String>,
    /// The folder of it.
    pub subpath: String,
    /// Whether the repository is the mirror that the operator's policy names.
    pub mirror: bool,
    /// The commit that the package brings along. Then nobody is asked.
    pub in_package: Option<String>,
    /// Where its credential may be found.
    pub credential_from: Vec<String>,
    /// Where it was found.
    pub credential_found: Option<String>,
    /// The one server that it would be sent to.
    pub credential_goes_to: Option<String>,
    /// Why it can't be fetched.
    pub problem: Option<String>,
    /// The findings, if the servers are asked.
    pub asked: Option<AskedAnswer>,
}

/// The outcome of asking for a source as a build does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedAnswer {
    /// The folder, which a build would take.
    Taken(Looked),
    /// The error that a build would end with, as it would say it.
    Refused(String),
    /// Why it was not asked for: the same was refused for another source.
    Unasked(String),
}

/// Answers a question on standard output.
pub fn answer(
    question: &Question,
    environment: &Environment,
    report: Report,
) -> Result<Outcome, PhaseError> {
    let buildpack = &question.buildpack;
    let text = match &question.about {
        About::Inspect => inspect(buildpack)?.answer(question.json),
        About::Explain { app, platform, ask } => {
            let (app, platform) = (app.as_deref(), platform.as_deref());
            explain(environment, buildpack, app, platform, *ask)?.answer(question.json)
        }
    };
    text.lines().for_each(|line| report.line(line));
    Ok(Outcome::Done)
}

/// Looks at a buildpack's component.
fn inspect(buildpack: &Path) -> Result<Inspection, PhaseError> {
    let dir = open(buildpack)?;
    inspection(buildpack, &Descriptor::read(&dir)?)
}

/// Looks at a buildpack, at what it is granted, and at what it would do.
fn explain(
    environment: &Environment,
    buildpack: &Path,
    app: Option<&Path>,
    platform: Option<&Path>,
    ask: bool,
) -> Result<Explanation, PhaseError> {
    let dir = open(buildpack)?;
    let inspection = inspection(buildpack, &Descriptor::read(&dir)?)?;
    let grants = Grants::of(Descriptor::read(&dir)?, OperatorPolicy::read()?);
    let descriptor = &grants.descriptor;
    let scratch = Scratch::new().map_err(PhaseError::Scratch)?;
    let world = scratch
        .world(environment, buildpack, app, platform)
        .map_err(PhaseError::Scratch)?;
    // Without an application the guest gets an empty one: the walls are tried by the process that runs it.
    let detect = dry::detect(&world).map_err(PhaseError::Scratch)?;
    let plan = world.buildpack_plan().map_err(PhaseError::Scratch)?;
    std::fs::write(&world.buildpack_plan, plan).map_err(PhaseError::Scratch)?;
    let context = world.build_context(descriptor)?;
    let (held, build) = dry::build(&context, buildpack, &grants)?;
    // The component has ended: only now is a credential read.
    let remotes = Remotes::new(&context, &grants, &dir, Report::SILENT).in_memory();
    let set = &context.common.variables;
    let variables = descriptor.variables.iter().map(|name| VariableAnswer {
        name: name.to_string(),
        set: set.iter().any(|(set, _)| set == name),
    });
    let mut origins = BTreeMap::new();
    let mut signed_in = Vec::new();
    for (name, source) in remotes.sign_in_to_all()? {
        let origin = source.map(|source| {
            let origin = source.origin().clone();
            signed_in.push((name.clone(), source.route(), source));
            origin
        });
        origins.insert(name, origin);
    }
    // And only when no file is needed any more, and none stays behind, is a server heard.
    drop(scratch);
    let mut answers = BTreeMap::new();
    if ask {
        if descriptor.sandbox != Sandbox::Off {
            phase::confine_host(&context.layers, Report::SILENT);
        }
        answers = asking::ask(signed_in, SignedIn::look);
    }
    let sources = origins.into_iter().map(|(name, origin)| {
        let declaration = &descriptor.sources[name];
        let chosen = &context.revisions[name];
        let mirror = grants.mirror_of(&declaration.git);
        let (url, is_mirror, found, problem) = match origin {
            Ok(origin) => (origin.url, origin.is_mirror, origin.credential, None),
            Err(error) => {
                let url = declaration.git.to_string();
                (url, false, None, Some(error.to_string()))
            }
        };
        let in_package = declaration.vendored.as_ref();
        let to: Option<cnb::address::RemoteUrl> = url.parse().ok();
        SourceAnswer {
            name: name.to_string(),
            revision: chosen.revision.to_string(),
            chosen_by: chosen.variable.as_ref().map(ToString::to_string),
            subpath: declaration.subpath.to_string(),
            mirror: is_mirror,
            in_package: in_package.map(|vendored| vendored.commit.to_string()),
            credential_from: match (in_package, mirror) {
                (Some(_), _) => Vec::new(),
                (None, Some(mirror)) => mirror.credential.as_ref().map_or_else(Vec::new, places),
                (None, None) => {
                    let name = declaration.credential.as_ref();
                    name.map_or_else(Vec::new, |name| places(&descriptor.credentials[name]))
                }
            },
            credential_goes_to: to.filter(|_| found.is_some()).map(|url| url.origin()),
            credential_found: found,
            url,
            problem,
            asked: answers.remove(name),
        }
    });
    let formats = descriptor.sbom_formats.iter();
    Ok(Explanation {
        inspection,
        policy: grants.operator.as_ref().map(|_| PATH),
        denied: grants.denials.iter().map(ToString::to_string).collect(),
        sandbox: SandboxAnswer {
            asked: descriptor.sandbox.to_string(),
            means: held.as_ref().map_or_else(Vec::new, Held::means).join(" "),
            held: held.map_or(
                "unknown: the runner didn't come so far".to_owned(),
                |held| held.to_string(),
            ),
        },
        limits: descriptor.limits.rows().collect(),
        variables: variables.collect(),
        build_variables: descriptor
            .build_variables
            .iter()
            .map(|name| steering::told(name.as_str()))
            .collect(),
        sources: sources.collect(),
        sbom_formats: formats.map(|format| format.media_type()).collect(),
        receipt: descriptor.receipt.to_string(),
        detect: app.map(|_| detect),
        build: app.map(|_| build),
    })
}

fn open(buildpack: &Path) -> Result<Dir, PhaseError> {
    Dir::open_ambient(buildpack).map_err(|error| PhaseError::Descriptor(error.into()))
}

fn places(credential: &CredentialDeclaration) -> Vec<String> {
    let binding = credential
        .binding
        .iter()
        .map(|kind| format!("a binding of type '{kind}'"));
    let variable = credential.env.iter().map(|name| format!("variable {name}"));
    binding.chain(variable).collect()
}

fn inspection(buildpack: &Path, descriptor: &Descriptor) -> Result<Inspection, PhaseError> {
    let mut file = ArtifactFile::open(buildpack)?;
    let limits = crate::policy::guest(&descriptor.limits);
    let engine = engine_for(&limits).map_err(|error| CallError::set_up(&error))?;
    let artifact = Artifact::load(&engine, &mut file, Compare::Digest)?;
    let (imports, exports) = artifact.names(&engine);
    // One that asks for more than there is can be looked at, and not be run.
    Guest::link(engine, &artifact)?;
    let host_sha256 =
        std::fs::File::open("/proc/self/exe").and_then(|mut file| artifact::sha256(&mut file));
    Ok(Inspection {
        buildpack: format!("{}@{}", descriptor.id, descriptor.version),
        component_sha256: file.record.component_sha256,
        artifact_sha256: file.record.artifact_sha256,
        arch: artifact::go_arch(),
        engine: format!("wasmtime {}", engine::ENGINE_VERSION),
        host_sha256: host_sha256.map_err(PhaseError::Scratch)?,
        imports,
        exports,
    })
}
