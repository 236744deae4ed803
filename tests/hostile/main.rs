//! Guests and repositories that mean harm, or are broken: each refused, by name, with nothing left behind.
