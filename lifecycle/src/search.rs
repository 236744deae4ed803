//! Searches bytes, folders and the processes of a running program for a secret.
//!
//! The meaning of a result belongs to the tests. A test that finds nothing needs a control that finds something.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result};
use memchr::memmem;

use crate::folder;

/// A secret for a test, in every encoding in which it could leak.
#[derive(Clone, Debug)]
pub struct Canary {
    token: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    /// A canary with this token. It should be longer than eight bytes, so that it is not found by chance.
    #[must_use]
    pub fn new(token: &str) -> Self {
        let bytes = token.as_bytes();
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        let hex = hexadecimal(bytes);
        let mut forms = vec![
            ("plain", bytes.to_vec()),
            ("percent-encoded", percent_encoded(bytes).into_bytes()),
            ("reversed", reversed),
            ("upper case hexadecimal", hex.to_uppercase().into_bytes()),
            ("hexadecimal", hex.into_bytes()),
        ];
        for text in within_base64(bytes) {
            let url_safe = text.replace('+', "-").replace('/', "_");
            forms.push(("base64", text.into_bytes()));
            forms.push(("base64 for addresses", url_safe.into_bytes()));
        }
        // A token that has only letters and digits has the same text in two encodings.
        let mut known = BTreeSet::new();
        forms.retain(|(_, form)| known.insert(form.clone()));
        Self {
            token: token.to_owned(),
            forms,
        }
    }

    /// The plain secret.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The encodings in which `bytes` contains it.
    #[must_use]
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<&'static str> {
        let mut found: Vec<_> = self
            .forms
            .iter()
            .filter(|(_, form)| memmem::find(bytes, form).is_some())
            .map(|(name, _)| *name)
            .collect();
        found.dedup();
        found
    }

    /// The places beneath `folder` that contain it: names, targets of links, and files.
    pub fn in_folder(&self, folder: &Path) -> Result<Vec<String>> {
        let mut places = Vec::new();
        folder::walk(folder, &mut |path, meta| {
            let name = path.file_name().unwrap_or_default();
            let mut look = |what: &str, bytes: &[u8]| {
                for form in self.in_bytes(bytes) {
                    places.push(format!("{} {} ({form})", what, path.display()));
                }
            };
            look("name of", name.as_bytes());
            if meta.is_symlink() {
                look("target of", fs::read_link(path)?.as_os_str().as_bytes());
            } else if meta.is_file() {
                look("content of", &fs::read(path)?);
            }
            Ok(())
        })?;
        Ok(places)
    }

    /// The places in these sightings that contain it.
    #[must_use]
    pub fn in_processes(&self, sightings: &[Sighting]) -> Vec<String> {
        let mut places = Vec::new();
        for sighting in sightings {
            let name = sighting
                .arguments
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            let environment = sighting.environment.as_deref().unwrap_or_default();
            for (what, bytes) in [
                ("arguments", &sighting.arguments[..]),
                ("environment", environment),
            ] {
                for form in self.in_bytes(bytes) {
                    places.push(format!(
                        "{what} of process {} {name} ({form})",
                        sighting.process
                    ));
                }
            }
        }
        places
    }

    /// The ranges of a process's readable memory that contain it. Needs permission to trace that process.
    pub fn in_memory(&self, process: u32) -> Result<Vec<String>> {
        use std::os::unix::fs::FileExt;
        let maps = fs::read_to_string(format!("/proc/{process}/maps"))
            .with_context(|| format!("can't read the map of process {process}"))?;
        let memory = fs::File::open(format!("/proc/{process}/mem"))
            .with_context(|| format!("can't open the memory of process {process}"))?;
        let mut places = Vec::new();
        for line in maps.lines() {
            let Some((start, end)) = readable_range(line) else {
                continue;
            };
            let mut at = start;
            // A range can reserve gigabytes without content: memory that cannot be read is skipped.
            let mut piece = vec![0; 1 << 20];
            while at < end {
                let length = usize::try_from(end - at)
                    .unwrap_or(usize::MAX)
                    .min(piece.len());
                let Ok(read) = memory.read_at(&mut piece[..length], at) else {
                    break;
                };
                if read == 0 {
                    break;
                }
                for form in self.in_bytes(&piece[..read]) {
                    places.push(format!("memory of process {process}, {line} ({form})"));
                }
                // The pieces overlap, so that no token is split between two of them.
                let step = read.saturating_sub(self.token.len() * 3).max(1);
                at += if at + read as u64 >= end {
                    read as u64
                } else {
                    step as u64
                };
            }
        }
        Ok(places)
    }
}

/// The range in a line of `/proc/<pid>/maps`, if it is readable and not only reserved.
fn readable_range(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let readable = words.next()?.starts_with('r');
    let kernel = line.contains("[vvar") || line.contains("[vsyscall");
    let range = (
        u64::from_str_radix(start, 16).ok()?,
        u64::from_str_radix(end, 16).ok()?,
    );
    (readable && !kernel).then_some(range)
}

/// A process as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The process id.
    pub process: u32,
    /// Its arguments, each with a zero byte after it.
    pub arguments: Vec<u8>,
    /// Its environment in the same form, or `None` if the kernel denies it.
    pub environment: Option<Vec<u8>>,
}

/// Adds the present state of a process and its descendants. A process that ends meanwhile is left out.
pub fn look_at(process: u32, sightings: &mut BTreeSet<Sighting>) {
    let folder = format!("/proc/{process}");
    let Ok(arguments) = fs::read(format!("{folder}/cmdline")) else {
        return;
    };
    let environment = fs::read(format!("{folder}/environ")).ok();
    sightings.insert(Sighting {
        process,
        arguments,
        environment,
    });
    let Ok(threads) = fs::read_dir(format!("{folder}/task")) else {
        return;
    };
    for thread in threads.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in children
            .split_ascii_whitespace()
            .filter_map(|child| child.parse().ok())
        {
            look_at(child, sightings);
        }
    }
}

/// Base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..4 {
            if letter <= group.len() {
                text.push(char::from(
                    LETTERS[(bits >> (18 - 6 * letter) & 0x3f) as usize],
                ));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The text that every base64 encoding of a text with `bytes` contains: one of three, by the offset of `bytes`.
fn within_base64(bytes: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let padded = [&vec![0; before], bytes].concat();
        // The first letters also encode the bytes before, the last letters the bytes after.
        let whole = padded.len() - padded.len() % 3;
        let first = [0, 2, 3][before];
        base64(&padded[..whole])[first..].to_owned()
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(*byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests;
