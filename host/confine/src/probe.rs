//! Proves the sandbox by trying operations that it must deny. The reported level is the result.

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket};

use super::files::FilesError;
use super::held::{ENOUGH, Held};
use super::programs::CallsError;

/// The operations to try.
pub(super) struct Probe {
    files: [String; 3],
}

impl Probe {
    /// Finds the files to try, while this process may still look for them.
    pub(super) fn ready() -> Self {
        let parent = rustix::process::getppid().map_or(1, rustix::process::Pid::as_raw_pid);
        // The root directory, a file that everybody may read, and the environment of the parent process.
        let files = ["/", "/etc/passwd", &format!("/proc/{parent}/environ")];
        Self {
            files: files.map(str::to_owned),
        }
    }

    /// Tries the files and a socket, and returns what is enforced.
    pub(super) fn prove(
        &self,
        files: Result<u32, FilesError>,
        calls: Result<(), CallsError>,
    ) -> Held {
        let mut missing = Vec::new();
        let landlock = match files {
            Ok(_) if !self.files_are_denied() => {
                missing.push("Landlock is in force, and a file elsewhere can be opened".to_owned());
                0
            }
            Ok(abi) => {
                if abi < ENOUGH {
                    missing.push(format!("ABI {ENOUGH} is needed, Linux 6.2"));
                }
                abi
            }
            Err(error) => {
                missing.push(super::chain(&error));
                0
            }
        };
        let seccomp = match calls {
            Ok(()) if !sockets_are_denied() => {
                missing.push("seccomp is in force, and a socket can be made".to_owned());
                false
            }
            Ok(()) => true,
            Err(error) => {
                missing.push(super::chain(&error));
                false
            }
        };
        Held {
            landlock,
            seccomp,
            is_limited: true,
            missing,
        }
    }

    fn files_are_denied(&self) -> bool {
        // Does not use the standard library: with musl it makes another call, which is not on the list.
        let open = |path: &String| openat(CWD, path.as_str(), OFlags::RDONLY, Mode::empty());
        self.files.iter().all(|path| {
            // A file that does not exist is treated as denied. The root directory always exists.
            matches!(open(path), Err(Errno::ACCESS | Errno::PERM | Errno::NOENT))
        })
    }
}

fn sockets_are_denied() -> bool {
    matches!(
        socket(AddressFamily::INET, SocketType::STREAM, None),
        Err(Errno::PERM)
    )
}
