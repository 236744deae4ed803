//! The files that the tool brings along.
