//! Tests sources of files: the host fetches the listed files by their digest, and nothing else.

#[cfg(test)]
mod archives;
#[cfg(test)]
mod declared;
#[cfg(test)]
mod index;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod listed;
#[cfg(test)]
mod pack;
#[cfg(test)]
mod python;
#[cfg(test)]
mod requirements;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod stopped;
#[cfg(test)]
mod vendoring;
#[cfg(test)]
mod wheel;
