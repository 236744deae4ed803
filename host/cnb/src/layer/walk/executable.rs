//! Compares the files that a component declares as executable with what it wrote.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::{EntryError, WalkError, shown_path};
use super::is_unchanged;
use super::tree::LayerTree;
use crate::check::CheckedLayer;
use dir::Kind;

/// The permission to execute a file, of its owner, its group and others.
const EXECUTE: u32 = 0o111;

/// Refuses a declared executable that is not a file of the component's.
///
/// A restored file that the component did not change is accepted only if it is executable already: nobody knows who
/// wrote it, and an earlier build may have fetched it. The same holds for a new name of such a file, because all names
/// of a file have the same permissions.
pub(super) fn judge(
    after: &LayerTree,
    before: &LayerTree,
    declared: &[CheckedLayer],
) -> Result<(), WalkError> {
    if declared.iter().all(|layer| layer.executables.is_empty()) {
        return Ok(());
    }
    let restored = restored_with_more_names(after, before);
    for layer in declared {
        for executable in &layer.executables {
            let path = Path::new(layer.name.as_str()).join(executable.as_str());
            let what = match after.get(&path) {
                None => "is missing",
                Some(now) => match now.stat.kind {
                    Kind::File if restored.contains(&now.stat.id) => {
                        "is a restored file under a new name"
                    }
                    Kind::File if !is_unchanged(&path, now, before) => continue,
                    Kind::File if now.stat.mode & EXECUTE == EXECUTE => continue,
                    Kind::File => "was restored, and the component did not write it again",
                    Kind::Dir => "is a directory",
                    Kind::Link => "is a link",
                    Kind::Special => "is a device, a socket or a pipe",
                },
            };
            let path = shown_path(&path);
            return Err(WalkError::Entry(EntryError::Executable { path, what }));
        }
    }
    Ok(())
}

/// The restored files that have several names now, each where it was.
fn restored_with_more_names(after: &LayerTree, before: &LayerTree) -> BTreeSet<u128> {
    let entries = after.entries().filter(|(path, now)| {
        before
            .get(path)
            .is_some_and(|then| then.stat.id == now.stat.id && then.stat.links < now.stat.links)
    });
    entries.map(|(_, now)| now.stat.id).collect()
}
