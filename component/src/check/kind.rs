//! Finds the kind of a file by its first bytes.

use serde::Serialize;
use wasmparser::Parser;

use super::Finding;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A component.
    Component,
    /// A core module: what a compiler makes before it becomes a component.
    CoreModule,
    /// A package of WIT in the form of a component: types without code.
    WitPackage,
    /// A component or a module, compiled for one machine.
    Artifact,
    /// WebAssembly in text form.
    WasmText,
    /// Types in WIT, as text.
    WitText,
    /// Another text.
    Text,
    /// A file without content.
    Empty,
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Self {
        if Parser::is_component(bytes) {
            return Self::Component;
        }
        if Parser::is_core_wasm(bytes) {
            return Self::CoreModule;
        }
        if bytes.is_empty() {
            return Self::Empty;
        }
        if bytes.starts_with(b"\x7fELF") {
            return Self::Artifact;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::Other;
        };
        if text.contains('\0') {
            return Self::Other;
        }
        let code =
            |line: &&str| !line.is_empty() && !line.starts_with(";;") && !line.starts_with("//");
        let first = text.lines().map(str::trim).find(code).unwrap_or_default();
        if first.starts_with("(component") || first.starts_with("(module") {
            Self::WasmText
        } else if first.starts_with("package ") || first.starts_with("world ") {
            Self::WitText
        } else {
            Self::Text
        }
    }

    /// A name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Component => "a component",
            Self::CoreModule => "a core module",
            Self::WitPackage => "a package of WIT",
            Self::Artifact => "a compiled artifact or program",
            Self::WasmText => "WebAssembly as text",
            Self::WitText => "WIT as text",
            Self::Text => "a text",
            Self::Empty => "an empty file",
            Self::Other => "not WebAssembly",
        }
    }
}

/// Says what to do with a file that is not a component or a module.
pub(super) fn finding(kind: Kind) -> Finding {
    let text = match kind {
        Kind::WitPackage | Kind::WitText => {
            "WIT describes types and has no code. Bindings are made of it: 'wasm-buildpack new' makes a project that \
             has them."
        }
        Kind::Artifact => {
            "It begins as an ELF file does, such as 'guest.cwasm', which is compiled for one machine, or a native \
             program. Its imports and types can no longer be judged. Check the component that it was made from, \
             'guest.wasm' beside it."
        }
        Kind::WasmText => {
            "The host takes WebAssembly in binary form. 'wasm-tools parse FILE -o FILE.wasm' makes it of the text."
        }
        Kind::Text => {
            "It looks like source or a message of a tool. Build it: 'wasm-buildpack build' makes a component of a \
             project."
        }
        Kind::Empty => {
            "The tool that should have written it failed, or still writes. Build it again."
        }
        Kind::Component | Kind::CoreModule | Kind::Other => {
            "It does not begin with the bytes of WebAssembly. If it is compressed or in an archive, unpack it first."
        }
    };
    Finding::new(&format!("The file is {}", kind.name()), text)
}
