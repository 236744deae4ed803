//! `cargo xtask pythons`: adds the builds of CPython in a release to the list of the buildpack for CPython.
//!
//! A person reviews the difference (`git diff`), and compares it with the release's page, before it is committed: the
//! digests decide which bytes become an interpreter in images. No archive is downloaded here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail, ensure};
use package::{cargo, say};
use python_version::{PythonVersion, Release, releases_in, version_of};

/// The descriptor with the list, beneath the root of this repository.
const DESCRIPTOR: &str = "guest/python/buildpack.toml";

/// The address of a release's files.
const RELEASES: &str = "https://github.com/astral-sh/python-build-standalone/releases/download";

/// The beginning of each entry. All entries are at the end of the descriptor.
const ENTRY: &str = "[[metadata.sources.python.file]]\n";

/// The oldest minor version of Python 3 that is listed.
const OLDEST: u64 = 10;

/// The number of patches of each minor version that are listed.
const PATCHES: usize = 3;

/// Go's names of the architectures, and the ends of the files' names.
const ARCHITECTURES: [(&str, &str); 2] = [
    (
        "amd64",
        "-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
    ),
    (
        "arm64",
        "-aarch64-unknown-linux-gnu-install_only_stripped.tar.gz",
    ),
];

/// Runs the command with its options.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let (tag, sums) = match *options {
        [tag] => (tag, download(tag)?),
        [tag, "--sums", file] => {
            let sums = fs::read_to_string(file);
            (
                tag,
                sums.with_context(|| format!("cannot read the file '{file}'"))?,
            )
        }
        _ => bail!("pythons takes the TAG of a release, such as 20261021, and --sums FILE"),
    };
    let path = cargo::root().join(DESCRIPTOR);
    let before = fs::read_to_string(&path)?;
    let after = with_release(&before, tag, &sums)?;
    for line in changes(&before, &after)? {
        say::line(&line);
    }
    fs::write(&path, after)?;
    say::line(&format!(
        "pythons: compare {DESCRIPTOR} with {RELEASES}/{tag}/SHA256SUMS"
    ));
    Ok(())
}

/// Downloads the list of digests of a release.
fn download(tag: &str) -> anyhow::Result<String> {
    check_tag(tag)?;
    let mut command = cargo::bare("curl");
    command.args([
        "--fail",
        "--silent",
        "--show-error",
        "--location",
        "--proto",
        "=https",
    ]);
    command.arg(format!("{RELEASES}/{tag}/SHA256SUMS"));
    let sums = cargo::output(command)
        .context("curl cannot download the release's SHA256SUMS. Use --sums FILE")?;
    String::from_utf8(sums).context("the release's SHA256SUMS is not UTF-8")
}

/// A release is named by its day.
fn check_tag(tag: &str) -> anyhow::Result<()> {
    let is_day = tag.len() == 8 && tag.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(
        is_day,
        "'{tag}' is not the tag of a release, such as 20261021"
    );
    Ok(())
}

/// The descriptor with the files of a release, and without patches that are too old.
fn with_release(descriptor: &str, tag: &str, sums: &str) -> anyhow::Result<String> {
    check_tag(tag)?;
    let (head, _) = descriptor
        .split_once(ENTRY)
        .context("the descriptor lists no file")?;
    let mut listed = by_version(releases_in(descriptor)?);
    let added = by_version(in_release(tag, sums)?);
    let complete = |files: &&Vec<Release>| files.len() == ARCHITECTURES.len();
    ensure!(
        added.values().any(|files| complete(&files)),
        "the list of digests has no CPython of release {tag} for both architectures"
    );
    // The same version in a newer release has newer libraries.
    listed.extend(added.into_iter().filter(|(_, files)| complete(&files)));
    let mut text = head.trim_end().to_owned();
    text.push('\n');
    for (at, (version, files)) in listed.iter().enumerate().rev() {
        let newer = listed
            .keys()
            .skip(at + 1)
            .filter(|other| other.minor == version.minor);
        if newer.count() < PATCHES {
            for Release {
                path, sha256, arch, ..
            } in files
            {
                write!(
                    text,
                    "\n{ENTRY}path = \"{path}\"\nsha256 = \"{sha256}\"\narch = \"{arch}\"\n"
                )?;
            }
        }
    }
    Ok(text)
}

fn by_version(files: Vec<Release>) -> BTreeMap<PythonVersion, Vec<Release>> {
    let mut versions: BTreeMap<_, Vec<Release>> = BTreeMap::new();
    for file in files {
        versions.entry(file.version).or_default().push(file);
    }
    versions
}

/// The builds of CPython in a list of digests, whose lines are a digest, two spaces and a name. Pre-releases are left out.
fn in_release(tag: &str, sums: &str) -> anyhow::Result<Vec<Release>> {
    let mut found = Vec::new();
    for (arch, end) in ARCHITECTURES {
        for line in sums.lines() {
            let Some((sha256, name)) = line.split_once("  ") else {
                bail!("a line of the list of digests has another form");
            };
            let Some(start) = name.strip_suffix(end) else {
                continue;
            };
            let path = format!("{tag}/{name}");
            let Some(version) = version_of(&path) else {
                continue;
            };
            if version.major != 3 || version.minor < OLDEST || !start.ends_with(&format!("+{tag}"))
            {
                continue;
            }
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let is_digest = sha256.len() == 64 && sha256.bytes().all(is_digit);
            ensure!(is_digest, "the digest of {name} is not a SHA-256 digest");
            found.push(Release {
                version,
                arch: arch.to_owned(),
                path,
                sha256: sha256.to_owned(),
            });
        }
    }
    Ok(found)
}

/// A line for each file that is new or was left out.
fn changes(before: &str, after: &str) -> anyhow::Result<Vec<String>> {
    let (before, after) = (releases_in(before)?, releases_in(after)?);
    let only = |mark: &'static str, these: &[Release], others: &[Release]| {
        let these = these.iter().filter(|one| !others.contains(one));
        these
            .map(|one| format!("{mark} {} {}", one.sha256, one.path))
            .collect::<Vec<_>>()
    };
    Ok([only("-", &before, &after), only("+", &after, &before)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn sums(tag: &str, versions: &[&str]) -> String {
        let lines = versions.iter().flat_map(|version| {
            ARCHITECTURES.map(|(_, end)| format!("{DIGEST}  cpython-{version}+{tag}{end}\n"))
        });
        lines.collect()
    }

    fn descriptor() -> String {
        let head = format!(
            "# The head stays.\n\n{ENTRY}path = \"20260101/cpython-3.12.1+20260101-x\"\nsha256 = \"a\"\narch = \"amd64\"\n"
        );
        with_release(&head, "20260201", &sums("20260201", &["3.12.2", "3.13.1"])).unwrap()
    }

    fn versions(descriptor: &str) -> Vec<String> {
        let mut versions: Vec<_> = releases_in(descriptor)
            .unwrap()
            .iter()
            .map(|one| one.version.to_string())
            .collect();
        versions.dedup();
        versions
    }

    #[test]
    fn a_release_is_added_and_the_newest_patches_are_kept() {
        let one = descriptor();
        assert!(one.starts_with("# The head stays.\n\n[["), "{one}");
        assert_eq!(versions(&one), ["3.13.1", "3.12.2", "3.12.1"]);
        let two = with_release(
            &one,
            "20260301",
            &sums("20260301", &["3.12.3", "3.12.4", "3.9.9", "3.15.0b1"]),
        )
        .unwrap();
        assert_eq!(versions(&two), ["3.13.1", "3.12.4", "3.12.3", "3.12.2"]);
        assert_eq!(
            with_release(&two, "20260301", &sums("20260301", &["3.12.3"])).unwrap(),
            two
        );
    }

    #[test]
    fn a_version_of_a_newer_release_replaces_the_older_file() {
        let after =
            with_release(&descriptor(), "20260301", &sums("20260301", &["3.13.1"])).unwrap();
        assert!(!after.contains("cpython-3.13.1+20260201"), "{after}");
        let changes = changes(&descriptor(), &after).unwrap();
        assert_eq!(changes.len(), 4, "{changes:?}");
        assert!(
            changes[0].starts_with("- ") && changes[2].contains("+20260301-x86_64"),
            "{changes:?}"
        );
    }

    #[test]
    fn what_is_not_the_list_of_a_release_is_refused_and_says_why() {
        let good = sums("20260301", &["3.13.2"]);
        let only_one = good.lines().next().unwrap().to_owned();
        for (tag, sums, why) in [
            ("latest", good.clone(), "not the tag"),
            ("20260302", good.clone(), "no CPython of release"),
            ("20260301", only_one, "for both architectures"),
            ("20260301", good.replace("  ", " "), "another form"),
            (
                "20260301",
                good.replace("0123", "xxxx"),
                "not a SHA-256 digest",
            ),
        ] {
            let error = format!("{:#}", with_release(&descriptor(), tag, &sums).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
        assert!(with_release(&descriptor(), "20260301", &good).is_ok());
    }
}
