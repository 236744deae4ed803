//! Tests sources of files: the host fetches the listed files by their digest, and nothing else.

#[cfg(test)]
mod declared;
#[cfg(test)]
mod listed;
#[cfg(test)]
mod python;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod wheel;
