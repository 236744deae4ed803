//! Stable ids of refusals. Each error has one, which is shown after its title. `docs/errors.md` has a table of them.
//!
//! One exhaustive match for each kind of error, so a new one does not compile without an id. An id is never renamed and
//! never used for anything else. The only texts in quotes here are ids: a test reads them from this file.

use super::Death;
mod files;

use crate::phase::{ComponentError, InputError, LayersError, PhaseError};
use crate::runner::RunnerError;
use cnb::bindings::BindingsError;
use cnb::check::{CheckError, Rule};
use cnb::context::ContextError;
use cnb::descriptor::DescriptorError;
use cnb::metadata::MetadataError;
use cnb::names::Named;
use cnb::platform::PlatformError;
use cnb::sbom::SbomError;
use cnb::walk::{AmountError, EntryError, LinkError, WalkError};
use cnb::write::WriteError;
use contents::{ContentsError, PackageError, PlaceError, ServerError};
use contract::types::Failure;
use credential::CredentialError;
use engine::machine::Lack;
use engine::{ArtifactError, CallError, Exceeded, Flaw, Short};
use fetch::{
    AbsentError, AnswerError, ConnectError, EntryReason, FetchError, FolderError, LinkReason,
    NameReason, ObjectError, PackError, ProtocolError, RedirectError, ScratchError, StageError,
    TlsError, TlsFault, TreeError,
};
use policy::{Denial, LaterError, PolicyError};

// The ids of limits that can be reached in more than one way.
const FETCH_MIB: &str = "limit-fetch-mib";
const PRIVATE_HOST: &str = "file-on-a-private-host";
const FETCH_SECONDS: &str = "limit-fetch-seconds";
const CONTENT_FILES: &str = "limit-content-files";
const CONTENT_MIB: &str = "limit-content-mib";

pub(super) fn phase(error: &PhaseError) -> &'static str {
    match error {
        PhaseError::Input(InputError::Context(error)) => context(error),
        PhaseError::Input(InputError::App(_)) => "application-unreadable",
        PhaseError::Input(InputError::Descriptor(error)) => descriptor(error),
        PhaseError::Input(InputError::Policy(error)) => policy(error),
        PhaseError::Input(InputError::Artifact(error)) => artifact(error),
        PhaseError::Input(InputError::Own(_)) => "host-unreadable",
        PhaseError::Input(InputError::Sbom(error)) => sbom(error),
        PhaseError::Component(ComponentError::Call(error)) => call(error),
        PhaseError::Component(ComponentError::Runner(error)) => runner(error),
        PhaseError::Component(ComponentError::Guest(failure)) => guest(failure),
        PhaseError::Component(ComponentError::Output(error)) => output(error),
        PhaseError::Component(ComponentError::Left(error)) => walk(error),
        PhaseError::Component(ComponentError::Later(error)) => later(error),
        PhaseError::Contents(error) => contents(error),
        PhaseError::Layers(LayersError::Lock(error))
            if error.kind() == std::io::ErrorKind::WouldBlock =>
        {
            "layers-in-use"
        }
        PhaseError::Layers(LayersError::Lock(_)) => "layers-lock-failed",
        PhaseError::Layers(LayersError::Leftovers(_)) => "layers-clean-up-failed",
        PhaseError::Layers(
            LayersError::Place(PlaceError::Write(error)) | LayersError::Write(error),
        ) => write(error),
        PhaseError::Layers(LayersError::Place(PlaceError::Dir(_))) => "layers-install-failed",
    }
}

pub(super) fn lack(lack: Lack) -> &'static str {
    match lack {
        Lack::Files => "machine-open-files",
        Lack::Processes => "machine-processes",
        Lack::Memory => "machine-memory",
        Lack::Code => "machine-executable-memory",
        Lack::ExecutableMount => "machine-noexec-mount",
        Lack::Proc => "machine-no-proc",
    }
}

fn context(error: &ContextError) -> &'static str {
    match error {
        ContextError::Missing { .. } => "context-variable-missing",
        ContextError::NotUtf8 { .. } => "context-variable-not-utf8",
        ContextError::Relative { .. } => "context-path-relative",
        ContextError::WorkingDirectory { .. } => "context-working-directory",
        ContextError::Unreadable { .. } => "context-path-unreadable",
        ContextError::NoFile { .. } => "context-path-without-file",
        ContextError::Syntax { .. } => "context-buildpack-plan",
        ContextError::Variable { source, .. } => platform(source),
        ContextError::Platform(error) => platform(error),
        ContextError::Revision { .. } => "revision-invalid",
        ContextError::NotInPackage { .. } => "revision-not-in-package",
    }
}

/// The id for a file of the platform, of a binding, or with certificates.
fn platform(error: &PlatformError) -> &'static str {
    match error {
        PlatformError::Read { .. } => "platform-file-unreadable",
        PlatformError::Beneath { .. } => "platform-file-untrusted",
        PlatformError::Kind { .. } => "platform-file-kind",
        PlatformError::TooLong { .. } => "platform-file-too-long",
    }
}

fn descriptor(error: &DescriptorError) -> &'static str {
    match error {
        DescriptorError::Read(_) => "buildpack-toml-unreadable",
        DescriptorError::Utf8 { .. } => "buildpack-toml-not-utf8",
        DescriptorError::Syntax { .. } => "buildpack-toml-syntax",
        DescriptorError::Missing { .. } => "buildpack-toml-key-missing",
        DescriptorError::Type { .. } => "buildpack-toml-type",
        DescriptorError::UnknownKey { .. } => "buildpack-toml-key-unknown",
        DescriptorError::Value { .. } => "buildpack-toml-value",
        DescriptorError::Conflict { .. } => "buildpack-toml-conflict",
        DescriptorError::Api { .. } => "buildpack-api",
        DescriptorError::Limit { .. } => "buildpack-toml-limit",
    }
}

fn policy(error: &PolicyError) -> &'static str {
    match error {
        PolicyError::Read(_) => "policy-unreadable",
        PolicyError::NotRoots { .. } => "policy-not-owned-by-root",
        PolicyError::AsRoot => "policy-build-as-root",
        PolicyError::Content(_) => "policy-invalid",
    }
}

fn denial(denial: &Denial) -> &'static str {
    match denial {
        Denial::Host { .. } => "policy-host-denied",
        Denial::Path { .. } => "policy-path-denied",
        Denial::Revision { .. } => "policy-revision-denied",
        Denial::Place { .. } => "policy-credential-denied",
        Denial::OfMirror { .. } => "policy-mirror-credential-denied",
        Denial::Set { .. } => "policy-build-variable-denied",
        // These denials do not end a build: it continues with less, and its log reports them.
        Denial::Limit { .. }
        | Denial::Sandbox { .. }
        | Denial::Variable { .. }
        | Denial::Unnamed { .. }
        | Denial::Told { .. } => "policy-denied",
    }
}

fn later(error: &LaterError) -> &'static str {
    match error {
        LaterError::Undeclared { .. } => "build-variable-undeclared",
        LaterError::Denied(error) => denial(error),
    }
}

fn artifact(error: &ArtifactError) -> &'static str {
    match error.flaw() {
        Ok(error) => flaw(error),
        Err(error) => lack(error),
    }
}

fn flaw(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Read => "artifact-unreadable",
        Flaw::Record => "artifact-record",
        Flaw::Engine => "artifact-engine",
        Flaw::Arch => "artifact-architecture",
        Flaw::Changed => "artifact-digest",
        Flaw::Refused => "artifact-refused",
    }
}

fn sbom(error: &SbomError) -> &'static str {
    match error {
        SbomError::Read(_) => "sbom-unreadable",
        SbomError::Syntax { .. } => "sbom-syntax",
        SbomError::Form { .. } => "sbom-form",
    }
}

fn call(error: &CallError) -> &'static str {
    match error {
        CallError::Artifact { flaw: error, .. } => flaw(*error),
        CallError::World(_) => "component-incompatible",
        CallError::Version { .. } => "component-contract-version",
        CallError::Export { .. } => "component-exports",
        CallError::Trap(_) => "component-trap",
        CallError::Short { short, .. } => match short {
            Short::Memory => "limit-memory-mib",
            Short::Stack => "limit-stack-kib",
            Short::Table => "limit-table-elements",
            Short::Memories => "limit-memories",
            Short::Instances | Short::Tables => "limit-core-instances",
        },
        CallError::Exit(_) => "component-exit",
        CallError::Time(_) => "limit-seconds",
        CallError::Files(exceeded) => match exceeded {
            Exceeded::Open(_) => "limit-open-files",
            Exceeded::Listed(_) => "limit-memory-mib-listings",
            Exceeded::Made(_) => "limit-files",
            Exceeded::Written(_) => "limit-files-mib",
        },
        CallError::Confine(_) => "sandbox-unavailable",
        CallError::Machine { lack: error, .. } => lack(*error),
        CallError::Host(_) => "component-setup",
    }
}

fn runner(error: &RunnerError) -> &'static str {
    match error {
        RunnerError::Start(_) => "runner-start",
        RunnerError::Context(_) => "runner-context-too-large",
        RunnerError::Call(error) => call(error),
        RunnerError::Deadline(_) => "limit-seconds-runner",
        RunnerError::Garbage(_) => "runner-message-invalid",
        RunnerError::Output(_) => "limit-output-kib",
        RunnerError::OutOfTurn(_) => "runner-message-out-of-turn",
        RunnerError::Flood => "limit-log-kib",
        RunnerError::Died { status, stderr } => match Death::of(*status, stderr) {
            Death::ForbiddenCall => "runner-system-call",
            Death::FileSize => "limit-file-mib",
            Death::Memory => "limit-memory-mib-runner",
            Death::Killed => "runner-killed",
            Death::Other => "runner-died",
        },
    }
}

fn guest(failure: &Failure) -> &'static str {
    match failure {
        Failure::Application(_) => "component-application",
        Failure::Platform(_) => "component-platform",
        Failure::Io(_) => "component-io",
        Failure::Internal(_) => "component-internal",
    }
}

fn output(error: &CheckError) -> &'static str {
    match error {
        CheckError::Name { source, .. } => name(source.what()),
        CheckError::Metadata { source, .. } => metadata(source),
        CheckError::Twice { .. } => "output-duplicate",
        CheckError::TooMany { .. } => "output-too-many",
        CheckError::Full { .. } => "output-file-too-large",
        CheckError::TooLong { .. } => "output-text-too-long",
        CheckError::Empty { .. } => "output-empty",
        CheckError::NulCharacter { .. } => "output-nul-character",
        CheckError::ControlCharacter { .. } => "output-control-character",
        CheckError::Rule { broken, .. } => rule(*broken),
    }
}

fn name(what: Named) -> &'static str {
    match what {
        Named::Layer => "layer-name",
        Named::Folder => "folder-name",
        Named::Source => "source-name",
        Named::Credential => "credential-name",
        Named::ProcessType => "process-type",
        Named::ExecEnv => "execution-environment",
        Named::ExecDProgram => "exec-d-name",
        Named::Variable => "variable-name",
        Named::User => "user-name",
        Named::Supplier => "supplier-name",
        Named::BindingType => "binding-type",
        Named::LockFile => "lock-file-name",
        Named::Package => "package-name",
    }
}

fn metadata(error: &MetadataError) -> &'static str {
    match error {
        MetadataError::TooLong => "metadata-too-long",
        MetadataError::Syntax(_) => "metadata-syntax",
        MetadataError::NoObject => "metadata-not-an-object",
        MetadataError::Null { .. } => "metadata-null",
        MetadataError::NulCharacter { .. } => "metadata-nul-character",
        MetadataError::Number { .. } => "metadata-number",
        MetadataError::Key { .. } => "metadata-key-too-long",
        MetadataError::PrivateKey { .. } => "metadata-key-private",
        MetadataError::Deep { .. } => "metadata-too-deep",
    }
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Defaults => "process-defaults",
        Rule::ExecEnvApi => "execution-environment-api",
        Rule::WorkingDirectory => "process-working-directory",
        Rule::LabelPrefix => "label-prefix",
        Rule::SlicePath => "slice-path",
        Rule::NotInPlan => "unmet-not-in-plan",
        Rule::Delimiters => "variable-delimiters-differ",
        Rule::ProcessScope => "variable-process-scope",
        Rule::DelimiterMode => "variable-delimiter-mode",
        Rule::Steers => "variable-steers-others",
        Rule::FileAndFolder => "layer-file-and-folder",
        Rule::UnusedLayer => "layer-unused",
        Rule::UnknownSource => "source-undeclared",
        Rule::ExecutablePath => "executable-path",
        Rule::FileOfGit => "content-file-of-git",
        Rule::FileMissing => "content-file-missing",
        Rule::FileDigest => "content-file-digest",
        Rule::LeadingFolders => "content-leading-folders",
        Rule::WheelTag => "content-wheel-tag",
    }
}

fn walk(error: &WalkError) -> &'static str {
    match error {
        WalkError::Dir(_) => "layers-unreadable",
        WalkError::Unsteady { .. } => "layers-changing",
        WalkError::Undeclared { .. } => "layers-undeclared",
        WalkError::LifecycleFile { .. } => "layers-lifecycle-file",
        WalkError::Restored { .. } => "layers-restored",
        WalkError::NoDirectory { .. } => "layer-not-a-directory",
        WalkError::Obeyed { .. } => "layer-obeyed",
        WalkError::LinkObeyed { .. } => "layer-obeyed-link",
        WalkError::Occupied { .. } => "layer-occupied",
        WalkError::Link(error) => left_link(error),
        WalkError::Entry(error) => left_entry(error),
        WalkError::Amount(error) => left_amount(error),
    }
}

fn left_link(error: &LinkError) -> &'static str {
    match error {
        LinkError::Out { .. } => "layer-link-out-of-layers",
        LinkError::Across { .. } => "layer-link-out-of-layer",
        LinkError::Winding { .. } => "layer-link-dot-dot",
        LinkError::Through { .. } => "layer-link-through-link",
    }
}

fn left_entry(error: &EntryError) -> &'static str {
    match error {
        EntryError::Special { .. } => "layer-special-file",
        EntryError::Privileged { .. } => "layer-setuid",
        EntryError::HardLink { .. } => "layer-hard-link",
        EntryError::Locked { .. } => "layer-directory-locked",
        EntryError::Executable { .. } => "layer-executable",
    }
}

fn left_amount(error: &AmountError) -> &'static str {
    match error {
        AmountError::TooMany { .. } => "limit-files-left",
        AmountError::TooLarge { .. } => "limit-files-mib-left",
        AmountError::TooDeep { .. } => "layer-too-deep",
    }
}

fn write(error: &WriteError) -> &'static str {
    match error {
        WriteError::Dir(_) => "layers-write",
        WriteError::Toml { .. } => "layers-write-toml",
        WriteError::Plan { .. } => "build-plan-write",
    }
}

fn contents(error: &ContentsError) -> &'static str {
    match error {
        ContentsError::Bindings(error) => bindings(error),
        ContentsError::CertificateFile { source, .. } => platform(source),
        ContentsError::Certificates { source, .. } => tls(source),
        ContentsError::NotInPackage { .. } => "package-source-missing",
        ContentsError::Package { source, .. } => package(source),
        ContentsError::Denied(error) => denial(error),
        ContentsError::Server(ServerError::MirrorUrl { .. }) => "mirror-binding-url",
        ContentsError::Server(ServerError::WholeRepository { .. }) => "origin-is-a-repository",
        ContentsError::Credential { error, .. } => credential(error),
        ContentsError::Fetch { error, .. } => fetch(error),
        ContentsError::Files(error) => files::contents(error),
        ContentsError::Begin(_) => "layers-begin",
        ContentsError::Stage { error, .. } => stage(error),
    }
}

fn bindings(error: &BindingsError) -> &'static str {
    match error {
        BindingsError::Platform(error) => platform(error),
        BindingsError::NotUtf8 { .. } => "binding-not-utf8",
        BindingsError::Several { .. } => "bindings-ambiguous",
    }
}

fn credential(error: &CredentialError) -> &'static str {
    match error {
        CredentialError::Missing { .. } => "credential-missing",
        CredentialError::Bindings(error) => bindings(error),
        CredentialError::Variable { source, .. } => platform(source),
        CredentialError::NoToken { .. } => "credential-without-token",
        CredentialError::Characters { .. } => "credential-characters",
        CredentialError::Username { .. } => "credential-username",
        CredentialError::Url { .. } => "credential-url",
    }
}

fn package(error: &PackageError) -> &'static str {
    match error {
        PackageError::Read(_) => "package-unreadable",
        PackageError::TooLarge { .. } => FETCH_MIB,
        PackageError::Digest { .. } => "package-file-digest",
        PackageError::Folder(FolderError::Pack(error)) => pack(error),
        PackageError::Folder(FolderError::Tree(error)) => tree(error),
    }
}

fn stage(error: &StageError) -> &'static str {
    match error {
        StageError::Dir(_) => "stage-write",
        StageError::Scratch(error) => spill(error),
        StageError::Object(error) => object(error),
    }
}

fn spill(error: &ScratchError) -> &'static str {
    match error {
        ScratchError::Dir(_) => "spill-folder",
        ScratchError::File(_) => "spill-file",
    }
}

fn fetch(error: &FetchError) -> &'static str {
    match error {
        FetchError::Connect(error) => connect(error),
        FetchError::Answer(error) => answer(error),
        FetchError::Redirect(error) => redirect(error),
        FetchError::Absent(error) => absent(error),
        FetchError::Protocol(error) => protocol(error),
        FetchError::Unfiltered(error) => fetch(error),
        FetchError::Deadline { .. } => FETCH_SECONDS,
        FetchError::Pack(error) => pack(error),
        FetchError::Object(error) => object(error),
        FetchError::Tree(error) => tree(error),
    }
}

fn connect(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Setup(error) => tls(error),
        ConnectError::Unresolved { .. } => "fetch-host-not-found",
        ConnectError::NoConnection { .. } => "fetch-no-connection",
        ConnectError::NoAnswer { .. } => "fetch-no-answer",
        ConnectError::Tls { source, .. } => tls_fault(source),
        ConnectError::ProxyCredential { given: true, .. } => "proxy-unauthorized",
        ConnectError::ProxyCredential { given: false, .. } => "proxy-credential-required",
        ConnectError::ProxyRefused { .. } => "proxy-refused",
        ConnectError::Cut { .. } => "fetch-connection-lost",
    }
}

fn answer(error: &AnswerError) -> &'static str {
    match error {
        AnswerError::NeedsCredential { .. } => "fetch-credential-required",
        AnswerError::CredentialRefused { .. } => "fetch-unauthorized",
        AnswerError::NotFound { .. } => "fetch-repository-not-found",
        AnswerError::TooManyRequests { .. } => "fetch-too-many-requests",
        AnswerError::ServerFailed { .. } => "fetch-server-failed",
        AnswerError::UnexpectedStatus { .. } => "fetch-unexpected-status",
        AnswerError::NotGit { .. } => "fetch-not-git",
        AnswerError::Echo { .. } => "fetch-credential-echoed",
        AnswerError::TooLarge { .. } => FETCH_MIB,
    }
}

fn redirect(error: &RedirectError) -> &'static str {
    match error {
        RedirectError::Moved { .. } => "fetch-moved",
        RedirectError::WrongRedirect { .. } => "fetch-wrong-redirect",
        RedirectError::TooManyRedirects { .. } => "fetch-too-many-redirects",
    }
}

fn absent(error: &AbsentError) -> &'static str {
    match error {
        AbsentError::NoSuchRevision { .. } => "fetch-revision-not-found",
        AbsentError::NoSuchCommit { .. } => "fetch-commit-not-found",
        AbsentError::NoSuchSubpath { .. } => "fetch-subpath-not-found",
        AbsentError::NotAFolder { .. } => "fetch-subpath-not-a-folder",
    }
}

fn tls(error: &TlsError) -> &'static str {
    match error {
        TlsError::Certificate { .. } => "certificate-invalid",
        TlsError::NoCertificate => "certificate-missing",
        TlsError::Proxy { .. } => "proxy-address",
        TlsError::Setup(_) => "tls-setup",
        TlsError::Client { .. } => "http-client-setup",
    }
}

fn tls_fault(fault: &TlsFault) -> &'static str {
    match fault {
        TlsFault::Expired { .. } => "tls-certificate-expired",
        TlsFault::NotYetValid { .. } => "tls-certificate-not-yet-valid",
        TlsFault::OtherName(_) => "tls-certificate-name",
        TlsFault::UnknownAuthority => "tls-authority-unknown",
        TlsFault::Authoritys => "tls-certificate-of-authority",
        TlsFault::NoTls => "tls-not-spoken",
        TlsFault::TooOld => "tls-version",
        TlsFault::WantsCertificate => "tls-client-certificate",
        TlsFault::Other(_) => "tls-failed",
    }
}

fn protocol(error: &ProtocolError) -> &'static str {
    match error {
        ProtocolError::Empty => "git-answer-empty",
        ProtocolError::CutShort => "git-answer-cut-short",
        ProtocolError::Read { .. } => "git-answer-unreadable",
        ProtocolError::Line => "git-answer-malformed",
        ProtocolError::Unexpected { .. } => "git-answer-unexpected",
        ProtocolError::Version => "git-protocol-version",
        ProtocolError::Lacks(_) => "git-capability-missing",
        ProtocolError::ObjectFormat(_) => "git-object-format",
        ProtocolError::TooManyRefs => "git-too-many-refs",
        ProtocolError::Refused(_) => "git-refused",
    }
}

fn pack(error: &PackError) -> &'static str {
    match error {
        PackError::Read(_) => "pack-unreadable",
        PackError::Scratch(error) => spill(error),
        PackError::NotAPack => "pack-not-a-pack",
        PackError::Checksum => "pack-checksum",
        PackError::Overlong => "pack-overlong",
        PackError::TooManyObjects { .. } => CONTENT_FILES,
        PackError::TooLarge { .. } => CONTENT_MIB,
        PackError::Damaged { .. } => "pack-damaged",
        PackError::NoBase { .. } => "pack-base-missing",
        PackError::Forged { .. } => "pack-sha1-collision",
    }
}

fn object(error: &ObjectError) -> &'static str {
    match error {
        ObjectError::Missing { .. } => "object-missing",
        ObjectError::Kind { .. } => "object-kind",
        ObjectError::Malformed { .. } => "object-malformed",
        ObjectError::Large { .. } => "object-too-large",
        ObjectError::Unreadable { .. } => "object-unreadable",
    }
}

fn tree(error: &TreeError) -> &'static str {
    match error {
        TreeError::Object(error) => object(error),
        TreeError::Refused(refused) => entry(&refused.reason),
        TreeError::TooManyEntries { .. } => CONTENT_FILES,
        TreeError::TooLarge { .. } => CONTENT_MIB,
        TreeError::TooDeep { .. } => "entry-too-deep",
        TreeError::OutOfTime => FETCH_SECONDS,
    }
}

fn entry(reason: &EntryReason) -> &'static str {
    match reason {
        EntryReason::Name(NameReason::NotPlain) => "entry-name",
        EntryReason::DotGit => "entry-dot-git",
        EntryReason::LinkedGitmodules => "entry-gitmodules-link",
        EntryReason::Name(NameReason::LongName) => "entry-name-too-long",
        EntryReason::Name(NameReason::LongPath) => "entry-path-too-long",
        EntryReason::Submodule => "entry-submodule",
        EntryReason::Mode { .. } => "entry-mode",
        EntryReason::Name(NameReason::Collision { .. }) => "entry-collision",
        EntryReason::Link(LinkReason::Empty) => "entry-link-empty",
        EntryReason::Link(LinkReason::Long) => "entry-link-too-long",
        EntryReason::Link(LinkReason::Absolute) => "entry-link-absolute",
        EntryReason::Link(LinkReason::Outward) => "entry-link-outward",
        EntryReason::Link(LinkReason::ThroughLink) => "entry-link-through-link",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{diagnose, samples};

    /// Every id of this file, read from its text, because a hand-written list could be incomplete.
    fn all() -> Vec<&'static str> {
        let (code, _tests) = include_str!("id.rs").split_once("#[cfg(test)]").unwrap();
        let code = [code, include_str!("id/files.rs")];
        let ids = code.map(|code| code.split('"').skip(1).step_by(2));
        ids.into_iter().flatten().collect()
    }

    /// The ids of the samples, with their exit statuses.
    fn sampled() -> BTreeMap<&'static str, BTreeSet<u8>> {
        let mut ids: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for error in samples::all() {
            let diagnosis = diagnose(&error);
            ids.entry(diagnosis.id)
                .or_default()
                .insert(diagnosis.exit_code);
        }
        ids
    }

    #[test]
    fn each_is_in_kebab_case_and_stands_for_one_thing() {
        let all = all();
        assert!(all.len() > 150, "{all:?}");
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        for id in all {
            let is_word = |word: &str| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            assert!(id.contains('-') && id.split('-').all(is_word), "{id}");
        }
    }

    #[test]
    fn each_has_a_sample_and_no_sample_lacks_one() {
        let all: BTreeSet<_> = all().into_iter().collect();
        let sampled: BTreeSet<_> = sampled().into_keys().collect();
        assert_eq!(sampled, all);
    }

    #[test]
    fn the_document_has_each_once_with_its_statuses() {
        let document = include_str!("../../../docs/errors.md");
        let rows = document.lines().filter(|line| line.starts_with("| `"));
        let rows = rows.map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            let id = cells.next().unwrap().trim_matches('`');
            (id.to_owned(), cells.next().unwrap().to_owned())
        });
        let documented: Vec<_> = rows.collect();
        let expected = sampled().into_iter().map(|(id, statuses)| {
            let statuses: Vec<_> = statuses.iter().map(ToString::to_string).collect();
            (id.to_owned(), statuses.join(", "))
        });
        let mut sorted = documented.clone();
        sorted.sort();
        assert_eq!(sorted, expected.collect::<Vec<_>>());
    }

    #[test]
    fn it_stands_behind_the_title_or_in_a_line_of_its_own() {
        for error in samples::all() {
            let diagnosis = diagnose(&error);
            let told = diagnosis.to_string();
            let title = format!("[Error: {}]", diagnosis.title);
            let behind = told.strip_prefix(&title).unwrap();
            let fits = title.len() + diagnosis.id.len() + 3 <= 72;
            let apart = if fits { " " } else { "\n  " };
            let expected = format!("{apart}({})\n", diagnosis.id);
            assert!(behind.starts_with(&expected), "{told}");
        }
    }
}
