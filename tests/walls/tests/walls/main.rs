//! Tests the kernel's sandbox from within: each part must deny what it is for, and allow the nearest innocent
//! operation.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod files;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod support;
