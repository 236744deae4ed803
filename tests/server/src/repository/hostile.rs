//! Repositories that try to write outside their folder or more than the limits, and the innocent ones beside them.
//!
//! Each contains an ordinary file, `job-template/app/__main__.py`, that a failed download could leave behind. The
//! expectations about a client do not belong here.

mod cases;

use anyhow::Result;

use super::object::{Entry, Id, Mode};
use super::{Random, Repository};

pub use cases::{BOMBS, COLLISIONS, DOT_GIT, ENTRIES, INNOCENT, LFS_POINTER, NOT_UTF8};

/// The folder of the repository that is downloaded.
pub const WANTED: &str = "job-template";

/// A repository that tests one question: may this be written?
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// A description that completes "a repository with …".
    pub name: &'static str,
    /// The tested path beneath the wanted folder. It is not UTF-8 in one case, and shortened in the deep ones.
    pub path: &'static [u8],
    content: Content,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    /// An entry with this mode and name. The text is a link's target or a file's content.
    Entry(Mode, &'static [u8], &'static str),
    /// Two entries of one folder.
    Pair((Mode, &'static [u8]), (Mode, &'static [u8])),
    /// This many nested folders.
    Deep(usize),
    /// Ten files in each of ten folders in each of ten folders and so on, to this depth.
    Entries(u32),
    /// The same file of zero bytes, several times.
    Zeros { files: usize, bytes: usize },
}

impl Case {
    /// Makes the repository: `main` contains `job-template/app/__main__.py` and, beside `app`, the tested entries.
    pub fn repository(&self) -> Result<Repository> {
        let repository = Repository::empty()?;
        let program = repository.blob(b"print('never to be run')\n")?;
        let app = repository.tree(&[Entry::new(Mode::FILE, "__main__.py", &program)])?;
        let mut entries = vec![Entry::new(Mode::TREE, "app", &app)];
        entries.extend(self.content.entries(&repository)?);
        let wanted = repository.tree(&entries)?;
        let root = repository.wrapped(&wanted, &[WANTED])?;
        repository.commit("main", &root, self.name)?;
        Ok(repository)
    }
}

impl Content {
    fn entries(self, repository: &Repository) -> Result<Vec<Entry>> {
        Ok(match self {
            Self::Entry(mode, name, target) => vec![one(repository, mode, name, target)?],
            Self::Pair((mode, name), (other_mode, other_name)) => vec![
                one(repository, mode, name, "one")?,
                one(repository, other_mode, other_name, "other")?,
            ],
            Self::Deep(levels) => {
                let mut tree = small_folder(repository)?;
                for _ in 1..levels {
                    tree = repository.tree(&[Entry::new(Mode::TREE, "d", &tree)])?;
                }
                vec![Entry::new(Mode::TREE, "d", &tree)]
            }
            Self::Entries(levels) => {
                let mut id = repository.blob(b"one of many\n")?;
                let mut mode = Mode::FILE;
                for _ in 0..levels {
                    let names = '0'..='9';
                    let entries: Vec<_> = names
                        .map(|name| Entry::new(mode, &name.to_string(), &id))
                        .collect();
                    id = repository.tree(&entries)?;
                    mode = Mode::TREE;
                }
                vec![Entry::new(mode, "bomb", &id)]
            }
            Self::Zeros { files, bytes } => {
                let blob = repository.zeros(bytes)?;
                let entries: Vec<_> = (0..files)
                    .map(|file| Entry::new(Mode::FILE, &format!("{file:03}"), &blob))
                    .collect();
                vec![Entry::new(Mode::TREE, "bomb", &repository.tree(&entries)?)]
            }
        })
    }
}

fn one(repository: &Repository, mode: Mode, name: &[u8], target: &str) -> Result<Entry> {
    let id = match mode {
        Mode::TREE => small_folder(repository)?,
        // The id of another repository's commit, which does not exist here.
        Mode::COMMIT => Id::parse("1234567890123456789012345678901234567890")?,
        Mode::LINK if target == "one" => repository.blob(b"app")?,
        _ => repository.blob(target.as_bytes())?,
    };
    Ok(Entry::raw(mode, name, &id))
}

fn small_folder(repository: &Repository) -> Result<Id> {
    let file = repository.blob(b"[core]\n\tfsmonitor = touch escaped\n")?;
    repository.tree(&[Entry::new(Mode::FILE, "config", &file)])
}

impl Repository {
    /// Writes a compressed blob of zero bytes, which takes a thousandth of its size.
    pub fn zeros(&self, bytes: usize) -> Result<Id> {
        let id = self.feed(&["hash-object", "-w", "--stdin"], &vec![0; bytes])?;
        Id::parse(String::from_utf8(id)?.trim_end())
    }

    /// A repository whose `main` has `count` files of random size and content in several folders. Its pack has many
    /// kinds of entries, for flipped bits.
    pub fn varied(count: usize) -> Result<Self> {
        let repository = Self::empty()?;
        let mut random = Random(1);
        let mut folders = Vec::new();
        for folder in 0..4 {
            let mut entries = Vec::new();
            for file in 0..count / 4 {
                let size = usize::try_from(random.number() % 400)?;
                let blob = repository.blob(&random.bytes(size))?;
                entries.push(Entry::new(Mode::FILE, &format!("file-{file:03}"), &blob));
            }
            folders.push(Entry::new(
                Mode::TREE,
                &format!("folder-{folder}"),
                &repository.tree(&entries)?,
            ));
        }
        let wanted = repository.tree(&folders)?;
        let root = repository.wrapped(&wanted, &[WANTED])?;
        repository.commit("main", &root, "Varied")?;
        Ok(repository)
    }
}
