//! The architectures that are shipped, with what each is called: by Go and the lifecycle, by Rust, by Debian.

use anyhow::Context;

/// An architecture that there is a host for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Arch {
    /// All of them, in the order of buildpack.toml.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// That of this machine.
    pub fn here() -> anyhow::Result<Self> {
        let name = std::env::consts::ARCH;
        let here = Self::ALL.into_iter().find(|arch| arch.in_rust() == name);
        here.with_context(|| format!("hosts are built for amd64 and arm64, and this is {name}"))
    }

    /// That of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// As Go, the lifecycle and buildpack.toml say.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As Rust says, the kernel and the names of compilers.
    #[must_use]
    pub const fn in_rust(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// The target of the shipped host: one static file that needs nothing of its image.
    #[must_use]
    pub fn host_target(self) -> String {
        format!("{}-unknown-linux-musl", self.in_rust())
    }

    /// The C compiler for it on this machine, and the package of Debian and Ubuntu that brings it.
    #[must_use]
    pub fn c_compiler(self, here: Self) -> (&'static str, &'static str) {
        match self {
            same if same == here => ("cc", "gcc"),
            Self::Amd64 => ("x86_64-linux-gnu-gcc", "gcc-x86-64-linux-gnu"),
            Self::Arm64 => ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
        }
    }
}
