//! Reads the descriptor of a buildpack's project, and says what it lacks before anything is built.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use cnb::descriptor::Descriptor;

use crate::layout::DESCRIPTOR;

/// The file that `pack buildpack package` reads. It lies beside the descriptor, whose targets `pack` reads too.
pub const PACKAGE: &str = "package.toml";

/// The content of a `package.toml` for a package in `target/package`.
const PACKAGE_TEXT: &str = "\
# For `pack buildpack package NAME --config package.toml`, after `wasm-buildpack package`. The targets are those of the
# buildpack.toml beside this file. Each has a folder of its own in the package.
[buildpack]
uri = \"target/package\"

[platform]
os = \"linux\"
";

/// The keys of each table that the lifecycle reads, and `pack`: <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#buildpacktoml-toml>.
/// Both ignore any other key. `metadata` is left out here: the component may read any key there.
const KNOWN: [(&str, &[&str]); 3] = [
    (
        "",
        &["api", "buildpack", "metadata", "order", "stacks", "targets"],
    ),
    (
        "buildpack",
        &[
            "clear-env",
            "description",
            "homepage",
            "id",
            "keywords",
            "licenses",
            "name",
            "sbom-formats",
            "version",
        ],
    ),
    ("targets", &["arch", "distros", "os", "variant"]),
];

/// The targets of a buildpack whose host is built for both architectures.
const TARGETS: &str = "\
[[targets]]
os = \"linux\"
arch = \"amd64\"

[[targets]]
os = \"linux\"
arch = \"arm64\"";

/// Reads the descriptor of the project in a folder. It may lack every key that the host has a default for.
pub fn descriptor(project: &Path) -> anyhow::Result<String> {
    let path = project.join(DESCRIPTOR);
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "'{}' can't be read\n\
             Name the folder of a buildpack's project, or make a new one: wasm-buildpack new DIR",
            path.display()
        )
    })?;
    check(&text, &path)?;
    Ok(text)
}

fn check(text: &str, path: &Path) -> anyhow::Result<()> {
    let path = path.display().to_string();
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("'{path}' is not TOML\nCorrect the line that the cause names."))?;
    let has = |table: &toml::Table, key: &str| table.contains_key(key);
    let buildpack = table.get("buildpack").and_then(toml::Value::as_table);
    let lacks = |key: &str| !buildpack.is_some_and(|buildpack| has(buildpack, key));
    let missing = if !has(&table, "api") {
        Some(("api", "at its beginning", "api = \"0.10\""))
    } else if lacks("id") {
        Some((
            "buildpack.id",
            "beneath [buildpack]",
            "id = \"example/procfile\"",
        ))
    } else if lacks("version") {
        Some((
            "buildpack.version",
            "beneath [buildpack]",
            "version = \"0.1.0\"",
        ))
    } else if !has(&table, "targets") {
        Some(("targets", "at its end", TARGETS))
    } else {
        None
    };
    // A misspelt key is also a missing one, so it is reported first.
    without_unknown_keys(&table, &path)?;
    if let Some((key, place, line)) = missing {
        bail!("'{path}' lacks a key: '{key}'\nAdd this {place}:\n{line}");
    }
    Descriptor::parse(text, DESCRIPTOR)
        .map(drop)
        .with_context(|| format!("'{path}' can't be used\nCorrect the key that the cause names."))
}

/// Refuses a key that would have no effect, because a misspelt one looks like one that works.
fn without_unknown_keys(whole: &toml::Table, path: &str) -> anyhow::Result<()> {
    for (name, known) in KNOWN {
        let tables: Vec<_> = match whole.get(name) {
            None if name.is_empty() => vec![whole],
            Some(toml::Value::Table(table)) => vec![table],
            Some(toml::Value::Array(tables)) => {
                tables.iter().filter_map(toml::Value::as_table).collect()
            }
            _ => Vec::new(),
        };
        let mut keys = tables.into_iter().flat_map(toml::Table::keys);
        if let Some(unknown) = keys.find(|key| !known.contains(&key.as_str())) {
            let (place, key) = match name {
                "" => ("at the top".to_owned(), unknown.clone()),
                name => (format!("of [{name}]"), format!("{name}.{unknown}")),
            };
            bail!(
                "'{path}' has an unknown key: '{key}'\n\
                 It would have no effect, so it is probably misspelt. Keys {place}: {}.\n\
                 Keys of your own, for the component, belong beneath [metadata].",
                known.join(", ")
            );
        }
    }
    Ok(())
}

/// Writes the project's `package.toml` if it has none. Returns whether it was written.
pub fn write_package(project: &Path) -> anyhow::Result<bool> {
    let path = project.join(PACKAGE);
    if path.exists() {
        return Ok(false);
    }
    fs::write(&path, PACKAGE_TEXT)
        .with_context(|| format!("'{}' can't be written", path.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "api = \"0.10\"\n\n[buildpack]\nid = \"a/b\"\nversion = \"0.1.0\"\n";

    fn refusal(text: &str) -> String {
        format!(
            "{:#}",
            check(text, Path::new("p/buildpack.toml")).unwrap_err()
        )
    }

    #[test]
    fn a_missing_key_is_named_with_the_lines_to_add_and_adding_them_is_enough() {
        let whole = format!("{WHOLE}\n{TARGETS}\n");
        check(&whole, Path::new("buildpack.toml")).unwrap();
        for (without, key) in [
            ("api = \"0.10\"\n", "'api'"),
            ("id = \"a/b\"\n", "'buildpack.id'"),
            ("version = \"0.1.0\"\n", "'buildpack.version'"),
            (TARGETS, "'targets'"),
        ] {
            let text = whole.replacen(without, "", 1);
            let said = refusal(&text);
            assert!(
                said.starts_with("'p/buildpack.toml' lacks a key") && said.contains(key),
                "{said}"
            );
        }
        assert!(refusal(WHOLE).ends_with(TARGETS));
    }

    #[test]
    fn a_key_that_would_have_no_effect_is_refused_with_those_that_have_one() {
        let whole = format!("{WHOLE}\n{TARGETS}\n");
        for (right, wrong, key) in [
            (
                "[buildpack]",
                "[buildpack]\nclear-evn = true",
                "'buildpack.clear-evn'",
            ),
            ("version", "versoin", "'buildpack.versoin'"),
            ("[[targets]]", "[[target]]", "'target'"),
            ("arch =", "architecture =", "'targets.architecture'"),
            ("[buildpack]", "[metdata]\n[buildpack]", "'metdata'"),
        ] {
            let said = refusal(&whole.replacen(right, wrong, 1));
            assert!(
                said.starts_with("'p/buildpack.toml' has an unknown key") && said.contains(key),
                "{said}"
            );
        }
        let said = refusal(&whole.replacen("[buildpack]", "[buildpack]\nclear-evn = true", 1));
        assert!(said.contains("Keys of [buildpack]: clear-env, "), "{said}");
    }

    #[test]
    fn every_key_of_the_specification_and_a_key_of_ones_own_are_accepted() {
        let keys = "clear-env = true\nname = \"n\"\nhomepage = \"h\"\ndescription = \"d\"\nkeywords = []\n\
                    sbom-formats = []\n[[buildpack.licenses]]\ntype = \"MIT\"\n[metadata.own]\nkey = 1\n";
        let target =
            format!("{TARGETS}\nvariant = \"v8\"\n[[targets.distros]]\nname = \"debian\"\n");
        check(
            &format!("{WHOLE}{keys}{target}"),
            Path::new("buildpack.toml"),
        )
        .unwrap();
    }

    #[test]
    fn what_the_host_would_refuse_is_refused_before_anything_is_built() {
        assert!(refusal("api").contains("is not TOML"));
        let unknown = format!("{WHOLE}[metadata]\nsandbox = \"perhaps\"\n{TARGETS}\n");
        let said = refusal(&unknown);
        assert!(said.contains("sandbox"), "{said}");
    }

    #[test]
    fn a_package_toml_is_written_once_and_never_replaced() {
        let project = tempfile::tempdir().unwrap();
        assert!(write_package(project.path()).unwrap());
        let path = project.path().join(PACKAGE);
        let written: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        assert_eq!(written["buildpack"]["uri"].as_str(), Some("target/package"));
        fs::write(&path, "# mine").unwrap();
        assert!(!write_package(project.path()).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "# mine");
    }
}
