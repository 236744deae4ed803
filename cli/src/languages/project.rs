//! A project on disk: gives a language's tool copies of what the tool may change, and runs it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

use ::package::layout::DESCRIPTOR;
use ::package::project::PACKAGE;
use anyhow::{Context as _, bail, ensure};

/// The folders of a project that no tool of a language reads.
const LEFT_OUT: [&str; 4] = ["target", "samples", "node_modules", "__pycache__"];

/// The files at the top of a project that this tool and `pack` read, and no tool of a language. So an edit of the
/// descriptor does not build the source again.
const OF_THE_PACKAGE: [&str; 2] = [DESCRIPTOR, PACKAGE];

/// More nested folders than any project has. A link to a folder above itself ends here.
pub(super) const DEEPEST: usize = 40;

/// Runs a program to its end. Returns nothing if the program does not exist.
pub(super) fn run(command: &mut Command) -> anyhow::Result<Option<Output>> {
    match command.output() {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let program = Path::new(command.get_program()).display().to_string();
            Err(error).with_context(|| format!("can't start '{program}'"))
        }
    }
}

/// Copies a project's files into a folder that it makes. It follows links, since a tool that sees only the copy
/// could not. It leaves out hidden files and what no tool reads.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    copy_to_depth(from, to, DEEPEST)
}

fn copy_to_depth(from: &Path, to: &Path, depth: usize) -> anyhow::Result<()> {
    ensure!(
        depth > 0,
        "{} has folders in folders without end: is there a link to a folder above itself?",
        from.display()
    );
    let unreadable = || format!("can't read {}", from.display());
    fs::create_dir_all(to).with_context(|| format!("can't make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(unreadable)? {
        let (name, path) = {
            let entry = entry.with_context(unreadable)?;
            (entry.file_name(), entry.path())
        };
        if is_left_out(&name, depth) {
            continue;
        }
        let target = to.join(&name);
        let metadata =
            fs::metadata(&path).with_context(|| format!("can't read {}", path.display()))?;
        if metadata.is_dir() {
            copy_to_depth(&path, &target, depth - 1)?;
        } else if metadata.is_file() {
            fs::copy(&path, &target).with_context(|| format!("can't copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// Whether no tool reads an entry of this name in a project: it is hidden, or is not source. `depth` is what is left of
/// [`DEEPEST`] in its folder.
pub(super) fn is_left_out(name: &OsStr, depth: usize) -> bool {
    let is_one = |names: &[&str]| names.iter().any(|one| name == *one);
    is_one(&LEFT_OUT)
        || depth == DEEPEST && is_one(&OF_THE_PACKAGE)
        || name.as_encoded_bytes().starts_with(b".")
}

/// Copies the contract out of the project's kit. A tool gets a copy because some tools change the files they read.
pub(super) fn contract(dir: &Path, to: &Path) -> anyhow::Result<()> {
    let wit = dir.join("kit/wit");
    if !wit.join("buildpack.wit").is_file() {
        bail!(
            "the kit is missing: {} does not exist. 'wasm-buildpack new' writes the kit; copy the folder 'kit' of a \
             new project",
            wit.join("buildpack.wit").display()
        );
    }
    copy(&wit, to)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_copy_has_the_files_behind_links_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for name in ["from/a", "from/target", "from/.venv", "kit"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in [
            "from/a/b",
            "from/a/package.toml",
            "from/target/c",
            "from/.venv/d",
            "from/buildpack.toml",
            "from/package.toml",
            "kit/e",
        ] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        symlink("../kit", from.join("kit")).unwrap();
        copy(&from, &to).unwrap();
        let mut found: Vec<_> = fs::read_dir(&to)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        found.sort();
        assert_eq!(found, ["a", "kit"]);
        for name in ["a/b", "a/package.toml"] {
            let text = fs::read_to_string(to.join(name)).unwrap();
            assert_eq!(text, format!("from/{name}"));
        }
        assert_eq!(fs::read_to_string(to.join("kit/e")).unwrap(), "kit/e");
        assert!(to.join("kit").symlink_metadata().unwrap().is_dir());
    }

    #[test]
    fn a_link_to_a_folder_above_itself_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        symlink(".", from.join("again")).unwrap();
        let error = copy(&from, &folder.path().join("to")).unwrap_err();
        assert!(error.to_string().contains("without end"), "{error}");
    }

    #[test]
    fn the_kits_have_the_contract() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let contract = fs::read_to_string(root.join("wit/buildpack.wit")).unwrap();
        for kit in ["python", "js"] {
            let copy = root.join("sdk").join(kit).join("wit/buildpack.wit");
            assert!(
                fs::read_to_string(&copy).unwrap() == contract,
                "{}",
                copy.display()
            );
        }
    }

    /// A kit has the contract's version: its bindings name it, and so does its manifest if the manifest has a version.
    #[test]
    fn the_kits_have_the_contracts_version() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |path: &str| {
            let bytes = fs::read(root.join(path)).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let contract = read("wit/buildpack.wit");
        let versions = |text: &str| {
            let found = text.split("wasm-buildpacks:buildpack").skip(1);
            let found = found.filter_map(|rest| rest.split_once('@'));
            let found = found.filter(|(item, _)| item.len() < 12);
            let end = |c: char| !c.is_ascii_digit() && c != '.';
            let found = found.filter_map(|(_, rest)| rest.split(end).next());
            found.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let version = versions(&contract);
        assert_eq!(version.len(), 1, "{version:?}");
        for bindings in [
            "sdk/c/bindings/wit.c",
            "sdk/c/bindings/wit_component_type.o",
            "sdk/go/internal/exports/wit_exports/wit_exports.go",
            "sdk/go/internal/imports/wasm_buildpacks_buildpack_log/wit_bindings.go",
            "sdk/js/component.js",
            "sdk/js/wit/javascript.wit",
            "sdk/python/wit/buildpack.wit",
            "sdk/rust/src/raw.rs",
        ] {
            assert_eq!(versions(&read(bindings)), version, "{bindings}");
        }
        let manifest: toml::Table = read("sdk/rust/Cargo.toml").parse().unwrap();
        let manifest = manifest["package"]["version"].as_str();
        assert_eq!(manifest, version.first().map(String::as_str));
        // No other kit has a manifest with a version. One that gets such a manifest belongs above.
        for other in ["sdk/js/package.json", "sdk/python/pyproject.toml"] {
            assert!(!root.join(other).exists(), "{other}");
        }
    }

    /// The kits' own tests, which need no WebAssembly. A skip is printed past the harness, which keeps what passes.
    #[test]
    fn the_kits_pass_their_own_tests() {
        use std::io::Write as _;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (folder, program, arguments) in [
            (
                "tests/kits/python",
                "python3",
                &["-B", "-m", "unittest"][..],
            ),
            ("tests/kits/js", "node", &["--test"][..]),
            // The package's own tests are beside it, as Go wants it.
            ("sdk/go", "go", &["test", "./..."][..]),
            ("tests/kits/c", "sh", &["run"][..]),
        ] {
            let folder = root.join(folder);
            let mut command = Command::new(program);
            let ended = run(command.args(arguments).current_dir(&folder)).unwrap();
            let folder = folder.display();
            let Some(ended) = ended else {
                writeln!(
                    io::stderr(),
                    "SKIPPED: {folder}: '{program}' does not exist"
                )
                .unwrap();
                continue;
            };
            let said = [ended.stdout, ended.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(ended.status.success(), "{folder}: {said}");
        }
    }

    #[test]
    fn a_missing_program_is_no_error() {
        assert!(
            run(&mut Command::new("this-program-does-not-exist"))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_project_without_a_kit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = contract(folder.path(), &folder.path().join("to")).unwrap_err();
        assert!(
            error.to_string().starts_with("the kit is missing"),
            "{error}"
        );
    }
}
