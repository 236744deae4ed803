//! Replaces what the standard library would provide: the allocator for the host's values, and the message of a panic.

use alloc::alloc::{Layout, alloc, realloc};
use alloc::string::ToString;
use core::panic::PanicInfo;
use core::ptr;

use crate::bindings::wasm_buildpacks::buildpack::log::{Level, log};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

// The compiler generates calls to functions of the C library that compare bytes.
#[expect(unsafe_code, reason = "only linked: nothing is declared")]
#[link(name = "c")]
unsafe extern "C" {}

/// Allocates memory for what the host passes:
/// <https://component-model.bytecodealliance.org/advanced/canonical-abi.html>.
///
/// No value that is passed here is ever enlarged, so the old length is zero or that of an allocation from here.
#[expect(unsafe_code, reason = "argued below")]
#[unsafe(no_mangle)]
extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, len: usize) -> *mut u8 {
    if len == 0 {
        return ptr::without_provenance_mut(align);
    }
    let Ok(layout) = Layout::from_size_align(old_len.max(len), align) else {
        core::arch::wasm32::unreachable();
    };
    // SAFETY: the layout is not empty. By the canonical ABI, `old` is null with an old length of zero, or it was
    // returned by this function for that length and the same alignment.
    let memory = unsafe {
        if old_len == 0 {
            alloc(layout)
        } else {
            realloc(old, Layout::from_size_align_unchecked(old_len, align), len)
        }
    };
    if memory.is_null() {
        core::arch::wasm32::unreachable();
    }
    memory
}

/// A panic is a bug of this component: it logs the place, and then traps.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log(Level::Warning, &info.to_string());
    core::arch::wasm32::unreachable()
}
