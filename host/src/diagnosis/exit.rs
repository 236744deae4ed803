//! Statuses of the process when a phase has failed: `docs/architecture.md` and `docs/operating.md` have tables of them.
//!
//! Never 100, which is "not detected", nor 126 and more, which shells and container engines use themselves.

/// Someone can mend it outside the buildpack: the application, the platform, a credential, the network.
pub const MENDABLE: u8 = 1;
/// Called in a way that it doesn't know. `EX_USAGE` of sysexits.h.
pub const USAGE: u8 = 64;
/// The buildpack is at fault: its guest's answer, its descriptor, its files. `EX_SOFTWARE` of sysexits.h.
pub const BUILDPACK: u8 = 70;
/// The guest was stopped by WebAssembly's own rules.
pub const TRAP: u8 = 80;
/// The guest had too little memory, stack, or room in a table.
pub const SHORT: u8 = 81;
/// The guest ended its program instead of returning.
pub const ENDED_ITSELF: u8 = 82;
/// The guest, or its process, took too long.
pub const TIME: u8 = 83;
/// The guest's process died, and nothing below says of what.
pub const DIED: u8 = 84;
/// The guest's process made a call that is not on the list (`SIGSYS`).
pub const FORBIDDEN_CALL: u8 = 85;
/// The guest wrote a file beyond the limit (`SIGXFSZ`).
pub const FILE_SIZE: u8 = 86;
/// The guest's process was killed from outside (`SIGKILL`).
pub const KILLED: u8 = 87;
/// What came from the guest's process is not what the host's own code sends.
pub const UNBELIEVABLE: u8 = 88;
/// The guest logged beyond the limit.
pub const LOG: u8 = 89;
/// `sandbox = "require"`, and here the guest can't be confined.
pub const NOT_CONFINED: u8 = 90;
/// The operator's policy denies what the buildpack declares or asks for.
pub const DENIED: u8 = 91;
/// The guest returned more than is taken.
pub const OUTPUT: u8 = 92;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Every status of this file, read from its text: a list could lack one.
    fn all() -> Vec<u8> {
        let lines = include_str!("exit.rs").lines();
        let values = lines.filter_map(|line| line.strip_prefix("pub const ")?.split_once("= "));
        let values = values.map(|(_, value)| value.trim_end_matches(';').parse().unwrap());
        values.collect()
    }

    /// The statuses in the first column of a document's table with this head: `1`, `80, 81` and `84 to 88`.
    fn told(document: &str, head: &str) -> Vec<u8> {
        let (_, table) = document.split_once(head).unwrap();
        let rows = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let parts = rows.flat_map(|row| row.split('|').nth(1).unwrap().split(','));
        let number = |text: &str| text.trim().parse::<u8>().unwrap();
        let ranges = parts.map(|part| match part.split_once(" to ") {
            Some((first, last)) => number(first)..=number(last),
            None => number(part)..=number(part),
        });
        ranges.flatten().collect()
    }

    #[test]
    fn each_is_its_own_and_none_is_anyone_elses() {
        let all = all();
        assert!(all.len() > 10, "{all:?}");
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(
            all.iter()
                .all(|code| (1..126).contains(code) && *code != 100)
        );
    }

    #[test]
    fn the_documents_tell_of_each_once_and_of_no_other() {
        let mut all = all();
        all.sort_unstable();
        let sorted = |mut told: Vec<u8>| {
            told.sort_unstable();
            told
        };
        let operating = include_str!("../../../docs/operating.md");
        assert_eq!(sorted(told(operating, "| status | whose turn |")), all);
        // There are the two that are no failure, too.
        let architecture = include_str!("../../../docs/architecture.md");
        let mut told = told(architecture, "| status | what it means |");
        told.retain(|code| ![0, 100].contains(code));
        assert_eq!(sorted(told), all);
    }
}
