//! Fuzzes the texts of wheels: file names, RECORD, `entry_points.txt` and METADATA.
//!
//! The first byte chooses the text.

use unpack::wheel::entry_points::{self, Script};
use unpack::wheel::metadata::{self, Package};
use unpack::wheel::name::WheelName;
use unpack::wheel::record;

use super::assert_harmless;
use crate::Verdict;

pub(crate) fn run(input: &[u8]) -> Verdict {
    let Some((choice, text)) = input.split_first() else {
        return Verdict::Refused;
    };
    match choice {
        b'n' => name(text),
        b'r' => record(text),
        b'e' => scripts(text),
        b'm' => package(text),
        _ => Verdict::Refused,
    }
}

/// A file name is put together again from what it says.
fn name(text: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(text) else {
        return Verdict::Refused;
    };
    let parsed = WheelName::parse(text);
    match &parsed {
        Ok(name) => {
            let front = format!("{}-{}-", name.distribution, name.version);
            let back = format!("-{}.whl", name.platforms.join("."));
            assert!(text.starts_with(&front) && text.ends_with(&back), "{text}");
            assert!(
                text.is_ascii() && !text.contains(['/', '\\', ' ', '\n']),
                "{text}"
            );
            if let Err(error) = name.judge_platform("arm64") {
                assert_harmless(&error);
                assert!(!name.platforms.contains(&"any"), "{text}");
            } else {
                let fits = |one: &&str| *one == "any" || one.ends_with("_aarch64");
                assert!(name.platforms.iter().any(fits), "{text}");
            }
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&parsed)
}

/// RECORD has as many rows as it has lines, if no name has a line end.
fn record(text: &[u8]) -> Verdict {
    let parsed = record::parse(text);
    match &parsed {
        Ok(rows) => {
            let text = str::from_utf8(text).expect("RECORD is UTF-8");
            if !text.contains('"') {
                assert_eq!(rows.len(), text.lines().count());
            }
            for path in rows.keys() {
                assert!(!path.is_empty());
                let doubled = path.replace('"', "\"\"");
                assert!(text.contains(&doubled), "{path:?} is not in RECORD");
            }
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&parsed)
}

/// Nothing of an entry point gets into a script but names with dots.
fn scripts(text: &[u8]) -> Verdict {
    let parsed = entry_points::parse(text);
    match &parsed {
        Ok(scripts) => {
            for (index, script) in scripts.iter().enumerate() {
                let Script {
                    name,
                    module,
                    attribute,
                } = script;
                let word = |c: char| c == '_' || c.is_ascii_alphanumeric();
                assert!(
                    name.chars().all(|c| word(c) || c == '.' || c == '-'),
                    "{name}"
                );
                assert!(name.starts_with(word), "{name}");
                for path in [module, attribute] {
                    for part in path.split('.') {
                        assert!(part.chars().all(word) && !part.is_empty(), "{path}");
                        assert!(!part.as_bytes()[0].is_ascii_digit(), "{path}");
                    }
                }
                let same = |other: &Script| other.name == *name;
                assert!(!scripts[..index].iter().any(same), "{name} is there twice");
            }
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&parsed)
}

/// A bill of materials gets one line of printable text for each field.
fn package(text: &[u8]) -> Verdict {
    let name = WheelName::parse("foo_bar-1.0-py3-none-any.whl").expect("it is a name");
    let parsed = metadata::package(text, &name);
    match &parsed {
        Ok(Package {
            name,
            version,
            licence,
        }) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(name.chars().all(plain), "{name:?}");
            let mut numbers = version.split(|c: char| !c.is_ascii_digit());
            let first = numbers.find(|number| !number.is_empty());
            let first = first.map(|first| first.trim_start_matches('0'));
            assert_eq!(first, Some("1"), "{version:?}");
            for text in [version, licence.as_ref().unwrap_or(version)] {
                assert!(!text.is_empty() && text.trim() == text, "{text:?}");
                assert!(!text.contains(char::is_control), "{text:?}");
                assert!(text.chars().count() <= 200, "{text:?}");
            }
        }
        Err(error) => assert_harmless(error),
    }
    Verdict::of(&parsed)
}
