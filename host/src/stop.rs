//! A build that is told to stop: what it staged goes, and then it does.
//!
//! While the guest runs nothing is needed for that: nothing is staged, and the runner dies with the host.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level;

use crate::contents;
use crate::dir::{self, Dir};
use crate::report::Report;

/// From here on SIGTERM and SIGINT end this process by themselves, but only after what is staged is removed.
///
/// A thread waits for them. It is started after the host has given up its files, and so has no more than the rest.
pub fn tidy_first(layers: &Dir, most: usize, report: Report) -> io::Result<()> {
    let layers = layers.try_clone()?;
    for signal in [SIGTERM, SIGINT] {
        let (mut told, tells) = UnixStream::pair()?;
        low_level::pipe::register(signal, tells)?;
        let layers = layers.try_clone()?;
        thread::Builder::new().spawn(move || {
            if told.read_exact(&mut [0]).is_ok() {
                end(signal, &layers, most, report);
            }
        })?;
    }
    Ok(())
}

fn end(signal: i32, layers: &Dir, most: usize, report: Report) {
    let _nothing_is_made = dir::hold();
    match contents::remove_leftovers(layers, most) {
        Ok(()) => report.error("Stopped by a signal. Nothing that was staged is left."),
        Err(error) => report.error(&format!(
            "Stopped by a signal. What was staged could not be removed, the next build will do it: {error}"
        )),
    }
    // Ends this process as if nobody had waited for the signal.
    let _never_comes_back = low_level::emulate_default_handler(signal);
}
