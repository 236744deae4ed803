//! The templates and the kits, which the tool contains.

/// The path of each file beneath `cli/` or beside it, such as `templates/c/buildpack.c`, and its content.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A file of the tool, with its path beneath the folder that was asked for.
pub(crate) type File = (&'static str, &'static [u8]);

/// The files beneath a folder, such as `sdk/c`.
pub(crate) fn folder(folder: &str) -> Vec<File> {
    let beneath = |(path, content): &File| {
        let path = path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path, *content))
    };
    FILES.iter().filter_map(beneath).collect()
}
