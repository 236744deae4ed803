//! The time that a folder may take.
//!
//! Nothing here waits, or ends what runs: the code that unpacks asks between two pieces.

use std::fmt;
use std::time::{Duration, Instant};

use super::error::LimitReason;

/// Returns the time since a fixed moment. Tests replace the clock, so that they do not wait.
pub type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

pub(crate) struct Deadline {
    clock: Clock,
    until: Duration,
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl Deadline {
    /// Begins now, by the machine's monotonic clock.
    pub(crate) fn after(time: Duration) -> Self {
        let began = Instant::now();
        Self::by(Box::new(move || began.elapsed()), time)
    }

    pub(crate) fn by(clock: Clock, time: Duration) -> Self {
        Self {
            until: clock().saturating_add(time),
            clock,
        }
    }

    /// Fails if the time is over.
    pub(crate) fn check(&self) -> Result<(), LimitReason> {
        if (self.clock)() >= self.until {
            return Err(LimitReason::Time);
        }
        Ok(())
    }
}
