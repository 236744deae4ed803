//! Keeps a buildpack from turning the sandbox off: whoever looks at a package may not trust its author.
//!
//! A build follows buildpack.toml. Nothing here changes the package.

use std::fs;
use std::path::Path;

use ::package::layout::DESCRIPTOR;
use anyhow::Context as _;
use cnb::descriptor::Descriptor;
use cnb::sandbox::Sandbox;
use confine::Held;
use serde::Serialize;
use toml::{Table, Value};

use super::scratch::UNUSABLE;

/// The protection that is demanded, and the protection that the kernel gives.
#[derive(Debug, Serialize)]
pub(super) struct SandboxAnswer {
    /// The value of `sandbox` in buildpack.toml, or the stricter one of the operator.
    pub(super) asked: String,
    /// The value with which the component ran here: `prefer` in place of `off`.
    pub(super) used: String,
    /// The protection that a runner has just proven on this machine.
    pub(super) held: String,
    /// The effects of missing protection.
    pub(super) means: String,
}

/// The demanded protection, and the one that is used here.
pub(super) struct Chosen {
    asked: Sandbox,
    used: Sandbox,
}

/// Demands the sandbox in a descriptor and in its copy in `folder`, which detect's process reads, if they turn it off.
pub(super) fn always(descriptor: &mut Descriptor, folder: &Path) -> anyhow::Result<Chosen> {
    let asked = descriptor.sandbox;
    if asked == Sandbox::Off {
        descriptor.sandbox = Sandbox::Prefer;
        let file = folder.join(DESCRIPTOR);
        let text = fs::read_to_string(&file).context(UNUSABLE)?;
        fs::write(&file, with_sandbox(&text, Sandbox::Prefer)?).context(UNUSABLE)?;
    }
    Ok(Chosen {
        asked,
        used: descriptor.sandbox,
    })
}

fn with_sandbox(descriptor: &str, sandbox: Sandbox) -> anyhow::Result<String> {
    let mut table: Table = descriptor.parse()?;
    let metadata = table.get_mut("metadata").and_then(Value::as_table_mut);
    let metadata = metadata.context("The descriptor has no [metadata]")?;
    metadata.insert("sandbox".to_owned(), sandbox.to_string().into());
    Ok(toml::to_string(&table)?)
}

impl Chosen {
    pub(super) fn answer(&self, held: Option<&Held>) -> SandboxAnswer {
        SandboxAnswer {
            asked: self.asked.to_string(),
            used: self.used.to_string(),
            means: held.map_or_else(Vec::new, Held::means).join(" "),
            held: held.map_or(
                "unknown: the runner stopped before it was sandboxed".to_owned(),
                ToString::to_string,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFF: &str = "api = \"0.10\"\n[buildpack]\nid = \"a/b\"\nversion = \"1.0.0\"\n\
        [metadata]\nsandbox = \"off\"\n";

    fn after(text: &str) -> (Descriptor, String, Chosen) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DESCRIPTOR);
        fs::write(&file, text).unwrap();
        let mut descriptor = Descriptor::parse(text, DESCRIPTOR).unwrap();
        let chosen = always(&mut descriptor, folder.path()).unwrap();
        (descriptor, fs::read_to_string(file).unwrap(), chosen)
    }

    #[test]
    fn a_package_cannot_turn_the_sandbox_off_here() {
        let (descriptor, copy, chosen) = after(OFF);
        assert_eq!(descriptor.sandbox, Sandbox::Prefer);
        let copy = Descriptor::parse(&copy, DESCRIPTOR).unwrap();
        assert_eq!(copy.sandbox, Sandbox::Prefer);
        let answer = chosen.answer(None);
        assert_eq!((&*answer.asked, &*answer.used), ("off", "prefer"));
    }

    #[test]
    fn another_demand_stays_with_the_descriptor_as_it_is() {
        for demand in ["require", "prefer"] {
            let text = OFF.replace("off", demand);
            let (descriptor, copy, chosen) = after(&text);
            assert_eq!(copy, text);
            assert_eq!(descriptor.sandbox.to_string(), demand);
            let answer = chosen.answer(None);
            assert_eq!((&*answer.asked, &*answer.used), (demand, demand));
        }
    }
}
