//! A wheel's file name, and the names of distributions.
//!
//! Nothing here reads an archive. <https://packaging.python.org/specifications/binary-distribution-format/>

/// The limit on the combinations of a wheel's tags. Real ones have a hundred at most.
const MOST_TAGS: usize = 256;

/// What a wheel's file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName<'a> {
    pub distribution: &'a str,
    pub version: &'a str,
    /// The number and the rest of the build tag. Of two wheels that differ only in it, the higher one is preferred.
    pub build: (u64, &'a str),
    /// The platforms that the wheel is for.
    pub platforms: Vec<&'a str>,
    /// The three sets of tags, as they are written.
    compatibility: &'a str,
}

/// The reason to refuse a wheel by its file name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelNameReason {
    #[error(
        "its file name is not that of a wheel: distribution, version and three tags, with '-' between them and '.whl' at the end"
    )]
    Form,
    #[error("it is for {}, and the target is linux on {wanted}", platforms.join(", "))]
    Platform {
        platforms: Vec<String>,
        wanted: String,
    },
}

impl<'a> WheelName<'a> {
    /// Parses `distribution-version(-build)?-python-abi-platform.whl`.
    pub fn parse(name: &'a str) -> Result<Self, WheelNameReason> {
        let form = || WheelNameReason::Form;
        let stem = name.strip_suffix(".whl").ok_or_else(form)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let ([distribution, version, python, abi, platform]
        | [distribution, version, _, python, abi, platform]) = parts[..]
        else {
            return Err(form());
        };
        let build = (parts.len() == 6).then(|| parts[2]);
        let plain = |more: &'static str| {
            move |part: &&str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
            }
        };
        let sets = [python, abi, platform];
        let is_set = |set: &&str| set.split('.').all(|tag| plain("_")(&tag));
        let combinations = sets.iter().map(|set| set.split('.').count());
        let is_plain = plain("._")(&distribution)
            && sets.iter().all(is_set)
            && combinations.fold(1, usize::saturating_mul) <= MOST_TAGS
            && plain("._+!")(&version)
            && build.iter().all(plain("._"))
            && build.is_none_or(|build| build.starts_with(|c: char| c.is_ascii_digit()));
        if !is_plain {
            return Err(form());
        }
        let before = stem.len() - (python.len() + abi.len() + platform.len() + 2);
        Ok(Self {
            distribution,
            version,
            build: build_tag(build.unwrap_or_default()),
            platforms: platform.split('.').collect(),
            compatibility: &stem[before..],
        })
    }

    /// Returns each combination of a Python, an ABI and a platform, such as `py3-none-any`, in lower case.
    pub fn tags(&self) -> impl Iterator<Item = String> {
        let mut sets = self.compatibility.split('-');
        let mut set = || sets.next().unwrap_or_default();
        let (pythons, abis, platforms) = (set(), set(), set());
        pythons.split('.').flat_map(move |python| {
            abis.split('.').flat_map(move |abi| {
                platforms
                    .split('.')
                    .map(move |platform| format!("{python}-{abi}-{platform}").to_ascii_lowercase())
            })
        })
    }

    /// Returns the tags for a message.
    #[must_use]
    pub fn shown(&self) -> &'a str {
        self.compatibility
    }

    /// Refuses a wheel for other systems than Linux on `arch`, which is Go's name of an architecture.
    pub fn judge_platform(&self, arch: &str) -> Result<(), WheelNameReason> {
        let machine = machine(arch);
        let fits = |platform: &&'a str| {
            let linux = |beginning: &str| {
                platform.starts_with(beginning)
                    && platform
                        .strip_suffix(machine)
                        .is_some_and(|front| front.ends_with('_'))
            };
            *platform == "any" || linux("linux_") || linux("manylinux") || linux("musllinux_")
        };
        if self.platforms.iter().any(fits) {
            return Ok(());
        }
        Err(WheelNameReason::Platform {
            platforms: self.platforms.iter().map(|&one| one.to_owned()).collect(),
            wanted: machine.to_owned(),
        })
    }

    /// Returns whether the beginning of a folder's name, such as that of `.dist-info`, is this wheel's.
    pub(crate) fn is_of(&self, stem: &str) -> bool {
        stem.split_once('-').is_some_and(|(name, version)| {
            normalized(name) == normalized(self.distribution)
                && version.eq_ignore_ascii_case(self.version)
        })
    }
}

/// Splits a build tag. A number that is too large becomes the largest.
fn build_tag(text: &str) -> (u64, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if number.is_empty() {
        return (0, rest);
    }
    (number.parse().unwrap_or(u64::MAX), rest)
}

/// Python's name of a machine.
fn machine(arch: &str) -> &str {
    match arch {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "386" => "i686",
        "arm" => "armv7l",
        other => other,
    }
}

/// Returns a distribution's name in its one normal form: lowercase, and `-` for each run of `-`, `_` and `.`.
/// <https://packaging.python.org/specifications/name-normalization/>
#[must_use]
pub fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    let mut parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    if let Some(first) = parts.next() {
        normal.push_str(first);
    }
    for part in parts {
        normal.push('-');
        normal.push_str(part);
    }
    normal.make_ascii_lowercase();
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_five_or_six_parts() {
        let name = WheelName::parse(
            "numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        );
        let expected = WheelName {
            distribution: "numpy",
            version: "2.4.6",
            build: (0, ""),
            compatibility: "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
            platforms: vec!["manylinux_2_17_x86_64", "manylinux2014_x86_64"],
        };
        assert_eq!(name, Ok(expected));
        for fine in [
            "a-1-2b-py3-none-any.whl",
            "Foo.bar_x-1!2+l.3-py2.py3-none-any.whl",
        ] {
            assert!(WheelName::parse(fine).is_ok(), "{fine}");
        }
        for bad in [
            "a-1-py3-none-any.zip",
            "a-1-py3-none.whl",
            "a-1-b2-py3-none-any.whl",
            "a-1-2-3-py3-none-any.whl",
            "-1-py3-none-any.whl",
            "a--py3-none-any.whl",
            "../a-1-py3-none-any.whl",
            "a b-1-py3-none-any.whl",
            ".whl",
        ] {
            assert_eq!(WheelName::parse(bad), Err(WheelNameReason::Form), "{bad}");
        }
    }

    fn platform(tags: &str, arch: &str) -> Result<(), WheelNameReason> {
        let name = format!("a-1-py3-none-{tags}.whl");
        WheelName::parse(&name).unwrap().judge_platform(arch)
    }

    #[test]
    fn a_wheel_for_another_platform_is_refused_by_the_name_of_its_own() {
        for (tags, arch) in [
            ("any", "amd64"),
            ("any", "s390x"),
            ("linux_x86_64", "amd64"),
            ("manylinux1_x86_64", "amd64"),
            ("manylinux_2_28_aarch64.manylinux2014_aarch64", "arm64"),
            ("musllinux_1_2_x86_64.manylinux_2_17_x86_64", "amd64"),
            ("win32.manylinux2014_x86_64", "amd64"),
        ] {
            assert_eq!(platform(tags, arch), Ok(()), "{tags} on {arch}");
        }
        for tags in [
            "win_amd64",
            "macosx_11_0_x86_64",
            "manylinux2014_aarch64",
            "manylinux2014_x86_64",
            "linux_x86_64",
        ] {
            let arch = if tags.contains("x86") {
                "arm64"
            } else {
                "amd64"
            };
            assert!(platform(tags, arch).is_err(), "{tags}");
        }
        let text = platform("win32.macosx_11_0_arm64", "arm64").unwrap_err();
        assert_eq!(
            text.to_string(),
            "it is for win32, macosx_11_0_arm64, and the target is linux on aarch64"
        );
    }

    #[test]
    fn names_of_distributions_are_compared_in_their_normal_form() {
        for name in ["Zope.Interface", "zope_interface", "zope-.-interface"] {
            assert_eq!(normalized(name), "zope-interface");
        }
        let name = WheelName::parse("backports.tarfile-1.2.0-py3-none-any.whl").unwrap();
        assert!(name.is_of("backports_tarfile-1.2.0"));
        assert!(!name.is_of("backports_tarfile-1.2.1") && !name.is_of("backports"));
    }

    #[test]
    fn the_tags_are_all_combinations_in_lower_case() {
        let wheel = WheelName::parse("a-1-12b-py2.Py3-none-any.linux_x86_64.whl").unwrap();
        assert_eq!(wheel.build, (12, "b"));
        let expected = [
            "py2-none-any",
            "py2-none-linux_x86_64",
            "py3-none-any",
            "py3-none-linux_x86_64",
        ];
        assert_eq!(wheel.tags().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_name_with_empty_or_very_many_tags_is_not_a_wheels() {
        let set = |count: usize| vec!["a"; count].join(".");
        let name = |pythons, platforms| format!("a-1-{}-none-{}.whl", set(pythons), set(platforms));
        assert_eq!(WheelName::parse(&name(16, 16)).unwrap().tags().count(), 256);
        assert!(WheelName::parse(&name(16, 17)).is_err());
        for bad in [
            "a-1-py3.-none-any.whl",
            "a-1-py3-.-any.whl",
            "a-1-py3-none-any..any.whl",
        ] {
            assert!(WheelName::parse(bad).is_err(), "{bad}");
        }
    }
}
