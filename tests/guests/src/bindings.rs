//! The contract as Rust types, generated from `wit/`.
//!
//! No code is written by hand here.

wit_bindgen::generate!({
    path: "../../wit",
    world: "buildpack",
    additional_derives: [PartialEq, Eq],
    pub_export_macro: true,
    export_macro_name: "exports_of",
});
