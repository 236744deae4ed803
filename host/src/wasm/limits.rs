//! What a guest may use of memory, stack, tables and time, and which of it was not enough.

use std::fmt;
use std::time::Duration;

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GuestLimits {
    /// Linear memory, in bytes, all memories together at most twice this.
    pub memory: usize,
    /// Stack of its calls, in bytes.
    pub stack: usize,
    /// Elements of each table.
    pub table_elements: usize,
    /// Wall-clock time of the call, waiting included.
    pub time: Duration,
    /// What it may log and print, in bytes.
    pub log: usize,
}

/// A limit without which a guest might have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Short {
    /// Linear memory.
    Memory,
    /// The stack of its calls.
    Stack,
    /// A table.
    Table,
}

impl Short {
    /// The key of buildpack.toml that sets it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory-mib",
            Self::Stack => "stack-kib",
            Self::Table => "table-elements",
        }
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Table => "room in a table",
        })
    }
}

/// Holds a store to the limits, and remembers what it last refused of what the guest's own type allows.
pub(super) struct Limiter {
    limits: StoreLimits,
    pub(super) short: Option<Short>,
}

impl GuestLimits {
    /// How many core instances, memories and tables a component may have: one built from Rust has four, one and two.
    const INSTANCES: usize = 32;

    pub(super) fn limiter(&self) -> Limiter {
        let limits = StoreLimitsBuilder::new()
            .memory_size(self.memory)
            .table_elements(self.table_elements)
            .instances(Self::INSTANCES)
            .memories(2)
            .tables(Self::INSTANCES)
            .build();
        Limiter {
            limits,
            short: None,
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
        let grows = self.limits.memory_growing(current, desired, maximum)?;
        if !grows && maximum.is_none_or(|maximum| desired <= maximum) {
            self.short = Some(Short::Memory);
        }
        Ok(grows)
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
