//! Passes on the component's log messages, up to a limit. The log is the contract's only import.
//!
//! Nothing here prints. Messages are cleaned where they are printed.

use contract::log::Level;

/// Receives a component's messages.
type Sink = Box<dyn FnMut(Level, &str) + Send>;

/// Passes a component's messages on up to a number of bytes, then sends one warning that the rest is not shown.
pub struct Logger {
    sink: Sink,
    left: usize,
    full: bool,
}

impl Logger {
    /// Passes at most `limit` bytes to `sink`.
    #[must_use]
    pub fn new(limit: usize, sink: Sink) -> Self {
        Self {
            sink,
            left: limit,
            full: false,
        }
    }

    pub(super) fn write(&mut self, level: Level, message: &str) {
        if self.full {
            return;
        }
        if let Some(left) = self.left.checked_sub(message.len()) {
            self.left = left;
            (self.sink)(level, message);
            return;
        }
        self.full = true;
        (self.sink)(
            Level::Warning,
            "The buildpack printed more than 'log-kib' in [metadata.limits] of buildpack.toml allows. The rest is not shown.",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_flood_is_cut_and_said_once() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&seen);
        let sink = Box::new(move |_, text: &str| writer.lock().unwrap().push(text.to_owned()));
        let mut logger = Logger::new(10, sink);
        for _ in 0..100 {
            logger.write(Level::Info, "12345");
        }
        let seen = seen.lock().unwrap();
        assert_eq!(seen[..2], ["12345", "12345"]);
        assert!(seen[2].contains("log-kib"));
        assert_eq!(seen.len(), 3);
    }
}
