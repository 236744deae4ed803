//! The contract of `wit/` as Rust types: a component's input and its output, in the newest version and in older ones.
//!
//! Nothing here is checked. `cnb::check` turns the output into types that can't hold invalid values.

pub mod v0_1;
pub mod v0_2;
mod version;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "buildpack",
        exports: { default: async },
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub use generated::wasm_buildpacks::buildpack::{log, types};
pub use version::Version;
