//! `cargo xtask tidy`: checks rules of this project that no compiler knows.

mod circles;
mod crates;
mod links;
mod parts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use engine::ENGINE_VERSION;

use crate::{bindings, documents};
use package::arch::Arch;
use package::{cargo, release, say};

/// A source file with more lines is reported, because it may hold a second idea.
const LONG: usize = 500;

/// The limit of the README, in lines.
const README: usize = 150;

/// Crates that must not be in the shipped host: compilers, and a second TLS.
const NOT_IN_THE_HOST: [&str; 6] = [
    "cranelift-codegen",
    "wasmtime-internal-cranelift",
    "regalloc2",
    "aws-lc-sys",
    "openssl-sys",
    "wat",
];

/// Folders of source files that must not take names from each other in a circle.
const SEPARABLE: [&str; 23] = [
    "cli/src",
    "component/src",
    "guest/python/src",
    "guest/python-packages/src",
    "guest/python-version/src",
    "guest/src",
    "host/cnb/src",
    "host/confine/src",
    "host/contents/src",
    "host/contract/src",
    "host/credential/src",
    "host/dir/src",
    "host/engine/src",
    "host/entry/src",
    "host/fetch/src",
    "host/policy/src",
    "host/report/src",
    "host/src",
    "host/text/src",
    "host/unpack/src",
    "lifecycle/src",
    "package/src",
    "xtask/src",
];

/// Packages that a person tests one by one.
const SELECTED: [&str; 19] = [
    "cnb",
    "component",
    "confine",
    "contents",
    "contract",
    "credential",
    "dir",
    "engine",
    "entry",
    "fetch",
    "fuzz",
    "host",
    "package",
    "policy",
    "report",
    "tests",
    "text",
    "unpack",
    "wasm-buildpack",
];

/// Runs every check, and fails if one finds something. With `--update`, the parts of documents are written first.
/// `usage` is the usage of `cargo xtask`, which is one of these parts.
pub fn run(options: &[&str], usage: &str) -> anyhow::Result<()> {
    let update = match options {
        [] => false,
        ["--update"] => true,
        _ => bail!("tidy has only the option --update"),
    };
    let root = cargo::root();
    let mut found = Vec::new();
    let tree = cargo::host_tree(Arch::here()?, "normal", "{p}")?;
    found.extend(host_without_compiler(&tree));
    let tested = cargo::tested_tree(&[])?;
    found.extend(tested_without_compiler(&tested));
    for package in SELECTED {
        let alone = cargo::tested_tree(&[package])?;
        found.extend(built_anew(package, &alone, &tested));
    }
    found.extend(engine_version(&read(&root.join("Cargo.lock"))?));
    found.extend(versions(
        &read(&root.join("buildpack.toml"))?,
        release::VERSION,
    ));
    found.extend(told(&release::changelog()?, release::VERSION));
    found.extend(undocumented(&read(&root.join("wit/buildpack.wit"))?));
    found.extend(untested_guests(&root)?);
    let packages = crates::packages(&root)?;
    found.extend(crates::wrong_dependencies(&packages));
    found.extend(crates::without_a_page(&root, &packages));
    found.extend(crates::files_that_know_the_buildpack(&root)?);
    found.extend(crates::wide_errors(&root)?);
    for folder in SEPARABLE {
        found.extend(circles::circles(&root, &root.join(folder))?);
    }
    found.extend(promises_without_a_test(&root)?);
    found.extend(bindings::compare(&root, update)?);
    found.extend(documents::compare("tidy", update, &|name| {
        parts::make(&root, usage, name)
    })?);
    for document in documents::all(&root)? {
        found.extend(links::broken(&root, &document)?);
    }
    found.extend(long_readme(&read(&root.join("README.md"))?));
    for finding in &found {
        say::error(finding);
    }
    for (path, lines) in long_files(&root)? {
        say::line(&format!("long: {} has {lines} lines", path.display()));
    }
    ensure!(found.is_empty(), "{} findings", found.len());
    say::line("tidy: nothing found");
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

/// The README is read whole, so it has only what a newcomer needs. The other documents have the rest.
fn long_readme(readme: &str) -> Option<String> {
    let lines = readme.lines().count();
    (lines > README).then(|| {
        format!("README.md has {lines} lines, and at most {README} are allowed: move some to docs/")
    })
}

/// The text of a source file without its unit tests, which are at its end.
fn without_tests(text: &str) -> &str {
    let tests = text.find("#[cfg(test)]\nmod tests");
    &text[..tests.unwrap_or(text.len())]
}

fn is_test(path: &Path) -> bool {
    path.iter()
        .any(|part| part == "tests" || part == "tests.rs")
}

/// The shipped host runs only what packaging compiled. A compiler in the host could be made to compile something else.
fn host_without_compiler(tree: &str) -> Vec<String> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let mut found: Vec<String> = names
        .filter(|name| NOT_IN_THE_HOST.contains(name))
        .map(|name| format!("the host depends on {name}, which it must not"))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// No tested package links a compiler. Otherwise the engine and all its users would be built a second time.
fn tested_without_compiler(tree: &str) -> Option<String> {
    let compiler = tree
        .lines()
        .any(|line| line.starts_with("cranelift-codegen "));
    compiler.then(|| {
        "a package that `cargo test` builds links cranelift-codegen; only `compiler` may".to_owned()
    })
}

/// A package that is tested by itself must use the crates that are built for all packages together.
fn built_anew(package: &str, alone: &str, all: &str) -> Vec<String> {
    let lines = |tree: &str| -> BTreeSet<String> {
        let lines = tree
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned());
        lines.collect()
    };
    let all = lines(all);
    let others = lines(alone).into_iter().filter(|line| !all.contains(line));
    others
        .map(|line| {
            format!("tested by itself, {package} builds `{line}` again: tests/features must name the missing features")
        })
        .collect()
}

/// Each test that a document names for a promise must exist.
fn promises_without_a_test(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut tests = String::new();
    for folder in ["tests", "cli/src", "host", "lifecycle/src", "package/src"] {
        for path in sources(&root.join(folder))? {
            tests.push_str(&read(&path)?);
        }
    }
    let mut found = Vec::new();
    for document in documents::all(root)? {
        let name = document.strip_prefix(root)?;
        // The threat model, and what each trusted crate says of itself.
        if name != Path::new("docs/threat-model.md") && !name.starts_with("host") {
            continue;
        }
        let text = read(&document)?;
        // A crate's page names functions too; its tests are in a section of their own.
        let text = text.split_once("## Tests").map_or(&*text, |(_, rest)| rest);
        let missing = named_tests(text).filter(|test| !is_tested(&tests, test));
        found.extend(missing.map(|test| {
            format!(
                "{} names the test {test}, which does not exist",
                name.display()
            )
        }));
    }
    Ok(found)
}

/// Whether the sources have a test of this name: a function with the attribute of a test in one of the lines above it.
fn is_tested(sources: &str, test: &str) -> bool {
    let function = format!("fn {test}(");
    let mut found = sources.match_indices(&function);
    found.any(|(at, _)| {
        let above = sources[..at].trim_end_matches(' ').lines().rev().take(6);
        let mut above = above.take_while(|line| !line.trim().is_empty());
        above.any(|line| line.trim() == "#[test]")
    })
}

/// The tests that a text names as `module::test` between backticks.
fn named_tests(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|name| {
        let (_, function) = name.split_once("::")?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        function.chars().all(is_name).then_some(function)
    })
}

/// The host refuses artifacts of another version than `ENGINE_VERSION`, so it must be built with that version.
fn engine_version(lock: &str) -> Option<String> {
    let wanted = format!("name = \"wasmtime\"\nversion = \"{ENGINE_VERSION}\"\n");
    (!lock.contains(&wanted))
        .then(|| format!("ENGINE_VERSION is {ENGINE_VERSION}, and Cargo.lock has another wasmtime"))
}

/// The buildpack and its packages have one version.
fn versions(descriptor: &str, version: &str) -> Option<String> {
    let wanted = format!("version = \"{version}\"");
    let same = descriptor.lines().any(|line| line == wanted);
    (!same).then(|| format!("buildpack.toml has another version than Cargo.toml's {version}"))
}

/// The newest version in the changelog is the one in Cargo.toml.
fn told(changelog: &str, version: &str) -> Option<String> {
    let newest = release::newest(changelog).filter(|newest| *newest != version)?;
    Some(format!(
        "the newest version in CHANGELOG.md is {newest}, and in Cargo.toml {version}"
    ))
}

/// Guests in other languages are written from the contract alone, so each item in it has a comment.
fn undocumented(wit: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut documented = false;
    for (number, line) in wit.lines().enumerate() {
        let line = line.trim();
        let is_item = line
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '%');
        let needs_words = is_item && !line.starts_with("use ") && line != "import log;";
        if needs_words && !documented {
            found.push(format!(
                "wit/buildpack.wit:{}: no comment on `{line}`",
                number + 1
            ));
        }
        documented = line.starts_with("///");
    }
    found
}

/// Each guest must be in a test, because a guest that no test runs proves nothing.
fn untested_guests(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut tests = String::new();
    for path in sources(&root.join("tests"))? {
        if !path.starts_with(root.join("tests/guests")) {
            tests.push_str(&read(&path)?);
        }
    }
    let mut found = Vec::new();
    for path in sources(&root.join("tests/guests/examples"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if !tests.contains(&format!("\"{name}\"")) {
            found.push(format!("no test names the guest {name}"));
        }
    }
    Ok(found)
}

fn long_files(root: &Path) -> anyhow::Result<Vec<(PathBuf, usize)>> {
    let mut long = Vec::new();
    for folder in [
        "fuzz",
        "host",
        "guest",
        "lifecycle/src",
        "package",
        "tests",
        "xtask/src",
    ] {
        for path in sources(&root.join(folder))? {
            let lines = read(&path)?.lines().count();
            if lines > LONG {
                long.push((path.strip_prefix(root)?.to_owned(), lines));
            }
        }
    }
    Ok(long)
}

/// The Rust files beneath a folder, sorted.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_a_test_by_its_attribute() {
        let sources = "#[test]\nfn a() {}\n\nfn b() {}\n\n    #[test]\n    #[ignore = \"slow\"]\n    fn c() {}\n";
        assert!(is_tested(sources, "a") && is_tested(sources, "c"));
        assert!(!is_tested(sources, "b") && !is_tested(sources, "d"));
    }

    #[test]
    fn tests_that_a_text_names_are_found_in_it() {
        let text = "`a::one_test`, not `cargo test`, nor `Type::Name`; and `b::c2`";
        assert_eq!(named_tests(text).collect::<Vec<_>>(), ["one_test", "c2"]);
    }

    #[test]
    fn a_readme_of_more_lines_is_found() {
        assert_eq!(long_readme(&"line\n".repeat(README)), None);
        let finding = long_readme(&"line\n".repeat(README + 1)).unwrap();
        assert!(finding.contains("151 lines"), "{finding}");
    }

    #[test]
    fn a_compiler_in_the_host_is_found() {
        let tree = "host v0.1.0\nwasmtime v48.0.8\ncranelift-codegen v0.135.8\n";
        assert_eq!(host_without_compiler(tree).len(), 1);
        assert!(host_without_compiler("host v0.1.0\nwasmtime v48.0.8\n").is_empty());
    }

    #[test]
    fn a_compiler_in_what_is_tested_is_found() {
        assert!(
            tested_without_compiler("host v0.1.0 \ncranelift-codegen v0.135.8 std\n").is_some()
        );
        assert_eq!(
            tested_without_compiler("cranelift-entity v0.135.8 std\n"),
            None
        );
    }

    #[test]
    fn other_features_of_a_package_by_itself_are_found() {
        let all = "host v0.1.0 \nserde v1.0.0 default,std\nserde v1.0.0 default,std (*)\nurl v2.0.0 std\n";
        assert_eq!(
            built_anew("host", "host v0.1.0 \nurl v2.0.0 std (*)\n", all),
            [""; 0]
        );
        let found = built_anew("host", "serde v1.0.0 std\n", all);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("host builds `serde v1.0.0 std` again"),
            "{found:?}"
        );
    }

    #[test]
    fn an_item_without_words_is_found_by_its_line() {
        let wit = "/// A world.\nworld w {\n    import log;\n\n    /// A.\n    record r {\n        f: u8,\n    }\n}\n";
        assert_eq!(
            undocumented(wit),
            ["wit/buildpack.wit:7: no comment on `f: u8,`"]
        );
        assert!(undocumented(&wit.replace("f: u8", "/// F.\nf: u8")).is_empty());
    }

    #[test]
    fn another_version_of_the_engine_is_found() {
        let lock = format!("name = \"wasmtime\"\nversion = \"{ENGINE_VERSION}\"\n");
        assert_eq!(engine_version(&lock), None);
        engine_version("name = \"wasmtime\"\nversion = \"1.0.0\"\n").unwrap();
    }

    #[test]
    fn another_version_in_the_descriptor_is_found() {
        assert_eq!(
            versions("api = \"0.10\"\nversion = \"1.2.3\"\n", "1.2.3"),
            None
        );
        versions("version = \"1.2.4\"\n", "1.2.3").unwrap();
    }

    #[test]
    fn a_changelog_of_another_version_is_found() {
        for changelog in [
            "## [Unreleased]\n",
            "## [Unreleased]\n## [1.2.3] - 2026-11-26\n## [1.2.2]\n",
        ] {
            assert_eq!(told(changelog, "1.2.3"), None);
        }
        told("## [1.2.4]\n## [1.2.3]\n", "1.2.3").unwrap();
        told("## [Unreleased]\n## [1.2.2]\n", "1.2.3").unwrap();
    }
}
