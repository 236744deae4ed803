//! Runs a program whose end is awaited for a limited time only, and keeps its output.
//!
//! Each caller decides on its own time limit, and on what follows if that is exceeded.

use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The limit on each output, in bytes. What follows it is not read, and the program then fails to write it.
const LARGEST: u64 = 64 << 20;

/// A program that was started. It is killed if this value is dropped before the program has ended.
pub struct Running {
    child: Child,
    /// All of standard output and of standard error, after the program has closed both.
    said: Receiver<(Vec<u8>, Vec<u8>)>,
}

impl Running {
    /// Starts a program without input. It must not start other programs that outlive it, because these would keep its
    /// output open.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            // Both are read at once, because the program waits while either pipe is full.
            let stderr = thread::spawn(move || all(stderr));
            let stdout = all(stdout);
            // The receiver may be gone, because nobody waits any longer.
            drop(tell.send((stdout, stderr.join().unwrap_or_default())));
        });
        Ok(Self { child, said })
    }

    /// The output and the status, if the program ends within this time. Otherwise it runs on. A program that closes its
    /// output and does not end is waited for without a limit.
    pub fn within(&mut self, time: Duration) -> io::Result<Option<Output>> {
        match self.said.recv_timeout(time) {
            Ok(said) => self.ended(said).map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(unread()),
        }
    }

    /// The output and the status, whenever the program ends.
    pub fn output(mut self) -> io::Result<Output> {
        let said = self.said.recv().map_err(|_gone| unread())?;
        self.ended(said)
    }

    fn ended(&mut self, (stdout, stderr): (Vec<u8>, Vec<u8>)) -> io::Result<Output> {
        let status = self.child.wait()?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A program that has ended is neither killed nor awaited again.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // The bytes before an error are still the program's output.
        drop(pipe.take(LARGEST).read_to_end(&mut bytes));
    }
    bytes
}

fn unread() -> io::Error {
    io::Error::other("its output was taken already")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than a test ever waits.
    const LONG: Duration = Duration::from_mins(10);
    const SHORT: Duration = Duration::from_millis(1);

    fn started(program: &str, arguments: &[&str]) -> Running {
        Running::start(Command::new(program).args(arguments)).unwrap()
    }

    #[test]
    fn a_program_that_ends_in_time_gives_its_status_and_all_of_its_output() {
        let script = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 3";
        let ended = started("sh", &["-c", script])
            .within(LONG)
            .unwrap()
            .unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!((ended.stdout.len(), ended.stderr.len()), (300_000, 300_000));
        let ended = started("sh", &["-c", "echo text"]).output().unwrap();
        assert_eq!(ended.stdout, b"text\n");
    }

    #[test]
    fn a_program_that_does_not_end_in_time_runs_on_until_it_is_dropped() {
        let mut endless = started("tail", &["-f", "/dev/null"]);
        assert!(endless.within(SHORT).unwrap().is_none());
        assert!(endless.child.try_wait().unwrap().is_none());
        let process = format!("/proc/{}", endless.child.id());
        drop(endless);
        assert!(!std::path::Path::new(&process).exists());
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error() {
        let error = Running::start(&mut Command::new("/nowhere/compiler")).err();
        assert_eq!(error.unwrap().kind(), io::ErrorKind::NotFound);
    }
}
