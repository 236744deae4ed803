//! The needs of a build that the machine doesn't meet, told from the kernel's own errors. Pure.
//!
//! The words that a person is told about it stand in `diagnosis`.

use std::error::Error;
use std::{io, iter};

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// Something of the machine's that every build needs. None of it is in the hands of who wrote the buildpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lack {
    /// Open files, of this process or of all.
    Files,
    /// Processes and threads.
    Processes,
    /// Memory, or address space for it.
    Memory,
    /// Memory that may be executed.
    Code,
    /// A mount whose files may be executed, for the buildpack.
    ExecutableMount,
    /// The folder `/proc`.
    Proc,
}

impl Lack {
    /// The cause of an error, if it or one of its causes is the kernel's answer that it has no more of something.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        Self::among(causes(error))
    }

    /// The same for an error that is told by its causes.
    pub fn among<'e>(causes: impl Iterator<Item = &'e (dyn Error + 'static)>) -> Option<Self> {
        match errno(causes)? {
            Errno::MFILE | Errno::NFILE => Some(Self::Files),
            Errno::AGAIN => Some(Self::Processes),
            Errno::NOMEM => Some(Self::Memory),
            _ => None,
        }
    }
}

/// The kernel's answer that led to an error, if one did.
pub fn errno<'e>(causes: impl Iterator<Item = &'e (dyn Error + 'static)>) -> Option<Errno> {
    causes.flat_map(causes_of_io).find_map(|error| {
        let io = error.downcast_ref::<io::Error>();
        let errno = error.downcast_ref::<Errno>().copied();
        errno.or_else(|| io.and_then(Errno::from_io_error))
    })
}

/// An error and what led to it.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error), |&error: &&'e (dyn Error + 'static)| {
        error.source()
    })
}

/// An error and what it holds: an I/O error names the cause behind what it holds, and so would hide that.
fn causes_of_io<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let held = |&error: &&'e (dyn Error + 'static)| -> Option<&'e (dyn Error + 'static)> {
        let held = error.downcast_ref::<io::Error>()?.get_ref()?;
        Some(held)
    };
    iter::successors(Some(error), held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("an effect")]
    struct Effect(#[source] io::Error);

    fn answer(errno: i32) -> io::Error {
        io::Error::from_raw_os_error(errno)
    }

    #[test]
    fn a_lack_is_known_by_the_kernels_answer_however_deep_it_lies() {
        for (errno, lack) in [
            (libc::EMFILE, Some(Lack::Files)),
            (libc::ENFILE, Some(Lack::Files)),
            (libc::EAGAIN, Some(Lack::Processes)),
            (libc::ENOMEM, Some(Lack::Memory)),
            (libc::ENOENT, None),
            (libc::EACCES, None),
            (libc::ENOSPC, None),
        ] {
            assert_eq!(Lack::of(&answer(errno)), lack);
            assert_eq!(Lack::of(&Effect(answer(errno))), lack);
            let held = Effect(io::Error::other(answer(errno)));
            assert_eq!(Lack::of(&held), lack, "held by an I/O error");
            let deeper = io::Error::other(Effect(answer(errno)));
            assert_eq!(Lack::of(&Effect(deeper)), lack, "behind what is held");
            let errno = Errno::from_raw_os_error(errno);
            assert_eq!(Lack::of(&errno), lack);
        }
        assert_eq!(Lack::of(&io::Error::other("words alone")), None);
    }
}
