//! When to say that a long download goes on: soon at first, then less and less often.
//!
//! Pure. Each line stands for itself, so that it reads well where lines are kept.

use std::time::Duration;

/// The first word comes after this time, and most downloads are over by then.
const FIRST: Duration = Duration::from_secs(5);
/// No silence is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// What was said so far.
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
    /// Whether it is time for a word, so long after the beginning. The time to the next doubles.
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
