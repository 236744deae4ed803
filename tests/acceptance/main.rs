//! Tests detect, build and reuse with the shipped host, as a person and the lifecycle see them.
//!
//! Each module tests one topic; `world` contains their common parts.

#[cfg(test)]
mod applications;
#[cfg(test)]
mod archives;
#[cfg(test)]
mod bringing;
#[cfg(test)]
mod build;
#[cfg(test)]
mod detect;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod explaining;
#[cfg(test)]
mod kernels;
#[cfg(test)]
mod launch;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod releasing;
#[cfg(test)]
mod reuse;
#[cfg(test)]
mod revision;
#[cfg(test)]
mod sbom;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod surroundings;
#[cfg(test)]
mod token;
#[cfg(test)]
mod vendored;
#[cfg(test)]
mod verifying;
#[cfg(test)]
mod wording;
#[cfg(test)]
mod world;
