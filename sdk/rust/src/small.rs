//! Replaces what the standard library would provide: the allocator, also for the host's values, and the message of a
//! panic.

#![expect(
    unsafe_code,
    reason = "calls the C library's allocator, and is called by the host, argued at each use"
)]

use alloc::alloc::{GlobalAlloc, Layout, alloc, realloc};
use alloc::string::ToString;
use core::ffi::c_void;
use core::panic::PanicInfo;
use core::ptr;

use crate::{Level, log};

// The C library of the target, which is linked with the component: its allocator, and the functions for bytes that the
// compiler calls.
#[link(name = "c")]
unsafe extern "C" {
    fn malloc(len: usize) -> *mut c_void;
    fn aligned_alloc(align: usize, len: usize) -> *mut c_void;
    #[link_name = "realloc"]
    fn c_realloc(old: *mut c_void, len: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// The alignment of all that `malloc` returns.
const ALIGNED: usize = 16;

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

// SAFETY: the C library's allocator keeps the promises of this trait for alignments up to its own. Larger ones take the
// function that is made for them, and never `realloc`, which would forget the alignment. A layout's size, rounded up to
// its alignment, fits in `isize`.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let memory = if layout.align() <= ALIGNED {
            // SAFETY: any length is allowed.
            unsafe { malloc(layout.size()) }
        } else {
            // SAFETY: the alignment is a power of two, and the length a multiple of it.
            unsafe { aligned_alloc(layout.align(), layout.pad_to_align().size()) }
        };
        memory.cast()
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: the caller passes what `alloc` or `realloc` returned.
        unsafe { free(memory.cast()) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        if layout.align() <= ALIGNED {
            // SAFETY: the caller passes what `alloc` or `realloc` returned.
            return unsafe { c_realloc(old.cast(), len) }.cast();
        }
        // SAFETY: the caller promises that this is a layout. The bytes that are copied are in both.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(len, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(old, new, layout.size().min(len));
                self.dealloc(old, layout);
            }
            new
        }
    }
}

/// Allocates memory for what the host passes:
/// <https://component-model.bytecodealliance.org/advanced/canonical-abi.html>.
///
/// No value that is passed here is ever enlarged, so the old length is zero or that of an allocation from here.
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
