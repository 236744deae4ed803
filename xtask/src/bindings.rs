//! The bindings of the kit for Rust (`sdk/rust`), which are made beforehand: an author needs neither a generator nor the
//! crates of one. `cargo xtask tidy` compares them with `wit/`, and `cargo xtask tidy --update` writes them.

use std::path::Path;
use std::{fs, str};

use anyhow::{Context, ensure};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::Opts;

/// One file of bindings.
struct Bindings {
    /// The file of the contract, relative to the checkout.
    wit: &'static str,
    world: &'static str,
    /// The file of the bindings, relative to the checkout.
    rust: &'static str,
}

const ALL: [Bindings; 2] = [
    Bindings {
        wit: "wit/buildpack.wit",
        world: "buildpack",
        rust: "sdk/rust/src/raw.rs",
    },
    // The part of WASI that a component without the standard library needs.
    Bindings {
        wit: "sdk/rust/wit/files.wit",
        world: "files",
        rust: "sdk/rust/src/wasi/bindings.rs",
    },
];

/// Makes all bindings again. Returns a finding for each file that differs, or writes it if `update` is set.
pub(crate) fn compare(root: &Path, update: bool) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for one in ALL {
        let Bindings { wit, rust, .. } = one;
        let expected = one.make(root)?;
        let path = root.join(rust);
        if update {
            fs::write(&path, expected).with_context(|| format!("can't write {rust}"))?;
        } else if fs::read_to_string(&path).with_context(|| format!("can't read {rust}"))?
            != expected
        {
            found.push(format!(
                "{rust} differs from the bindings of {wit}: write it with `cargo xtask tidy --update`"
            ));
        }
    }
    Ok(found)
}

impl Bindings {
    fn make(&self, root: &Path) -> anyhow::Result<String> {
        let Self { wit, world, .. } = self;
        let mut resolve = Resolve::default();
        let package = resolve.push_file(root.join(wit));
        let package = package.with_context(|| format!("can't parse {wit}"))?;
        let world = resolve.select_world(&[package], Some(world))?;
        let options = Opts {
            format: true,
            generate_all: true,
            additional_derive_attributes: vec!["PartialEq".to_owned(), "Eq".to_owned()],
            pub_export_macro: true,
            export_macro_name: Some("export".to_owned()),
            // The kit has the few functions that bindings call.
            runtime_path: Some("crate::rt".to_owned()),
            ..Opts::default()
        };
        let mut files = Files::default();
        options.build().generate(&mut resolve, world, &mut files)?;
        let mut files = files.iter();
        let (_, text) = files.next().context("the generator made no file")?;
        ensure!(files.next().is_none(), "the generator made several files");
        let text = str::from_utf8(text)?;
        Ok(format!(
            "//! Made by `cargo xtask tidy --update` from `{wit}`.\n\n{text}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_that_differ_are_found_and_written() {
        let root = tempfile::tempdir().unwrap();
        for Bindings { wit, rust, .. } in ALL {
            for path in [wit, rust] {
                fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            }
            let checkout = package::cargo::root();
            fs::copy(checkout.join(wit), root.path().join(wit)).unwrap();
            fs::write(root.path().join(rust), "// old").unwrap();
        }
        let found = compare(root.path(), false).unwrap();
        assert_eq!(found.len(), ALL.len(), "{found:?}");
        assert_eq!(compare(root.path(), true).unwrap(), [""; 0]);
        assert_eq!(compare(root.path(), false).unwrap(), [""; 0]);
    }
}
