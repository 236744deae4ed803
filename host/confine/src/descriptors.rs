//! What a process got open from the one that started it.

/// Closes all but standard input, output and error. Must be called before anything is opened: first thing in `main`.
///
/// The standard library opens nothing that others inherit, but passes on what it was given.
pub fn close_inherited() {
    // SAFETY: closing a descriptor is unsound only if something still owns it. At the start of `main` nothing in this
    // process has opened any: the standard library has the first three, which stay. The call touches no memory. On a
    // kernel without it (before 5.9) it does nothing.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
    }
}
