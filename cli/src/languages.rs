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
        match self {
            Self::Python => python::inputs(dir).map(Some),
            Self::Js | Self::Ts => js::inputs(dir).map(Some),
            Self::Rust | Self::Go | Self::C => Ok(None),
        }
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
        built.with_context(|| {
            format!(
                "The source in {} can't be built: '{}'",
                self.title(),
                dir.display()
            )
        })
    }
}
