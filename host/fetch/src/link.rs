//! Judges where links of a fetched folder may lead. Pure, and no more work than the links' texts are long.

use super::entry::{EntryPath, Mode, Reason, judge_target_size};
use cnb::places::{Place, Places};

/// Judges where a link leads, by what the fetched folder holds.
///
/// The rule, which needs no file system: the target, read as text from the link's own folder, never leaves the
/// fetched folder, and none of its names but the last is itself a link. So text and file system agree on where
/// it leads, and a chain of links is as sound as each of them. A slash at the end makes the last name one to
/// pass through. What is missing or no directory may be named: such a link leads nowhere, and not outside.
pub(super) fn judge_link(
    link: &EntryPath,
    target: &[u8],
    places: &Places<'_, Mode>,
) -> Result<(), Reason> {
    if target.is_empty() || target.contains(&0) {
        return Err(Reason::EmptyLink);
    }
    judge_target_size(target.len() as u64)?;
    if target[0] == b'/' {
        return Err(Reason::AbsoluteLink);
    }
    let mut way = Way::from_the_top();
    for name in link.parts() {
        way.down(name, places);
    }
    // From the folder that it lies in.
    way.up().ok_or(Reason::OutwardLink)?;
    let mut passed_link = false;
    for part in target.split(|byte| *byte == b'/') {
        if passed_link {
            return Err(Reason::LinkThroughLink);
        }
        match part {
            b"" | b"." => {}
            b".." => way.up().ok_or(Reason::OutwardLink)?,
            name => {
                let place = way.down(name, places);
                let mode = place.and_then(|place| places.at(place));
                passed_link = mode == Some(&Mode::Link);
            }
        }
    }
    Ok(())
}

/// The folders between the fetched folder and a place, that place included. `None` stands for what isn't there.
struct Way(Vec<Option<Place>>);

impl Way {
    fn from_the_top() -> Self {
        Self(Vec::new())
    }

    fn up(&mut self) -> Option<()> {
        self.0.pop().map(drop)
    }

    fn down(&mut self, name: &[u8], places: &Places<'_, Mode>) -> Option<Place> {
        let folder = self.0.last().copied().unwrap_or(Some(Place::ROOT));
        // Beneath what isn't there, nothing is.
        let place = folder.and_then(|folder| places.step(folder, name));
        self.0.push(place);
        place
    }
}

#[cfg(test)]
mod tests;
