//! The languages in which a buildpack can be written. Each file here knows one: its tool, its entry file, its template.

mod c;
mod go;
mod inputs;
mod js;
mod project;
mod python;
mod rust;
mod tool;

use std::path::Path;

use anyhow::{Context as _, bail};

/// A language with a kit in `sdk/` and a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Js,
    Ts,
    Go,
    C,
}

impl Language {
    const ALL: [Self; 6] = [
        Self::Rust,
        Self::Python,
        Self::Js,
        Self::Ts,
        Self::Go,
        Self::C,
    ];

    /// The name for `--lang`, and of the template's folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Js => "js",
            Self::Ts => "ts",
            Self::Go => "go",
            Self::C => "c",
        }
    }

    /// The name in a message.
    fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Js => "JavaScript",
            Self::Ts => "TypeScript",
            Self::Go => "Go",
            Self::C => "C",
        }
    }

    /// The file by which a buildpack in this language is recognised.
    fn entry(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "buildpack.py",
            Self::Js => "buildpack.js",
            Self::Ts => "buildpack.ts",
            Self::Go => "go.mod",
            Self::C => "buildpack.c",
        }
    }

    /// The language of the buildpack in a directory.
    pub(crate) fn of(dir: &Path) -> anyhow::Result<Self> {
        let found = Self::ALL
            .into_iter()
            .filter(|one| dir.join(one.entry()).is_file());
        let found: Vec<_> = found.collect();
        match found[..] {
            [one] => Ok(one),
            [] => {
                let entries = Self::ALL.map(Self::entry).join(", ");
                bail!(
                    "The folder has no source of a buildpack: '{}'\n\
                     It has none of {entries}. Name the folder of a project, or make one: wasm-buildpack new DIR",
                    dir.display()
                )
            }
            _ => {
                let entries: Vec<_> = found.into_iter().map(Self::entry).collect();
                bail!(
                    "The folder has sources in several languages: '{}'\n\
                     It has {}, and a buildpack has one of them. Move the others into a folder below.",
                    dir.display(),
                    entries.join(", ")
                )
            }
        }
    }

    /// The digest of all that decides on the component, for a language whose tool takes long and makes another component
    /// each time.
    pub(crate) fn inputs(self, dir: &Path) -> anyhow::Result<Option<String>> {
        let inputs = match self {
            Self::Python => python::inputs(dir).map(Some),
            Self::Js | Self::Ts => js::inputs(dir).map(Some),
            Self::Rust | Self::Go | Self::C => Ok(None),
        };
        inputs.with_context(|| self.failed(dir))
    }

    /// Builds the source in a directory by the language's own tool. Returns a component or a core module.
    pub(crate) fn compile(self, dir: &Path) -> anyhow::Result<Vec<u8>> {
        let built = match self {
            Self::Rust => rust::compile(dir),
            Self::Python => python::compile(dir),
            Self::Js | Self::Ts => js::compile(dir, self),
            Self::Go => go::compile(dir),
            Self::C => c::compile(dir),
        };
        built.with_context(|| self.failed(dir))
    }

    fn failed(self, dir: &Path) -> String {
        format!(
            "The source in {} can't be built: '{}'",
            self.title(),
            dir.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_keeps_a_source_from_being_built_is_below_a_title_with_language_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = r#"{ "wasm-buildpack": { "engine": "v8" } }"#;
        std::fs::write(folder.path().join("package.json"), manifest).unwrap();
        for failed in [
            Language::Js.inputs(folder.path()).map(drop),
            Language::Js.compile(folder.path()).map(drop),
        ] {
            let error = failed.unwrap_err();
            let title = format!(
                "The source in JavaScript can't be built: '{}'",
                folder.path().display()
            );
            assert_eq!(error.to_string(), title);
            assert!(error.root_cause().to_string().contains("unknown engine"));
        }
    }

    #[test]
    fn a_folder_without_a_source_or_with_two_is_refused_and_one_with_one_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = || Language::of(folder.path()).unwrap_err().to_string();
        let none = refusal();
        assert!(
            none.contains("has no source") && none.contains("buildpack.py"),
            "{none}"
        );
        std::fs::write(folder.path().join("go.mod"), "").unwrap();
        assert_eq!(Language::of(folder.path()).unwrap(), Language::Go);
        std::fs::write(folder.path().join("buildpack.c"), "").unwrap();
        let two = refusal();
        assert!(two.contains("It has go.mod, buildpack.c"), "{two}");
    }
}
