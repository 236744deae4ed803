//! Reads a file that a person names.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The limit on a component, in bytes. The largest known ones have 60 MiB.
const LARGEST: u64 = 1 << 30;

/// Reads a component or a core module. Refuses a pipe, which may have no end, and a device.
pub(crate) fn component(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    dir::read_capped(File::open(path)?, LARGEST)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_file_is_read_and_a_pipe_or_a_device_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "content").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(at("pipe"))
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(component(&at("link")).unwrap(), b"content");
        for path in [&*at("pipe"), Path::new("/dev/zero")] {
            let error = component(path).unwrap_err().to_string();
            assert_eq!(error, "it is not a regular file");
        }
    }
}
