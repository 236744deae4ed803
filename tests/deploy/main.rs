//! Tests that the files in `deploy/` fit their platforms, and keep this project's promises about them.
//!
//! `cargo xtask acceptance` tries some of them on their platforms; deploy/README.md says which others were tried
//! once.

#[cfg(test)]
mod all;
#[cfg(test)]
mod files;
#[cfg(test)]
mod pack;
#[cfg(test)]
mod services;
