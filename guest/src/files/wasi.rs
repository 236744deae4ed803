//! Reads the application's files through the directory that the host has preopened.
//!
//! As in the native implementation, the meaning of the files' content does not belong here.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use crate::application::Entry;

/// The name of a folder.
pub(crate) type Root = str;

/// The bytes of one read.
const PIECE: u64 = 64 * 1024;

/// A folder that the host has preopened, or `None`.
pub(crate) struct Folder(Option<Descriptor>);

impl Folder {
    pub(crate) fn at(root: &Root) -> Self {
        let opened = get_directories().into_iter();
        let mut named = opened.filter(|(_, name)| name == root);
        Self(named.next().map(|(folder, _)| folder))
    }

    /// The kind of the entry `name`, with links followed.
    pub(crate) fn entry(&self, name: &str) -> Entry {
        let Some(folder) = &self.0 else {
            return Entry::Absent;
        };
        let found = folder.stat_at(PathFlags::SYMLINK_FOLLOW, name);
        match found.map(|found| found.type_) {
            Ok(DescriptorType::RegularFile) => Entry::File,
            Ok(DescriptorType::Directory) => Entry::Directory,
            Ok(_) => Entry::Special,
            Err(ErrorCode::NoEntry | ErrorCode::NotDirectory) => Entry::Absent,
            Err(code) => Entry::Hidden(why(code)),
        }
    }

    /// Reads the first bytes of a file, at most `most`; on failure returns the reason.
    pub(crate) fn read(&self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        self.read_from_host(name, most).map_err(why)
    }

    fn read_from_host(&self, name: &str, most: u64) -> Result<Vec<u8>, ErrorCode> {
        let folder = self.0.as_ref().ok_or(ErrorCode::NoEntry)?;
        let file = folder.open_at(
            PathFlags::SYMLINK_FOLLOW,
            name,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        )?;
        let mut bytes = Vec::new();
        loop {
            let read = bytes.len() as u64;
            let (piece, ended) = file.read(PIECE.min(most - read), read)?;
            bytes.extend_from_slice(&piece);
            if ended || piece.is_empty() || bytes.len() as u64 >= most {
                return Ok(bytes);
            }
        }
    }
}

/// Uses the same text as the standard library.
fn why(code: ErrorCode) -> String {
    let words = match code {
        ErrorCode::Access | ErrorCode::NotPermitted => "permission denied",
        ErrorCode::IsDirectory => "is a directory",
        ErrorCode::Loop => "filesystem loop or indirection limit (e.g. symlink loop)",
        ErrorCode::NameTooLong => "invalid filename",
        ErrorCode::NoEntry => "entity not found",
        other => other.name(),
    };
    words.to_owned()
}
