//! Checks the targets of the links in a tree, in time linear in the lengths of the targets.
//!
//! Nothing here reads a link from the disk.

use super::path::{EntryPath, Mode};
use super::places::{Place, Places};

/// Linux's limit for a link's target, in bytes.
const LONGEST_TARGET: usize = 4095;

/// The reason to refuse the target of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkReason {
    /// A link whose target is empty or has a zero byte.
    #[error("a link must have a target")]
    Empty,
    #[error("its target is longer than {LONGEST_TARGET} bytes")]
    Long,
    #[error("it leads to an absolute path")]
    Absolute,
    #[error("it leads out of the fetched folder")]
    Outward,
    /// A link whose target passes through another link, so that the text alone does not show where it leads.
    #[error("its target leads through another link")]
    ThroughLink,
}

/// Checks the size of a link's target before the target is read.
pub fn judge_target_size(bytes: u64) -> Result<(), LinkReason> {
    if bytes > LONGEST_TARGET as u64 {
        return Err(LinkReason::Long);
    }
    Ok(())
}

/// Checks a link's target against the entries of the fetched folder.
///
/// The rule needs no file system: the target, read as text from the link's own folder, never leaves the fetched folder,
/// and none of its names but the last is itself a link. So the text and the file system agree on where the link leads,
/// and a chain of links is as safe as each link in it. If the target ends with a slash, the last name may not be a link
/// either. A name that is missing or not a directory is allowed: such a link leads nowhere, and not outside.
pub fn judge_link(
    link: &EntryPath,
    target: &[u8],
    places: &Places<'_, Mode>,
) -> Result<(), LinkReason> {
    if target.is_empty() || target.contains(&0) {
        return Err(LinkReason::Empty);
    }
    judge_target_size(target.len() as u64)?;
    if target[0] == b'/' {
        return Err(LinkReason::Absolute);
    }
    let mut way = WalkedPath::from_the_top();
    for name in link.parts() {
        way.down(name, places);
    }
    // The target is relative to the link's own folder.
    way.up().ok_or(LinkReason::Outward)?;
    let mut passed_link = false;
    for part in target.split(|byte| *byte == b'/') {
        if passed_link {
            return Err(LinkReason::ThroughLink);
        }
        match part {
            b"" | b"." => {}
            b".." => way.up().ok_or(LinkReason::Outward)?,
            name => {
                let place = way.down(name, places);
                let mode = place.and_then(|place| places.at(place));
                passed_link = mode == Some(&Mode::Link);
            }
        }
    }
    Ok(())
}

/// The path from the fetched folder to a place, including the place. `None` stands for a missing entry.
struct WalkedPath(Vec<Option<Place>>);

impl WalkedPath {
    fn from_the_top() -> Self {
        Self(Vec::new())
    }

    fn up(&mut self) -> Option<()> {
        self.0.pop().map(drop)
    }

    fn down(&mut self, name: &[u8], places: &Places<'_, Mode>) -> Option<Place> {
        let folder = self.0.last().copied().unwrap_or(Some(Place::ROOT));
        // A missing folder has no entries.
        let place = folder.and_then(|folder| places.step(folder, name));
        self.0.push(place);
        place
    }
}

#[cfg(test)]
mod tests;
