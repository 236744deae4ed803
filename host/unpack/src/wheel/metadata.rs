//! The headers of METADATA and WHEEL.
//!
//! Nothing here reads an archive. <https://packaging.python.org/specifications/core-metadata/>

use text::{is_unseen, shown};

use super::name::{WheelName, normalized};
use super::version;

/// A free text for a licence that is longer than this is not the name of one, in characters.
const LONGEST_LICENCE: usize = 100;
/// The limit for a name and a version, in characters.
const LONGEST_NAME: usize = 200;

/// A wheel's distribution, for a bill of materials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// As METADATA spells it.
    pub name: String,
    pub version: String,
    /// An SPDX expression, or a short text in the words of its author.
    pub licence: Option<String>,
}

/// The reason to refuse METADATA or WHEEL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataReason {
    #[error("it has no {field}, or more than one")]
    Field { field: &'static str },
    /// A name or version with unseen characters, or one that is too long.
    #[error("its {field} is not plain text")]
    NotPlain { field: &'static str },
    #[error("its Name is '{found}', and the file name says '{expected}'")]
    OtherName { found: String, expected: String },
    #[error("its Version is '{found}', and the file name says '{expected}'")]
    OtherVersion { found: String, expected: String },
    #[error("its Wheel-Version is '{found}', and only 1 is known")]
    WheelVersion { found: String },
}

/// Reads a package's name, version and licence from METADATA.
pub fn package(metadata: &[u8], file: &WheelName<'_>) -> Result<Package, MetadataReason> {
    let text = String::from_utf8_lossy(metadata);
    let plain = |field| {
        let value = one(&text, field).ok_or(MetadataReason::Field { field })?;
        let is_plain = !value.is_empty()
            && value.chars().count() <= LONGEST_NAME
            && !value.chars().any(|c| is_unseen(c) || c == ' ');
        is_plain
            .then(|| value.to_owned())
            .ok_or(MetadataReason::NotPlain { field })
    };
    let name = plain("Name")?;
    let version = plain("Version")?;
    if normalized(&name) != normalized(file.distribution) {
        return Err(MetadataReason::OtherName {
            found: shown(&name),
            expected: shown(file.distribution),
        });
    }
    if !version::is_same(&version, file.version) {
        return Err(MetadataReason::OtherVersion {
            found: shown(&version),
            expected: shown(file.version),
        });
    }
    Ok(Package {
        name,
        version,
        licence: one(&text, "License-Expression")
            .or_else(|| one(&text, "License"))
            .and_then(licence),
    })
}

/// Returns the text if it can be the name of a licence.
fn licence(text: &str) -> Option<String> {
    let is_short = text.chars().count() <= LONGEST_LICENCE && !text.chars().any(is_unseen);
    let says_something = !text.is_empty() && !text.eq_ignore_ascii_case("unknown");
    (is_short && says_something).then(|| text.to_owned())
}

/// Checks that WHEEL has a version of the format that is known.
pub fn judge_wheel(wheel: &[u8]) -> Result<(), MetadataReason> {
    let text = String::from_utf8_lossy(wheel);
    let field = "Wheel-Version";
    let version = one(&text, field).ok_or(MetadataReason::Field { field })?;
    let major = version.split_once('.').map_or(version, |(major, _)| major);
    if major != "1" {
        let found = shown(version);
        return Err(MetadataReason::WheelVersion { found });
    }
    Ok(())
}

/// Returns the value of a header that is there once and has one line.
fn one<'t>(text: &'t str, field: &str) -> Option<&'t str> {
    let mut found = None;
    let mut lines = text.lines().take_while(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let is_continued = lines
            .peek()
            .is_some_and(|next| next.starts_with([' ', '\t']));
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if !name.eq_ignore_ascii_case(field) {
            continue;
        }
        if is_continued || found.is_some() {
            return None;
        }
        found = Some(value.trim());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(metadata: &str) -> Result<Package, MetadataReason> {
        let file = WheelName::parse("zope.interface-7.1-py3-none-any.whl").unwrap();
        package(metadata.as_bytes(), &file)
    }

    fn licence_of(lines: &str) -> Option<String> {
        let text = format!("Name: Zope.Interface\nVersion: 7.1\n{lines}\n\nLicense: body\n");
        read(&text).unwrap().licence
    }

    #[test]
    fn a_package_has_the_name_and_version_that_its_metadata_says() {
        for end in ["\n", "\r\n"] {
            let text = [
                "Metadata-Version: 2.4",
                "name: Zope_Interface",
                "Version: 7.1",
                "",
                "Name: body",
            ]
            .join(end);
            let package = read(&text).unwrap();
            assert_eq!(
                (&*package.name, &*package.version),
                ("Zope_Interface", "7.1")
            );
        }
        let text = read("Name: other\nVersion: 7.1\n").unwrap_err().to_string();
        assert_eq!(
            text,
            "its Name is 'other', and the file name says 'zope.interface'"
        );
        let missing = read("Version: 7.1\n\nName: zope.interface\n").unwrap_err();
        assert_eq!(missing.to_string(), "it has no Name, or more than one");
        let unseen = read("Name: zope.interface\nVersion: 7\u{1b}[2J\n").unwrap_err();
        assert_eq!(unseen.to_string(), "its Version is not plain text");
    }

    #[test]
    fn a_version_other_than_that_of_the_file_name_is_refused_and_named() {
        let read = |version: &str| read(&format!("Name: zope.interface\nVersion: {version}\n"));
        for fine in ["7.1", "7.1.0", "v7.1", "07.1"] {
            assert_eq!(read(fine).unwrap().version, fine);
        }
        for (other, text) in [
            ("7.2", "its Version is '7.2', and the file name says '7.1'"),
            (
                "7.1rc1",
                "its Version is '7.1rc1', and the file name says '7.1'",
            ),
            (
                "7.1+local",
                "its Version is '7.1+local', and the file name says '7.1'",
            ),
        ] {
            assert_eq!(read(other).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_licence_is_an_expression_or_a_short_text_on_one_line() {
        let long = format!("License: {}", "MIT ".repeat(30));
        let table = [
            (
                "License-Expression: MIT OR Apache-2.0",
                Some("MIT OR Apache-2.0"),
            ),
            ("License: BSD\nLicense-Expression: MIT", Some("MIT")),
            ("License: Apache 2.0", Some("Apache 2.0")),
            ("License: UNKNOWN", None),
            ("License: Copyright\n  all of it", None),
            (&long, None),
            ("License:", None),
            ("Classifier: License :: OSI Approved :: MIT License", None),
        ];
        for (lines, licence) in table {
            assert_eq!(licence_of(lines).as_deref(), licence, "{lines}");
        }
    }

    #[test]
    fn only_version_one_of_the_format_is_known() {
        assert_eq!(
            judge_wheel(b"Wheel-Version: 1.0\r\nTag: py3-none-any\r\n"),
            Ok(())
        );
        assert_eq!(judge_wheel(b"Wheel-Version: 1.9\n"), Ok(()));
        for (bad, text) in [
            (
                "Wheel-Version: 2.0\n",
                "its Wheel-Version is '2.0', and only 1 is known",
            ),
            (
                "Wheel-Version: 11.0\n",
                "its Wheel-Version is '11.0', and only 1 is known",
            ),
            (
                "Generator: x\n",
                "it has no Wheel-Version, or more than one",
            ),
        ] {
            assert_eq!(judge_wheel(bad.as_bytes()).unwrap_err().to_string(), text);
        }
    }
}
