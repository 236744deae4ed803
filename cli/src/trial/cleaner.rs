//! Removes a trial's folder even if this process is ended from outside, as by Ctrl-C while a process of the image runs.
//!
//! A shell waits at a pipe whose other end is in this process. The pipe closes however this process ends.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// The script: it ignores the signals that a terminal sends to all processes of a command.
const SCRIPT: &str = "trap '' INT QUIT TERM HUP; read -r _; rm -rf -- \"$0\"";

/// The shell that removes the folder.
pub(super) struct Cleaner {
    shell: Child,
}

impl Cleaner {
    /// Starts to watch over a folder.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("The shell cannot be started: '/bin/sh'")?;
        Ok(Self { shell })
    }

    /// Leaves the folder where it is.
    pub(super) fn call_off(mut self) -> anyhow::Result<()> {
        self.shell
            .kill()
            .context("The shell that would remove the folder cannot be ended")
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Its status does not matter: the folder is usually gone already.
        let _status = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gone_when_the_pipe_is_closed_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let [gone, kept] = ["gone", "kept"].map(|name| folder.path().join(name));
        for dir in [&gone, &kept] {
            std::fs::create_dir_all(dir.join("deep")).unwrap();
        }
        drop(Cleaner::of(&gone).unwrap());
        assert!(!gone.exists());
        Cleaner::of(&kept).unwrap().call_off().unwrap();
        assert!(kept.join("deep").is_dir());
    }
}
