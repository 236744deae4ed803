#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(not(all(feature = "small", target_family = "wasm")))]
extern crate std;

mod context;
mod error;
mod files;
#[rustfmt::skip]
#[expect(
    unsafe_code,
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::clone_on_copy,
    clippy::identity_op,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    reason = "generated: values cross the component's boundary as the canonical ABI of components says"
)]
pub mod raw;
mod records;
#[doc(hidden)]
pub mod rt;
#[cfg(all(feature = "small", target_family = "wasm"))]
mod small;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(all(feature = "small", target_family = "wasm"))]
mod wasi;

pub use error::{Error, Result};
pub use files::{App, Entry, LayerFolder};
pub use raw::wasm_buildpacks::buildpack::log::Level;
pub use raw::wasm_buildpacks::buildpack::types::{
    BuildContext, BuildOutput as Output, BuildPlan, Content, DetectContext,
    DetectOutcome as Detected, EnvChange, EnvMode, EnvScope, ExecDProgram, Explanation, Failure,
    IndexedPackage, IndexedPackages, Label, Layer, LayerTypes, PlanAlternative, PlanEntry, Process,
    Requirement, RestoredLayer, Slice, SourceFile, SourcePart, Target, Unpack, Variable,
};

/// The logic of a buildpack. [`buildpack!`] makes the component of it.
pub trait Buildpack {
    /// Decides whether this buildpack takes part.
    fn detect(context: &DetectContext) -> Result<Detected>;

    /// Decides on the content of the image.
    fn build(context: &BuildContext) -> Result<Output>;
}

/// Prints one message. The macros [`info!`], [`warn!`] and [`debug!`] format one too.
pub fn log(level: Level, message: &str) {
    #[cfg(target_family = "wasm")]
    raw::wasm_buildpacks::buildpack::log::log(level, message);
    #[cfg(not(target_family = "wasm"))]
    testing::log(level, message);
}

/// Makes the component of a type that is a [`Buildpack`]. A crate has one.
#[macro_export]
macro_rules! buildpack {
    ($logic:ty) => {
        #[expect(
            unsafe_code,
            reason = "generated: the exports, which the host calls by their symbols"
        )]
        const _: () = {
            struct Exports;

            impl $crate::raw::Guest for Exports {
                fn detect(
                    context: $crate::DetectContext,
                ) -> ::core::result::Result<$crate::Detected, $crate::Failure> {
                    <$logic as $crate::Buildpack>::detect(&context)
                        .map_err(::core::convert::Into::into)
                }

                fn build(
                    context: $crate::BuildContext,
                ) -> ::core::result::Result<$crate::Output, $crate::Failure> {
                    <$logic as $crate::Buildpack>::build(&context)
                        .map_err(::core::convert::Into::into)
                }
            }

    $crate::raw::export!(Exports with_types_in $crate::raw);
        };
    };
}

/// Prints a message about the progress of the phase.
#[macro_export]
macro_rules! info {
    ($($message:tt)*) => {
        $crate::log($crate::Level::Info, &$crate::__format!($($message)*))
    };
}

/// Prints a message about a likely mistake that does not stop the build.
#[macro_export]
macro_rules! warn {
    ($($message:tt)*) => {
        $crate::log($crate::Level::Warning, &$crate::__format!($($message)*))
    };
}

/// Prints a message that is shown only if the platform asks for it.
#[macro_export]
macro_rules! debug {
    ($($message:tt)*) => {
        $crate::log($crate::Level::Debug, &$crate::__format!($($message)*))
    };
}

#[doc(hidden)]
pub use alloc::format as __format;
