//! Shows what a buildpack may do on this machine, and what it would do with an application. Writes only to a temporary
//! folder, which is removed before a server is asked. Asks servers only with `--ask`.
//!
//! Runs the same steps as `phase`, in the same order. `text` formats the answer.

mod asking;
mod dry;
mod scratch;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::cli::{About, Question};
use crate::contents::{self, Looked, Remotes, SignedIn};
use crate::phase::{self, InputError, Outcome, PhaseError};
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

/// The component, its record and its interface.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The buildpack, as `id@version`.
    pub buildpack: String,
    /// SHA-256 of the component, as packaging recorded it.
    pub component_sha256: String,
    /// SHA-256 of the compiled component, computed from the file.
    pub artifact_sha256: String,
    /// The architecture of the compiled component.
    pub arch: &'static str,
    /// The engine of this host. The same version compiled the component.
    pub engine: String,
    /// SHA-256 of this host.
    pub host_sha256: String,
    /// The interfaces that the component imports.
    pub imports: Vec<String>,
    /// The interfaces that the component exports.
    pub exports: Vec<String>,
}

/// The rights of a build, and its plan.
#[derive(Debug, Serialize)]
pub struct Explanation {
    #[serde(flatten)]
    pub inspection: Inspection,
    /// The path of the operator's policy, if it exists.
    pub policy: Option<&'static str>,
    /// The denied declarations, with reasons.
    pub denied: Vec<String>,
    /// The protection that is demanded, and the protection that the kernel gives.
    pub sandbox: SandboxAnswer,
    /// The limits of a build, by their keys in buildpack.toml.
    pub limits: Vec<(&'static str, u64)>,
    /// The platform's variables that are passed to the component.
    pub variables: Vec<VariableAnswer>,
    /// The variables that the component may set for later buildpacks.
    pub build_variables: Vec<String>,
    /// The sources of content.
    pub sources: Vec<SourceAnswer>,
    /// The formats of bills of materials that a build writes.
    pub sbom_formats: Vec<&'static str>,
    /// The level of detail of the receipt in the image.
    pub receipt: String,
    /// The result of detect, if an application is given.
    pub detect: Option<DryDetect>,
    /// The result of a dry build, if an application is given.
    pub build: Option<DryBuild>,
}

/// The protection that is demanded, and the protection that the kernel gives.
#[derive(Debug, Serialize)]
pub struct SandboxAnswer {
    /// The value of `sandbox` in buildpack.toml, or the stricter one of the operator.
    pub asked: String,
    /// The protection that a runner has just proven on this machine.
    pub held: String,
    /// The effects of missing protection.
    pub means: String,
}

/// A variable that is passed to the component.
#[derive(Debug, Serialize)]
pub struct VariableAnswer {
    pub name: String,
    pub set: bool,
}

#[derive(Debug, Serialize)]
pub struct SourceAnswer {
    pub name: String,
    /// The address of the repository.
    pub url: String,
    /// The branch, tag or commit.
    pub revision: String,
    /// The variable that set the revision.
    pub chosen_by: Option<String>,
    /// The folder in the repository.
    pub subpath: String,
    /// Whether the repository is a mirror from the operator's policy.
    pub mirror: bool,
    /// The commit that comes with the package. Then no server is asked.
    pub in_package: Option<String>,
    /// The places that may hold its credential.
    pub credential_from: Vec<String>,
    /// The place where the credential was found.
    pub credential_found: Option<String>,
    /// The only server that would get the credential.
    pub credential_goes_to: Option<String>,
    /// The reason why the source can't be fetched.
    pub problem: Option<String>,
    /// The result of asking the server, with `--ask`.
    pub asked: Option<AskedAnswer>,
}

/// The result of asking for a source as a build does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedAnswer {
    /// The folder that a build would use.
    Taken(Looked),
    /// The message of the error that a build would end with.
    Refused(String),
    /// The reason why it was not asked: the same credential or proxy was refused for another source.
    Unasked(String),
}

/// Runs a command and prints its result on standard output.
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

/// Inspects a buildpack's component.
fn inspect(buildpack: &Path) -> Result<Inspection, PhaseError> {
    let dir = open(buildpack)?;
    inspection(buildpack, &Descriptor::read(&dir)?)
}

/// Inspects a buildpack and its grants, and runs both phases without the network.
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
    // Without an application the component gets an empty one, because the process that runs it proves the sandbox.
    let detect = dry::detect(&world).map_err(PhaseError::Scratch)?;
    let plan = world.buildpack_plan().map_err(PhaseError::Scratch)?;
    std::fs::write(&world.buildpack_plan, plan).map_err(PhaseError::Scratch)?;
    let context = world.build_context(descriptor)?;
    let (held, build) = dry::build(&context, buildpack, &grants)?;
    // The host reads credentials only now, after the component has ended.
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
    // The host connects only now, after it needs no more files and has removed its own.
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
                "unknown: the runner stopped before it was sandboxed".to_owned(),
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
    Dir::open_ambient(buildpack)
        .map_err(|error| PhaseError::Input(InputError::Descriptor(error.into())))
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
    // Linking fails if the host does not offer an import.
    Guest::link(engine, &artifact)?;
    let host_sha256 = contents::own_digest();
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
