//! Makes the engine for one component from its limits.

use wasmtime::Engine;

use super::config::engine_config;
use super::limits::GuestLimits;

/// Native stack for the host functions that a component calls, in bytes, in addition to the component's own stack.
const HOST_STACK: usize = 1 << 20;

/// Returns an engine with the shared configuration, for components under these limits.
pub fn engine_for(limits: &GuestLimits) -> wasmtime::Result<Engine> {
    let mut config = engine_config()?;
    config
        .memory_reservation_for_growth(limits.memory as u64)
        .max_wasm_stack(limits.stack)
        .async_stack_size(limits.stack + HOST_STACK);
    Engine::new(&config)
}
