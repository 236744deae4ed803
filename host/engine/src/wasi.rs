//! What a guest has of WASI: directories that are open already, clocks that stand still, random numbers from a
//! fixed seed, and output into a buffer.
//!
//! No environment, arguments, standard input or sockets: they are what nobody grants here. No path but those of
//! the preopens.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

use confine::Grant;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, HostMonotonicClock, HostWallClock, WasiCtx};

/// The same for every guest, so that a build can be repeated.
const SEED: u64 = 0x6275_696c_6470;

/// The moment at which the clocks stand: 1980-01-01, what the lifecycle gives to files of layers.
const MOMENT: Duration = Duration::from_secs(315_532_800 + 1);

/// A directory that a guest may use.
#[derive(Debug, Clone, Copy)]
pub struct Preopen<'a> {
    /// The open directory.
    pub dir: BorrowedFd<'a>,
    /// The name under which the guest finds it.
    pub name: &'a str,
    /// Whether the guest may write there.
    pub writable: bool,
}

impl<'a> Preopen<'a> {
    pub(super) fn grant(&self) -> Grant<'a> {
        Grant {
            dir: self.dir,
            writable: self.writable,
        }
    }
}

struct StandingClock;

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        MOMENT
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// What a guest printed past the contract's `log`.
pub(super) struct Printed {
    pub(super) stdout: MemoryOutputPipe,
    pub(super) stderr: MemoryOutputPipe,
}

/// Builds the world of a guest. `printed` bytes each are kept of its standard output and error. Without a `thread` for
/// files, the one that runs the guest waits for them.
pub(super) fn confined(
    preopens: &[Preopen<'_>],
    printed: usize,
    thread: bool,
) -> wasmtime::Result<(WasiCtx, Printed)> {
    let pipes = Printed {
        stdout: MemoryOutputPipe::new(printed),
        stderr: MemoryOutputPipe::new(printed),
    };
    let mut builder = WasiCtx::builder();
    builder
        .stdout(pipes.stdout.clone())
        .stderr(pipes.stderr.clone())
        // Nothing is secret about them, so a small generator does: a large one asks the processor what it can.
        .secure_random(SmallRng::seed_from_u64(SEED))
        .insecure_random(SmallRng::seed_from_u64(SEED))
        .insecure_random_seed(u128::from(SEED))
        .wall_clock(StandingClock)
        .monotonic_clock(StandingClock)
        .allow_blocking_current_thread(!thread);
    for preopen in preopens {
        // By its descriptor: whatever the path leads to by now, the guest gets the directory that was opened.
        let opened = format!("/proc/self/fd/{}", preopen.dir.as_raw_fd());
        let perms = if preopen.writable {
            FsPerms::ReadWrite
        } else {
            FsPerms::ReadOnly
        };
        builder.preopened_dir(opened, preopen.name, perms)?;
    }
    Ok((builder.build(), pipes))
}
