//! Runs a program of a language, such as its compiler.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Returns the output of a program with these arguments, if it can be run and succeeds.
pub(super) fn ask(program: &OsStr, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

/// Runs a compiler, whose messages a person sees as it prints them.
pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = Path::new(command.get_program()).display().to_string();
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("'{name}' can't be started"))?;
    if !status.success() {
        bail!(
            "'{name}' failed with {status}: its messages are above. Correct the source where they say, and try again"
        );
    }
    Ok(())
}

/// The files of a folder with this extension, in the order of their names, so that two builds pass the same arguments.
/// The paths are relative to `dir`.
pub(super) fn files(dir: &Path, folder: &str, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let path = dir.join(folder);
    let entries = path
        .read_dir()
        .with_context(|| format!("the folder {} can't be read", path.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let name = entry
            .with_context(|| format!("the folder {} can't be read", path.display()))?
            .file_name();
        if Path::new(&name).extension() == Some(OsStr::new(extension)) {
            found.push(Path::new(folder).join(name));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named_with_its_status() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'sh' failed with exit status: 3: its messages are above. Correct the source where they say, and try again"
        );
    }

    #[test]
    fn a_program_that_does_not_exist_does_not_answer() {
        assert_eq!(ask(OsStr::new("/nowhere/zig"), &["version"]), None);
        assert_eq!(ask(OsStr::new("sh"), &["-c", "echo 1; exit 1"]), None);
        let text = ask(OsStr::new("sh"), &["-c", "echo 1"]);
        assert_eq!(text.as_deref(), Some("1"));
        let error = run(&mut Command::new("/nowhere/zig")).unwrap_err();
        assert_eq!(error.to_string(), "'/nowhere/zig' can't be started");
    }
}
