//! The part of `pyproject.toml` that a lock is compared with.

use toml::{Table, Value};
use wasm_buildpack_sdk::App;

use crate::dependency::Dependency;
use crate::name::Name;

const FILE: &str = "pyproject.toml";

/// The limit on the file.
const LARGEST: u64 = 1 << 20;

/// The project. All of it may be missing: not every application with a lock has this file.
#[derive(Debug, Default)]
pub(crate) struct Project {
    pub(crate) name: Option<Name>,
    /// The dependencies for running. Those that have another form than is specified are left out.
    pub(crate) dependencies: Vec<Dependency>,
    /// Whether a build backend computes the dependencies.
    pub(crate) is_dynamic: bool,
    /// Whether a table of a tool has dependencies too.
    pub(crate) has_poetry_dependencies: bool,
}

impl Project {
    /// Reads the file. An invalid part is treated as missing: this buildpack does not check the file, and the choice of
    /// the Python version has refused one that is not TOML.
    pub(crate) fn read(app: &App) -> Self {
        let bytes = app.read_or_why(FILE, LARGEST).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        Self::parse(text.trim_start_matches('\u{feff}'))
    }

    fn parse(text: &str) -> Self {
        let file: Table = text.parse().unwrap_or_default();
        let poetry = file
            .get("tool")
            .and_then(|tool| tool.get("poetry")?.get("dependencies")?.as_table());
        let has_poetry_dependencies =
            poetry.is_some_and(|dependencies| dependencies.keys().any(|name| name != "python"));
        let Some(project) = file.get("project") else {
            return Self {
                has_poetry_dependencies,
                ..Self::default()
            };
        };
        let texts = |key: &str| {
            let list = project
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            list.filter_map(Value::as_str)
        };
        let name = project.get("name").and_then(Value::as_str);
        Self {
            name: name.and_then(|name| name.parse().ok()),
            dependencies: texts("dependencies")
                .filter_map(|text| text.parse().ok())
                .collect(),
            is_dynamic: texts("dynamic").any(|key| key == "dependencies"),
            has_poetry_dependencies,
        }
    }

    /// Whether the project needs any package.
    pub(crate) fn has_dependencies(&self) -> bool {
        !self.dependencies.is_empty() || self.has_poetry_dependencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dependencies_for_running_are_read() {
        let project = Project::parse(
            "[project]\nname = \"My.Job\"\ndependencies = [\"numpy>=2\", \"a @ https://files.example.com/a.whl\", \"??\", 1]\n\
             [project.optional-dependencies]\nplot = [\"b\"]\n[dependency-groups]\ndev = [\"c\"]\n",
        );
        assert_eq!(project.name.as_ref().unwrap().to_string(), "my-job");
        let names: Vec<_> = project
            .dependencies
            .iter()
            .map(|one| one.name.to_string())
            .collect();
        assert_eq!(names, ["numpy", "a"]);
        assert!(!project.is_dynamic && project.has_dependencies());
    }

    #[test]
    fn what_is_missing_or_has_another_form_counts_as_none() {
        for text in [
            "",
            "[[",
            "project = 1",
            "[project]\ndependencies = 1\nname = 2",
            "[project]\nname = \"-\"",
        ] {
            let project = Project::parse(text);
            assert!(
                project.name.is_none() && !project.has_dependencies(),
                "{text}"
            );
        }
        assert!(Project::parse("[project]\ndynamic = [\"dependencies\"]").is_dynamic);
        let poetry = |text: &str| {
            Project::parse(&format!("[tool.poetry.dependencies]\n{text}")).has_dependencies()
        };
        assert!(!poetry("python = \"^3.11\""));
        assert!(poetry("python = \"^3.11\"\nnumpy = \"^2\""));
    }
}
