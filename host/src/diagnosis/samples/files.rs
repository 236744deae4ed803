//! The errors of sources of files.

#![cfg(test)]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::*;
use cnb::address::{FileUrl, FileUrlError};
use cnb::sha256::Sha256;
use contents::{FileOrigin, FilesContentsError, IndexReason, ListError, ListingError};
use fetch::files::{FileError, FileRedirectError, Inside, read_page};
use unpack::{
    ArchiveReason, CollisionError, EntryReason, LayoutReason, LimitReason, TarError, UnpackError,
    WheelReason, ZipError,
};

const FILE: &str = "https://files.example.com/a/data.whl";
const FILES: &str = "https://files.example.com";

fn lock() -> LockFileName {
    "uv.lock".parse().unwrap()
}

pub(in crate::diagnosis) fn files() -> Vec<PhaseError> {
    let mut errors: Vec<_> = lists().into_iter().map(list).collect();
    errors.extend(downloads().into_iter().map(|error| {
        of(FilesContentsError::File {
            source_name: source(),
            credential: Some(text("binding 'index'")),
            error: Box::new(error),
        })
    }));
    errors.push(of(FilesContentsError::Credential {
        source_name: source(),
        error: Arc::new(CredentialError::NoToken {
            binding: text("index"),
        }),
    }));
    errors.extend(indexes().into_iter().map(|reason| {
        let page = Box::new(FileOrigin {
            file: text("data"),
            url: text("https://index.example.com/simple/data/"),
            ..file_origin()
        });
        of(FilesContentsError::Index { page, reason })
    }));
    errors.extend(unpacked());
    errors.push(in_package(PackageError::Digest {
        wanted: Sha256::of(b""),
    }));
    errors
}

fn of(error: FilesContentsError) -> PhaseError {
    PhaseError::Contents(ContentsError::Files(error))
}

fn list(error: ListError) -> PhaseError {
    of(FilesContentsError::List(Box::new(error)))
}

fn lists() -> [ListError; 10] {
    let syntax = "key".parse::<toml::Table>().unwrap_err();
    [
        ListError::Listing {
            source_name: source(),
            error: Arc::new(ListingError::Syntax {
                file: lock(),
                line: 1,
                reason: syntax.message().to_owned(),
            }),
        },
        ListError::NoList {
            source_name: source(),
            files: vec![lock(), "pylock.toml".parse().unwrap()],
        },
        ListError::NotListed {
            source_name: source(),
            path: text(FILE),
            list: text("uv.lock"),
        },
        ListError::Arch {
            source_name: source(),
            path: text("a.tar.gz"),
            arch: text("arm64"),
            wanted: text("amd64"),
        },
        ListError::Private {
            source_name: source(),
            file: text("data.whl"),
            host: text("10.0.0.7"),
        },
        ListError::NoServer {
            source_name: source(),
            from: text("binding 'index'"),
        },
        ListError::NoPackages {
            source_name: source(),
        },
        ListError::PackagesInPackage {
            source_name: source(),
        },
        ListError::NoIndex {
            source_name: source(),
            list: text("requirements.txt"),
        },
        ListError::IndexAddress {
            source_name: source(),
            list: text("requirements.txt"),
            reason: FileUrlError::Dots,
        },
    ]
}

fn indexes() -> [IndexReason; 6] {
    let url: FileUrl = FILE.parse().unwrap();
    let page = read_page(&mut &b"{"[..], url.as_url(), &BTreeSet::new());
    [
        IndexReason::Page(page.unwrap_err()),
        IndexReason::Digest,
        IndexReason::Echo,
        IndexReason::NoWheel {
            file: text("data-1.tar.gz"),
        },
        IndexReason::Tags {
            tags: vec![text("cp311-cp311-win_amd64")],
        },
        IndexReason::Address {
            file: text("data-1-py3-none-any.whl"),
        },
    ]
}

fn downloads() -> Vec<FileError> {
    let redirect = |source| FileError::Redirect {
        url: text(FILE),
        source,
    };
    vec![
        FileError::Answer {
            url: text(FILE),
            source: AnswerError::NeedsCredential {
                origin: text(FILES),
            },
        },
        redirect(FileRedirectError::Elsewhere {
            from: text(FILES),
            to: text("https://cdn.example.com"),
        }),
        redirect(FileRedirectError::Unusable { from: text(FILES) }),
        redirect(FileRedirectError::TooMany { from: text(FILES) }),
        FileError::Inside {
            url: text(FILE),
            origin: text(FILES),
            inside: Inside::Address(Ipv4Addr::LOCALHOST.into()),
        },
        FileError::NotFound {
            url: text(FILE),
            origin: text(FILES),
            status: 404,
        },
        FileError::Digest {
            url: text(FILE),
            wanted: Sha256::of(b"wanted"),
            found: Sha256::of(b"found"),
        },
        FileError::TooMuch {
            url: text(FILE),
            most: 100,
        },
        FileError::TooManyServers {
            origin: text(FILES),
            most: 8,
        },
        FileError::Deadline {
            limit: Duration::from_mins(5),
        },
        FileError::Write {
            url: text(FILE),
            source: broken(),
        },
    ]
}

fn unpacked() -> Vec<PhaseError> {
    let refused = |reason: ArchiveReason| UnpackError::Refused {
        archive: text("data.whl"),
        reason,
    };
    let path = || EntryPath::root().join(b"lib").join(b"a.py");
    let of_a_file = [
        UnpackError::Dir(dir()),
        UnpackError::Write {
            path: path(),
            source: broken(),
        },
        refused(ArchiveReason::Name),
        refused(ArchiveReason::LeadingFolders),
        refused(ArchiveReason::Read(broken())),
        refused(ArchiveReason::Entry {
            entry: path(),
            reason: EntryReason::Link(LinkReason::Outward),
        }),
        refused(ArchiveReason::Zip(ZipError::Layout(LayoutReason::NoEnd))),
        refused(ArchiveReason::Tar(TarError::Trailing)),
        refused(ArchiveReason::Wheel(WheelReason::NoDistInfo.into())),
        UnpackError::Limit(LimitReason::Entries { most: 100 }),
        UnpackError::Limit(LimitReason::Bytes { most: 100 }),
        UnpackError::Limit(LimitReason::Time),
    ];
    let of_a_folder = [
        UnpackError::Collision(CollisionError::OtherBytes {
            path: path(),
            one: text("data.whl"),
            other: text("other.whl"),
        }),
        UnpackError::Collision(CollisionError::OtherKind {
            path: path(),
            one: text("data.whl"),
            other: text("other.whl"),
        }),
        UnpackError::Incomplete,
        UnpackError::Limit(LimitReason::Time),
    ];
    let of_a_file = of_a_file.map(|error| FilesContentsError::UnpackFile {
        origin: Box::new(file_origin()),
        layer: "packages".parse().unwrap(),
        error: Box::new(error),
    });
    let of_a_folder = of_a_folder.map(|error| FilesContentsError::Unpack {
        layer: "packages".parse().unwrap(),
        into: "site-packages".parse().unwrap(),
        error: Box::new(error),
    });
    let all = of_a_file.into_iter().chain(of_a_folder);
    all.map(of).collect()
}

/// The origin of a file in its list.
fn file_origin() -> FileOrigin {
    FileOrigin {
        source: source(),
        file: text("data.whl"),
        url: text(FILE),
        credential: None,
        place: None,
        is_in_package: false,
        is_mirror: false,
        is_of_policy: false,
    }
}
