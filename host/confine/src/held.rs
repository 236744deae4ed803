//! The part of the sandbox that is enforced, and its text.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The least Landlock ABI with which no file elsewhere can be read, changed, emptied or moved (Linux 6.2).
pub(super) const ENOUGH: u32 = 3;

/// The level of the sandbox, by what the kernel denied when it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Landlock and seccomp: access to granted files only, and to the calls of a list only.
    Full,
    /// Seccomp is enforced, but some files elsewhere can be reached.
    SeccompOnly,
    /// The kernel enforces nothing that is enough for a higher level.
    WasmOnly,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::SeccompOnly => "seccomp-only",
            Self::WasmOnly => "wasm-only",
        })
    }
}

/// The enforced part of the sandbox, and the reasons why the rest is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The Landlock ABI in force; zero without one.
    pub landlock: u32,
    /// Whether seccomp is in force.
    pub seccomp: bool,
    /// Whether the process has limits of its own. They do not affect the level.
    pub is_limited: bool,
    /// The missing parts, each with its reason.
    pub missing: Vec<String>,
}

impl Held {
    pub(super) fn off() -> Self {
        Self {
            landlock: 0,
            seccomp: false,
            is_limited: true,
            missing: vec!["sandbox = \"off\" is asked for".to_owned()],
        }
    }

    /// Adds the results of hiding and limiting the process.
    pub(super) fn with(mut self, hidden: io::Result<()>, limited: io::Result<()>) -> Self {
        self.is_limited = limited.is_ok();
        for (asked, done) in [("hidden", hidden), ("limited", limited)] {
            let why = done.err();
            let missing = why.map(|why| format!("the process can't be {asked}: {why}"));
            self.missing.extend(missing);
        }
        self
    }

    /// The level of this combination.
    #[must_use]
    pub fn level(&self) -> Level {
        match (self.seccomp, self.landlock) {
            (true, ENOUGH..) => Level::Full,
            (true, _) => Level::SeccompOnly,
            // Without seccomp, a component that broke out has a network, and can send away what it reads.
            (false, _) => Level::WasmOnly,
        }
    }

    /// Sentences on what a component that broke out could do because parts are missing. Empty if nothing is missing.
    #[must_use]
    pub fn means(&self) -> Vec<&'static str> {
        let escaped = match self.level() {
            Level::Full => None,
            Level::SeccompOnly if self.landlock > 0 => Some(
                "A component that broke out of WebAssembly could empty files of the application, if the build's user \
                 may write them. Files elsewhere are out of its reach.",
            ),
            Level::SeccompOnly => Some(
                "A component that broke out of WebAssembly could read and change files as the build's user may, the \
                 platform's, the application's and other layers among them, as any buildpack of the same user can. It \
                 would have no network.",
            ),
            Level::WasmOnly => Some(
                "A component that broke out of WebAssembly could do what the build's user may do, as any buildpack of \
                 the same user can.",
            ),
        };
        let unlimited = (!self.is_limited).then_some(
            "The component's process lacks limits of its own: more files can be open at one time, and larger ones be \
             written, than buildpack.toml allows.",
        );
        escaped.into_iter().chain(unlimited).collect()
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.landlock > 0 {
            parts.push(format!("Landlock ABI {}", self.landlock));
        }
        if self.seccomp {
            parts.push("seccomp".to_owned());
        }
        let parts = parts.join(", ");
        match (parts.is_empty(), self.missing.join("; ")) {
            (false, missing) if missing.is_empty() => write!(f, "{} ({parts})", self.level()),
            (false, missing) => write!(f, "{} ({parts}; {missing})", self.level()),
            (true, missing) => write!(f, "{} ({missing})", self.level()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(landlock: u32, seccomp: bool, missing: &[&str]) -> Held {
        Held {
            landlock,
            seccomp,
            is_limited: true,
            missing: missing.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_level_is_no_higher_than_the_lower_wall() {
        for (landlock, seccomp, level) in [
            (7, true, Level::Full),
            (3, true, Level::Full),
            (2, true, Level::SeccompOnly),
            (0, true, Level::SeccompOnly),
            (7, false, Level::WasmOnly),
            (0, false, Level::WasmOnly),
        ] {
            let held = held(landlock, seccomp, &[]);
            assert_eq!(held.level(), level, "{landlock}, {seccomp}");
            assert_eq!(held.means().is_empty(), level == Level::Full);
        }
    }

    #[test]
    fn a_warning_says_what_still_holds() {
        let means = |landlock, seccomp| held(landlock, seccomp, &[]).means().concat();
        assert!(means(0, true).contains("could read and change files"));
        for abi in [1, 2] {
            let means = means(abi, true);
            assert!(means.contains("empty files of the application"), "{means}");
            assert!(means.contains("elsewhere are out of its reach"), "{means}");
        }
        assert!(means(7, false).contains("could do what the build's user may do"));
    }

    #[test]
    fn a_missing_limit_is_said_and_is_no_part_of_the_level() {
        let whole = held(7, true, &[]).with(Ok(()), Ok(()));
        assert_eq!(whole, held(7, true, &[]));
        let refused = || Err(io::Error::other("no"));
        let unlimited = held(7, true, &[]).with(Ok(()), refused());
        assert_eq!(unlimited.level(), Level::Full);
        assert_eq!(
            unlimited.to_string(),
            "full (Landlock ABI 7, seccomp; the process can't be limited: no)"
        );
        assert!(unlimited.means().concat().contains("lacks limits"));
        let seen = held(7, true, &[]).with(refused(), Ok(()));
        assert_eq!(seen.missing, ["the process can't be hidden: no"]);
        assert!(seen.means().is_empty());
    }

    #[test]
    fn what_holds_and_what_is_missing_is_said_in_one_line() {
        for (held, said) in [
            (held(7, true, &[]), "full (Landlock ABI 7, seccomp)"),
            (
                held(2, true, &["ABI 3 is needed"]),
                "seccomp-only (Landlock ABI 2, seccomp; ABI 3 is needed)",
            ),
            (held(0, false, &["a", "b"]), "wasm-only (a; b)"),
        ] {
            assert_eq!(held.to_string(), said);
        }
    }
}
