//! The one configuration of the engine, for packaging (which compiles) and for the host (which runs).
//!
//! Nothing here depends on which of wasmtime's features are compiled in: what would, is set.

use wasmtime::{Config, Engine, ModuleVersionStrategy, WasmFeatures};

use super::limits::GuestLimits;

/// The exact version of wasmtime that an artifact must come from.
pub const ENGINE_VERSION: &str = "48.0.8";

/// Native stack for the host functions that a guest calls, in bytes, beside its own.
const HOST_STACK: usize = 1 << 20;

/// What a guest may be made of: what Rust, C and Go compile to today, and the component model.
const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SIMD);

/// The configuration under which guests are compiled and run.
///
/// Fuel is counted so that a guest that never waits still comes back to the deadline now and then; the amount
/// is not limited. What only a debugger would read is left out: an artifact is checked whole in every phase.
///
/// No address space is reserved by itself: [`engine`] reserves what a guest's memory may grow to, so that a machine
/// that limits it can run the guest. The price is that code compares each address with the memory's end.
///
/// An artifact from another configuration or another version is refused when it is loaded.
pub fn engine_config() -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config
        .module_version(ModuleVersionStrategy::Custom(ENGINE_VERSION.to_owned()))?
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(FEATURES, true)
        .consume_fuel(true)
        .memory_reservation(0)
        .wasm_backtrace_max_frames(None)
        .debug_symbols(false)
        .generate_address_map(false)
        .native_unwind_info(false);
    Ok(config)
}

/// An engine with that configuration, for guests under these limits.
pub fn engine(limits: &GuestLimits) -> wasmtime::Result<Engine> {
    let mut config = engine_config()?;
    config
        .memory_reservation_for_growth(limits.memory as u64)
        .max_wasm_stack(limits.stack)
        .async_stack_size(limits.stack + HOST_STACK);
    Engine::new(&config)
}
