//! The clock of a download, and the counters of its traffic.
//!
//! Nothing here decides how long a download may take.

use std::time::{Duration, Instant};

/// A clock, which tests replace so that they do not wait.
pub trait Clock {
    /// Returns the time since a fixed moment.
    fn now(&self) -> Duration;
    fn sleep(&self, wait: Duration);
}

/// The machine's monotonic clock, starting at zero.
pub(super) struct SystemClock(Instant);

impl SystemClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, wait: Duration) {
        std::thread::sleep(wait);
    }
}

/// The network traffic, for the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The count of sent requests, including repeated and redirected ones.
    pub requests: u32,
    /// The bytes of all answers' bodies.
    pub bytes_received: u64,
}

/// Called with the count of all bytes received until now.
pub type Progress = Box<dyn Fn(u64)>;
