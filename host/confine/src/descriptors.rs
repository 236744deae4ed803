//! File descriptors that a process inherited.

/// Closes all inherited descriptors but standard input, output and error. Must be called first in `main`, before anything
/// is opened.
///
/// The standard library opens nothing that a child inherits, but passes on what it inherited itself.
pub fn close_inherited() {
    // SAFETY: closing a descriptor is unsound only if something still owns it. At the start of `main` nothing in this
    // process has opened any: the standard library has the first three, which stay. The call touches no memory. On a
    // kernel without it (before 5.9) it does nothing.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
    }
}
