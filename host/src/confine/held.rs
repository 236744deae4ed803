//! How far the walls hold, and the words for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The least Landlock ABI with which no file elsewhere can be read, changed, emptied or moved (Linux 6.2).
pub(super) const ENOUGH: u32 = 3;

/// How far a process is confined, by what the kernel denied when it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Landlock and seccomp: only granted files, and no calls but those of a list.
    Full,
    /// The list of calls holds, but not all files elsewhere are out of reach.
    SeccompOnly,
    /// The kernel holds nothing back.
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

/// What the kernel holds back, and why it doesn't hold the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The Landlock ABI in force; zero without one.
    pub landlock: u32,
    /// Whether the list of calls is in force.
    pub seccomp: bool,
    /// What is missing, and why.
    pub missing: Vec<String>,
}

impl Held {
    pub(super) fn off() -> Self {
        Self {
            landlock: 0,
            seccomp: false,
            missing: vec!["sandbox = \"off\" is asked for".to_owned()],
        }
    }

    /// The level that this comes to.
    #[must_use]
    pub fn level(&self) -> Level {
        match (self.seccomp, self.landlock) {
            (true, ENOUGH..) => Level::Full,
            (true, _) => Level::SeccompOnly,
            // Without the list an escaped guest has the network, and so a way out for what it may read.
            (false, _) => Level::WasmOnly,
        }
    }

    /// What an escaped guest could do that it could not at level full; empty at that level.
    #[must_use]
    pub fn means(&self) -> &'static str {
        match self.level() {
            Level::Full => "",
            Level::SeccompOnly => {
                "A component that broke out of WebAssembly could read files that the build's user may read, the \
                 platform's among them, as any buildpack of the same user can."
            }
            Level::WasmOnly => {
                "A component that broke out of WebAssembly could do what the build's user may do, as any buildpack of \
                 the same user can."
            }
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut walls = Vec::new();
        if self.landlock > 0 {
            walls.push(format!("Landlock ABI {}", self.landlock));
        }
        if self.seccomp {
            walls.push("seccomp".to_owned());
        }
        let walls = walls.join(", ");
        match (walls.is_empty(), self.missing.join("; ")) {
            (false, missing) if missing.is_empty() => write!(f, "{} ({walls})", self.level()),
            (false, missing) => write!(f, "{} ({walls}; {missing})", self.level()),
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
