//! The application's files, by the directory that the host has opened.
//! As in the other implementation, what a file holds is not known here.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use crate::application::Entry;

/// What names a folder.
pub(crate) type Root = str;

/// How much is asked for at once.
const PIECE: u64 = 64 * 1024;

/// A folder that the host has opened, or none.
pub(crate) struct Folder(Option<Descriptor>);

impl Folder {
    pub(crate) fn at(root: &Root) -> Self {
        let opened = get_directories().into_iter();
        let mut named = opened.filter(|(_, name)| name == root);
        Self(named.next().map(|(folder, _)| folder))
    }

    /// What stands under `name`, links followed.
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

    /// The first bytes of a file, at most so many, or why there are none.
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

/// In the words that the standard library has for it.
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
