//! Counts what the host limits: core instances, memories and tables.

use serde::Serialize;
use wasmparser::{Instance, Parser, Payload};

/// The size and the parts of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Its length.
    pub bytes: u64,
    /// Its core modules.
    pub modules: u64,
    /// Core modules that are instantiated, in the component and in those within it. The engine adds one where two
    /// components are connected.
    pub core_instances: u64,
    /// Linear memories that its modules define.
    pub memories: u64,
    /// The size of all memories at the start, in bytes.
    pub memory_at_start: u64,
    /// Tables that its modules define.
    pub tables: u64,
    /// The elements of the largest table at the start.
    pub table_elements: u64,
    /// Whether it has a start function of components, which the compiler does not know.
    #[serde(skip)]
    pub(super) has_start: bool,
}

/// The size of a page of memory, unless a module says otherwise.
const PAGE: u32 = 16;

impl Shape {
    pub(super) fn of(component: &[u8]) -> wasmparser::Result<Self> {
        let mut shape = Self {
            bytes: component.len() as u64,
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::ModuleSection { .. } => shape.modules += 1,
                Payload::InstanceSection(instances) => {
                    for instance in instances {
                        let made = matches!(instance?, Instance::Instantiate { .. });
                        shape.core_instances += u64::from(made);
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        let memory = memory?;
                        let page = memory.page_size_log2.unwrap_or(PAGE);
                        let bytes = memory.initial.saturating_mul(1 << page.min(PAGE));
                        shape.memories += 1;
                        shape.memory_at_start = shape.memory_at_start.saturating_add(bytes);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        shape.tables += 1;
                        shape.table_elements = shape.table_elements.max(table?.ty.initial);
                    }
                }
                Payload::ComponentStartSection { .. } => shape.has_start = true,
                _ => {}
            }
        }
        Ok(shape)
    }
}
