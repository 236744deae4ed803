//! At least one error of each kind, for tests of ids and of wording.
//!
//! A test checks that every id of `id.rs` occurs here.

#![cfg(test)]

mod files;
mod rules;

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use gix_hash::ObjectId;
use gix_object::Kind;

use super::Diagnosis;
use crate::phase::{ComponentError, InputError, LayersError, PhaseError};
use crate::runner::RunnerError;
use crate::wire::WireError;
use cnb::bindings::BindingsError;
use cnb::check::CheckError;
use cnb::context::ContextError;
use cnb::descriptor::DescriptorError;
use cnb::descriptor::source::Vendored;
use cnb::git_id::GitId;
use cnb::metadata::MetadataError;
use cnb::names::{
    BindingType, CredentialName, ExecDName, ExecEnvName, FolderName, LayerName, LockFileName,
    NameError, PackageName, ProcessType, SourceName, SupplierName, UserName, VariableName,
};
use cnb::platform::PlatformError;
use cnb::sandbox::Sandbox;
use cnb::sbom::SbomError;
use cnb::walk::{AmountError, EntryError, LinkError, WalkError};
use cnb::write::WriteError;
use contents::{ContentOrigin, ContentsError, PackageError, PlaceError, ServerError};
use contract::types::{Explanation, Failure};
use credential::{CredentialError, CredentialPlace, Nameless};
use dir::{Dir, DirError};
use engine::machine::Lack;
use engine::{ArtifactError, CallError, Exceeded, Flaw, Short};
use fetch::{
    AbsentError, AnswerError, ConnectError, EntryPath, EntryReason, FetchError, FolderError,
    LinkReason, NameReason, ObjectError, PackError, ProtocolError, RedirectError, Refused,
    ScratchError, StageError, TlsError, TlsFault, TreeError,
};
use policy::{Denial, LaterError, PolicyError};

pub(super) use self::files::files;

const URL: &str = "https://git.example.com/a.git";
const HOST: &str = "git.example.com";

/// All samples.
pub(super) fn all() -> Vec<PhaseError> {
    [
        inputs(),
        buildpack(),
        policies(),
        component(),
        process(),
        machine(),
        output(),
        layers(),
        settings(),
        downloads(),
        connections(),
        repositories(),
        packaged(),
        files(),
        writing(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The messages of these samples in sequence, each with its exit status.
pub(super) fn told(errors: &[PhaseError]) -> String {
    let told = errors.iter().map(|error| {
        let diagnosis: Diagnosis = super::diagnose(error);
        format!("{diagnosis}=> {}\n", diagnosis.exit_code)
    });
    told.collect::<Vec<_>>().join("\n")
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn broken() -> io::Error {
    io::Error::from(io::ErrorKind::PermissionDenied)
}

fn dir() -> DirError {
    Dir::open_ambient(Path::new("/nowhere/at/all")).unwrap_err()
}

fn unreadable() -> PlatformError {
    PlatformError::Read {
        path: PathBuf::from("/platform/file"),
        source: broken(),
    }
}

fn toml() -> toml::de::Error {
    toml::from_str::<toml::Table>("key").unwrap_err()
}

fn json() -> serde_json::Error {
    serde_json::from_str::<serde_json::Value>("{").unwrap_err()
}

fn reqwest() -> reqwest::Error {
    reqwest::Proxy::all("http://").unwrap_err()
}

fn git_id() -> GitId {
    "0123456789abcdef0123456789abcdef01234567".parse().unwrap()
}

fn variable() -> VariableName {
    "BP_JOB_TEMPLATE_REF".parse().unwrap()
}

fn source() -> SourceName {
    "job".parse().unwrap()
}

fn object() -> ObjectId {
    ObjectId::from_hex(b"0123456789abcdef0123456789abcdef01234567").unwrap()
}

fn origin() -> ContentOrigin {
    ContentOrigin {
        source: text("job"),
        url: text(URL),
        host: text(HOST),
        credential: Some(text("binding 'git'")),
        place: None,
        nameless: None,
        chosen_by: None,
        is_mirror: false,
        is_gitlab: false,
    }
}

fn gitlab() -> ContentOrigin {
    ContentOrigin {
        is_gitlab: true,
        nameless: Some(Nameless::DeployToken),
        chosen_by: Some(variable()),
        ..origin()
    }
}

fn fetched(error: FetchError) -> PhaseError {
    fetched_from(origin(), error)
}

fn fetched_from(origin: ContentOrigin, error: FetchError) -> PhaseError {
    PhaseError::Contents(ContentsError::Fetch {
        origin: Box::new(origin),
        error: Box::new(error),
    })
}

/// Errors in the lifecycle's variables and files, the application and the service bindings.
pub(super) fn inputs() -> Vec<PhaseError> {
    let name = "CNB_LAYERS_DIR";
    [
        ContextError::Missing { variable: name },
        ContextError::NotUtf8 {
            variable: text(name),
        },
        ContextError::Relative {
            variable: name,
            value: text("layers"),
        },
        ContextError::WorkingDirectory {
            why: text("it is /"),
        },
        ContextError::Unreadable {
            variable: name,
            source: dir(),
        },
        ContextError::NoFile {
            variable: "CNB_BP_PLAN_PATH",
            value: text("/"),
        },
        ContextError::Syntax {
            file: text("/plan.toml"),
            source: toml(),
        },
        ContextError::Variable {
            variable: variable(),
            source: unreadable(),
        },
        ContextError::Platform(PlatformError::Beneath {
            path: "/platform/a".into(),
            zone: "the application directory",
            found: "/workspace/a".into(),
        }),
        ContextError::Platform(PlatformError::Kind {
            path: "/platform/a".into(),
            wanted: "file",
        }),
        ContextError::Platform(PlatformError::TooLong {
            path: "/platform/a".into(),
            longest: 100,
        }),
        ContextError::Revision {
            variable: variable(),
            value: text("main~1"),
            source: "main~1".parse::<cnb::address::Revision>().unwrap_err(),
        },
        ContextError::NotInPackage {
            variable: variable(),
            wanted: "v2".parse().unwrap(),
            source_name: source(),
            vendored: Box::new(Vendored {
                revision: "v1".parse().unwrap(),
                commit: git_id(),
                tree: git_id(),
            }),
        },
    ]
    .map(PhaseError::from)
    .into_iter()
    .chain([PhaseError::Input(InputError::App(dir()))])
    .collect()
}

/// Errors in the buildpack's own files.
#[expect(
    clippy::too_many_lines,
    reason = "a list of errors, one after the other"
)]
pub(super) fn buildpack() -> Vec<PhaseError> {
    let file = || text("buildpack.toml");
    let key = || text("metadata.limits.seconds");
    let descriptors = [
        DescriptorError::Read(dir()),
        DescriptorError::Utf8 { file: file() },
        DescriptorError::Syntax {
            file: file(),
            source: toml(),
        },
        DescriptorError::Missing {
            file: file(),
            key: key(),
        },
        DescriptorError::Type {
            file: file(),
            key: key(),
            wanted: "a number",
        },
        DescriptorError::UnknownKey {
            file: file(),
            key: key(),
        },
        DescriptorError::Value {
            file: file(),
            key: text("metadata.sources.a b"),
            source: "a b".parse::<SourceName>().unwrap_err().into(),
        },
        DescriptorError::Conflict {
            file: file(),
            key: text("metadata.sources.job.credential"),
            conflict: text("no credential 'git' is declared"),
        },
        DescriptorError::Api {
            file: file(),
            found: text("0.9"),
        },
        DescriptorError::Limit {
            file: file(),
            key: key(),
            found: 0,
            least: 1,
            most: 3600,
        },
    ];
    let path = || PathBuf::from("/buildpack/artifact.toml");
    let artifacts = [
        ArtifactError::Read {
            path: path(),
            source: broken(),
        },
        ArtifactError::Record {
            path: path(),
            source: Box::new(toml()),
        },
        ArtifactError::Digest {
            found: text("0123"),
            recorded: text("4567"),
        },
        ArtifactError::Length {
            found: 9,
            recorded: 10,
        },
        ArtifactError::Checksum {
            found: text("0123"),
            recorded: text("4567"),
        },
        ArtifactError::Refused(text("it is not an ELF file")),
    ];
    // The original texts name this machine and this host, so they would differ elsewhere and later.
    let others = [
        (
            Flaw::Engine,
            "guest.cwasm was compiled by wasmtime 1.0.0, and this host is wasmtime 2.0.0",
        ),
        (
            Flaw::Arch,
            "guest.cwasm was compiled for arm64, and this machine is amd64",
        ),
    ];
    let others = others.map(|(flaw, what)| CallError::Artifact {
        flaw,
        what: text(what),
    });
    let bills = [
        SbomError::Read(dir()),
        SbomError::Syntax {
            file: "host.cdx.json",
            source: json(),
        },
        SbomError::Form {
            file: "host.cdx.json",
            list: "components",
        },
    ];
    let mut errors: Vec<_> = descriptors.map(PhaseError::from).into();
    errors.extend(artifacts.map(PhaseError::from));
    errors.extend(others.map(PhaseError::from));
    errors.extend(bills.map(PhaseError::from));
    errors.extend([
        PhaseError::Input(InputError::Own(broken())),
        PhaseError::Contents(ContentsError::NotInPackage {
            source_name: source(),
            source: dir(),
        }),
        in_package(PackageError::Read(broken())),
        in_package(PackageError::TooLarge { most: 100 }),
        in_package(PackageError::Folder(FolderError::Pack(PackError::Checksum))),
        in_package(PackageError::Folder(FolderError::Tree(
            TreeError::TooManyEntries { most: 5 },
        ))),
    ]);
    errors
}

/// Errors in the operator's policy, and its denials.
pub(super) fn policies() -> Vec<PhaseError> {
    let list = || vec![text("main"), text("v*")];
    let policies = [
        PolicyError::Read(dir()),
        PolicyError::NotRoots {
            path: text("/etc/wasm-buildpacks"),
            found: text("Dir of user 1000, permissions 755"),
        },
        PolicyError::AsRoot,
        PolicyError::Content(DescriptorError::UnknownKey {
            file: text("policy.toml"),
            key: text("sanbox"),
        }),
    ];
    let denials = [
        Denial::Host {
            source: source(),
            host: text(HOST),
            granted: vec![text("gitlab.com")],
        },
        Denial::Place {
            source: source(),
            host: text(HOST),
            place: CredentialPlace::Variable,
        },
        Denial::OfMirror {
            source: source(),
            place: CredentialPlace::Binding,
            host: text(HOST),
        },
        Denial::Path {
            source: source(),
            host: text(HOST),
            path: text("/group/a.git"),
            granted: vec![text("/other/*")],
        },
        Denial::Revision {
            source: source(),
            host: text(HOST),
            revision: "dev".parse().unwrap(),
            granted: list(),
        },
        Denial::Sandbox {
            declared: Sandbox::Prefer,
            granted: Sandbox::Require,
        },
    ];
    let denied = |denial| PhaseError::Contents(ContentsError::Denied(Box::new(denial)));
    let mut errors: Vec<_> = policies.map(PhaseError::from).into();
    errors.extend(denials.map(denied));
    errors.extend([
        PhaseError::Component(ComponentError::Later(LaterError::Undeclared {
            variable: text("JOB_HOME"),
            by: text("layer 'tools'"),
            declared: text("none"),
        })),
        PhaseError::Component(ComponentError::Later(LaterError::Denied(Denial::Set {
            variable: "JOB_HOME".parse().unwrap(),
            granted: Vec::new(),
        }))),
    ]);
    errors
}

/// Errors of the component while it runs, and failures that it returns.
pub(super) fn component() -> Vec<PhaseError> {
    let short = |short| CallError::Short {
        trap: text("unreachable"),
        short,
    };
    let says = || Explanation {
        title: text("No project file"),
        text: text("It must be at the top of the project.\nThere is one in src."),
    };
    let silent = Explanation {
        title: String::new(),
        text: String::new(),
    };
    let calls = [
        CallError::Artifact {
            flaw: Flaw::Changed,
            what: text("guest.cwasm has 9 bytes, and artifact.toml records 10"),
        },
        CallError::World(text("it imports wasi:sockets/tcp")),
        CallError::Version {
            spoken: text("0.4.0"),
        },
        CallError::Export {
            version: text("0.2"),
            what: text("it does not export the function 'build'"),
        },
        CallError::Trap(text("unreachable")),
        short(Short::Memory),
        short(Short::Stack),
        short(Short::Table),
        short(Short::Memories),
        short(Short::Instances),
        short(Short::Tables),
        CallError::Exit(1),
        CallError::Time(Duration::from_secs(5)),
        CallError::Files(Exceeded::Open(100)),
        CallError::Files(Exceeded::Listed(100)),
        CallError::Files(Exceeded::Made(100)),
        CallError::Files(Exceeded::Written(100)),
        CallError::Confine(text("Landlock is missing")),
        CallError::Host(text("it has no table")),
    ];
    let failures = [
        Failure::Application(says()),
        Failure::Platform(says()),
        Failure::Io(says()),
        Failure::Internal(says()),
        Failure::Internal(silent),
    ];
    let mut errors: Vec<_> = calls.map(PhaseError::from).into();
    errors.extend(failures.map(PhaseError::from));
    errors
}

/// Errors of the runner.
pub(super) fn process() -> Vec<PhaseError> {
    let too_large = || WireError::TooLarge { len: 200, cap: 100 };
    let died = |signal, stderr: &str| RunnerError::Died {
        status: ExitStatus::from_raw(signal),
        stderr: text(stderr),
    };
    [
        RunnerError::Start(broken()),
        RunnerError::Context(too_large()),
        RunnerError::Call(CallError::Exit(1)),
        RunnerError::Deadline(Duration::from_secs(15)),
        RunnerError::Garbage(WireError::Garbage(json())),
        RunnerError::Output(too_large()),
        RunnerError::OutOfTurn("reported its sandbox twice"),
        RunnerError::Flood,
        died(libc::SIGSYS, ""),
        died(libc::SIGXFSZ, ""),
        died(libc::SIGABRT, "memory allocation of 1000 bytes failed"),
        died(libc::SIGKILL, ""),
        died(libc::SIGSEGV, ""),
    ]
    .map(PhaseError::from)
    .into()
}

/// Errors that the machine causes.
pub(super) fn machine() -> Vec<PhaseError> {
    let lacks = [
        Lack::Files,
        Lack::Processes,
        Lack::Memory,
        Lack::Code,
        Lack::ExecutableMount,
        Lack::Proc,
    ];
    let lack = |lack| {
        PhaseError::Component(ComponentError::Call(CallError::Machine {
            lack,
            what: text("the kernel refuses it"),
        }))
    };
    lacks.map(lack).into()
}

/// Errors in a component's output.
pub(super) fn output() -> Vec<PhaseError> {
    fn refused<N: std::str::FromStr<Err = NameError>>(name: &str) -> CheckError {
        CheckError::Name {
            place: text("layer 'tools'"),
            source: name.parse::<N>().err().unwrap(),
        }
    }
    let place = || text("layer 'tools'");
    let at = || text("a.b");
    let what = "the value";
    let names = [
        refused::<LayerName>("build"),
        refused::<FolderName>("env"),
        refused::<SourceName>("a/b"),
        refused::<CredentialName>(""),
        refused::<ProcessType>("a b"),
        refused::<ExecEnvName>("a b"),
        refused::<ExecDName>("../a"),
        refused::<VariableName>("A=B"),
        refused::<UserName>("user:token"),
        refused::<SupplierName>("a/b"),
        refused::<BindingType>(&"a".repeat(65)),
        refused::<LockFileName>("../uv.lock"),
        refused::<PackageName>("Not_Normal"),
    ];
    let metadata = [
        MetadataError::TooLong,
        MetadataError::Syntax(json()),
        MetadataError::NoObject,
        MetadataError::Null { place: at() },
        MetadataError::NulCharacter { place: at() },
        MetadataError::Number { place: at() },
        MetadataError::Key { place: at() },
        MetadataError::PrivateKey { place: at() },
        MetadataError::Deep { place: at() },
    ];
    let metadata = metadata.map(|source| CheckError::Metadata {
        place: place(),
        source,
    });
    let others = [
        CheckError::Twice {
            place: place(),
            what: text("folder 'a'"),
        },
        CheckError::TooMany {
            place: place(),
            what: "labels",
            found: 2000,
            most: 1024,
        },
        CheckError::Full {
            place: place(),
            what: "the free data of a build",
        },
        CheckError::TooLong {
            place: place(),
            what,
            found: 200,
            most: 100,
        },
        CheckError::Empty {
            place: place(),
            what,
        },
        CheckError::NulCharacter {
            place: place(),
            what,
        },
        CheckError::ControlCharacter {
            place: place(),
            what,
        },
    ];
    let mut errors: Vec<_> = names.into();
    errors.extend(metadata);
    errors.extend(others);
    errors.extend(rules::rules());
    errors.into_iter().map(PhaseError::from).collect()
}

/// Errors in the layers directory after the component has run.
pub(super) fn layers() -> Vec<PhaseError> {
    let path = || text("tools/a");
    let target = || text("../b");
    [
        WalkError::Dir(dir()),
        WalkError::Unsteady { path: path() },
        WalkError::Undeclared {
            path: path(),
            what: "a file",
        },
        WalkError::LifecycleFile {
            path: text("launch.toml"),
            what: "a file",
        },
        WalkError::Restored {
            path: path(),
            what: "changed",
        },
        WalkError::NoDirectory {
            path: path(),
            what: "a link",
        },
        WalkError::Obeyed { path: path() },
        WalkError::LinkObeyed { path: path() },
        WalkError::Occupied { path: path() },
        WalkError::Link(LinkError::Out {
            path: path(),
            target: target(),
        }),
        WalkError::Link(LinkError::Across {
            path: path(),
            target: target(),
        }),
        WalkError::Link(LinkError::Winding {
            path: path(),
            target: target(),
        }),
        WalkError::Link(LinkError::Through {
            path: path(),
            target: target(),
            through: text("c"),
        }),
        WalkError::Entry(EntryError::Special {
            path: path(),
            what: "a device",
        }),
        WalkError::Entry(EntryError::Privileged { path: path() }),
        WalkError::Entry(EntryError::HardLink { path: path() }),
        WalkError::Entry(EntryError::Locked { path: path() }),
        WalkError::Entry(EntryError::Executable {
            path: path(),
            what: "is missing",
        }),
        WalkError::Amount(AmountError::TooMany {
            path: path(),
            most: 100,
        }),
        WalkError::Amount(AmountError::TooLarge {
            path: path(),
            most_mib: 100,
        }),
        WalkError::Amount(AmountError::TooDeep {
            path: path(),
            most: 64,
        }),
    ]
    .map(PhaseError::from)
    .into()
}

/// Errors in bindings, credentials, certificates and addresses that an operator or a user sets.
pub(super) fn settings() -> Vec<PhaseError> {
    let from = || text("binding 'ca'");
    let binding = || text("git");
    let bindings = || {
        [
            BindingsError::Platform(unreadable()),
            BindingsError::NotUtf8 {
                binding: binding(),
                entry: text("token"),
            },
            BindingsError::Several {
                kind: text("git"),
                provider: Some(text("example")),
                names: vec![text("one"), text("two")],
            },
        ]
    };
    let missing = || CredentialError::Missing {
        env: Some("BP_TOKEN".parse().unwrap()),
        binding: Some("git".parse().unwrap()),
        bindings: text("In /platform/bindings, 'ca' is of type 'ca-certificates'"),
    };
    let [_, bad_entry, _] = bindings();
    let credentials = [
        missing(),
        CredentialError::Bindings(bad_entry),
        CredentialError::Variable {
            variable: "BP_TOKEN".parse().unwrap(),
            source: unreadable(),
        },
        CredentialError::NoToken { binding: binding() },
        CredentialError::Characters {
            from: text("binding 'git'"),
            flaw: text("its character 7 is a blank"),
        },
        CredentialError::Username {
            from: text("binding 'git'"),
            source: "user:token".parse::<UserName>().unwrap_err(),
        },
        CredentialError::Url {
            binding: binding(),
            source: "http://git.example.com/"
                .parse::<cnb::address::RemoteUrl>()
                .unwrap_err(),
        },
    ];
    let credential = |origin, error| ContentsError::Credential {
        origin: Box::new(origin),
        error,
    };
    let mut errors: Vec<_> = bindings().map(ContentsError::Bindings).into();
    errors.extend(credentials.map(|error| credential(origin(), error)));
    errors.push(credential(gitlab(), missing()));
    errors.extend([
        ContentsError::CertificateFile {
            from: from(),
            source: unreadable(),
        },
        ContentsError::Certificates {
            from: from(),
            source: TlsError::NoCertificate,
        },
        ContentsError::Certificates {
            from: from(),
            source: fetch::certificates_from_pem(b"-----BEGIN CERTIFICATE-----\n")
                .err()
                .unwrap(),
        },
        ServerError::MirrorUrl {
            from: text("binding 'mirror'"),
        }
        .into(),
        ServerError::WholeRepository {
            from: text("the url of binding 'git'"),
            origin: text("https://git.example.com"),
        }
        .into(),
    ]);
    errors.into_iter().map(PhaseError::Contents).collect()
}

/// Errors in answers of a git server.
#[expect(
    clippy::too_many_lines,
    reason = "a list of errors, one after the other"
)]
pub(super) fn downloads() -> Vec<PhaseError> {
    let origin = || text("https://git.example.com");
    let url = || text(URL);
    let refused = |given| {
        FetchError::Answer(AnswerError::CredentialRefused {
            origin: origin(),
            status: 403,
            given,
        })
    };
    let failed = |status| {
        FetchError::Answer(AnswerError::ServerFailed {
            origin: origin(),
            status,
            retry_after: None,
            said: Some("out of order".into()),
        })
    };
    let not_found = |said: Option<&str>| {
        FetchError::Answer(AnswerError::NotFound {
            url: url(),
            said: said.map(Into::into),
        })
    };
    let revision = || {
        FetchError::Absent(AbsentError::NoSuchRevision {
            url: url(),
            revision: text("0123456"),
            abbreviated: true,
        })
    };
    let mut errors: Vec<_> = [
        FetchError::Answer(AnswerError::NeedsCredential { origin: origin() }),
        refused(true),
        refused(false),
        not_found(None),
        not_found(Some("DENIED")),
        FetchError::Answer(AnswerError::TooManyRequests {
            origin: origin(),
            retry_after: None,
        }),
        failed(500),
        failed(503),
        FetchError::Answer(AnswerError::UnexpectedStatus {
            url: url(),
            status: 418,
        }),
        FetchError::Redirect(RedirectError::Moved {
            from: origin(),
            to: text("https://new.example.com"),
        }),
        FetchError::Redirect(RedirectError::WrongRedirect {
            url: url(),
            to: Some(text("https://new.example.com")),
        }),
        FetchError::Redirect(RedirectError::TooManyRedirects { url: url() }),
        FetchError::Answer(AnswerError::NotGit {
            url: url(),
            found: "text/html".into(),
        }),
        FetchError::Answer(AnswerError::NotGit {
            url: url(),
            found: "text/plain".into(),
        }),
        FetchError::Answer(AnswerError::Echo { origin: origin() }),
        FetchError::Answer(AnswerError::TooLarge { most: 100 }),
        FetchError::Unfiltered(Box::new(FetchError::Answer(AnswerError::TooLarge {
            most: 100,
        }))),
        FetchError::Deadline {
            limit: Duration::from_mins(5),
        },
        revision(),
        FetchError::Absent(AbsentError::NoSuchCommit {
            url: url(),
            commit: object(),
        }),
        FetchError::Absent(AbsentError::NoSuchSubpath {
            commit: object(),
            missing: text("a/b"),
        }),
        FetchError::Absent(AbsentError::NotAFolder {
            commit: object(),
            path: text("a/b"),
        }),
    ]
    .map(fetched)
    .into();
    errors.extend([refused(true), not_found(None), revision()].map(|e| fetched_from(gitlab(), e)));
    let protocol = [
        ProtocolError::Empty,
        ProtocolError::CutShort,
        ProtocolError::Read { source: broken() },
        ProtocolError::Line,
        ProtocolError::Unexpected {
            wanted: "a section",
            found: "hello".into(),
        },
        ProtocolError::Version,
        ProtocolError::Lacks("fetch"),
        ProtocolError::ObjectFormat("sha256".into()),
        ProtocolError::TooManyRefs,
        ProtocolError::Refused("not our ref".into()),
    ];
    errors.extend(protocol.map(|error| fetched(FetchError::Protocol(error))));
    errors
}

/// Errors of connections to a git server.
pub(super) fn connections() -> Vec<PhaseError> {
    let host = || text(HOST);
    let proxy = |given| {
        FetchError::Connect(ConnectError::ProxyCredential {
            proxy: text("proxy.example.com:3128"),
            variable: "https_proxy",
            given,
        })
    };
    let mut errors: Vec<_> = [
        FetchError::Connect(ConnectError::Unresolved {
            host: host(),
            source: reqwest().into(),
        }),
        FetchError::Connect(ConnectError::NoConnection {
            host: host(),
            source: reqwest(),
        }),
        FetchError::Connect(ConnectError::NoAnswer {
            host: host(),
            source: None,
        }),
        proxy(true),
        proxy(false),
        FetchError::Connect(ConnectError::ProxyRefused {
            proxy: text("proxy.example.com:3128"),
            host: host(),
        }),
        FetchError::Connect(ConnectError::Cut {
            host: host(),
            source: io::Error::from(io::ErrorKind::UnexpectedEof),
        }),
    ]
    .map(fetched)
    .into();
    let setup = [
        TlsError::Proxy {
            variable: "https_proxy",
        },
        TlsError::Setup(rustls::Error::General(text("no algorithms"))),
        TlsError::Client { source: reqwest() },
    ];
    errors.extend(setup.map(|error| fetched(FetchError::Connect(ConnectError::Setup(error)))));
    let faults = [
        TlsFault::Expired {
            end: text("2026-01-01 00:00:00"),
            now: text("2026-06-01 00:00:00"),
        },
        TlsFault::NotYetValid {
            begin: text("2026-06-01 00:00:00"),
            now: text("2026-01-01 00:00:00"),
        },
        TlsFault::OtherName(vec![text("other.example.com")]),
        TlsFault::UnknownAuthority,
        TlsFault::Authoritys,
        TlsFault::NoTls,
        TlsFault::TooOld,
        TlsFault::WantsCertificate,
        TlsFault::Other(rustls::Error::DecryptError),
    ];
    errors.extend(faults.map(|source| {
        fetched(FetchError::Connect(ConnectError::Tls {
            host: host(),
            source,
        }))
    }));
    errors
}

fn packs() -> [PackError; 9] {
    [
        PackError::Read(broken()),
        PackError::NotAPack,
        PackError::Checksum,
        PackError::Overlong,
        PackError::TooManyObjects { most: 100 },
        PackError::TooLarge { most: 100 },
        PackError::Damaged {
            offset: 12,
            what: "its type is unknown",
        },
        PackError::NoBase { offset: 12 },
        PackError::Forged { offset: 12 },
    ]
}

fn objects() -> [ObjectError; 4] {
    let (kind, id) = (Kind::Tree, object());
    [
        ObjectError::Missing { kind, id },
        ObjectError::Kind {
            kind,
            found: Kind::Blob,
            id,
        },
        ObjectError::Malformed { kind, id },
        ObjectError::Large { kind, id },
    ]
}

fn trees() -> Vec<TreeError> {
    let at = || EntryPath::root().join(b"a").join(b"b");
    let entries = [
        EntryReason::Name(NameReason::NotPlain),
        EntryReason::DotGit,
        EntryReason::LinkedGitmodules,
        EntryReason::Name(NameReason::LongName),
        EntryReason::Name(NameReason::LongPath),
        EntryReason::Submodule,
        EntryReason::Mode {
            mode: text("104755"),
        },
        EntryReason::Name(NameReason::Collision { other: text("B") }),
        EntryReason::Link(LinkReason::Empty),
        EntryReason::Link(LinkReason::Long),
        EntryReason::Link(LinkReason::Absolute),
        EntryReason::Link(LinkReason::Outward),
        EntryReason::Link(LinkReason::ThroughLink),
    ];
    let entries = entries.map(|reason| {
        TreeError::Refused(Refused {
            entry: at(),
            reason,
        })
    });
    let mut trees: Vec<_> = entries.into();
    trees.extend([
        TreeError::TooManyEntries { most: 100 },
        TreeError::TooLarge { most: 100 },
        TreeError::TooDeep {
            path: at(),
            most: 64,
        },
        TreeError::OutOfTime,
    ]);
    trees
}

/// Errors in the contents of a repository.
pub(super) fn repositories() -> Vec<PhaseError> {
    let packs = packs().map(FetchError::Pack).into_iter();
    let objects = objects().map(FetchError::Object).into_iter();
    let trees = trees().into_iter().map(FetchError::Tree);
    packs.chain(objects).chain(trees).map(fetched).collect()
}

/// Errors in contents that come with the package.
fn packaged() -> Vec<PhaseError> {
    let packs = packs().map(FolderError::Pack).into_iter();
    let objects = objects().map(|error| FolderError::Tree(TreeError::Object(error)));
    let trees = trees().into_iter().map(FolderError::Tree);
    let all = packs.chain(objects).chain(trees).map(PackageError::Folder);
    all.map(in_package).collect()
}

fn in_package(source: PackageError) -> PhaseError {
    PhaseError::Contents(ContentsError::Package {
        source_name: self::source(),
        source,
    })
}

/// Errors of writing the layers directory.
pub(super) fn writing() -> Vec<PhaseError> {
    let staged = [
        StageError::Dir(dir()),
        StageError::Scratch(ScratchError::Dir(dir())),
        StageError::Scratch(ScratchError::File(io::Error::from(
            io::ErrorKind::StorageFull,
        ))),
        StageError::Object(ObjectError::Unreadable {
            kind: Kind::Blob,
            id: object(),
            why: io::ErrorKind::UnexpectedEof,
        }),
    ];
    let staged = staged.map(|error| {
        PhaseError::Contents(ContentsError::Stage {
            origin: Box::new(origin()),
            error,
        })
    });
    let layers = Dir::open_ambient(Path::new("/usr")).unwrap();
    let in_use = match layers.lock() {
        Ok(_held) => layers.lock().unwrap_err(),
        Err(error) => error,
    };
    let mut errors = vec![
        PhaseError::Layers(LayersError::Lock(in_use)),
        PhaseError::Layers(LayersError::Lock(dir())),
        PhaseError::Layers(LayersError::Leftovers(dir())),
        PhaseError::Contents(ContentsError::Begin(dir())),
        PhaseError::Layers(LayersError::Place(PlaceError::Dir(dir()))),
        PhaseError::Layers(LayersError::Place(PlaceError::Write(
            WriteError::Dir(dir()),
        ))),
        PhaseError::Layers(LayersError::Write(WriteError::Toml {
            file: text("launch.toml"),
            source: toml::to_string(&1).unwrap_err(),
        })),
        PhaseError::Layers(LayersError::Write(WriteError::Plan {
            path: "/plan.toml".into(),
            source: broken(),
        })),
    ];
    errors.extend(staged);
    errors
}
