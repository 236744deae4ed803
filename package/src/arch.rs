//! The architectures that have a host, with their names in Go and the lifecycle, in Rust and in Debian.

use anyhow::Context;

/// An architecture for which a host is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Arch {
    /// All architectures, in the order of buildpack.toml.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Returns this machine's architecture. Fails if no host is built for it.
    pub fn here() -> anyhow::Result<Self> {
        let name = std::env::consts::ARCH;
        let here = Self::ALL.into_iter().find(|arch| arch.in_rust() == name);
        here.with_context(|| {
            format!("hosts are built for amd64 and arm64 only, and this machine is {name}")
        })
    }

    /// Finds an architecture by its name in Go.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// The name in Go, in the lifecycle and in buildpack.toml.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The name in Rust, in the kernel and in the names of compilers.
    #[must_use]
    pub const fn in_rust(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// The Rust target of the shipped host: a static program that needs nothing from its image.
    #[must_use]
    pub fn host_target(self) -> String {
        format!("{}-unknown-linux-musl", self.in_rust())
    }

    /// The C compiler for this architecture on a machine of the architecture `here`, and its package in Debian and
    /// Ubuntu.
    #[must_use]
    pub fn c_compiler(self, here: Self) -> (&'static str, &'static str) {
        match self {
            same if same == here => ("cc", "gcc"),
            Self::Amd64 => ("x86_64-linux-gnu-gcc", "gcc-x86-64-linux-gnu"),
            Self::Arm64 => ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
        }
    }
}
