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
    let path = path.display();
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
    if let Some((key, place, line)) = missing {
        bail!("'{path}' lacks a key: '{key}'\nAdd this {place}:\n{line}");
    }
    Descriptor::parse(text, DESCRIPTOR)
        .map(drop)
        .with_context(|| format!("'{path}' can't be used\nCorrect the key that the cause names."))
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
