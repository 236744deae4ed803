//! Rules for the crates of this workspace, from what `cargo metadata` says of them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use package::cargo;
use serde_json::Value;

use super::{is_test, read, sources, without_tests};

/// The crates beneath `host/`, each with those of ours that it may depend on. Arrows point down only.
const TRUSTED: [(&str, &[&str]); 14] = [
    ("text", &[]),
    ("contract", &[]),
    ("dir", &["text"]),
    ("entry", &["text"]),
    ("confine", &["text"]),
    ("engine", &["confine", "contract", "text"]),
    ("cnb", &["contract", "dir", "entry", "text"]),
    ("report", &["contract", "text"]),
    ("credential", &["cnb", "text"]),
    ("policy", &["cnb", "credential", "dir"]),
    ("fetch", &["cnb", "credential", "dir", "entry", "text"]),
    ("unpack", &["dir", "entry", "text"]),
    (
        "contents",
        &[
            "cnb",
            "credential",
            "dir",
            "fetch",
            "policy",
            "report",
            "text",
            "unpack",
        ],
    ),
    (
        "host",
        &[
            "cnb",
            "confine",
            "contents",
            "contract",
            "credential",
            "dir",
            "engine",
            "fetch",
            "policy",
            "report",
            "text",
            "unpack",
        ],
    ),
];

/// The one package that may hold a compiler.
const COMPILER: &str = "compiler";

/// The name of one buildpack, which no trusted crate knows.
const ONE_BUILDPACK: &str = concat!("plan", "qk");

/// A package of this workspace.
pub(super) struct Package {
    name: String,
    description: String,
    /// Beneath the root of the checkout.
    folder: String,
    /// Names of the packages that it depends on, without those that only its tests need.
    dependencies: Vec<String>,
    /// Whether one of them is a compiler of WebAssembly, by its name or by a feature.
    compiles: bool,
}

/// The packages of this workspace.
pub(super) fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let mut command = cargo::bare("cargo");
    command.args(["metadata", "--locked", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_slice(&cargo::output(command)?)?;
    parse(&metadata, root).context("`cargo metadata` has another form than is known here")
}

fn parse(metadata: &Value, root: &Path) -> Option<Vec<Package>> {
    let packages = metadata["packages"].as_array()?.iter();
    let packages = packages.map(|package| {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let dependencies = package["dependencies"].as_array()?;
        let dependencies: Vec<_> = dependencies
            .iter()
            .filter(|one| one["kind"] != "dev")
            .collect();
        let names = dependencies.iter().filter_map(|one| one["name"].as_str());
        Some(Package {
            name: package["name"].as_str()?.to_owned(),
            description: package["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            folder: manifest
                .parent()?
                .strip_prefix(root)
                .ok()?
                .to_str()?
                .to_owned(),
            compiles: dependencies.iter().any(|one| is_compiler(one)),
            dependencies: names.map(str::to_owned).collect(),
        })
    });
    packages.collect()
}

fn is_compiler(dependency: &Value) -> bool {
    let named = |value: &Value| {
        value
            .as_str()
            .is_some_and(|name| name.starts_with("cranelift"))
    };
    let mut features = dependency["features"].as_array().into_iter().flatten();
    named(&dependency["name"]) || features.any(named)
}

/// Dependencies that the table does not allow, and a compiler where none may be.
pub(super) fn wrong_dependencies(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    let allowed = BTreeMap::from(TRUSTED);
    for package in packages {
        let Package { name, folder, .. } = package;
        let is_trusted = Path::new(folder).starts_with("host");
        match allowed.get(name.as_str()) {
            Some(allowed) => {
                let ours = |other: &&String| packages.iter().any(|one| one.name == **other);
                let wrong = package.dependencies.iter().filter(ours);
                let wrong = wrong.filter(|other| !allowed.contains(&other.as_str()));
                found.extend(wrong.map(|other| {
                    format!("{name} depends on {other}, which stands beside or above it")
                }));
            }
            None if is_trusted => found.push(format!(
                "{folder} is beneath host/, and xtask/src/tidy/crates.rs does not say what {name} may depend on"
            )),
            None => {}
        }
        if package.compiles && name != COMPILER {
            found.push(format!(
                "{name} depends on a compiler, which only {COMPILER} may"
            ));
        }
    }
    found
}

/// Crates beneath `host/` without a page that says what they promise.
pub(super) fn without_a_page(root: &Path, packages: &[Package]) -> Vec<String> {
    let trusted = packages
        .iter()
        .filter(|one| Path::new(&one.folder).starts_with("host"));
    let page = |one: &&Package| root.join(&one.folder).join("README.md").is_file();
    let missing = trusted.filter(|one| !page(one));
    missing
        .map(|one| format!("{} has no README.md that says what it promises", one.folder))
        .collect()
}

/// The most variants of an error: more are errors of several operations, or of several stages of one.
const MOST_VARIANTS: usize = 12;

/// Errors beneath `host/` with too many variants.
pub(super) fn wide_errors(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in sources(&root.join("host"))? {
        let text = read(&path)?;
        for (name, variants) in errors(without_tests(&text)) {
            if variants > MOST_VARIANTS {
                let path = path.strip_prefix(root)?.display();
                found.push(format!(
                    "{path}: the error {name} has {variants} variants, and at most {MOST_VARIANTS} can be kept in mind"
                ));
            }
        }
    }
    Ok(found)
}

/// The enums that derive an error, each with its number of variants. Their text is as rustfmt leaves it.
fn errors(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for part in text.split("thiserror::Error").skip(1) {
        let Some((attributes, body)) = part.split_once(" enum ") else {
            continue;
        };
        // Another item stands between: this is the derive of a struct.
        if attributes.contains(" struct ") {
            continue;
        }
        let (name, body) = body.split_once(" {\n").unwrap_or((body, ""));
        let body = body.split_once("\n}").map_or(body, |(body, _)| body);
        let is_variant = |line: &&str| {
            let name = line.strip_prefix("    ");
            name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        found.push((name, body.lines().filter(is_variant).count()));
    }
    found
}

/// Files beneath `host/` that name the one buildpack of this repository: the host runs any.
pub(super) fn files_that_know_the_buildpack(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in sources(&root.join("host"))? {
        if read(&path)?.to_lowercase().contains(ONE_BUILDPACK) {
            let path = path.strip_prefix(root)?.display();
            found.push(format!(
                "{path} names {ONE_BUILDPACK}, and the host runs any buildpack"
            ));
        }
    }
    Ok(found)
}

/// The table of the crates beneath `host/`, from the lowest: what each promises, depends on, and how long it is.
pub(super) fn table(root: &Path) -> anyhow::Result<String> {
    let packages = packages(root)?;
    let mut lines = vec![
        "| crate | what it does | depends on | lines of code |".to_owned(),
        "|---|---|---|--:|".to_owned(),
    ];
    for (name, _) in TRUSTED {
        let package = packages.iter().find(|package| package.name == name);
        let package = package.with_context(|| format!("there is no crate '{name}'"))?;
        let ours = package.dependencies.iter().filter(|other| {
            let mut trusted = TRUSTED.iter();
            trusted.any(|(name, _)| name == other)
        });
        let ours: Vec<_> = ours.map(|other| format!("`{other}`")).collect();
        let ours = if ours.is_empty() {
            "–".to_owned()
        } else {
            ours.join(", ")
        };
        let folder = root.join(&package.folder).join("src");
        lines.push(format!(
            "| [`{name}`](../{}) | {} | {ours} | {} |",
            package.folder,
            package.description,
            code_in(&folder)?
        ));
    }
    Ok(lines.join("\n"))
}

/// Files and folders that a reviewer reads to believe the sandbox, beneath `host/`.
const SANDBOX: [&str; 8] = [
    "confine/src",
    "contract/src",
    "credential/src",
    "dir/src",
    "engine/src",
    "src/phase.rs",
    "src/runner",
    "src/wire.rs",
];

/// Lines of code of what the sandbox consists of.
pub(super) fn sandbox(root: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for place in SANDBOX {
        let place = root.join("host").join(place);
        count += if place.is_dir() {
            code_in(&place)?
        } else {
            code(&read(&place)?)
        };
    }
    Ok(count)
}

/// The first words of a file that a tool wrote and a test compares.
const GENERATED: &str = "//! Made by ";

/// The attribute of a file that only tests compile.
const ONLY_TESTS: &str = "\n#![cfg(test)]\n";

/// Lines of code beneath a folder: no comments, no blank lines, no tests, and no file that a tool made.
fn code_in(folder: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for path in sources(folder)? {
        let text = read(&path)?;
        if !is_test(&path) && !text.starts_with(GENERATED) && !text.contains(ONLY_TESTS) {
            count += code(&text);
        }
    }
    Ok(count)
}

fn code(text: &str) -> usize {
    let lines = without_tests(text).lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, folder: &str, dependencies: &[Value]) -> Value {
        json!({
            "name": name,
            "description": "d",
            "manifest_path": format!("/checkout/{folder}/Cargo.toml"),
            "dependencies": dependencies,
        })
    }

    fn wrong(packages: &[Value]) -> Vec<String> {
        let metadata = json!({ "packages": packages });
        wrong_dependencies(&parse(&metadata, Path::new("/checkout")).unwrap())
    }

    #[test]
    fn a_dependency_that_points_up_is_found_and_one_of_tests_or_of_others_is_not() {
        let on = |name: &str, kind: Value| json!({ "name": name, "kind": kind, "features": [] });
        let cnb = |dependency| package("cnb", "host/cnb", &[dependency]);
        let fetch = package("fetch", "host/fetch", &[]);
        let found = wrong(&[cnb(on("fetch", Value::Null)), fetch.clone()]);
        assert_eq!(
            found,
            ["cnb depends on fetch, which stands beside or above it"]
        );
        assert_eq!(
            wrong(&[cnb(on("fetch", json!("dev"))), fetch.clone()]),
            [""; 0]
        );
        assert_eq!(wrong(&[cnb(on("toml", Value::Null)), fetch]), [""; 0]);
    }

    #[test]
    fn a_crate_beneath_the_host_that_the_table_lacks_is_found() {
        let found = wrong(&[package("odd", "host/odd", &[])]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("host/odd is beneath host/"), "{found:?}");
        assert_eq!(wrong(&[package("odd", "odd", &[])]), [""; 0]);
    }

    #[test]
    fn a_compiler_is_found_by_name_and_by_feature() {
        let by_name = json!({ "name": "cranelift-codegen", "kind": null, "features": [] });
        let by_feature = json!({ "name": "wasmtime", "kind": null, "features": ["cranelift"] });
        let without = json!({ "name": "wasmtime", "kind": null, "features": ["runtime"] });
        for dependency in [by_name, by_feature] {
            let found = wrong(&[package("tests", "tests", std::slice::from_ref(&dependency))]);
            assert_eq!(
                found,
                ["tests depends on a compiler, which only compiler may"]
            );
            let compiler = package("compiler", "package/compiler", &[dependency]);
            assert_eq!(wrong(&[compiler]), [""; 0]);
        }
        assert_eq!(wrong(&[package("tests", "tests", &[without])]), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_page_is_found() {
        let root = tempfile::tempdir().unwrap();
        let packages = json!({ "packages": [package("dir", "host/dir", &[]), package("bench", "bench", &[])] });
        let packages = parse(&packages, Path::new("/checkout")).unwrap();
        let found = without_a_page(root.path(), &packages);
        assert_eq!(
            found,
            ["host/dir has no README.md that says what it promises"]
        );
        std::fs::create_dir_all(root.path().join("host/dir")).unwrap();
        std::fs::write(root.path().join("host/dir/README.md"), "# dir").unwrap();
        assert_eq!(without_a_page(root.path(), &packages), [""; 0]);
    }

    #[test]
    fn the_variants_of_errors_are_counted_and_those_of_other_enums_are_not() {
        let text = "#[derive(Debug, thiserror::Error)]\n#[error(\"a\")]\npub struct A;\n\n\
            #[derive(Debug)]\nenum B {\n    One,\n}\n\n\
            #[derive(thiserror::Error)]\npub(crate) enum C {\n    /// One.\n    #[error(\"one\")]\n    One(u8),\n    \
            #[error(\"two\")]\n    Two {\n        Name: u8,\n    },\n}\n";
        assert_eq!(errors(text), [("C", 2)]);
    }

    #[test]
    fn comments_blank_lines_and_tests_are_no_code() {
        let text = "//! A.\n\nfn a() {\n    // B.\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
        assert_eq!(code(text), 3);
    }

    #[test]
    fn a_file_that_names_the_buildpack_is_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("host/src");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("a.rs"),
            format!("// {}", ONE_BUILDPACK.to_uppercase()),
        )
        .unwrap();
        std::fs::write(folder.join("b.rs"), "// a plan").unwrap();
        let found = files_that_know_the_buildpack(root.path()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("host/src/a.rs names "), "{found:?}");
    }
}
