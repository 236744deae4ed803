//! Tests sources of files: the host fetches the listed files by their digest, and nothing else.

mod declared;
mod listed;
mod python;
mod scene;
mod wheel;
