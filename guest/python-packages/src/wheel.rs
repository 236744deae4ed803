//! The file names of wheels: `name-version(-build)-python-abi-platform.whl`, as the specification of wheels defines
//! them.

use crate::name::Name;

/// The parts of a wheel's file name. The last three may each be several, with `.` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WheelName {
    pub(crate) name: Name,
    /// The number and the text of the build tag. A wheel with a higher one is preferred.
    pub(crate) build: (u64, String),
    python: String,
    abi: String,
    platform: String,
}

impl WheelName {
    pub(crate) fn parse(file_name: &str) -> Option<Self> {
        let parts: Vec<&str> = file_name.strip_suffix(".whl")?.split('-').collect();
        let (name, build, tags) = match parts[..] {
            [name, _version, python, abi, platform] => (name, "", [python, abi, platform]),
            [name, _version, build, python, abi, platform] => {
                (name, build, [python, abi, platform])
            }
            _ => return None,
        };
        let plain = |tag: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            tag.split('.')
                .all(|tag| !tag.is_empty() && tag.bytes().all(plain))
        };
        if !tags.iter().all(|tag| plain(tag)) {
            return None;
        }
        let [python, abi, platform] = tags.map(str::to_ascii_lowercase);
        Some(Self {
            name: name.parse().ok()?,
            build: build_tag(build)?,
            python,
            abi,
            platform,
        })
    }

    /// Each combination of a Python, an ABI and a platform tag.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let pythons = self.python.split('.');
        pythons.flat_map(move |python| {
            let abis = self.abi.split('.');
            abis.flat_map(move |abi| {
                self.platform
                    .split('.')
                    .map(move |platform| (python, abi, platform))
            })
        })
    }

    /// The tags, for a message.
    pub(crate) fn shown(&self) -> String {
        format!("{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// A build tag begins with a digit, if there is one.
fn build_tag(text: &str) -> Option<(u64, String)> {
    if text.is_empty() {
        return Some((0, String::new()));
    }
    let end = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_name_are_read() {
        let wheel = WheelName::parse("Backports.Tarfile-1.2.0-2a-py2.py3-none-any.whl").unwrap();
        assert_eq!(wheel.name.to_string(), "backports-tarfile");
        assert_eq!(wheel.build, (2, "a".to_owned()));
        let tags: Vec<_> = wheel.tags().collect();
        assert_eq!(tags, [("py2", "none", "any"), ("py3", "none", "any")]);
        assert_eq!(wheel.shown(), "py2.py3-none-any");
        let set = "numpy-2.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        assert_eq!(WheelName::parse(set).unwrap().tags().count(), 2);
    }

    #[test]
    fn other_names_are_no_wheels() {
        for name in [
            "a-1.0.tar.gz",
            "a-1.0-py3-none.whl",
            "a-1.0-py3-none-any.zip",
            "a-1.0-x-py3-none-any.whl",
            "a-1.0-1-2-py3-none-any.whl",
            "a-1.0-py3-none-.whl",
            "a-1.0-py3..py2-none-any.whl",
            "a b-1.0-py3-none-any.whl",
            ".whl",
        ] {
            assert_eq!(WheelName::parse(name), None, "{name}");
        }
    }
}
