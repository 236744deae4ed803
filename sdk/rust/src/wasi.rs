//! The part of WASI that replaces the standard library's files.
//!
//! Only bindings belong here.

#[rustfmt::skip]
#[expect(
    unsafe_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    reason = "generated: values cross the component's boundary as the canonical ABI of components says"
)]
mod bindings;

pub(crate) use bindings::wasi::filesystem::preopens::get_directories;
pub(crate) use bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
