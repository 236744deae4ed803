//! Decides when to report the progress of a long download: soon at first, then less and less often.
//!
//! Pure. Each report is a line of its own, which suits logs that are stored.

use std::time::Duration;

/// The time before the first report. Most downloads end earlier.
const FIRST: Duration = Duration::from_secs(5);
/// The longest time between two reports.
const LONGEST: Duration = Duration::from_mins(1);

/// The time of the next report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    next: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Pace {
    /// Whether a report is due, `elapsed` after the beginning. If so, doubles the time to the next one.
    pub(super) fn is_due(&mut self, elapsed: Duration) -> bool {
        if elapsed < self.next {
            return false;
        }
        self.next = elapsed + elapsed.clamp(FIRST, LONGEST);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_come_less_and_less_often_but_at_least_once_a_minute() {
        let mut pace = Pace::default();
        let due = (0..300).filter(|second| pace.is_due(Duration::from_secs(*second)));
        let due: Vec<_> = due.collect();
        assert_eq!(due, [5, 10, 20, 40, 80, 140, 200, 260]);
    }
}
