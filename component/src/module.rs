//! From a core module to a component.

use anyhow::{Context as _, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};

use super::contract::{self, Version};

/// The custom sections in which bindings keep the world that a module was written for begin with this.
const WORLD_SECTION: &str = "component-type";

/// The facts that decide how a module becomes a component.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Whether bindings embedded the world.
    pub(crate) has_world: bool,
    /// Whether it imports the first version of WASI, as Go and C do. An adapter turns these into imports of WASI 0.2.
    pub(crate) preview1: bool,
    /// The version of the contract in the names of its imports.
    pub(crate) version: Option<String>,
    /// The modules of imports that neither the contract nor WASI has, such as `env`.
    pub(crate) unknown: Vec<String>,
    /// Whether it is a program with a start of its own, and not a library.
    pub(crate) is_program: bool,
}

impl Needs {
    /// Reads the sections of a core module.
    pub(crate) fn of(module: &[u8]) -> anyhow::Result<Self> {
        let mut needs = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::CustomSection(section) if section.name().starts_with(WORLD_SECTION) => {
                    needs.has_world = true;
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        needs.read(import?.module);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        needs.is_program |= export?.name == "_start";
                    }
                }
                _ => {}
            }
        }
        Ok(needs)
    }

    fn read(&mut self, module: &str) {
        // The second way to write the names of a contract's functions in a module begins like this.
        let name = module.strip_prefix("cm32p2|").unwrap_or(module);
        if name == PREVIEW1 {
            self.preview1 = true;
        } else if let Some(version) = contract::version_in(name) {
            self.version = Some(version.to_owned());
        } else if !name.contains(':') && !name.starts_with(['$', '[']) {
            let module = module.to_owned();
            if !self.unknown.contains(&module) {
                self.unknown.push(module);
            }
        }
    }
}

/// Makes a component of a core module, with the contract's world unless bindings embedded one, and with the adapter if
/// the module imports the first version of WASI.
pub(crate) fn to_component(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    let needs = Needs::of(module).context("the core module cannot be read")?;
    if needs.is_program {
        bail!(
            "the core module is a program, because it exports '_start', and a buildpack is a library whose functions \
             the host calls. Build it as one: -mexec-model=reactor (C), -buildmode=c-shared (Go), crate-type = \
             [\"cdylib\"] (Rust)"
        );
    }
    let mut module = module.to_vec();
    if !needs.has_world {
        let version = match &needs.version {
            None => contract::NEWEST,
            Some(name) => Version::named(name).with_context(|| {
                format!(
                    "the core module is written for version {name} of the contract, and this tool knows {}. Use the \
                     kit of this tool, or a tool of that version",
                    Version::list()
                )
            })?,
        };
        let (resolve, world) = version.parse()?;
        wit_component::embed_component_metadata(
            &mut module,
            &resolve,
            world,
            StringEncoding::UTF8,
        )?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    if needs.preview1 {
        encoder.adapter(PREVIEW1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?;
    }
    let component = encoder.module(&module).and_then(ComponentEncoder::encode);
    component.with_context(|| explain(&needs))
}

fn explain(needs: &Needs) -> String {
    if needs.unknown.is_empty() {
        return "the core module does not fit the contract's world 'buildpack', so it cannot become a component. It \
                must export 'detect', 'build' and 'cabi_realloc', as the kit's bindings do"
            .to_owned();
    }
    format!(
        "the core module imports from '{}', which neither the contract nor WASI has, so it cannot become a component. \
         Usually a function is declared and not defined, and the linker was allowed to leave it open",
        needs.unknown.join("', '")
    )
}
