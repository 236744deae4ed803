//! Builds a component's WASI context: preopened directories, a wall clock that stands still, random numbers from a fixed
//! seed, and output into a buffer. The monotonic clock lives in `clock`.
//!
//! Nothing here may grant an environment, arguments, standard input, sockets or a path outside the preopens.

use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

use confine::Grant;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, HostWallClock, WasiCtx};

use super::clock::Clock;

/// The seed of the random numbers. It is the same in every build, so that a build can be repeated.
const SEED: u64 = 0x6275_696c_6470;

/// The time that the wall clock always shows: 1980-01-01, the time that the lifecycle gives to files of layers.
const MOMENT: Duration = Duration::from_secs(315_532_800 + 1);

/// A directory that a component may use.
#[derive(Debug, Clone, Copy)]
pub struct Preopen<'a> {
    pub dir: BorrowedFd<'a>,
    /// The path under which the component finds it.
    pub name: &'a str,
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

/// Output that a component wrote to its standard streams instead of the contract's `log`.
pub(super) struct Printed {
    pub(super) stdout: MemoryOutputPipe,
    pub(super) stderr: MemoryOutputPipe,
}

/// Builds the context. Keeps at most `printed` bytes each of standard output and standard error. Without a separate
/// `thread` for file operations, they block the thread that runs the component.
pub(super) fn confined(
    preopens: &[Preopen<'_>],
    printed: usize,
    thread: bool,
    clock: &Clock,
) -> wasmtime::Result<(WasiCtx, Printed)> {
    let pipes = Printed {
        stdout: MemoryOutputPipe::new(printed),
        stderr: MemoryOutputPipe::new(printed),
    };
    let mut builder = WasiCtx::builder();
    builder
        .stdout(pipes.stdout.clone())
        .stderr(pipes.stderr.clone())
        // The numbers are not secret, so a small generator is enough. A large one detects the processor's features
        // first.
        .secure_random(SmallRng::seed_from_u64(SEED))
        .insecure_random(SmallRng::seed_from_u64(SEED))
        .insecure_random_seed(u128::from(SEED))
        .wall_clock(StandingClock)
        .monotonic_clock(clock.clone())
        .allow_blocking_current_thread(!thread);
    for preopen in preopens {
        // Opened through the descriptor, so the component gets the directory that was opened before, even if its path
        // now leads elsewhere.
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
