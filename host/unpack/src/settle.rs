//! Settles what several archives of a folder disagree about, and makes its links.
//!
//! Nothing here depends on which archive came first: all that is compared has an order of its own.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use entry::places::Places;
use entry::{EntryPath, Mode, judge_link};

use super::claims::{ClaimKind, Claims, LinkClaim, Mixed};
use super::deadline::Deadline;
use super::digest::{Algorithm, Digest, Summing};
use super::error::{ArchiveReason, CollisionError, UnpackError};
use super::folder::{
    BUFFER, ClaimedContent, Deferred, DeferredFile, Fault, Finished, Folder, Known, Shared,
    open_tar,
};
use super::path;
use super::warning::Warning;
use super::write::{Dirs, Sink, mode};
use super::zip::Reader;

/// Names at the top of a folder whose files no package needs to work.
const NEEDLESS: [&str; 8] = [
    "benchmarks",
    "doc",
    "docs",
    "example",
    "examples",
    "scripts",
    "test",
    "tests",
];

/// Modules at the top that no package imports, and that some wheels have by mistake.
const TOOLS: [&str; 2] = ["conftest.py", "setup.py"];

/// The extensions of files that Python reads at the top of a folder: modules, and lists of folders and of types.
const READ: [&str; 6] = ["pth", "py", "pyc", "pyd", "pyi", "so"];

impl Folder {
    /// Decides from which archive each path comes, makes the links, and ends.
    pub fn finish(self) -> Result<Finished, UnpackError> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(UnpackError::Incomplete);
        }
        settle(self)
    }
}

/// The content of an archive for a path.
struct Rival<'s> {
    position: usize,
    known: &'s Known,
    digest: Digest,
    /// `None` if this is the file that is written.
    deferred: Option<(usize, usize)>,
}

pub(super) fn settle(folder: Folder) -> Result<Finished, UnpackError> {
    let Folder {
        root,
        limits: _,
        shared,
        files,
        bytes,
        deadline,
        ..
    } = folder;
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Shared {
        mut claims,
        archives,
        deferred,
        mut warnings,
    } = shared;
    let links = claims.take_links();
    let mut settling = Settling {
        dirs: Dirs::new(&root),
        deadline: &deadline,
        claims: &claims,
        archives: &archives,
        deferred: &deferred,
        bytes: bytes.load(Ordering::Relaxed),
        collisions: BTreeMap::new(),
    };
    if let Some(mixed) = claims.mixed() {
        return Err(settling.other_kind(mixed).into());
    }
    settling.contested()?;
    settling.links(&links)?;
    let Settling {
        bytes, collisions, ..
    } = settling;
    warnings.sort_by_key(|(position, _)| *position);
    let warnings = warnings.into_iter().map(|(_, warning)| warning);
    let collisions = collisions
        .into_iter()
        .map(|((winner, loser), paths)| Warning::Collision {
            paths,
            winner,
            loser,
        });
    Ok(Finished {
        files: files.load(Ordering::Relaxed),
        bytes,
        warnings: warnings.chain(collisions).collect(),
    })
}

struct Settling<'s> {
    dirs: Dirs<'s>,
    deadline: &'s Deadline,
    claims: &'s Claims,
    archives: &'s BTreeMap<usize, Known>,
    deferred: &'s [Deferred],
    bytes: u64,
    /// The paths in which wheels differ, by the winner and the loser.
    collisions: BTreeMap<(String, String), Vec<EntryPath>>,
}

impl<'s> Settling<'s> {
    fn name(&self, position: usize) -> String {
        let known = self.archives.get(&position);
        known.map_or_else(String::new, |known| known.name.clone())
    }

    fn other_kind(&self, mixed: Mixed) -> CollisionError {
        let Mixed { path, other, dir } = mixed;
        CollisionError::OtherKind {
            path: path::shown(&path),
            one: self.name(dir),
            other: self.name(other),
        }
    }

    /// Decides for each path that several archives have, and writes the files of those that win.
    fn contested(&mut self) -> Result<(), UnpackError> {
        let mut paths: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, deferred) in self.deferred.iter().enumerate() {
            for (at, file) in deferred.files.iter().enumerate() {
                paths.entry(&file.path).or_default().push((index, at));
            }
        }
        // By archive, so that each is read once.
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (path, rivals) in paths {
            if let Some((index, at)) = self.decide(path, &rivals)? {
                wanted.entry(index).or_default().push(at);
            }
        }
        for (index, files) in wanted {
            let deferred = &self.deferred[index];
            let name = self.name(deferred.position);
            self.replace(deferred, &files)
                .map_err(|fault| fault.of(&name))?;
        }
        Ok(())
    }

    /// Returns the deferred file that is to replace the one that is written, if one is.
    fn decide(
        &mut self,
        path: &str,
        deferred: &[(usize, usize)],
    ) -> Result<Option<(usize, usize)>, UnpackError> {
        let mut rivals = Vec::new();
        let written = self.claims.writer(path).and_then(|position| {
            let known = self.archives.get(&position)?;
            Some((position, known))
        });
        if let Some((position, known)) = written {
            rivals.push(Rival {
                position,
                known,
                digest: self.digest(path)?,
                deferred: None,
            });
        }
        for (index, at) in deferred {
            let archive = &self.deferred[*index];
            let Some(known) = self.archives.get(&archive.position) else {
                continue;
            };
            rivals.push(Rival {
                position: archive.position,
                known,
                digest: archive.files[*at].digest.clone(),
                deferred: Some((*index, *at)),
            });
        }
        rivals.sort_by(|one, other| {
            let key = |rival: &Rival<'_>| (rival.known.rank.clone(), rival.position);
            key(one).cmp(&key(other))
        });
        let Some((winner, losers)) = rivals.split_first() else {
            return Ok(None);
        };
        let all_wheels = rivals.iter().all(|rival| rival.known.is_wheel);
        for loser in losers.iter().filter(|loser| loser.digest != winner.digest) {
            if !all_wheels || !is_needless(path) {
                return Err(CollisionError::OtherBytes {
                    path: path::shown(path),
                    one: winner.known.name.clone(),
                    other: loser.known.name.clone(),
                }
                .into());
            }
            let names = (winner.known.name.clone(), loser.known.name.clone());
            let paths = self.collisions.entry(names).or_default();
            paths.push(path::shown(path));
        }
        let Some((index, at)) = winner.deferred else {
            return Ok(None);
        };
        let is_written = |rival: &&Rival<'_>| rival.deferred.is_none();
        let same = losers.iter().find(is_written);
        if same.is_some_and(|written| written.digest == winner.digest) {
            // Only the mode can differ.
            let executable = self.deferred[index].files[at].executable;
            let (dir, name) = self.dirs.parent(path)?;
            dir.set_file_mode(name, mode(executable))?;
            return Ok(None);
        }
        Ok(Some((index, at)))
    }

    /// Returns the SHA-256 of a file that is written.
    fn digest(&mut self, path: &str) -> Result<Digest, UnpackError> {
        let (dir, name) = self.dirs.parent(path)?;
        let mut file = dir.open_file(name)?;
        let mut summing = Summing::new(Algorithm::Sha256);
        let mut buffer = vec![0; 64 << 10];
        loop {
            self.deadline.check()?;
            let came = file.read(&mut buffer);
            let came = came.map_err(|source| UnpackError::Write {
                path: path::shown(path),
                source,
            })?;
            if came == 0 {
                return Ok(summing.finish());
            }
            summing.update(&buffer[..came]);
        }
    }

    /// Writes deferred files over those of other archives.
    fn replace(&mut self, deferred: &Deferred, files: &[usize]) -> Result<(), Fault> {
        let mut buffer = vec![0; BUFFER];
        let mut entries = BTreeMap::new();
        let mut reader = Reader::new(&deferred.file);
        for at in files {
            let file = &deferred.files[*at];
            let path = file.path.as_str();
            match &file.content {
                ClaimedContent::Entry(index) => {
                    entries.entry(*index).or_insert_with(Vec::new).push(file);
                }
                ClaimedContent::Bytes(bytes) => {
                    let mut sink = self.anew(file)?;
                    sink.take(bytes).map_err(Fault::write(path))?;
                }
                ClaimedContent::Whole => {
                    let mut sink = self.anew(file)?;
                    copy(&deferred.file, &mut buffer, |piece| {
                        sink.take(piece).map_err(Fault::write(path))
                    })?;
                }
                ClaimedContent::Member { member, is_script } => {
                    let mut sink = self.anew(file)?.script(*is_script);
                    reader.read(member, &mut buffer, |piece| {
                        sink.take(piece).map_err(Fault::write(path))
                    })?;
                }
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        let mut tar = open_tar(&deferred.file, deferred.format)?;
        let mut index = 0;
        while tar.next(&mut buffer)?.is_some() {
            index += 1;
            let mut sinks = Vec::new();
            for file in entries.remove(&index).into_iter().flatten() {
                sinks.push((self.anew(file)?, file.path.as_str()));
            }
            loop {
                self.deadline.check().map_err(Fault::limit)?;
                let came = tar.read(&mut buffer)?;
                if came == 0 {
                    break;
                }
                for (sink, path) in &mut sinks {
                    sink.take(&buffer[..came]).map_err(Fault::write(path))?;
                }
            }
        }
        Ok(())
    }

    /// Removes the file of another archive, and makes it again.
    fn anew(&mut self, file: &DeferredFile) -> Result<Sink<'s>, Fault> {
        let (dir, name) = self.dirs.parent(&file.path).map_err(Fault::dir)?;
        let before = dir.stat(name).map_err(Fault::dir)?;
        self.bytes = self.bytes.saturating_sub(before.map_or(0, |stat| stat.len)) + file.size;
        dir.remove_tree(name).map_err(Fault::dir)?;
        let made = dir.new_file(name, mode(file.executable));
        Ok(Sink::new(self.deadline, Some(made.map_err(Fault::dir)?)))
    }

    /// Checks all links against all paths of the folder, and makes them.
    fn links(&mut self, links: &[LinkClaim]) -> Result<(), UnpackError> {
        if links.is_empty() {
            return Ok(());
        }
        let all = self.claims.all();
        let mut places = Places::new();
        for (path, kind) in &all {
            let mode = match kind {
                ClaimKind::Dir => Mode::Dir,
                ClaimKind::File => Mode::File { executable: false },
                ClaimKind::Link => Mode::Link,
            };
            places.insert(path.split('/').map(str::as_bytes), mode);
        }
        let mut made: HashMap<&str, &LinkClaim> = HashMap::new();
        for link in links {
            self.deadline.check()?;
            let shown = path::shown(&link.path);
            if let Some(other) = made.get(&*link.path) {
                if other.target == link.target {
                    continue;
                }
                return Err(CollisionError::OtherBytes {
                    path: shown,
                    one: self.name(other.position),
                    other: self.name(link.position),
                }
                .into());
            }
            judge_link(&shown, link.target.as_bytes(), &places)
                .map_err(|reason| Fault::entry(&link.path, reason).of(&self.name(link.position)))?;
            let (dir, name) = self.dirs.parent(&link.path)?;
            dir.symlink(OsStr::new(&link.target), name)?;
            made.insert(&link.path, link);
        }
        Ok(())
    }
}

fn copy(
    file: &File,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    use std::os::unix::fs::FileExt;

    let mut at = 0;
    loop {
        let came = file.read_at(buffer, at).map_err(ArchiveReason::Read)?;
        if came == 0 {
            return Ok(());
        }
        at += came as u64;
        take(&buffer[..came])?;
    }
}

/// Returns whether packages work with any file at this path: tests and documentation, and files at the top that Python
/// does not read.
fn is_needless(path: &str) -> bool {
    if let Some((top, _)) = path.split_once('/') {
        return NEEDLESS.contains(&top);
    }
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    TOOLS.contains(&path)
        || !extension.is_some_and(|found| READ.contains(&&*found.to_ascii_lowercase()))
}
