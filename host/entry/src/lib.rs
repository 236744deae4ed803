//! The rules for a tree from outside: names, paths, and the targets of links. Pure.
//!
//! Nothing here touches the disk, or knows a rule that only one kind of source has, such as git's about `.git`.

mod link;
mod name;
mod path;
pub mod places;

pub use link::{LinkReason, judge_link, judge_target_size};
pub use name::{LONGEST_NAME, NameReason, Names, TOO_LONG, folded, judge_name, judge_path};
pub use path::{EntryPath, Mode};
