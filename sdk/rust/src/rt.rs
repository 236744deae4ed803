//! The functions that generated bindings call.
//!
//! Nothing here knows the contract.

#![expect(
    unsafe_code,
    reason = "the memory that crosses the component's boundary, argued at each use"
)]

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::ptr::{self, NonNull};

/// Memory that a binding frees at its end.
pub struct Cleanup {
    memory: NonNull<u8>,
    layout: Layout,
}

impl Cleanup {
    /// Allocates memory. For an empty layout, there is none, and nothing to free.
    #[must_use]
    pub fn new(layout: Layout) -> (*mut u8, Option<Self>) {
        if layout.size() == 0 {
            return (ptr::null_mut(), None);
        }
        // SAFETY: the layout is not empty.
        let Some(memory) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout);
        };
        (memory.as_ptr(), Some(Self { memory, layout }))
    }

    /// Leaves the memory to its reader.
    pub fn forget(self) {
        core::mem::forget(self);
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        // SAFETY: `new` allocated the memory by this layout, and only one value has it.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) }
    }
}

/// Runs the constructors of C code before the first call of an export. Without this function, the linker would make
/// each export run them, and the allocating export too.
#[cfg(target_arch = "wasm32")]
pub fn run_ctors_once() {
    use core::sync::atomic::{AtomicBool, Ordering};

    static RUN: AtomicBool = AtomicBool::new(false);

    unsafe extern "C" {
        fn __wasm_call_ctors();
    }

    if !RUN.swap(true, Ordering::Relaxed) {
        // SAFETY: the linker makes this function. It must be called once, and here nothing else does.
        unsafe { __wasm_call_ctors() }
    }
}

/// Does nothing: the C library, or `small`, has the allocating export.
pub fn maybe_link_cabi_realloc() {}

/// The sets of flags in bindings.
pub mod bitflags {
    /// Makes a set of flags.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __flags {
        (
            $(#[$attribute:meta])*
            pub struct $name:ident: $bits:ty {
                $($(#[$documentation:meta])* const $flag:ident = $value:expr;)*
            }
        ) => {
            $(#[$attribute])*
            pub struct $name($bits);

            impl $name {
                $($(#[$documentation])* pub const $flag: Self = Self($value);)*

                /// No flag.
                #[must_use]
                pub const fn empty() -> Self {
                    Self(0)
                }

                /// The flags as a number.
                #[must_use]
                pub const fn bits(&self) -> $bits {
                    self.0
                }
            }

            impl core::ops::BitOr for $name {
                type Output = Self;

                fn bitor(self, other: Self) -> Self {
                    Self(self.0 | other.0)
                }
            }
        };
    }

    pub use __flags as bitflags;
}
