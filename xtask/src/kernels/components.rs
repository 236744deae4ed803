//! The components of the tests that are tried on each kernel, each with its expected result.

use anyhow::{Context, Result};

/// One run of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Try {
    /// The guest in `tests/guests/examples`.
    pub(super) guest: &'static str,
    /// Guest, phase and case. The virtual machine names the run so.
    pub(super) name: String,
    pub(super) status: i32,
    /// A text that must be in the messages.
    pub(super) names: &'static str,
}

/// All runs. Those of one guest are together.
pub(super) fn all() -> Result<Vec<Try>> {
    let lines = include_str!("components.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            parse(line).with_context(|| format!("components.txt has an invalid line: '{line}'"))
        })
        .collect()
}

fn parse(line: &'static str) -> Result<Try> {
    let mut parts = line.splitn(5, ' ');
    let mut part = |what| parts.next().context(what);
    let (guest, phase, case) = (part("no guest")?, part("no phase")?, part("no case")?);
    Ok(Try {
        guest,
        name: format!("{guest} {phase} {case}"),
        status: part("no status")?.parse().context("no status")?,
        names: part("nothing to name").unwrap_or_default(),
    })
}

/// The name of each guest, once.
pub(super) fn guests(tries: &[Try]) -> Vec<&'static str> {
    let mut guests: Vec<_> = tries.iter().map(|one| one.guest).collect();
    guests.dedup();
    guests
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use package::cargo;

    #[test]
    fn each_guest_is_there_and_no_try_is_listed_twice() {
        let tries = all().unwrap();
        for guest in guests(&tries) {
            let file = cargo::root().join(format!("tests/guests/examples/{guest}.rs"));
            assert!(file.is_file(), "{guest}");
        }
        let unique: BTreeSet<_> = guests(&tries).into_iter().collect();
        assert_eq!(
            unique.len(),
            guests(&tries).len(),
            "a guest's tries are apart"
        );
        let names: BTreeSet<_> = tries.iter().map(|one| &one.name).collect();
        assert_eq!(names.len(), tries.len());
        for name in names {
            let phase = name.split(' ').nth(1);
            assert!(matches!(phase, Some("detect" | "build")), "{name}");
        }
    }

    #[test]
    fn a_line_has_five_parts_of_which_the_last_has_blanks_or_is_missing() {
        let one = parse("exits build build-1 82 exit status").unwrap();
        let wanted = ("exits build build-1", 82, "exit status");
        assert_eq!((&one.name[..], one.status, one.names), wanted);
        assert_eq!(parse("behaves_well detect none 0").unwrap().names, "");
        for (line, missing) in [
            ("exits", "no phase"),
            ("exits build", "no case"),
            ("exits build build-1", "no status"),
            ("exits build build-1 exit status", "no status"),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), missing, "{line}");
        }
    }
}
