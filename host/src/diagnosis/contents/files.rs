//! The messages for files that could not be fetched or unpacked.

use super::super::{AUTHOR, DISK, Diagnosis, connection, fixable};
use cnb::names::SourceName;
use contents::{FileOrigin, FilesContentsError, IndexReason, ListError};
use credential::CredentialError;
use fetch::files::{FileError, FileRedirectError};
use fetch::{AnswerError, ConnectError};
use policy::PATH;
use unpack::{LimitReason, UnpackError};

pub(super) fn contents(error: &FilesContentsError) -> Diagnosis {
    match error {
        FilesContentsError::Credential { source_name, error } => credential(source_name, error),
        FilesContentsError::List(error) => list(error),
        FilesContentsError::File {
            source_name,
            credential,
            error,
        } => file(source_name, credential.as_deref(), error),
        FilesContentsError::Index { page, reason } => index(&page.file, error, reason),
        FilesContentsError::UnpackFile { origin, error, .. } => unpack(origin, error),
        FilesContentsError::Unpack { error, .. } => folder(error),
    }
}

/// The steps for a credential that is missing or can't be used.
fn credential(source: &SourceName, error: &CredentialError) -> Diagnosis {
    let title = format!("The credential for source '{source}' can't be used");
    fixable(&title, error).step("Fix the binding or the variable that holds the token.")
}

fn list(error: &ListError) -> Diagnosis {
    match error {
        ListError::Listing { error: cause, .. } => fixable("A lock file can't be read", &**cause)
            .say("Nothing was fetched.")
            .step("Generate it again with the tool that wrote it."),
        ListError::NoList { .. } => {
            fixable("The application has no lock file", error).step("Add one to the application.")
        }
        ListError::NotListed { .. } => super::buildpack("A file is not in the list", error)
            .say("A component may only name an address and a digest that stand together in the list. Nothing was fetched.")
            .step(AUTHOR),
        ListError::Arch { .. } => super::buildpack("A file is for another architecture", error).step(AUTHOR),
        ListError::Private { .. } => fixable("An address in a lock file is not public", error)
            .say("A build does not ask servers of its own network, because anyone who writes a lock file could send it there. Nothing was fetched.")
            .step(&format!("If this is your package index: the operator can grant the host in {PATH} of the builder image, in its table [sources] or as a mirror.")),
        ListError::NoPackages { .. } => {
            super::buildpack("A list has addresses instead of packages", error).step(AUTHOR)
        }
        ListError::PackagesInPackage { .. } => {
            fixable("A package with its own files can't choose them by an index", error)
                .say("The files in the package have digests and no names.")
                .step("Let the application list addresses, as uv.lock and pylock.toml do.")
        }
        ListError::NoIndex { .. } => fixable("No index of packages is named", error)
            .say("The list has digests of files, and an index has their addresses. Nothing was fetched.")
            .step("Add a line to the list, such as --index-url https://packages.example.com/simple/")
            .step(&format!("Or the operator can name an index in {PATH} of the builder image, with the key 'index'.")),
        ListError::IndexAddress { .. } => fixable("The index of packages can't be asked", error)
            .say("Nothing was fetched.")
            .step("Name it by a plain address, such as https://packages.example.com/simple/, without a user, a query or a variable."),
        ListError::NoServer { .. } => fixable("A binding does not name its server", error)
            .say("Without it, a token could go to any server in the lock file. Nothing was fetched.")
            .step("Add an entry 'url' to the binding: the address of the server that the token is for."),
    }
}

/// The steps for a package for which an index has no usable file.
fn index(package: &str, error: &FilesContentsError, reason: &IndexReason) -> Diagnosis {
    let title = format!("The index has no usable wheel of '{package}'");
    let diagnosis = fixable(&title, error).say("No file of the package was fetched.");
    match reason {
        IndexReason::Page(_) => diagnosis
            .step("Check that the address is that of an index of Python packages: it ends in /simple/ at most servers."),
        IndexReason::Digest => diagnosis
            .say("The host uses only those files for which the index shows a SHA-256 digest.")
            .step("Check that the list was made from the same index, and that the index still has the files."),
        IndexReason::NoWheel { .. } => diagnosis
            .say("No code of a package is run in a build, so a source distribution can't be built.")
            .step("Build the wheel once and put it on an index, or choose a version of the package that has one."),
        IndexReason::Tags { .. } => diagnosis
            .step("Choose a version of the package, or of Python, that has a wheel for the image's platform. Then generate the list again, with the digests of all platforms."),
        IndexReason::Echo => diagnosis
            .say("An address with a token in it would be shown in the log, and could be another server's.")
            .step("Let the index link its files without credentials: the host sends its own."),
        IndexReason::Address { .. } => {
            diagnosis.step("Use an index whose files have plain https addresses, or a mirror of it.")
        }
    }
}

fn file(source: &SourceName, credential: Option<&str>, error: &FileError) -> Diagnosis {
    let diagnosis = fixable(&title(source, error), error);
    let from = match credential {
        Some(from) => format!("The token is from {from}."),
        None => "No credential was used.".to_owned(),
    };
    let later = "The problem may be temporary: build again later.";
    match error {
        FileError::Digest { .. } => diagnosis
            .say("None of it was written.")
            .step("Build again. If that fails too, the server has another file than the one from which the list was made: compare both with the file of the package's publisher."),
        FileError::NotFound { .. } => diagnosis
            .say(&from)
            .step("Check that the list is current, and that the server still has the file."),
        FileError::Redirect { source: FileRedirectError::Elsewhere { .. }, .. } => diagnosis
            .say("A file comes from another server only where buildpack.toml names it.")
            .step("The buildpack's author can add the server to redirects-to."),
        FileError::Redirect { .. } => diagnosis.step("Check the address, and any proxy before the server."),
        FileError::Inside { .. } => diagnosis
            .say("A lock file may name only public servers, because anyone who writes one could send a build into its own network.")
            .step(&format!("If this is your package index: the operator can grant the host in {PATH} of the builder image, in its table [sources] or as a mirror.")),
        FileError::Connect { source: cause, .. } => connect(diagnosis, cause),
        FileError::Answer { source: cause, .. } => match cause {
            AnswerError::NeedsCredential { .. } | AnswerError::CredentialRefused { .. } => diagnosis
                .say(&from)
                .step("Check the token, and that it is for that server."),
            AnswerError::TooLarge { .. } => diagnosis.name(Some("fetch-mib")),
            _ => diagnosis.step(later),
        },
        FileError::TooMuch { .. } => diagnosis.name(Some("fetch-mib")),
        FileError::TooManyServers { .. } => {
            diagnosis.step("Let the list name fewer servers, or use a mirror.")
        }
        FileError::Deadline { .. } => diagnosis.step(later).name(Some("fetch-seconds")),
        FileError::Dir(_) | FileError::Write { .. } => diagnosis.step(DISK),
    }
}

fn title(source: &SourceName, error: &FileError) -> String {
    match error {
        FileError::Digest { .. } => format!("A file of '{source}' is not the one in the list"),
        FileError::Dir(_) | FileError::Write { .. } => {
            format!("The files fetched for '{source}' can't be written")
        }
        _ => format!("A file of '{source}' could not be fetched"),
    }
}

fn connect(diagnosis: Diagnosis, error: &ConnectError) -> Diagnosis {
    match error {
        ConnectError::Tls { source, .. } => connection::tls(diagnosis, source),
        ConnectError::ProxyCredential { variable, .. } => connection::proxy(diagnosis, variable),
        ConnectError::ProxyRefused { .. }
        | ConnectError::Unresolved { .. }
        | ConnectError::NoConnection { .. } => diagnosis.step(
            "The build must be able to reach that host. The host reads a proxy from https_proxy or HTTPS_PROXY of the lifecycle's own environment.",
        ),
        ConnectError::NoAnswer { .. } | ConnectError::Cut { .. } | ConnectError::Setup(_) => {
            diagnosis.step("The problem may be temporary: build again later.")
        }
    }
}

/// A file that has the right digest, but can't become a part of its folder.
fn unpack(origin: &FileOrigin, error: &UnpackError) -> Diagnosis {
    let title = format!(
        "'{}' of source '{}' can't be unpacked",
        origin.file, origin.source
    );
    let diagnosis = fixable(&title, error).say("None of it was written.");
    match error {
        UnpackError::Dir(_) | UnpackError::Write { .. } => diagnosis.step(DISK),
        UnpackError::Limit(LimitReason::Entries { .. }) => diagnosis.name(Some("content-files")),
        UnpackError::Limit(LimitReason::Bytes { .. }) => diagnosis.name(Some("content-mib")),
        UnpackError::Limit(LimitReason::Time) => late(diagnosis),
        UnpackError::Refused { .. } | UnpackError::Collision(_) | UnpackError::Incomplete => {
            diagnosis.step("Use another version of this file, or report it to its publisher.")
        }
    }
}

/// The steps for a folder whose time was over while it was unpacked.
fn late(diagnosis: Diagnosis) -> Diagnosis {
    diagnosis
        .say("The limit is for all downloads and for unpacking them, together.")
        .step("If the disk or the network is slow only at the moment: build again later.")
        .name(Some("fetch-seconds"))
}

/// A folder that could not be made of its files.
fn folder(error: &UnpackError) -> Diagnosis {
    let diagnosis =
        fixable("A folder of files can't be made", error).say("None of it was written.");
    match error {
        UnpackError::Dir(_) | UnpackError::Write { .. } => diagnosis.step(DISK),
        UnpackError::Limit(LimitReason::Time) => late(diagnosis),
        _ => diagnosis.step("Use other versions of the files that do not fit together."),
    }
}
