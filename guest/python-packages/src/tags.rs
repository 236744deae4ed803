//! The compatibility tags of CPython on Linux, in the order of preference that the specification of platform tags
//! defines.

use crate::wheel::WheelName;

/// The oldest minor version of Python 3 that had a stable ABI.
const FIRST_ABI3: u64 = 2;

/// The oldest minor version of glibc 2 that has a tag: that of `manylinux1`.
const OLDEST_GLIBC: u32 = 5;

/// A version of the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Glibc(pub(crate) u32, pub(crate) u32);

/// The tags that an interpreter accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags {
    /// The minor version of Python 3.
    pub(crate) minor: u64,
    /// Such as `x86_64`.
    pub(crate) machine: &'static str,
    pub(crate) glibc: Glibc,
}

/// The preference of a wheel: smaller is better. First the interpreter and its ABI, then the platform.
type Rank = (u64, u64);

impl Tags {
    /// All tags that the interpreter accepts, the best one first.
    pub(crate) fn all(&self) -> Vec<String> {
        let minor = self.minor;
        let older = || (0..minor).rev();
        let mut interpreters = vec![
            format!("cp3{minor}-cp3{minor}"),
            format!("cp3{minor}-abi3"),
            format!("cp3{minor}-none"),
        ];
        let abi3 = older().filter(|minor| *minor >= FIRST_ABI3);
        interpreters.extend(abi3.map(|minor| format!("cp3{minor}-abi3")));
        let mut any = vec![format!("py3{minor}-none"), "py3-none".to_owned()];
        any.extend(older().map(|minor| format!("py3{minor}-none")));
        interpreters.extend(any.iter().cloned());
        let platforms = self.platforms();
        let of_platform = interpreters.iter().flat_map(|interpreter| {
            let platforms = platforms.iter();
            platforms.map(move |platform| format!("{interpreter}-{platform}"))
        });
        let mut all: Vec<String> = of_platform.collect();
        all.push(format!("cp3{minor}-none-any"));
        all.extend(any.iter().map(|interpreter| format!("{interpreter}-any")));
        all
    }

    /// The platforms of wheels, a newer glibc first.
    fn platforms(&self) -> Vec<String> {
        let Glibc(major, newest) = self.glibc;
        let mut platforms = Vec::new();
        for minor in (OLDEST_GLIBC..=newest).rev() {
            platforms.push(format!("manylinux_{major}_{minor}_{}", self.machine));
            let older_name = match minor {
                17 => "2014",
                12 => "2010",
                5 => "1",
                _ => continue,
            };
            platforms.push(format!("manylinux{older_name}_{}", self.machine));
        }
        platforms.push(format!("linux_{}", self.machine));
        platforms
    }

    /// The preference of a wheel, or `None` if the interpreter does not accept it.
    pub(crate) fn rank(&self, wheel: &WheelName) -> Option<Rank> {
        wheel.tags().filter_map(|tag| self.rank_of(tag)).min()
    }

    fn rank_of(&self, (python, abi, platform): (&str, &str, &str)) -> Option<Rank> {
        let platform = self.platform(platform)?;
        let is_any = platform == u64::MAX;
        let interpreter = self.interpreter(python, abi, is_any)?;
        Some((interpreter, platform))
    }

    /// Wheels for a platform come before those for any, those for the interpreter before those for Python as a
    /// language, and those for its own ABI before those for the stable one.
    fn interpreter(&self, python: &str, abi: &str, is_any: bool) -> Option<u64> {
        let own_minor = minor_of(python, "cp3");
        let older = |minor: u64| self.minor.checked_sub(minor);
        let group = |group: u64, within: u64| Some(group * 1000 + within);
        if let Some(minor) = own_minor {
            let age = older(minor)?;
            return match abi {
                _ if is_any => (abi == "none" && age == 0).then_some(5000),
                _ if age == 0 && minor_of(abi, "cp3") == Some(self.minor) => group(0, 0),
                "abi3" if minor >= FIRST_ABI3 => group(if age == 0 { 1 } else { 3 }, age),
                "none" if age == 0 => group(2, 0),
                _ => None,
            };
        }
        if abi != "none" {
            return None;
        }
        // The order is py312, py3, py311, py310.
        let age = match python {
            "py3" => 1,
            _ => match older(minor_of(python, "py3")?)? {
                0 => 0,
                age => age + 1,
            },
        };
        group(if is_any { 6 } else { 4 }, age)
    }

    /// The preference of a platform: a newer glibc first, and `u64::MAX` for any platform.
    fn platform(&self, tag: &str) -> Option<u64> {
        if tag == "any" {
            return Some(u64::MAX);
        }
        let of = |prefix: &str| {
            tag.strip_prefix(prefix)?
                .strip_suffix(self.machine)?
                .strip_suffix('_')
        };
        if tag.strip_prefix("linux_") == Some(self.machine) {
            return Some(1000);
        }
        let needed = if let Some(version) = of("manylinux_") {
            let (major, minor) = version.split_once('_')?;
            Glibc(major.parse().ok()?, minor.parse().ok()?)
        } else {
            match of("manylinux")? {
                "2014" => Glibc(2, 17),
                "2010" => Glibc(2, 12),
                "1" => Glibc(2, 5),
                _ => return None,
            }
        };
        if needed.0 != self.glibc.0 {
            return None;
        }
        self.glibc.1.checked_sub(needed.1).map(u64::from)
    }
}

/// The minor version in a tag such as `cp312`, after its prefix. `cp3` and `cp313t` have none.
fn minor_of(tag: &str, prefix: &str) -> Option<u64> {
    let digits = tag.strip_prefix(prefix)?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: Tags = Tags {
        minor: 12,
        machine: "x86_64",
        glibc: Glibc(2, 35),
    };

    fn rank(tags: &str) -> Option<Rank> {
        TAGS.rank(&WheelName::parse(&format!("a-1.0-{tags}.whl")).unwrap())
    }

    #[test]
    fn wheels_are_preferred_in_the_order_of_the_specification() {
        let ordered = [
            "cp312-cp312-manylinux_2_35_x86_64",
            "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
            "cp312-cp312-manylinux2010_x86_64",
            "cp312-cp312-manylinux1_x86_64",
            "cp312-cp312-linux_x86_64",
            "cp312-abi3-manylinux_2_28_x86_64",
            "cp312-none-manylinux2014_x86_64",
            "cp311-abi3-manylinux_2_34_x86_64",
            "cp36-abi3-manylinux2014_x86_64",
            "py312-none-manylinux2014_x86_64",
            "py3-none-manylinux2014_x86_64",
            "py311-none-manylinux2014_x86_64",
            "cp312-none-any",
            "py312-none-any",
            "py3-none-any",
            "py310-none-any",
        ];
        let ranks: Vec<_> = ordered.iter().map(|tags| rank(tags).unwrap()).collect();
        assert!(
            ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] != pair[1]),
            "{ranks:?}"
        );
    }

    #[test]
    fn the_list_of_all_tags_has_their_order() {
        let all = TAGS.all();
        let ranks: Vec<_> = all.iter().map(|tags| rank(tags)).collect();
        assert!(ranks.iter().all(Option::is_some));
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert_eq!(all[0], "cp312-cp312-manylinux_2_35_x86_64");
        let (platforms, interpreters) = (31 + 3 + 1, 3 + 10 + 2 + 12);
        assert_eq!(all.len(), platforms * interpreters + 1 + 14);
    }

    #[test]
    fn the_best_tag_of_a_set_counts() {
        assert_eq!(rank("py2.py3-none-any"), rank("py3-none-any"));
        let set = "cp312-cp312-manylinux2014_x86_64.manylinux_2_28_x86_64.musllinux_1_2_x86_64";
        assert_eq!(rank(set), rank("cp312-cp312-manylinux_2_28_x86_64"));
    }

    #[test]
    fn wheels_for_other_interpreters_and_platforms_are_not_accepted() {
        for tags in [
            "cp313-cp313-manylinux2014_x86_64",
            "cp311-cp311-manylinux2014_x86_64",
            "cp312-cp312t-manylinux2014_x86_64",
            "cp312t-cp312t-manylinux2014_x86_64",
            "cp313-abi3-manylinux2014_x86_64",
            "cp311-none-manylinux2014_x86_64",
            "cp312-cp312-manylinux_2_36_x86_64",
            "cp312-cp312-manylinux_3_1_x86_64",
            "cp312-cp312-manylinux2014_aarch64",
            "cp312-cp312-manylinux2015_x86_64",
            "cp312-cp312-musllinux_1_2_x86_64",
            "cp312-cp312-macosx_11_0_arm64",
            "cp312-cp312-win_amd64",
            "cp312-cp312-any",
            "pp310-pypy310_pp73-manylinux2014_x86_64",
            "py313-none-any",
            "py2-none-any",
            "py3-abi3-any",
        ] {
            assert_eq!(rank(tags), None, "{tags}");
        }
    }
}
