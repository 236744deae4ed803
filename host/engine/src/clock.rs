//! The component's monotonic clock. It moves only while the component waits for it, so a wait ends at once.
//!
//! Nothing here reads a real clock.

use std::future::{Future as _, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use tokio::task;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, async_trait};

/// The first moment, in nanoseconds. It is not 0, because Go ends a program whose clock shows 0.
const START: u64 = 1;

/// The last moment that the clock can show: 292 years. A later moment never comes, and a component that waits for it is
/// ended at its time limit. Languages whose clocks are signed numbers cannot read a later one.
const END: u64 = i64::MAX.cast_unsigned();

/// No component waits.
const NOBODY: u64 = u64::MAX;

/// A clock of one component. A clone is the same clock.
#[derive(Clone)]
pub(super) struct Clock(Arc<Moments>);

struct Moments {
    now: AtomicU64,
    /// The earliest moment that the call in progress waits for, or [`NOBODY`]. A component makes one call at a time.
    earliest: AtomicU64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(Arc::new(Moments {
            now: AtomicU64::new(START),
            earliest: AtomicU64::new(NOBODY),
        }))
    }

    pub(super) fn moment(&self) -> u64 {
        self.0.now.load(Ordering::Relaxed)
    }

    fn has_reached(&self, when: u64) -> bool {
        self.moment() >= when
    }

    /// Returns what a component waits for until this clock shows `when`.
    pub(super) fn subscribe(
        &self,
        table: &mut ResourceTable,
        when: u64,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let clock = self.clone();
        let alarm = table.push(Alarm { clock, when })?;
        subscribe(table, alarm)
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.moment()
    }
}

/// A moment that a component waits for.
struct Alarm {
    clock: Clock,
    when: u64,
}

impl Alarm {
    /// Moves the clock to this alarm's moment, if nothing else that the same call waits for comes before it.
    ///
    /// A call polls all that it waits for in turn, again and again, and returns as soon as one of them is ready. So:
    /// - The first yield gives all of them a turn. Files begin their operations in it, and alarms enter their moments.
    /// - One thread does the operations of files, one after the other. When it has done one of ours, it has done all
    ///   that began before.
    /// - The second yield gives the files that are ready then a turn before the clock moves.
    ///
    /// Therefore a file comes before any alarm and an earlier alarm before a later one, however fast the machine is.
    async fn move_clock(&self) {
        let earliest = &self.clock.0.earliest;
        earliest.fetch_min(self.when, Ordering::Relaxed);
        let _entered = Entered(earliest);
        task::yield_now().await;
        // An error says that the runtime ends, and this call with it.
        let _ended = task::spawn_blocking(|| ()).await;
        task::yield_now().await;
        if earliest.load(Ordering::Relaxed) != self.when || self.when > END {
            pending::<()>().await;
        }
        self.clock.0.now.fetch_max(self.when, Ordering::Relaxed);
    }
}

/// Removes the moments that a call entered when the call ends.
struct Entered<'a>(&'a AtomicU64);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.store(NOBODY, Ordering::Relaxed);
    }
}

#[async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        let mut moves = pin!(self.move_clock());
        // Asks the clock in each turn, because another alarm for the same moment may have moved it.
        poll_fn(|context| {
            if self.clock.has_reached(self.when) {
                return Poll::Ready(());
            }
            moves.as_mut().poll(context)
        })
        .await;
    }
}
