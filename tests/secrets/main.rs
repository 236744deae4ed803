//! Tests that the token is stored and sent only where it belongs, and who must not be able to change that.

#[cfg(test)]
mod application;
#[cfg(test)]
mod bindings;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod neighbour;
#[cfg(test)]
mod platform_variables;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod process_variables;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
