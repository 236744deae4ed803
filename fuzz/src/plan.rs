//! An input read as a plan: a byte at a time chooses what comes next, and an input that ends chooses zero.
//!
//! So every input is a plan, and a small change of one is a small change of the other.

/// What is left of a plan.
pub(crate) struct Plan<'a>(&'a [u8]);

impl<'a> Plan<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// One of so many choices.
    pub(crate) fn choice(&mut self, choices: usize) -> usize {
        usize::from(self.byte()) % choices.max(1)
    }

    /// As many bytes as the next one says, or what is left.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }
}
