//! Tests the download with a real git server on loopback, with and without injected faults.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod cutting;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod garbage;
#[cfg(test)]
mod hostile_packs;
#[cfg(test)]
mod hostile_repositories;
#[cfg(test)]
mod hostile_wire;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod naming;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod support;
