//! The files in `deploy/` say what their platforms read, and what this project promises of them.
//!
//! What a platform makes of them is seen by `cargo xtask acceptance`, or was seen once: deploy/README.md says which.

#[cfg(test)]
mod all;
#[cfg(test)]
mod files;
#[cfg(test)]
mod pack;
#[cfg(test)]
mod services;
