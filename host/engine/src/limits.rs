//! What a guest may use of memory, stack, tables and time, and which of it was not enough.

use std::time::Duration;
use std::{fmt, mem};

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::machine::Lack;

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GuestLimits {
    /// Linear memory, in bytes, all memories together. What the host remembers of the directories that a guest lists
    /// may take as much again, all listings together.
    pub memory: usize,
    /// Stack of its calls, in bytes.
    pub stack: usize,
    /// Elements of each table.
    pub table_elements: usize,
    /// Wall-clock time of the call, waiting included.
    pub time: Duration,
    /// What it may log and print, in bytes.
    pub log: usize,
    /// Files, folders and links that it may make.
    pub files: u64,
    /// The bytes that it may write into files.
    pub files_bytes: u64,
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
    /// Bytes of linear memory that may still be taken.
    memory_left: usize,
    /// Those that were taken last, which are given back if the machine refuses them.
    memory_taken: usize,
    pub(super) short: Option<Short>,
    /// The machine's answer when it refused memory that the limit allows, if that came last.
    pub(super) refused: Option<String>,
}

impl GuestLimits {
    /// How many core instances, memories and tables a component may have: one built from Rust has four, one and two.
    const INSTANCES: usize = 32;

    pub(super) fn limiter(&self) -> Limiter {
        let limits = StoreLimitsBuilder::new()
            .table_elements(self.table_elements)
            .instances(Self::INSTANCES)
            .memories(2)
            .tables(Self::INSTANCES)
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
        // Beyond what its own type allows it doesn't grow, and nothing is taken.
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

    /// Called as well where the memory's own type allows no more: then nothing was taken, and the kernel not asked.
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
