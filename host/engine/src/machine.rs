//! Recognizes from the kernel's errors what the machine lacks for a build. Pure.
//!
//! The messages about it live in `diagnosis`.

use std::error::Error;
use std::{io, iter};

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// A resource of the machine that every build needs. The buildpack's author cannot provide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lack {
    /// Open files, of this process or of the whole system.
    Files,
    Processes,
    /// Memory, or address space for it.
    Memory,
    /// Executable memory.
    Code,
    /// A mount without `noexec` for the buildpack's directory.
    ExecutableMount,
    Proc,
}

impl Lack {
    /// Returns the missing resource, if an error or one of its causes is the kernel's error about it.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        Self::among(causes(error))
    }

    /// Like [`Lack::of`], for an error that is given as a list of causes.
    pub fn among<'e>(causes: impl Iterator<Item = &'e (dyn Error + 'static)>) -> Option<Self> {
        match errno(causes)? {
            Errno::MFILE | Errno::NFILE => Some(Self::Files),
            Errno::AGAIN => Some(Self::Processes),
            Errno::NOMEM => Some(Self::Memory),
            _ => None,
        }
    }
}

/// Returns the kernel's error that led to an error, if one did.
pub fn errno<'e>(causes: impl Iterator<Item = &'e (dyn Error + 'static)>) -> Option<Errno> {
    causes.flat_map(causes_of_io).find_map(|error| {
        let io = error.downcast_ref::<io::Error>();
        let errno = error.downcast_ref::<Errno>().copied();
        errno.or_else(|| io.and_then(Errno::from_io_error))
    })
}

/// Lists an error and its sources.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error), |&error: &&'e (dyn Error + 'static)| {
        error.source()
    })
}

/// Lists an error and the error inside it. The `source` of an I/O error skips the error that it wraps, so `causes`
/// alone would miss that.
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
