//! The machine that the image is built for, as markers and wheels describe it.

use python_version::PythonVersion;
use wasm_buildpack_sdk::{Error, Target};

use crate::tags::{Glibc, Tags};

/// The version for a distribution that is not known here: that of Debian 11 and Ubuntu 20.04.
const OLDEST: Glibc = Glibc(2, 31);

/// Distributions with the version of their glibc. A newer release than those here has at least that of the newest.
const DISTRIBUTIONS: [(&str, u32, u32, Glibc); 12] = [
    ("ubuntu", 20, 4, Glibc(2, 31)),
    ("ubuntu", 22, 4, Glibc(2, 35)),
    ("ubuntu", 24, 4, Glibc(2, 39)),
    ("debian", 11, 0, Glibc(2, 31)),
    ("debian", 12, 0, Glibc(2, 36)),
    ("debian", 13, 0, Glibc(2, 41)),
    ("rhel", 8, 0, Glibc(2, 28)),
    ("rhel", 9, 0, Glibc(2, 34)),
    ("rhel", 10, 0, Glibc(2, 39)),
    ("amzn", 2, 0, Glibc(2, 26)),
    ("amzn", 2023, 0, Glibc(2, 34)),
    ("almalinux", 9, 0, Glibc(2, 34)),
];

/// The interpreter and the machine of the image.
#[derive(Debug, Clone)]
pub(crate) struct Platform {
    pub(crate) python: PythonVersion,
    pub(crate) tags: Tags,
}

/// A machine for which no wheels can be chosen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformError {
    #[error("There are no wheels for the platform {os}/{arch}")]
    Machine { os: String, arch: String },
    #[error("The image's distribution, {0}, has musl in place of glibc")]
    Musl(String),
}

impl Platform {
    pub(crate) fn of(target: &Target, python: PythonVersion) -> Result<Self, PlatformError> {
        let machine = match (target.os.as_str(), target.arch.as_str()) {
            ("linux", "amd64") => "x86_64",
            ("linux", "arm64") => "aarch64",
            (os, arch) => {
                let (os, arch) = (os.to_owned(), arch.to_owned());
                return Err(PlatformError::Machine { os, arch });
            }
        };
        if let Some(name) = target
            .distro_name
            .as_deref()
            .filter(|name| *name == "alpine")
        {
            return Err(PlatformError::Musl(name.to_owned()));
        }
        let tags = Tags {
            minor: python.minor,
            machine,
            glibc: glibc(target),
        };
        Ok(Self { python, tags })
    }

    /// The platform, for a message.
    pub(crate) fn shown(&self) -> String {
        let Glibc(major, minor) = self.tags.glibc;
        let python = self.python;
        format!(
            "Python {python} on Linux, {}, glibc {major}.{minor}",
            self.tags.machine
        )
    }
}

impl PlatformError {
    pub(crate) fn explained(self) -> Error {
        let text = "The wheels are chosen for images with Linux, amd64 or arm64, and glibc, such as those of Ubuntu and \
                    Debian. Choose such a run image, or another buildpack for Python.";
        Error::platform(self.to_string(), text)
    }
}

/// The glibc of a distribution: of the newest release in the table that is not newer than the image's.
fn glibc(target: &Target) -> Glibc {
    let name = target.distro_name.as_deref().unwrap_or_default();
    let version = target.distro_version.as_deref().unwrap_or_default();
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let known = DISTRIBUTIONS
        .iter()
        .filter(|(other, major, minor, _)| *other == name && (*major, *minor) <= release);
    known.map(|(.., glibc)| *glibc).max().unwrap_or(OLDEST)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn target(distribution: Option<(&str, &str)>) -> Target {
        Target {
            os: "linux".to_owned(),
            arch: "amd64".to_owned(),
            arch_variant: None,
            distro_name: distribution.map(|(name, _)| name.to_owned()),
            distro_version: distribution.map(|(_, version)| version.to_owned()),
        }
    }

    /// Python 3.12.4 on Ubuntu 22.04.
    pub(crate) fn platform() -> Platform {
        let python = PythonVersion {
            major: 3,
            minor: 12,
            patch: 4,
        };
        Platform::of(&target(Some(("ubuntu", "22.04"))), python).unwrap()
    }

    /// The same on arm64.
    pub(crate) fn platform_on_arm() -> Platform {
        let arm = Target {
            arch: "arm64".to_owned(),
            ..target(Some(("ubuntu", "22.04")))
        };
        Platform::of(&arm, platform().python).unwrap()
    }

    #[test]
    fn the_glibc_is_that_of_the_distribution() {
        for (distribution, expected) in [
            (Some(("ubuntu", "22.04")), Glibc(2, 35)),
            (Some(("ubuntu", "24.04")), Glibc(2, 39)),
            (Some(("ubuntu", "23.10")), Glibc(2, 35)),
            (Some(("ubuntu", "30.04")), Glibc(2, 39)),
            (Some(("debian", "12")), Glibc(2, 36)),
            (Some(("rhel", "8.10")), Glibc(2, 28)),
            (Some(("ubuntu", "noble")), OLDEST),
            (Some(("other", "1")), OLDEST),
            (None, OLDEST),
        ] {
            assert_eq!(glibc(&target(distribution)), expected, "{distribution:?}");
        }
    }

    #[test]
    fn a_platform_without_fitting_wheels_is_refused_and_named() {
        let python = platform().python;
        for arch in ["amd64", "arm64"] {
            let alpine = Target {
                arch: arch.to_owned(),
                ..target(Some(("alpine", "3.22")))
            };
            let error = Platform::of(&alpine, python).unwrap_err();
            assert!(error.explained().to_string().contains("alpine"), "{arch}");
        }
        for (os, arch) in [("windows", "amd64"), ("linux", "riscv64")] {
            let other = Target {
                os: os.to_owned(),
                arch: arch.to_owned(),
                ..target(None)
            };
            let error = Platform::of(&other, python)
                .unwrap_err()
                .explained()
                .to_string();
            assert!(error.contains(&format!("{os}/{arch}")), "{error}");
        }
        let arm = Target {
            arch: "arm64".to_owned(),
            ..target(None)
        };
        assert_eq!(Platform::of(&arm, python).unwrap().tags.machine, "aarch64");
    }
}
