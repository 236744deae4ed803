//! C: the compiler of zig, or clang with wasi-libc, whichever is there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::tool;

/// The way to call a compiler for WebAssembly with WASI.
#[derive(Debug, PartialEq, Eq)]
struct Compiler {
    program: OsString,
    arguments: Vec<OsString>,
}

const NOTHING_FOUND: &str = "\
    no compiler for C to WebAssembly was found: 'zig' is not on PATH, 'python3' has no package 'ziglang', \
    'clang' is not on PATH or finds no wasi-libc, and WASI_SDK_PATH is not set. Install one of them: \
    'pip install ziglang', or on Debian 'apt-get install clang lld wasi-libc libclang-rt-dev-wasm32', or the WASI SDK, \
    and set WASI_SDK_PATH to its folder";

/// Compiles the C files of the project and of its kit as a reactor: a module without `main`, whose functions the host
/// calls. Returns the core module.
pub(super) fn compile(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let sources = sources(dir)?;
    let compiler = find(&tool::ask, sdk().as_deref())?;
    let made = tempfile::tempdir().context("a temporary folder can't be made")?;
    let module = made.path().join("buildpack.wasm");
    tool::run(
        Command::new(&compiler.program)
            .args(&compiler.arguments)
            .args(["-mexec-model=reactor", "-Os", "-Wall", "-Wextra"])
            // Older compilers only warn of a function that does not exist, and the linker does not name the line.
            .args(["-Werror=implicit-function-declaration", "-o"])
            .arg(&module)
            .args(sources)
            .current_dir(dir),
    )?;
    fs::read(&module).with_context(|| format!("{} can't be read", module.display()))
}

/// The C files, and the object that holds the types of the contract. Relative paths, so that the bytes of the module do
/// not depend on the folder.
fn sources(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    ensure!(
        dir.join("kit/buildpack.h").is_file(),
        "{} has no kit: the file kit/buildpack.h is missing. 'wasm-buildpack new' makes a project with it",
        dir.display()
    );
    let mut found = tool::files(dir, ".", "c")?;
    found.extend(tool::files(dir, "kit", "c")?);
    found.extend(tool::files(dir, "kit/bindings", "c")?);
    found.extend(tool::files(dir, "kit/bindings", "o")?);
    Ok(found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the WASI SDK is found by this variable, which its own documentation names"
)]
fn sdk() -> Option<OsString> {
    std::env::var_os("WASI_SDK_PATH").filter(|path| !path.is_empty())
}

/// The first compiler that answers. An SDK that a person names comes first.
fn find(
    ask: &dyn Fn(&OsStr, &[&str]) -> Option<String>,
    sdk: Option<&OsStr>,
) -> anyhow::Result<Compiler> {
    if let Some(sdk) = sdk {
        let clang = Path::new(sdk).join("bin/clang");
        if ask(clang.as_os_str(), &["--version"]).is_none() {
            bail!(
                "WASI_SDK_PATH is {}, and {} can't be run. Set the variable to the folder of a WASI SDK, or unset it",
                Path::new(sdk).display(),
                clang.display()
            );
        }
        return Ok(Compiler {
            program: clang.into_os_string(),
            arguments: vec!["--target=wasm32-wasi".into()],
        });
    }
    let zig = ["cc", "-target", "wasm32-wasi"].map(OsString::from);
    if ask(OsStr::new("zig"), &["version"]).is_some() {
        return Ok(Compiler {
            program: "zig".into(),
            arguments: zig.into(),
        });
    }
    if ask(OsStr::new("python3"), &["-m", "ziglang", "version"]).is_some() {
        let module = ["-m", "ziglang"].map(OsString::from);
        return Ok(Compiler {
            program: "python3".into(),
            arguments: module.into_iter().chain(zig).collect(),
        });
    }
    // Of a file that it does not find, clang prints the bare name.
    let start = ["--target=wasm32-wasi", "-print-file-name=crt1-reactor.o"];
    if ask(OsStr::new("clang"), &start).is_some_and(|file| file.contains('/')) {
        return Ok(Compiler {
            program: "clang".into(),
            arguments: vec!["--target=wasm32-wasi".into()],
        });
    }
    bail!(NOTHING_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only<'a>(name: &'a str, answer: &'a str) -> impl Fn(&OsStr, &[&str]) -> Option<String> + 'a {
        move |program, _| (program == name).then(|| answer.to_owned())
    }

    #[test]
    fn zig_on_the_path_comes_before_zig_of_python() {
        let found = find(&|_, _| Some(String::new()), None).unwrap();
        assert_eq!(found.program, "zig");
        assert_eq!(found.arguments, ["cc", "-target", "wasm32-wasi"]);
    }

    #[test]
    fn zig_of_python_is_called_as_its_module() {
        let found = find(&only("python3", "0.17.1"), None).unwrap();
        assert_eq!(found.program, "python3");
        assert_eq!(found.arguments[..3], ["-m", "ziglang", "cc"]);
    }

    #[test]
    fn clang_counts_only_with_a_wasi_libc() {
        let found = find(&only("clang", "/usr/lib/wasm32-wasi/crt1-reactor.o"), None);
        assert_eq!(found.unwrap().arguments, ["--target=wasm32-wasi"]);
        let without = find(&only("clang", "crt1-reactor.o"), None).unwrap_err();
        assert_eq!(without.to_string(), NOTHING_FOUND);
    }

    #[test]
    fn a_named_sdk_comes_first() {
        let found = find(&|_, _| Some(String::new()), Some(OsStr::new("/sdk"))).unwrap();
        assert_eq!(found.program, "/sdk/bin/clang");
    }

    #[test]
    fn a_wrong_sdk_is_named() {
        let error = find(&only("zig", "0.17.1"), Some(OsStr::new("/sdk"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "WASI_SDK_PATH is /sdk, and /sdk/bin/clang can't be run. Set the variable to the folder of a WASI SDK, or \
             unset it"
        );
    }

    #[test]
    fn the_error_says_what_to_install() {
        let error = find(&|_, _| None, None).unwrap_err().to_string();
        assert!(error.contains("'pip install ziglang'"), "{error}");
        assert!(
            error.contains("wasi-libc libclang-rt-dev-wasm32"),
            "{error}"
        );
    }

    #[test]
    fn a_project_without_its_kit_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = sources(dir.path()).unwrap_err().to_string();
        assert!(error.contains("kit/buildpack.h is missing"), "{error}");
    }

    #[test]
    fn sources_are_sorted_and_relative() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("kit/bindings")).unwrap();
        for name in [
            "b.c",
            "a.c",
            "a.txt",
            "kit/buildpack.h",
            "kit/buildpack.c",
            "kit/bindings/wit.c",
            "kit/bindings/wit.o",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let found = sources(dir.path()).unwrap();
        assert_eq!(
            found,
            [
                "./a.c",
                "./b.c",
                "kit/buildpack.c",
                "kit/bindings/wit.c",
                "kit/bindings/wit.o"
            ]
            .map(PathBuf::from)
        );
    }
}
