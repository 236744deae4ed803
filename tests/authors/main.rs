//! Tests the tool for authors as an author uses it: by its command line, in folders outside of this checkout.
//!
//! Each module tests one topic; `tool` contains their common parts.

#[cfg(test)]
mod checking;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod running;
#[cfg(test)]
mod sampling;
#[cfg(test)]
mod tool;
