//! The kernel's walls, tried from within: each must deny what it is there for, and let through what is beside it.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod files;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod support;
