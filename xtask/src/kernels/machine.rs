//! Boots images of kernels in a virtual machine, and reads its console.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;

use package::arch::Arch;

/// The longest silence of the console of an emulated machine.
const SILENCE: Duration = Duration::from_mins(3);
/// The same under KVM, where the first line takes a second or two.
const SILENCE_OF_KVM: Duration = Duration::from_secs(40);
/// The longest run of a machine.
const LONGEST: Duration = Duration::from_mins(30);

/// The type of a file in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// A kernel that QEMU can load.
    Kernel(Arch),
    /// A kernel that unpacks itself and that only firmware can start (`CONFIG_EFI_ZBOOT`).
    ForFirmware,
    /// Not a kernel.
    Other,
}

impl Image {
    /// Reads the type from the magic numbers of kernel formats. Some distributions compress kernels for arm64.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let context = || format!("can't read {}", path.display());
        let file = File::open(path).with_context(context)?;
        let mut head = Vec::new();
        file.take(64 << 10)
            .read_to_end(&mut head)
            .with_context(context)?;
        if head.starts_with(b"\x1f\x8b") {
            let mut unpacked = [0; 1024];
            // Another compressed file can be shorter, and is not a kernel.
            return Ok(match GzDecoder::new(&head[..]).read_exact(&mut unpacked) {
                Ok(()) => Self::by_marks(&unpacked),
                Err(_) => Self::Other,
            });
        }
        Ok(Self::by_marks(&head))
    }

    fn by_marks(head: &[u8]) -> Self {
        let holds = |at: usize, mark: &[u8]| head.get(at..at + mark.len()) == Some(mark);
        if holds(0x202, b"HdrS") {
            Self::Kernel(Arch::Amd64)
        } else if holds(0x38, b"ARM\x64") {
            Self::Kernel(Arch::Arm64)
        } else if holds(0, b"MZ") && holds(4, b"zimg") {
            Self::ForFirmware
        } else {
            Self::Other
        }
    }
}

/// The first line of the emulator's version for an architecture. The error says what to install.
pub(super) fn version(arch: Arch) -> Result<String> {
    let (emulator, package) = emulator(arch);
    version_of(emulator, package)
}

fn emulator(arch: Arch) -> (&'static str, &'static str) {
    match arch {
        Arch::Amd64 => ("qemu-system-x86_64", "qemu-system-x86"),
        Arch::Arm64 => ("qemu-system-aarch64", "qemu-system-arm"),
    }
}

fn version_of(emulator: &str, package: &str) -> Result<String> {
    let output = Command::new(emulator).arg("--version").output();
    let output = output.ok().filter(|output| output.status.success());
    let output = output.with_context(|| {
        format!(
            "kernels are booted by QEMU, and {emulator} can't be started\n\
             on Debian and Ubuntu: apt-get install {package}"
        )
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The output of a machine, and whether it ended by itself.
pub(super) struct Console {
    pub(super) lines: Vec<String>,
    pub(super) ended: bool,
}

/// The way in which a machine's instructions are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By the processor.
    Kvm,
    /// By QEMU, which is much slower.
    Emulation,
}

impl By {
    /// KVM if this user may open it. Under some hypervisors it does not work even then.
    pub(super) fn here() -> Self {
        let opened = OpenOptions::new().read(true).write(true).open("/dev/kvm");
        match opened {
            Ok(_) => Self::Kvm,
            Err(_) => Self::Emulation,
        }
    }
}

/// Boots a kernel with these files, until the machine ends or is silent for too long.
pub(super) fn boot(by: By, arch: Arch, kernel: &Path, files: &Path) -> Result<Console> {
    let (accel, silence) = match by {
        By::Kvm => ("kvm", SILENCE_OF_KVM),
        By::Emulation => ("tcg", SILENCE),
    };
    let (machine, console) = match arch {
        Arch::Amd64 => ("pc", "ttyS0"),
        Arch::Arm64 => ("virt", "ttyAMA0"),
    };
    // When the first process ends, the kernel panics and restarts, and QEMU ends because of `-no-reboot`. The log
    // level hides all messages of the kernel but a panic.
    let line = format!("console={console} loglevel=1 panic=-1 random.trust_cpu=on");
    let mut child = Command::new(emulator(arch).0)
        .args(["-machine", machine, "-accel", accel])
        .args(["-cpu", "max", "-m", "1024", "-nic", "none", "-no-reboot"])
        .args(["-display", "none", "-serial", "stdio", "-monitor", "none"])
        .args(["-append", &line, "-kernel"])
        .arg(kernel)
        .arg("-initrd")
        .arg(files)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let output = output.context("QEMU has no output")?;
    let (send, receive) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if send.send(line).is_err() {
                return;
            }
        }
    });
    let (began, mut lines) = (Instant::now(), Vec::new());
    let ended = loop {
        let left = LONGEST.saturating_sub(began.elapsed());
        match receive.recv_timeout(left.min(silence)) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                break false;
            }
        }
    };
    let status = child.wait()?;
    ensure!(reader.join().is_ok(), "the console can't be read");
    if ended && !status.success() {
        let mut said = String::new();
        errors
            .context("QEMU has no standard error")?
            .read_to_string(&mut said)?;
        lines.extend(said.lines().map(str::to_owned));
    }
    Ok(Console { lines, ended })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn with(marks: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 2048];
        for (at, mark) in marks {
            bytes[*at..at + mark.len()].copy_from_slice(mark);
        }
        bytes
    }

    fn image(bytes: &[u8]) -> Image {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        Image::of(file.path()).unwrap()
    }

    #[test]
    fn a_kernel_is_told_by_its_mark_also_where_it_is_compressed() {
        let amd64 = with(&[(0, b"MZ"), (0x202, b"HdrS")]);
        assert_eq!(image(&amd64), Image::Kernel(Arch::Amd64));
        let arm64 = with(&[(0, b"MZ"), (0x38, b"ARM\x64")]);
        assert_eq!(image(&arm64), Image::Kernel(Arch::Arm64));
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        compressed.write_all(&arm64).unwrap();
        let compressed = compressed.finish().unwrap();
        assert_eq!(image(&compressed), Image::Kernel(Arch::Arm64));
        let zboot = with(&[(0, b"MZ"), (4, b"zimg")]);
        assert_eq!(image(&zboot), Image::ForFirmware);
    }

    #[test]
    fn other_files_are_not_kernels() {
        for bytes in [&b"HdrS"[..], b"", b"\x1f\x8b", b"\x7fELF\x02", &[0; 4096]] {
            assert_eq!(image(bytes), Image::Other);
        }
        let config = "CONFIG_SECURITY_LANDLOCK=y\n".repeat(100);
        assert_eq!(image(config.as_bytes()), Image::Other);
    }

    #[test]
    fn a_missing_emulator_is_an_error_that_says_what_to_install() {
        let error = version_of("qemu-system-of-no-machine", "qemu-system-x86").unwrap_err();
        assert_eq!(
            error.to_string(),
            "kernels are booted by QEMU, and qemu-system-of-no-machine can't be started\n\
             on Debian and Ubuntu: apt-get install qemu-system-x86"
        );
        // A program that every machine with this checkout has.
        version_of("rustc", "rustc").unwrap();
    }
}
