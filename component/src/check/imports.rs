//! Judges the imports of a component: granted, standing, closed or refused, and by whose doing.

use serde::Serialize;

use crate::contract::{self, Version};
use crate::doors;
use crate::offer;
use crate::strip::Producers;

/// An import of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Its name, with the version.
    pub name: String,
    /// The verdict of the host.
    pub state: State,
    /// The effect for the component, or the next step for its author.
    pub note: String,
}

/// The verdict of the host on an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The host does not have it. The component does not start.
    Refused,
    /// It is of the network, and building closes it in the component.
    ToClose,
    /// It was closed in the component, which no longer imports it.
    Closed,
    /// The host offers it, with nothing behind it: it answers always the same.
    Standing,
    /// The host offers it.
    Granted,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::ToClose => "to close",
            Self::Closed => "closed",
            Self::Standing => "standing",
            Self::Granted => "granted",
        }
    }
}

/// Judges imports, the refused first.
pub(super) fn judge(names: &[String], closed: Vec<String>, tools: &Producers) -> Vec<Import> {
    let mut imports: Vec<_> = names.iter().map(|name| one(name, tools)).collect();
    imports.extend(closed.into_iter().map(|name| {
        let note = with_culprit(
            "the component ends with a trap if it calls it",
            &name,
            tools,
        );
        Import {
            name,
            state: State::Closed,
            note,
        }
    }));
    imports.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
    imports
}

fn one(name: &str, tools: &Producers) -> Import {
    let (state, note) = state(name, tools);
    Import {
        name: name.to_owned(),
        state,
        note,
    }
}

fn state(full: &str, tools: &Producers) -> (State, String) {
    let (name, version) = full.split_once('@').unwrap_or((full, ""));
    if doors::is_closable(full) {
        let note = with_culprit("building closes it in the component", full, tools);
        return (State::ToClose, note);
    }
    let of_contract = contract::version_in(full);
    let speaks = match of_contract {
        Some(version) => Version::compatible(version).is_some(),
        None => is_wasi_0_2(version),
    };
    match offer::interface(name) {
        Some(interface) if speaks => {
            let state = if interface.stands {
                State::Standing
            } else {
                State::Granted
            };
            (state, interface.gives.to_owned())
        }
        offered => (
            State::Refused,
            refusal(name, version, offered.is_some(), tools),
        ),
    }
}

/// Whether it is a version of WASI 0.2 that an import can name. The host has it whatever the last number is, because
/// versions with the same first two numbers are compatible. A version such as `0.2.0-rc-1` is compatible with itself.
fn is_wasi_0_2(version: &str) -> bool {
    let last = version.strip_prefix("0.2.");
    last.is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

fn refusal(name: &str, version: &str, offered: bool, tools: &Producers) -> String {
    let text = if offered && !name.starts_with("wasi:") {
        format!(
            "The host does not speak version {version} of the contract. Use the kit of this tool."
        )
    } else if version.starts_with("0.3.") && name.starts_with("wasi:") {
        "It is of WASI 0.3, and this host has WASI 0.2. Build for WASI 0.2, by an option or an older version of the \
         language's tool."
            .to_owned()
    } else if offered {
        format!("It is of WASI {version}, and this host has WASI 0.2. Build for that version.")
    } else if name.starts_with("wasi:sockets/") || name.starts_with("wasi:http/") {
        "It is of the network, which no component has. Leave out what uses it. The host downloads what buildpack.toml \
         declares in [metadata.sources]."
            .to_owned()
    } else if name.contains("node/") {
        "It is of Node.js, and a component has WASI only. Use the kit's functions for files instead of 'node:' modules."
            .to_owned()
    } else if name.contains(':') {
        "A component gets the contract's log and a part of WASI 0.2. Leave out what uses it, or compose the component \
         with one that provides it."
            .to_owned()
    } else {
        "It is not of an interface. A component gets the contract's log and a part of WASI 0.2. Remove it from the \
         world."
            .to_owned()
    };
    with_culprit(&text, &format!("{name}@{version}"), tools)
}

/// Adds who imports it, if that is a tool and not the author.
fn with_culprit(note: &str, import: &str, tools: &Producers) -> String {
    match culprit(import, tools) {
        None => note.to_owned(),
        Some(culprit) if note.ends_with('.') => format!("{note} {culprit}"),
        Some(culprit) => format!("{note}. {culprit}"),
    }
}

/// The tool that imports an interface of the network, whether the author uses it or not.
fn culprit(import: &str, tools: &Producers) -> Option<&'static str> {
    let made_by = |tool: &str| tools.values().any(|values| values.contains_key(tool));
    // componentize-py does not write its own name. Of the tools that are known here, it alone uses this one.
    let python = made_by("componentize-py") || made_by("component-init-transform");
    // The adapter is in Rust too, so that each component that has it names Rust beside its own language.
    let languages = tools.get("language");
    let rust = languages.is_some_and(|all| all.keys().eq(["Rust"]));
    let sockets = import.starts_with("wasi:sockets/");
    let http = import.starts_with("wasi:http/");
    if python && sockets {
        Some("componentize-py imports it in every component.")
    } else if made_by("ComponentizeJS") && http {
        Some("ComponentizeJS imports it unless it is called with '-d http fetch-event'.")
    } else if rust && sockets {
        Some("Code in Rust imports it if it uses std::net, perhaps in a crate that it depends on.")
    } else {
        None
    }
}
