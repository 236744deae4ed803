//! What a guest may use of memory, tables and time.

use std::time::Duration;

use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// The limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GuestLimits {
    /// Linear memory, in bytes, all memories together at most twice this.
    pub memory: usize,
    /// Elements of each table.
    pub table_elements: usize,
    /// Wall-clock time of the call, waiting included.
    pub time: Duration,
    /// What it may log and print, in bytes.
    pub log: usize,
}

impl GuestLimits {
    /// How many core instances, memories and tables a component may have: one built from Rust has four, one and two.
    const INSTANCES: usize = 32;

    pub(super) fn store(&self) -> StoreLimits {
        StoreLimitsBuilder::new()
            .memory_size(self.memory)
            .table_elements(self.table_elements)
            .instances(Self::INSTANCES)
            .memories(2)
            .tables(Self::INSTANCES)
            .build()
    }
}
