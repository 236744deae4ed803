//! The contract of `wit/`, as Rust types: what a guest is given and what it returns.
//!
//! Nothing here is checked. `cnb::check` turns it into types that can't be wrong.

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "buildpack",
        exports: { default: async },
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub use generated::wasm_buildpacks::buildpack::{log, types};
pub use generated::{Buildpack, BuildpackPre};
