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
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use ::package::arch::Arch;
use ::package::programs::Programs as _;
use ::package::verify::describe_files;
use cnb::context::{BuildContext, Environment};
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::steering;
use contents::{Looked, Remotes, SignedIn};
use dir::Dir;
use host::phase::{self, PhaseError};
use policy::{Grants, OperatorPolicy, PATH};
use report::Report;
use serde::Serialize;

use self::dry::{DryBuild, DryDetect};
use self::sandboxed::SandboxAnswer;
use self::scratch::Scratch;
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
    /// The sources of content.
    sources: Vec<SourceAnswer>,
    /// The sources of files by digest.
    file_sources: Vec<FileSourceAnswer>,
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

#[derive(Debug, Serialize)]
struct SourceAnswer {
    name: String,
    /// The address of the repository.
    url: String,
    /// The branch, tag or commit.
    revision: String,
    /// The variable that set the revision.
    chosen_by: Option<String>,
    /// The folder in the repository.
    subpath: String,
    /// Whether the repository is a mirror from the operator's policy.
    mirror: bool,
    /// The commit that comes with the package. Then no server is asked.
    in_package: Option<String>,
    /// The places that may hold its credential.
    credential_from: Vec<String>,
    /// The place where the credential was found.
    credential_found: Option<String>,
    /// The only server that would get the credential.
    credential_goes_to: Option<String>,
    /// The reason why the source can't be fetched.
    problem: Option<String>,
    /// The result of asking the server, with `--ask`.
    asked: Option<AskedAnswer>,
}

/// A source that consists of files.
#[derive(Debug, Serialize)]
struct FileSourceAnswer {
    name: String,
    /// The list of the files and their servers, in words.
    from: String,
    /// Whether the files come with the package. Then no server is asked.
    in_package: bool,
    /// The places that may hold its credential.
    credential_from: Vec<String>,
}

/// The result of asking for a source as a build does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum AskedAnswer {
    /// The folder that a build would use.
    Taken(Looked),
    /// The message of the error that a build would end with.
    Refused(String),
    /// The reason why it was not asked: the same credential or proxy was refused for another source.
    Unasked(String),
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
    let mut origins = BTreeMap::new();
    let mut signed_in = Vec::new();
    for (name, source) in remotes.sign_in_to_all().map_err(PhaseError::from)? {
        let origin = source.map(|source| {
            let origin = source.origin().clone();
            signed_in.push((name.clone(), source.route(), source));
            origin
        });
        origins.insert(name, origin);
    }
    // The host connects only now, after it needs no more files and has removed its own.
    drop((scratch, assets));
    let mut answers = BTreeMap::new();
    if *ask {
        phase::confine_host(&context.layers, Report::SILENT);
        answers = asking::ask(signed_in, SignedIn::look);
    }
    let sources = origins.into_iter().map(|(name, origin)| {
        let declaration = &descriptor.sources[name];
        let chosen = &context.revisions[name];
        let mirror = grants.mirror_of(&declaration.git.authority());
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
        sources: sources.collect(),
        file_sources: file_sources(descriptor),
        sbom_formats: formats.map(|format| format.media_type()).collect(),
        receipt: descriptor.receipt.to_string(),
        detect: app.is_some().then_some(detect),
        build: app.is_some().then_some(build),
    })
}

/// The sources of files.
fn file_sources(descriptor: &Descriptor) -> Vec<FileSourceAnswer> {
    let file_sources = descriptor.file_sources.iter().map(|(name, source)| {
        let credential = source
            .credential
            .as_ref()
            .filter(|_| source.vendored.is_none());
        FileSourceAnswer {
            name: name.to_string(),
            from: describe_files(source),
            in_package: source.vendored.is_some(),
            credential_from: credential
                .map_or_else(Vec::new, |name| places(&descriptor.credentials[name])),
        }
    });
    file_sources.collect()
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

fn places(credential: &CredentialDeclaration) -> Vec<String> {
    let binding = credential
        .binding
        .iter()
        .map(|kind| format!("a binding of type '{kind}'"));
    let variable = credential.env.iter().map(|name| format!("variable {name}"));
    binding.chain(variable).collect()
}
