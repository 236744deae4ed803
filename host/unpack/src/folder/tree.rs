//! Archives whose paths are the folder's own: zip and tar.
//!
//! Nothing here knows wheels.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;

use super::{ClaimedContent, Fault, Job};
use crate::archive::ArchiveFormat;
use crate::claims::Claim;
use crate::error::{EntryReason, LimitReason};
use crate::path;
use crate::stream::Stream;
use crate::tar::{self, Tar, TarEntry, TarError};
use crate::write::WrittenFile;
use crate::zip::{self, Reader, ZipKind};

/// The limit for names of one file that are open at the same time.
const MOST_OPEN: usize = 16;

impl Job<'_> {
    /// Unpacks a zip archive.
    pub(super) fn zip(&mut self, file: &File, leading: u32) -> Result<(), Fault> {
        let zip = zip::read(file)?;
        let mut files = Vec::new();
        let mut dirs = Vec::new();
        for member in &zip.members {
            let raw = member.name.as_str();
            let is_dir = member.kind == ZipKind::Dir;
            let plain = if is_dir { &raw[..raw.len() - 1] } else { raw };
            let Some(path) = self.place(plain, leading, is_dir)? else {
                continue;
            };
            match member.kind {
                ZipKind::Dir => dirs.push(path),
                ZipKind::File { executable } => files.push((member, path, executable)),
            }
        }
        self.folder.claim_bytes(zip.size())?;
        let mut claims = Vec::with_capacity(files.len());
        {
            let mut shared = self.folder.shared();
            for (_, path, _) in &files {
                let claim = shared.claims.file(self.position, path);
                claims.push(claim.map_err(self.folder.full())?);
            }
        }
        for path in dirs {
            self.dir(path)?;
        }
        let mut reader = Reader::new(file);
        for ((member, path, executable), claim) in files.into_iter().zip(claims) {
            let mut sink = self.sink(claim, path, executable)?;
            reader.read(member, &mut self.buffer, |piece| {
                sink.take(piece).map_err(Fault::write(path))
            })?;
            self.made(claim, path, executable, sink.finish(), || {
                ClaimedContent::Member {
                    member: member.clone(),
                    is_script: false,
                }
            });
        }
        Ok(())
    }

    /// Checks a path, and returns its destination. `None` for one of the leading folders.
    fn place<'p>(
        &mut self,
        path: &'p str,
        leading: u32,
        is_dir: bool,
    ) -> Result<Option<&'p str>, Fault> {
        let refused = |reason: EntryReason| Fault::entry(path, reason);
        path::judge(path).map_err(|reason| refused(reason.into()))?;
        let placed = path::without_leading(path, leading, is_dir);
        let Some(placed) = placed.map_err(|reason| refused(reason.into()))? else {
            return Ok(None);
        };
        path::judge_depth(placed, self.folder.limits.depth, is_dir)
            .map_err(|reason| refused(reason.into()))?;
        let added = if is_dir {
            self.own.add_dir(placed)
        } else {
            self.own.add_file(placed)
        };
        added.map_err(Fault::own(path, self.folder.limits.entries))?;
        Ok(Some(placed))
    }

    fn dir(&mut self, path: &str) -> Result<(), Fault> {
        self.in_time()?;
        let free = self.folder.shared().claims.dir(self.position, path);
        if free.map_err(self.folder.full())? {
            self.dirs.folder(path).map_err(Fault::dir)?;
        }
        Ok(())
    }

    /// Unpacks a tar archive. Hard links become files of their own: the layer is stored without links anyway, and a
    /// file that is changed later changes under one name only.
    pub(super) fn tar(
        &mut self,
        file: &File,
        format: ArchiveFormat,
        leading: u32,
    ) -> Result<(), Fault> {
        let mut tar = open(file, format)?;
        let mut seen = HashMap::new();
        let mut hard = Vec::new();
        let mut index = 0;
        while let Some(entry) = tar.next(&mut self.buffer)? {
            let TarEntry { name, kind, size } = entry;
            index += 1;
            self.in_time()?;
            // Not all entries are kept in memory, and an archive can name its own folder any number of times.
            let most = self.folder.limits.entries;
            if index > most.saturating_mul(2) {
                return Err(Fault::limit(LimitReason::Entries { most }));
            }
            // The archive's own folder.
            if name.is_empty() && kind == tar::TarKind::Dir {
                continue;
            }
            let is_dir = kind == tar::TarKind::Dir;
            let Some(path) = self.place(&name, leading, is_dir)?.map(str::to_owned) else {
                continue;
            };
            match kind {
                tar::TarKind::Dir => self.dir(&path)?,
                tar::TarKind::File { executable } => {
                    self.folder.claim_bytes(size)?;
                    let claim = self.claim(&path)?;
                    let mut sink = self.sink(claim, &path, executable)?;
                    self.copy(&mut tar, |piece| {
                        sink.take(piece).map_err(Fault::write(&path))
                    })?;
                    self.made(claim, &path, executable, sink.finish(), || {
                        ClaimedContent::Entry(index)
                    });
                    seen.insert(name, (index, executable, size));
                }
                tar::TarKind::Link { target } => {
                    // All targets are in memory until the end, so they are counted like content.
                    let size = target.len() as u64;
                    entry::judge_target_size(size).map_err(|reason| Fault::entry(&name, reason))?;
                    self.folder.claim_bytes(size)?;
                    let claimed = self
                        .folder
                        .shared()
                        .claims
                        .link(self.position, path, target);
                    claimed.map_err(self.folder.full())?;
                }
                tar::TarKind::Hard { target } => {
                    let Some((of, executable, size)) = seen.get(&target).copied() else {
                        let target = path::shown(&target);
                        return Err(Fault::entry(&name, EntryReason::HardLink { target }));
                    };
                    self.folder.claim_bytes(size)?;
                    let claim = self.claim(&path)?;
                    hard.push((of, (path, executable, claim)));
                }
            }
        }
        drop(tar);
        self.copy_hard(file, format, hard)
    }

    /// Reads the targets of hard links again, and writes each to all its names.
    fn copy_hard(
        &mut self,
        file: &File,
        format: ArchiveFormat,
        hard: Vec<(usize, Name)>,
    ) -> Result<(), Fault> {
        if hard.is_empty() {
            return Ok(());
        }
        let mut wanted: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (of, name) in hard {
            wanted.entry(of).or_default().push(name);
        }
        let mut tar = open(file, format)?;
        let mut index = 0;
        while tar.next(&mut self.buffer)?.is_some() {
            index += 1;
            let Some(names) = wanted.remove(&index) else {
                self.copy(&mut tar, |_| Ok(()))?;
                continue;
            };
            let (names, more) = at_once(names);
            let mut sinks = Vec::new();
            for (path, executable, claim) in names {
                let sink = self.sink(claim, &path, executable)?;
                sinks.push((sink, path, executable, claim));
            }
            self.copy(&mut tar, |piece| {
                sinks
                    .iter_mut()
                    .try_for_each(|(sink, path, ..)| sink.take(piece).map_err(Fault::write(path)))
            })?;
            let written = |(_, path, _, claim): &(_, String, _, Claim)| {
                (*claim == Claim::Write).then(|| path.clone())
            };
            let written = sinks.iter().find_map(written);
            for (sink, path, executable, claim) in sinks {
                self.made(claim, &path, executable, sink.finish(), || {
                    ClaimedContent::Entry(index)
                });
            }
            for (path, executable, claim) in more {
                let from = written.as_deref().unwrap_or(&path);
                let outcome = self.copy_written(from, &path, executable, claim)?;
                self.made(claim, &path, executable, outcome, || {
                    ClaimedContent::Entry(index)
                });
            }
        }
        Ok(())
    }

    /// Copies a file of the folder that this archive has written.
    fn copy_written(
        &mut self,
        from: &str,
        path: &str,
        executable: bool,
        claim: Claim,
    ) -> Result<WrittenFile, Fault> {
        let (dir, name) = self.dirs.parent(from).map_err(Fault::dir)?;
        let mut file = dir.open_file(name).map_err(Fault::dir)?;
        let mut sink = self.sink(claim, path, executable)?;
        loop {
            let came = file.read(&mut self.buffer);
            let came = came.map_err(|error| Fault::write(path)(error.into()))?;
            if came == 0 {
                return Ok(sink.finish());
            }
            sink.take(&self.buffer[..came])
                .map_err(Fault::write(path))?;
        }
    }

    fn copy(
        &mut self,
        tar: &mut Tar<'_>,
        mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        loop {
            self.in_time()?;
            match tar.read(&mut self.buffer)? {
                0 => return Ok(()),
                came => take(&self.buffer[..came])?,
            }
        }
    }
}

/// A name of a hard link: its path, whether it can be started, and what was claimed.
type Name = (String, bool, Claim);

/// Splits the names of one file into those that are written while its content is read, and the rest. Each of the former
/// that is written is an open file.
fn at_once(names: Vec<Name>) -> (Vec<Name>, Vec<Name>) {
    let mut open = 0;
    names.into_iter().partition(|(_, _, claim)| {
        open += usize::from(*claim == Claim::Write);
        *claim != Claim::Write || open <= MOST_OPEN
    })
}

/// Opens a tar archive at its beginning.
pub(crate) fn open(file: &File, format: ArchiveFormat) -> Result<Tar<'_>, TarError> {
    let stream = match format {
        ArchiveFormat::TarZst => Stream::zstd(file)?,
        _ => Stream::gzip(file)?,
    };
    Ok(Tar::new(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_written_are_open_up_to_a_limit_and_others_need_no_file() {
        let names = |claim, count| vec![("a".to_owned(), false, claim); count];
        let split = |names| {
            let (now, more) = at_once(names);
            (now.len(), more.len())
        };
        assert_eq!(split(names(Claim::Write, MOST_OPEN)), (MOST_OPEN, 0));
        assert_eq!(split(names(Claim::Write, MOST_OPEN + 3)), (MOST_OPEN, 3));
        assert_eq!(split(names(Claim::Later, 500)), (500, 0));
    }
}
