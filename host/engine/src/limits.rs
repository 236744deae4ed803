//! Limits a component's memory, stack, tables and time, and records which limit it reached.

use std::time::Duration;
use std::{fmt, mem};

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::machine::Lack;

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GuestLimits {
    /// Linear memory of all memories together, in bytes. The host's memory for all directory listings together may take
    /// the same amount again.
    pub memory: usize,
    /// The call stack, in bytes.
    pub stack: usize,
    /// Elements in each table.
    pub table_elements: usize,
    /// The number of memories.
    pub memories: usize,
    /// The number of core instances, and that of tables.
    pub instances: usize,
    /// Wall-clock time of the call, including waiting.
    pub time: Duration,
    /// The bytes that it may log and print.
    pub log: usize,
    /// The number of files, folders and links that it may make.
    pub files: u64,
    /// The bytes that it may write into files.
    pub files_bytes: u64,
}

/// A limit that the component reached before it trapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Short {
    Memory,
    Stack,
    Table,
    /// The number of memories.
    Memories,
    /// The number of core instances.
    Instances,
    /// The number of tables.
    Tables,
}

impl Short {
    /// The key of buildpack.toml that sets this limit.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory-mib",
            Self::Stack => "stack-kib",
            Self::Table => "table-elements",
            Self::Memories => "memories",
            Self::Instances | Self::Tables => "core-instances",
        }
    }

    /// Finds the limit in an error of the engine, which has no type for it.
    pub(super) fn of_count(error: &str) -> Option<Self> {
        let what = error.strip_prefix("resource limit exceeded: ")?;
        match what.split(' ').next()? {
            "memory" => Some(Self::Memories),
            "instance" => Some(Self::Instances),
            "table" => Some(Self::Tables),
            _ => None,
        }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Table => "room in a table",
            Self::Memories => "memories",
            Self::Instances => "core instances",
            Self::Tables => "tables",
        })
    }
}

/// Enforces the limits on a store. Remembers its last refusal of a growth that the memory's or table's own type allows.
pub(super) struct Limiter {
    limits: StoreLimits,
    /// The linear memory that is still free, in bytes.
    memory_left: usize,
    /// The bytes of the last growth, which are returned if the machine refuses them.
    memory_taken: usize,
    pub(super) short: Option<Short>,
    /// The machine's error, if the last growth was within the limit and the machine refused it.
    pub(super) refused: Option<String>,
}

impl GuestLimits {
    pub(super) fn limiter(&self) -> Limiter {
        let limits = StoreLimitsBuilder::new()
            .table_elements(self.table_elements)
            .instances(self.instances)
            .memories(self.memories)
            .tables(self.instances)
            .build();
        Limiter {
            limits,
            memory_left: self.memory,
            memory_taken: 0,
            short: None,
            refused: None,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The memory's own type allows no more: it does not grow, so nothing is counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.refused = None;
        let more = desired.saturating_sub(current);
        let Some(left) = self.memory_left.checked_sub(more) else {
            self.short = Some(Short::Memory);
            return Ok(false);
        };
        (self.memory_left, self.memory_taken) = (left, more);
        Ok(true)
    }

    /// wasmtime also calls this where the memory's own type allows no more. Then nothing was counted, and the kernel
    /// was not asked.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        if Lack::among(error.chain()).is_some() {
            self.memory_left += mem::take(&mut self.memory_taken);
            self.refused = Some(format!("memory could not grow: {error:#}"));
        }
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grows = self.limits.table_growing(current, desired, maximum)?;
        if !grows && maximum.is_none_or(|maximum| desired <= maximum) {
            self.short = Some(Short::Table);
        }
        Ok(grows)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
