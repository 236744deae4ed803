//! The one configuration of the engine, for packaging (which compiles) and for the host (which runs). The compiler
//! beneath `package/` compiles this file too, so it names nothing of the host.
//!
//! Nothing here depends on which of wasmtime's features are compiled in: what would, is set.

use wasmtime::{Config, ModuleVersionStrategy, WasmFeatures};

/// The exact version of wasmtime that an artifact must come from.
pub const ENGINE_VERSION: &str = "48.0.8";

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
/// No address space is reserved by itself: the host reserves what a guest's memory may grow to, so that a machine
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
