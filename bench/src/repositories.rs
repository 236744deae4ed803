//! The repositories that the benchmark downloads from. `git fast-import` makes them once, beneath `target/`.
//!
//! They are packed as on a server, and hold the same bytes in every run.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use server::repository::{Random, clean_git};

/// The folder that the buildpack downloads.
pub(crate) const WANTED: &str = "job-template";

/// Must be raised when a shape changes, so that no run uses an old repository.
const VERSION: u32 = 1;

/// A number of files of the same kind.
#[derive(Debug, Clone, Copy)]
struct Files {
    count: usize,
    bytes: usize,
    content: Content,
    /// The number of files in one folder.
    together: usize,
    /// The number of nested folders.
    depth: usize,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    /// Text, which compresses well.
    Text,
    /// Random bytes, which do not compress.
    Random,
}

impl Files {
    const fn text(count: usize, bytes: usize) -> Self {
        Self {
            count,
            bytes,
            content: Content::Text,
            together: 100,
            depth: 1,
        }
    }

    const fn random(count: usize, bytes: usize) -> Self {
        Self {
            content: Content::Random,
            ..Self::text(count, bytes)
        }
    }

    fn path(&self, number: usize) -> String {
        let folder = number / self.together;
        match self.depth {
            1 => format!("part{folder:03}/file{number:05}"),
            depth => {
                let level = number * depth / self.count + 1;
                format!("{}file{number:05}", "down/".repeat(level))
            }
        }
    }
}

/// The content of a repository.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The name in tables.
    pub(crate) name: &'static str,
    /// A short description for the report.
    about: &'static str,
    wanted: Files,
    beside: Files,
    /// The number of commits after the first; each changes one file.
    later: usize,
    /// The size of that file, in bytes.
    later_bytes: usize,
}

const fn shape(name: &'static str, about: &'static str, wanted: Files, beside: Files) -> Shape {
    Shape {
        name,
        about,
        wanted,
        beside,
        later: 0,
        later_bytes: 0,
    }
}

const FEW: Files = Files::text(10, 3000);

/// 40 wanted files and 10 others, 50 commits.
pub(crate) const SMALL: Shape = Shape {
    later: 50,
    later_bytes: 2000,
    ..shape(
        "small",
        "50 files, 40 of them wanted, 51 commits",
        Files::text(40, 2000),
        FEW,
    )
};

/// `SMALL` with a long history.
pub(crate) const HISTORY: Shape = Shape {
    later: 3000,
    later_bytes: 25_000,
    ..shape(
        "history",
        "small, with 3,000 commits more, 75 MB",
        Files::text(40, 2000),
        FEW,
    )
};

/// Mostly files outside the wanted folder.
pub(crate) const LARGE: Shape = shape(
    "large",
    "200 wanted files beside 500 MB of random bytes",
    Files::text(200, 1500),
    Files::random(500, 1_000_000),
);

/// Many wanted files.
pub(crate) const WIDE: Shape = shape(
    "wide",
    "10,000 wanted files of 1 KB",
    Files::text(10_000, 1000),
    FEW,
);

/// Deeply nested folders.
pub(crate) const DEEP: Shape = shape(
    "deep",
    "200 wanted files in 50 folders, one in the other",
    Files {
        depth: 50,
        ..Files::text(200, 1500)
    },
    FEW,
);

/// One file that is larger than all the memory that a build should need.
pub(crate) const HEAVY: Shape = shape(
    "heavy",
    "one wanted file of 100 MB, random bytes",
    Files::random(1, 100 << 20),
    FEW,
);

/// A growing number of wanted files.
pub(crate) const WANTED_STEPS: [(usize, Shape); 4] = [
    (
        10,
        shape(
            "wanted-10",
            "10 wanted files of 1 KB",
            Files::text(10, 1000),
            FEW,
        ),
    ),
    (
        100,
        shape(
            "wanted-100",
            "100 wanted files of 1 KB",
            Files::text(100, 1000),
            FEW,
        ),
    ),
    (
        1000,
        shape(
            "wanted-1000",
            "1,000 wanted files of 1 KB",
            Files::text(1000, 1000),
            FEW,
        ),
    ),
    (10_000, WIDE),
];

/// A growing amount of unwanted data, in MB.
pub(crate) const BESIDE_STEPS: [(usize, Shape); 4] = [
    (
        0,
        shape(
            "beside-0",
            "200 wanted files and nothing else",
            Files::text(200, 1500),
            FEW,
        ),
    ),
    (5, beside("beside-5", "200 wanted files beside 5 MB", 5)),
    (50, beside("beside-50", "200 wanted files beside 50 MB", 50)),
    (500, LARGE),
];

const fn beside(name: &'static str, about: &'static str, megabytes: usize) -> Shape {
    shape(
        name,
        about,
        Files::text(200, 1500),
        Files::random(megabytes, 1_000_000),
    )
}

/// Describes a repository in a few words.
pub(crate) fn about(name: &str) -> Option<&'static str> {
    let steps = WANTED_STEPS
        .iter()
        .chain(&BESIDE_STEPS)
        .map(|(_, shape)| shape);
    let shapes = [&SMALL, &HISTORY, &DEEP, &HEAVY].into_iter().chain(steps);
    let mut named = shapes.filter(|shape| shape.name == name);
    named.next().map(|shape| shape.about)
}

/// A repository on disk.
pub(crate) struct Made {
    /// The path of the bare repository.
    pub(crate) git_dir: PathBuf,
    pub(crate) commit: String,
}

impl Shape {
    /// The path of a wanted file, to check that it was downloaded.
    pub(crate) fn last_file(&self) -> String {
        self.wanted.path(self.wanted.count - 1)
    }

    /// Returns the repository, and makes it if it does not exist.
    pub(crate) fn made(&self, folder: &Path) -> Result<Made> {
        let git_dir = folder.join(format!("{}-v{VERSION}.git", self.name));
        if !git_dir.exists() {
            fs::create_dir_all(folder)?;
            let making = tempfile::Builder::new()
                .prefix("making-")
                .tempdir_in(folder)?;
            self.make(making.path())
                .with_context(|| format!("can't make the repository {}", self.name))?;
            fs::rename(making.keep(), &git_dir)?;
        }
        let commit = git(&git_dir, &["rev-parse", "--verify", "main"])?;
        Ok(Made { git_dir, commit })
    }

    fn make(&self, git_dir: &Path) -> Result<()> {
        git(
            git_dir,
            &["init", "--quiet", "--bare", "--initial-branch=main", "."],
        )?;
        let mut import = clean_git();
        import
            .current_dir(git_dir)
            .args([
                "-c",
                "core.compression=1",
                "fast-import",
                "--quiet",
                "--done",
            ])
            .stdin(Stdio::piped());
        let mut import = import.spawn().context("can't start git")?;
        let stdin = import.stdin.take().context("no pipe to git")?;
        let written = self.write(&mut BufWriter::new(stdin));
        ensure!(import.wait()?.success(), "git fast-import failed");
        written?;
        // No search for similar files, since random bytes have none. With a bitmap index, as servers keep one for
        // quick answers.
        let repack = [
            "-c",
            "pack.window=0",
            "-c",
            "core.compression=1",
            "repack",
            "-a",
            "-d",
            "-q",
        ];
        git(git_dir, &[&repack[..], &["--write-bitmap-index"]].concat())?;
        Ok(())
    }

    fn write(&self, stream: &mut impl Write) -> Result<()> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        write!(stream, "commit refs/heads/main\n{PERSON}data 5\nFirst\n")?;
        for (prefix, files) in [(WANTED, self.wanted), ("beside", self.beside)] {
            for number in 0..files.count {
                let bytes = files.content.bytes(&mut random, files.bytes);
                write!(
                    stream,
                    "M 644 inline {prefix}/{}\ndata {}\n",
                    files.path(number),
                    bytes.len()
                )?;
                stream.write_all(&bytes)?;
                stream.write_all(b"\n")?;
            }
        }
        for _ in 0..self.later {
            let bytes = Content::Random.bytes(&mut random, self.later_bytes);
            write!(
                stream,
                "commit refs/heads/main\n{PERSON}data 5\nLater\nM 644 inline beside/changes\n"
            )?;
            writeln!(stream, "data {}", bytes.len())?;
            stream.write_all(&bytes)?;
            stream.write_all(b"\n")?;
        }
        Ok(stream.write_all(b"done\n")?)
    }
}

/// One committer for all commits, at 2024-01-01T00:00:00Z.
const PERSON: &str = "committer A Maintainer <maintainer@example.com> 1704067200 +0000\n";

impl Content {
    fn bytes(self, random: &mut Random, count: usize) -> Vec<u8> {
        const WORDS: [&str; 16] = [
            "def ", "return ", "qubit", "circuit", "result", "shots", "measure", "backend", "(",
            ")", " = ", "\n", "\n    ", "_", "import ", ", ",
        ];
        match self {
            Self::Random => random.bytes(count),
            Self::Text => {
                let mut text = String::with_capacity(count + 16);
                while text.len() < count {
                    let number = usize::try_from(random.number() % 16).unwrap_or_default();
                    text.push_str(WORDS[number]);
                }
                text.truncate(count);
                text.into_bytes()
            }
        }
    }
}

fn git(git_dir: &Path, arguments: &[&str]) -> Result<String> {
    let output = clean_git()
        .current_dir(git_dir)
        .args(arguments)
        .output()
        .context("can't start git")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {arguments:?} failed: {told}");
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
