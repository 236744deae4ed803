//! The one configuration of the engine, for packaging (which compiles) and for the host (which runs). The compiler
//! beneath `package/` compiles this file too, so this file uses nothing else of the host.
//!
//! The configuration must not depend on the wasmtime features that are compiled in: every setting whose default depends
//! on them is set here.

use wasmtime::{Config, ModuleVersionStrategy, WasmFeatures};

/// The exact version of wasmtime that an artifact must come from.
pub const ENGINE_VERSION: &str = "48.0.8";

/// The WebAssembly features that a component may use: those that today's compilers, linkers and interpreters use, and
/// the component model. Each lets code do only what it could do before in another way, and adds no function of the host.
const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// Returns the configuration that compiles and runs components.
///
/// Fuel is counted so that a component that never waits still yields, and its deadline can end it. The amount of fuel
/// is not limited. Debug information is left out to keep the artifact small: every phase reads all of it to check it.
///
/// The engine reserves no address space in advance. The host reserves only the size that a component's memory may
/// reach, so that a machine with a limit on address space can run the component. In return, the compiled code checks
/// the bounds of each access.
///
/// The engine refuses to load an artifact from another configuration or another version.
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
