//! Makes the parts of documents that belong to `cargo xtask tidy`: counts, usages and the table of limits.
//!
//! They are read from the source text, so that the host needs no function only for its documents.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use engine::ENGINE_VERSION;

use super::{is_test, read, sources, without_tests};
use crate::documents;
use package::arch::Arch;
use package::cargo;

/// Makes a part of a document from its name. `usage` is the usage of `cargo xtask`.
pub(super) fn make(root: &Path, usage: &str, name: &str) -> anyhow::Result<String> {
    let host = root.join("host");
    Ok(match name {
        "usage of cargo xtask" => documents::fenced(usage),
        "engine" => ENGINE_VERSION.to_owned(),
        "crates in the host" => crates_in_the_host()?.to_string(),
        "guests" => sources(&root.join("tests/guests/examples"))?
            .len()
            .to_string(),
        "calls allowed" => calls(&host, "const CALLS:")?.to_string(),
        "calls refused" => calls(&host, "const REFUSED:")?.to_string(),
        "calls refused to the host" => calls(&host, "const REFUSED_TO_HOST:")?.to_string(),
        "unsafe blocks" => unsafe_blocks(&host)?
            .iter()
            .map(|(_, count)| count)
            .sum::<usize>()
            .to_string(),
        "files with unsafe blocks" => {
            let files = unsafe_blocks(&host)?;
            let names = files.iter().map(|(file, _)| format!("`{file}`"));
            names.collect::<Vec<_>>().join(", ")
        }
        "crates beneath host" => super::crates::table(root)?,
        "lines of the sandbox" => super::crates::sandbox(root)?.to_string(),
        "limits" => table(&limits(&host)?),
        _ => {
            let key = name.strip_prefix("limit ");
            let key =
                key.with_context(|| format!("no part of a document has the name '{name}'"))?;
            let limits = limits(&host)?;
            let limit = limits.iter().find(|limit| limit.key == key);
            let limit = limit.with_context(|| format!("no limit has the key '{key}'"))?;
            limit.default.to_string()
        }
    })
}

/// The number of crates of the shipped host, including its own ones and procedural macros.
fn crates_in_the_host() -> anyhow::Result<usize> {
    let tree = cargo::host_tree(Arch::Amd64, "normal", "{p}")?;
    // `cargo tree` writes `(*)` after a crate that it has listed before.
    let crates = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    Ok(crates
        .filter(|line| !line.is_empty())
        .collect::<BTreeSet<_>>()
        .len())
}

/// The only source file beneath a folder that contains a text, without tests.
fn file_with(folder: &Path, text: &str) -> anyhow::Result<String> {
    let mut found = Vec::new();
    for path in sources(folder)? {
        let file = read(&path)?;
        if !is_test(&path) && file.contains(text) {
            found.push(file);
        }
    }
    ensure!(
        found.len() == 1,
        "{} files of the host have '{text}', and exactly one must",
        found.len()
    );
    Ok(found.remove(0))
}

/// The number of system calls in a list of the host's source.
fn calls(host: &Path, list: &str) -> anyhow::Result<usize> {
    let file = file_with(host, list)?;
    calls_of(&file, list).with_context(|| format!("'{list}' is not a list of system calls"))
}

fn calls_of(file: &str, list: &str) -> Option<usize> {
    let (_, list) = file.split_once(list)?;
    let (list, _) = list.split_once("];")?;
    let count = list.matches("libc::SYS_").count();
    (count > 0).then_some(count)
}

/// The files of the host with `unsafe` blocks, and the number of blocks in each, without tests.
fn unsafe_blocks(host: &Path) -> anyhow::Result<Vec<(String, usize)>> {
    let mut found = Vec::new();
    for path in sources(host)? {
        let text = read(&path)?;
        let code = without_tests(&text);
        let count = code.matches("unsafe {").count();
        if count > 0 && !is_test(&path) {
            let file = path.strip_prefix(host)?.display();
            found.push((format!("host/{file}"), count));
        }
    }
    Ok(found)
}

#[derive(Debug, PartialEq, Eq)]
struct Limit {
    key: String,
    default: u64,
    least: u64,
    most: u64,
    meaning: String,
}

fn limits(host: &Path) -> anyhow::Result<Vec<Limit>> {
    let file = file_with(host, "const ROWS: [Row;")?;
    limits_of(&file).context("can't parse the host's rows of limits")
}

/// The rows of limits, each with the documentation of its field.
fn limits_of(file: &str) -> Option<Vec<Limit>> {
    let (_, rows) = file.split_once("const ROWS: [Row;")?;
    let (rows, _) = rows.split_once("];")?;
    let rows = rows.split("Row(\"").skip(1);
    rows.map(|row| {
        let (key, numbers) = row.split_once("\",")?;
        let mut numbers = numbers
            .split(',')
            .map(|number| number.trim().replace('_', "").parse().ok());
        Some(Limit {
            key: key.to_owned(),
            default: numbers.next()??,
            least: numbers.next()??,
            most: numbers.next()??,
            meaning: documentation(file, &key.replace('-', "_"))?,
        })
    })
    .collect()
}

/// The documentation of a public field, in one line.
fn documentation(file: &str, field: &str) -> Option<String> {
    let (before, _) = file.split_once(&format!("    pub {field}: "))?;
    let lines = before.lines().rev().map(str::trim);
    let mut lines: Vec<_> = lines.map_while(|line| line.strip_prefix("/// ")).collect();
    lines.reverse();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn table(limits: &[Limit]) -> String {
    let rows = limits.iter().map(|limit| {
        let Limit {
            key,
            default,
            least,
            most,
            meaning,
        } = limit;
        format!("| `{key}` | {default} | {least} | {most} | {meaning} |")
    });
    let head = [
        "| key | default | least | most | what it limits |",
        "|---|--:|--:|--:|---|",
    ];
    let lines = head.into_iter().map(str::to_owned).chain(rows);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use cnb::descriptor::Limits;

    use super::*;

    #[test]
    fn every_limit_of_the_host_is_found_with_its_default_and_its_documentation() {
        let found = limits(&cargo::root().join("host")).unwrap();
        let limits = Limits::default();
        let rows: Vec<_> = limits.rows().collect();
        let defaults: Vec<_> = found
            .iter()
            .map(|limit| (limit.key.as_str(), limit.default))
            .collect();
        assert_eq!(defaults, rows);
        assert!(found.iter().all(|limit| limit.least < limit.most));
    }

    #[test]
    fn a_limit_without_documentation_is_not_passed_over() {
        let file = "    /// A.\n    pub a_mib: u64,\n    pub b: u64,\n\
            const ROWS: [Row; 2] = [\n    Row(\"a-mib\", 1, 0, 1_000, |l| 1),\n    Row(\"b\", 1, 0, 2, |l| 2),\n];";
        assert_eq!(limits_of(file), None);
        let limits = limits_of(&file.replace("    pub b", "    /// B,\n    /// too.\n    pub b"));
        let limits = limits.unwrap();
        assert_eq!(limits[1].meaning, "B, too.");
        assert!(table(&limits).contains("\n| `a-mib` | 1 | 0 | 1000 | A. |\n"));
    }

    #[test]
    fn calls_are_counted_in_their_own_list() {
        let file = "const A: &[Call] = &[\n    Call(libc::SYS_read, \"\"),\n    Call(\n        libc::SYS_write,\n    ),\n];\n\
            const B: [i64; 1] = [libc::SYS_socket];\n";
        assert_eq!(calls_of(file, "const A:"), Some(2));
        assert_eq!(calls_of(file, "const B:"), Some(1));
        assert_eq!(calls_of("const A: [i64; 0] = [];", "const A:"), None);
    }

    #[test]
    fn unsafe_blocks_are_counted_by_file_and_those_of_tests_are_not() {
        let host = tempfile::tempdir().unwrap();
        let block = "fn f() { unsafe { g() } }\n";
        for (path, text) in [
            ("a.rs", format!("{block}{block}")),
            ("b.rs", format!("#[cfg(test)]\nmod tests {{ {block} }}")),
            ("tests.rs", block.to_owned()),
        ] {
            std::fs::write(host.path().join(path), text).unwrap();
        }
        let found = unsafe_blocks(host.path()).unwrap();
        assert_eq!(found, [("host/a.rs".to_owned(), 2)]);
    }

    #[test]
    fn every_name_makes_a_part_and_no_other_does() {
        let root = cargo::root();
        assert_eq!(make(&root, "", "engine").unwrap(), ENGINE_VERSION);
        assert_eq!(make(&root, "", "limit seconds").unwrap(), "60");
        for unknown in ["guest", "limit second"] {
            let error = make(&root, "", unknown).unwrap_err().to_string();
            assert!(error.contains('\''), "{error}");
        }
    }
}
