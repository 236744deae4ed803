//! Files by WASI's own calls, for a component without the standard library.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::Entry;
use crate::wasi::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags, get_directories,
};

/// The bytes of one read.
const PIECE: u64 = 64 * 1024;

/// A folder that the host has preopened, or `None`.
pub(super) struct Folder(Option<Descriptor>);

impl Folder {
    pub(super) fn at(root: &str) -> Self {
        let opened = get_directories().into_iter();
        let mut named = opened.filter(|(_, name)| name == root);
        Self(named.next().map(|(folder, _)| folder))
    }

    pub(super) fn entry(&self, path: &str) -> Entry {
        let Some(folder) = &self.0 else {
            return Entry::Absent;
        };
        let found = folder.stat_at(PathFlags::SYMLINK_FOLLOW, path);
        match found.map(|found| found.type_) {
            Ok(DescriptorType::RegularFile) => Entry::File,
            Ok(DescriptorType::Directory) => Entry::Directory,
            Ok(_) => Entry::Special,
            Err(ErrorCode::NoEntry | ErrorCode::NotDirectory) => Entry::Absent,
            Err(code) => Entry::Hidden(why(code)),
        }
    }

    pub(super) fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, String> {
        self.read_from_host(path, most).map_err(why)
    }

    pub(super) fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.list_from_host(path).map_err(why)
    }

    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<(), String> {
        self.write_to_host(path, content).map_err(why)
    }

    fn open(
        &self,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Descriptor, ErrorCode> {
        let folder = self.0.as_ref().ok_or(ErrorCode::NoEntry)?;
        folder.open_at(PathFlags::SYMLINK_FOLLOW, path, open, flags)
    }

    fn read_from_host(&self, path: &str, most: u64) -> Result<Vec<u8>, ErrorCode> {
        let file = self.open(path, OpenFlags::empty(), DescriptorFlags::READ)?;
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

    fn list_from_host(&self, path: &str) -> Result<Vec<String>, ErrorCode> {
        let folder = self.open(path, OpenFlags::DIRECTORY, DescriptorFlags::READ)?;
        let entries = folder.read_directory()?;
        let mut names = Vec::new();
        while let Some(entry) = entries.read_directory_entry()? {
            names.push(entry.name);
        }
        Ok(names)
    }

    fn write_to_host(&self, path: &str, content: &[u8]) -> Result<(), ErrorCode> {
        let folder = self.0.as_ref().ok_or(ErrorCode::NoEntry)?;
        for (end, _) in path.match_indices('/') {
            match folder.create_directory_at(&path[..end]) {
                Ok(()) | Err(ErrorCode::Exist) => (),
                Err(code) => return Err(code),
            }
        }
        let file = self.open(
            path,
            OpenFlags::CREATE | OpenFlags::TRUNCATE,
            DescriptorFlags::WRITE,
        )?;
        let mut written = 0;
        while let Some(rest) = content.get(written..).filter(|rest| !rest.is_empty()) {
            let count = file.write(rest, written as u64)?;
            // Without this check, a file that accepts no bytes would make the loop endless.
            if count == 0 {
                return Err(ErrorCode::Io);
            }
            written += usize::try_from(count).map_err(|_| ErrorCode::Overflow)?;
        }
        Ok(())
    }
}

/// Uses the same text as the standard library.
fn why(code: ErrorCode) -> String {
    let text = match code {
        ErrorCode::Access | ErrorCode::NotPermitted => "permission denied",
        ErrorCode::IsDirectory => "is a directory",
        ErrorCode::Loop => "filesystem loop or indirection limit (e.g. symlink loop)",
        ErrorCode::NameTooLong => "invalid filename",
        ErrorCode::NoEntry => "entity not found",
        ErrorCode::NotDirectory => "not a directory",
        other => other.name(),
    };
    text.to_owned()
}
