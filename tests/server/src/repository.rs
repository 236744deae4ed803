//! Bare repositories in temporary folders, with ids that are the same on every machine.
//!
//! `hostile` makes dangerous repositories, and `git_server` serves them.

pub mod hostile;
pub mod object;
pub mod pack;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use object::{Entry, Id, Mode};

/// The time of every commit and tag: 2024-01-01T00:00:00Z.
const DATE: &str = "1704067200 +0000";
const PERSON: &str = "A Maintainer <maintainer@example.com>";

/// A bare repository that is removed on drop.
pub struct Repository {
    folder: TempDir,
}

impl Repository {
    /// An empty repository, whose `HEAD` is `main`.
    pub fn empty() -> Result<Self> {
        Self::init("sha1")
    }

    /// An empty repository with SHA-256 ids.
    pub fn empty_sha256() -> Result<Self> {
        Self::init("sha256")
    }

    fn init(format: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("repository-").tempdir()?;
        let repository = Self { folder };
        repository.git(&[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            &format!("--object-format={format}"),
            ".",
        ])?;
        Ok(repository)
    }

    /// A repository whose `main` is a single commit of everything in `folder`.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let repository = Self::empty()?;
        let tree = repository.tree_of(folder)?;
        repository.commit("main", &tree, "Everything as it is")?;
        Ok(repository)
    }

    /// The template repository from the fixtures.
    pub fn template() -> Result<Self> {
        Self::from_folder(&template_folder())
    }

    /// The repository's path, for a server or for `git --git-dir`.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git in the repository, and returns its output without the final line end. Fails if git does.
    pub fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = self.feed(arguments, b"")?;
        let text = String::from_utf8(output).context("git printed something other than UTF-8")?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Runs git in the repository with this input.
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut command = clean_git();
        command.current_dir(self.git_dir()).args(arguments);
        output_of(command, input)
    }

    /// Writes everything in `folder`, and returns the tree's id. Ignore files are not applied.
    pub fn tree_of(&self, folder: &Path) -> Result<Id> {
        let mut add = clean_git();
        add.env("GIT_DIR", self.git_dir())
            .env("GIT_WORK_TREE", folder)
            .env("GIT_INDEX_FILE", self.git_dir().join("index"))
            .current_dir(folder)
            .args(["-c", "core.autocrlf=false", "add", "--all", "--force", "."]);
        output_of(add, b"")?;
        Id::parse(&self.git(&["write-tree"])?)
    }

    pub fn blob(&self, bytes: &[u8]) -> Result<Id> {
        object::write_loose(self.git_dir(), "blob", bytes)
    }

    /// Writes a tree with these entries. Order, names and modes are not checked.
    pub fn tree(&self, entries: &[Entry]) -> Result<Id> {
        object::write_loose(self.git_dir(), "tree", &object::tree(entries))
    }

    /// Commits `tree` to `branch`, which is created if it does not exist, and returns the commit's id.
    pub fn commit(&self, branch: &str, tree: &Id, message: &str) -> Result<String> {
        let reference = format!("refs/heads/{branch}");
        let parent = self
            .git(&["rev-parse", "--verify", "--quiet", &reference])
            .ok();
        let tree = tree.to_string();
        let mut arguments = vec!["commit-tree", &tree, "-m", message];
        if let Some(parent) = &parent {
            arguments.extend(["-p", parent]);
        }
        let commit = self.git(&arguments)?;
        self.git(&["update-ref", &reference, &commit])?;
        Ok(commit)
    }

    /// Tags a revision, with an annotated tag if there is a message.
    pub fn tag(&self, name: &str, revision: &str, message: Option<&str>) -> Result<()> {
        match message {
            Some(message) => self.git(&["tag", "--annotate", "-m", message, name, revision]),
            None => self.git(&["tag", name, revision]),
        }?;
        Ok(())
    }

    /// Creates or moves a branch.
    pub fn branch(&self, name: &str, revision: &str) -> Result<()> {
        self.git(&["update-ref", &format!("refs/heads/{name}"), revision])?;
        Ok(())
    }

    /// The id of a revision, such as `main`, `v1^{commit}` or `main:job-template`.
    pub fn id(&self, revision: &str) -> Result<String> {
        self.git(&["rev-parse", "--verify", revision])
    }

    /// A tree that contains `tree` in nested folders, the outermost first.
    pub fn wrapped(&self, tree: &Id, folders: &[&str]) -> Result<Id> {
        let mut tree = tree.clone();
        for folder in folders.iter().rev() {
            tree = self.tree(&[Entry::new(Mode::TREE, folder, &tree)])?;
        }
        Ok(tree)
    }

    /// Adds `count` commits to `main`, each with another version of `docs/diary.txt`.
    pub fn lengthen_history(&self, count: usize) -> Result<()> {
        let mut stream = Vec::new();
        for number in 0..count {
            let from = if number == 0 {
                "from refs/heads/main^0\n"
            } else {
                ""
            };
            let text = format!("Day {number}\n{}", "nothing happened\n".repeat(number % 50));
            let length = text.len();
            write!(
                stream,
                "commit refs/heads/main\ncommitter {PERSON} {DATE}\ndata 4\nDay\n{from}\
                 M 644 inline docs/diary.txt\ndata {length}\n{text}\n"
            )?;
        }
        stream.extend_from_slice(b"done\n");
        self.feed(&["fast-import", "--quiet", "--done"], &stream)?;
        Ok(())
    }

    /// Adds a commit to `main` with a new folder `name` of `files` files with `bytes` random bytes each.
    pub fn add_random_files(&self, name: &str, files: usize, bytes: usize) -> Result<()> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut entries = Vec::new();
        for number in 0..files {
            let blob = self.blob(&random.bytes(bytes))?;
            entries.push(Entry::new(Mode::FILE, &format!("{number:06}.bin"), &blob));
        }
        let folder = self.tree(&entries)?;
        let listing = self.feed(&["ls-tree", "-z", "main"], b"")?;
        let added = format!("040000 tree {folder}\t{name}\0");
        let tree = self.feed(&["mktree", "-z"], &[listing, added.into_bytes()].concat())?;
        let tree = Id::parse(String::from_utf8(tree)?.trim_end())?;
        self.commit("main", &tree, "Random files")?;
        Ok(())
    }
}

/// The content of the template repository.
#[must_use]
pub fn template_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/template")
}

/// A pseudorandom generator (xorshift) with the same numbers in every run.
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

/// Git without the configuration, identity and date of the user who runs the tests.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "git must be found; the rule is about the host"
)]
pub fn clean_git() -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "A Maintainer")
        .env("GIT_AUTHOR_EMAIL", "maintainer@example.com")
        .env("GIT_AUTHOR_DATE", DATE)
        .env("GIT_COMMITTER_NAME", "A Maintainer")
        .env("GIT_COMMITTER_EMAIL", "maintainer@example.com")
        .env("GIT_COMMITTER_DATE", DATE);
    command
}

fn output_of(mut command: Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("can't start git: is it installed?")?;
    let mut stdin = child.stdin.take().context("no pipe to git")?;
    let output = std::thread::scope(|scope| {
        // If git ends early, its standard error has the reason, which is reported below.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output()
    })?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

#[cfg(test)]
mod tests;
