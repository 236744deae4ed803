//! Judges a component by what the host offers and by the contract, in terms that its author knows.

mod features;
mod imports;
mod kind;
mod shape;
mod text;
mod types;

#[cfg(test)]
mod tests;

use serde::Serialize;
use wit_parser::decoding::DecodedWasm;

use crate::contract::{self, Version};
use crate::doors;
use crate::offer::{self, Limit};
use crate::strip::{self, Producers};

pub use features::Feature;
pub use imports::{Import, State};
pub use kind::Kind;
pub use shape::Shape;
pub use types::{Compared, Export};

/// The judgement of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Whether the host can run it as a buildpack.
    pub verdict: Verdict,
    /// The kind of the file.
    pub kind: Kind,
    /// The contract's version that it speaks.
    pub contract: Option<String>,
    /// The tools that made it, by field, name and version.
    pub tools: Producers,
    /// Its size and parts, if it could be read.
    pub shape: Option<Shape>,
    /// The imports, and those that were closed.
    pub imports: Vec<Import>,
    /// The exports, and those that are missing.
    pub exports: Vec<Export>,
    /// The WebAssembly features that it uses.
    pub features: Vec<Feature>,
    /// The obstacles, each with what to do.
    pub findings: Vec<Finding>,
}

/// Whether the host can run a file as a buildpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It can.
    Fits,
    /// It cannot.
    DoesNotFit,
    /// The file is not a component or a module, or is damaged.
    NotJudged,
}

/// One thing that stands in a component's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The fault, in one line.
    pub title: String,
    /// The reason, and what to do.
    pub text: String,
    /// The key in `[metadata.limits]` of buildpack.toml, if a larger limit removes the obstacle.
    pub limit: Option<&'static str>,
}

impl Finding {
    fn new(title: &str, text: impl Into<String>) -> Self {
        Self {
            title: title.to_owned(),
            text: text.into(),
            limit: None,
        }
    }
}

/// Judges a file.
#[must_use]
pub fn check(bytes: &[u8]) -> Report {
    let kind = Kind::of(bytes);
    let mut report = Report {
        verdict: Verdict::NotJudged,
        kind,
        contract: None,
        tools: Producers::new(),
        shape: None,
        imports: Vec::new(),
        exports: Vec::new(),
        features: Vec::new(),
        findings: Vec::new(),
    };
    match kind {
        Kind::Component => report.component(bytes),
        Kind::CoreModule => report.module(bytes),
        _ => report.findings.push(kind::finding(kind)),
    }
    report
}

impl Report {
    fn say(&mut self, title: &str, text: impl Into<String>) {
        self.findings.push(Finding::new(title, text));
    }

    /// Judges what `finish` makes of a core module, since that is what ships.
    fn module(&mut self, bytes: &[u8]) {
        if let Some(reason) = features::refusal(bytes, wasmparser::WasmFeatures::all()) {
            self.say(
                "The core module is damaged",
                format!("It is not valid WebAssembly: {reason}. Build it again."),
            );
            return;
        }
        match crate::finish(bytes) {
            Ok(finished) => {
                self.component(&finished.component);
                self.say(
                    "This is a core module",
                    "The host runs components. 'wasm-buildpack build' makes one of it: it adds the contract's world \
                     unless bindings did, and the adapter for WASI's first version where that is imported. What is \
                     said here is about that component.",
                );
            }
            Err(error) => {
                self.tools = strip::producers(bytes).unwrap_or_default();
                self.say(
                    "The core module cannot become a component",
                    format!("{error:#}."),
                );
            }
        }
        self.verdict = Verdict::DoesNotFit;
    }

    fn component(&mut self, bytes: &[u8]) {
        let read = || -> anyhow::Result<_> {
            Ok((
                Shape::of(bytes)?,
                strip::producers(bytes)?,
                strip::closed(bytes)?,
                doors::imports(bytes)?,
            ))
        };
        let (shape, tools, closed, imports) = match read() {
            Ok(read) => read,
            Err(error) => return self.damaged(&format!("{error:#}")),
        };
        self.tools = tools;
        match features::used(bytes) {
            Ok(features) => self.features = features,
            Err(reason) => return self.damaged(&reason),
        }
        self.features(bytes, &shape);
        self.limits(&shape);
        self.shape = Some(shape);
        self.imports(&imports, closed);
        self.contract(bytes);
        self.verdict = if self.kind == Kind::WitPackage {
            Verdict::NotJudged
        } else if self.findings.is_empty() {
            Verdict::Fits
        } else {
            Verdict::DoesNotFit
        };
    }

    fn damaged(&mut self, reason: &str) {
        self.say(
            "The component is damaged",
            format!("It is not valid WebAssembly: {reason}. Build it again, or copy it again."),
        );
    }

    fn features(&mut self, bytes: &[u8], shape: &Shape) {
        let missing: Vec<_> = self.features.iter().filter(|one| !one.offered).collect();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|one| one.name.as_str()).collect();
            let mut advice: Vec<_> = missing.iter().filter_map(|one| one.advice).collect();
            advice.dedup();
            let advice = if advice.is_empty() {
                "Leave it out by an option of the language's tool.".to_owned()
            } else {
                format!("To do without: {}.", advice.join("; "))
            };
            let text = format!(
                "It uses {}, which the host's engine does not have. {advice}",
                names.join(", ")
            );
            self.say(
                "The component uses WebAssembly that the host does not have",
                text,
            );
        } else if let Some(reason) = features::refusal(bytes, offer::FEATURES) {
            // No single feature is missing, so the validator's own text is all there is.
            self.say(
                "The component uses WebAssembly that the host does not have",
                format!("The host's engine refuses it: {reason}."),
            );
        }
        if shape.has_start {
            self.say(
                "The component has a start function",
                "The compiler does not know start functions of components, and fails. Call the function at the \
                 beginning of 'detect' and 'build' instead. A start function of a core module is allowed.",
            );
        }
    }

    fn limits(&mut self, shape: &Shape) {
        let mib = shape.memory_at_start.div_ceil(1 << 20);
        let counted: [(u64, Limit, &str); 4] = [
            (mib, offer::MEMORY_MIB, "MiB of memory at the start"),
            (
                shape.table_elements,
                offer::TABLE_ELEMENTS,
                "elements in a table at the start",
            ),
            (shape.memories, offer::MEMORIES, "memories"),
            (
                shape.core_instances,
                offer::CORE_INSTANCES,
                "instances of core modules",
            ),
        ];
        for (count, limit, what) in counted {
            if count > limit.default {
                let text = format!(
                    "It has {count} {what}, and the limit is {}. Set '{} = {count}' in [metadata.limits] of \
                     buildpack.toml, or make it smaller.",
                    limit.default, limit.key
                );
                self.findings.push(Finding {
                    limit: Some(limit.key),
                    ..Finding::new("The component is larger than the host's limit", text)
                });
            }
        }
    }

    fn imports(&mut self, names: &[String], closed: Vec<String>) {
        self.imports = imports::judge(names, closed, &self.tools);
        let refused = self
            .imports
            .iter()
            .filter(|one| one.state == State::Refused);
        let findings: Vec<_> = refused
            .map(|one| {
                Finding::new(
                    &format!("The host does not have '{}'", one.name),
                    one.note.clone(),
                )
            })
            .collect();
        self.findings.extend(findings);
        let to_close = self.imports.iter().any(|one| one.state == State::ToClose);
        if to_close {
            self.say(
                "The component imports the network",
                "The host has no network for components, and does not start one that imports it. 'wasm-buildpack \
                 build' closes these imports in the component; a program that makes packages itself must do the \
                 same.",
            );
        }
    }

    /// Compares with the version of the contract that the component speaks, or with the newest.
    fn contract(&mut self, bytes: &[u8]) {
        let decoded = match wit_parser::decoding::decode(bytes) {
            Ok(DecodedWasm::Component(resolve, world)) => (resolve, world),
            Ok(DecodedWasm::WitPackage(..)) => {
                self.kind = Kind::WitPackage;
                self.findings.push(kind::finding(Kind::WitPackage));
                return;
            }
            Err(error) => {
                self.say(
                    "The component's types cannot be compared with the contract",
                    format!("{error:#}. Use the bindings of a kit."),
                );
                return;
            }
        };
        let found = (&decoded.0, decoded.1);
        let spoken = self
            .imports
            .iter()
            .find_map(|one| contract::version_in(&one.name));
        self.contract = spoken.map(str::to_owned);
        let version = match &self.contract {
            None => contract::NEWEST,
            Some(spoken) => {
                let Some(version) = Version::compatible(spoken) else {
                    let text = format!(
                        "It speaks version {spoken}, and this host speaks {}. Build it with the kit of this tool, or \
                         use a host of that version.",
                        Version::list()
                    );
                    self.say("The component speaks another version of the contract", text);
                    return;
                };
                version
            }
        };
        let (resolve, world) = match version.parse() {
            Ok(parsed) => parsed,
            Err(error) => return self.say("This tool is at fault", format!("{error:#}.")),
        };
        let contract = (&resolve, world);
        self.exports = types::exports(contract, found);
        self.missing();
        let log = format!("{}/log", contract::PACKAGE);
        let mut differences: Vec<_> = self
            .exports
            .iter()
            .flat_map(|one| one.differences.clone())
            .collect();
        differences.extend(types::import(contract, found, &log));
        differences.dedup();
        if !differences.is_empty() {
            let text = format!(
                "Compared with version {} of the contract: {}. It was made from another text of the contract. Make \
                 the bindings again from this tool's kit.",
                version.name,
                differences.join("; ")
            );
            self.say("The component does not fit the contract", text);
        }
    }

    fn missing(&mut self) {
        let missing = |one: &&Export| one.state == Compared::Missing;
        let missing: Vec<_> = self.exports.iter().filter(missing).collect();
        if missing.is_empty() {
            return;
        }
        let names: Vec<_> = missing
            .iter()
            .map(|one| format!("'{}'", one.name))
            .collect();
        let extra = self
            .exports
            .iter()
            .filter(|one| one.state == Compared::Extra);
        let extra: Vec<_> = extra.map(|one| format!("'{}'", one.name)).collect();
        let instead = if extra.iter().any(|name| name.starts_with("'wasi:cli/run")) {
            " It is a program with a 'main': make it a library.".to_owned()
        } else if extra.is_empty() {
            String::new()
        } else {
            format!(" It exports {} instead.", extra.join(", "))
        };
        let text = format!(
            "It does not export {}. A buildpack exports both 'detect' and 'build', as functions of the component \
             itself.{instead}",
            names.join(" and ")
        );
        self.say("The component lacks a function of the contract", text);
    }
}
