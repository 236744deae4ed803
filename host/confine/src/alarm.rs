//! Ends a process that waits in the kernel, where no timer of its own can end the wait.

use std::time::Duration;

/// Ends this process with SIGALRM after this time, whatever it does or waits for.
pub fn end_after(time: Duration) {
    let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    // SAFETY: both calls touch no memory of this process. No handler is installed: the first call restores the signal's
    // default action, in case the process inherited that it is ignored. The default action ends the process.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::alarm(seconds.max(1));
    }
}
