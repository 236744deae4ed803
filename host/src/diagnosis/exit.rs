//! The exit statuses of a failed phase. `docs/architecture.md` and `docs/operating.md` have tables of them.
//!
//! No status may be 100, which means "not detected", or above 125, which shells and container engines use themselves.

/// The cause lies outside the buildpack: the application, the platform, a credential, the network.
pub const FIXABLE: u8 = 1;
/// The arguments are unknown. `EX_USAGE` of sysexits.h.
pub const USAGE: u8 = 64;
/// The buildpack is at fault: its component's answer, its descriptor, its files. `EX_SOFTWARE` of sysexits.h.
pub const BUILDPACK: u8 = 70;
/// The component trapped.
pub const TRAP: u8 = 80;
/// The component reached its limit of memory, stack, table elements or files.
pub const SHORT: u8 = 81;
/// The component called `exit` instead of returning.
pub const ENDED_ITSELF: u8 = 82;
/// The component or its process took too long.
pub const TIME: u8 = 83;
/// The component's process ended abnormally, for a reason that no other status names.
pub const DIED: u8 = 84;
/// The component's process made a system call that the seccomp filter does not allow (`SIGSYS`).
pub const FORBIDDEN_CALL: u8 = 85;
/// The component wrote a file beyond the limit (`SIGXFSZ`).
pub const FILE_SIZE: u8 = 86;
/// The component's process was killed from outside (`SIGKILL`).
pub const KILLED: u8 = 87;
/// The component's process sent a message that the host's own code never sends.
pub const INVALID_MESSAGE: u8 = 88;
/// The component logged beyond the limit.
pub const LOG: u8 = 89;
/// `sandbox = "require"`, and the component can't be confined on this machine.
pub const NOT_CONFINED: u8 = 90;
/// The operator's policy denies something that the buildpack declares or requests.
pub const DENIED: u8 = 91;
/// The component's answer is over the limit.
pub const OUTPUT: u8 = 92;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Every status of this file, read from its text, because a hand-written list could be incomplete.
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
        // This table also has the two statuses that are not failures.
        let architecture = include_str!("../../../docs/architecture.md");
        let mut told = told(architecture, "| status | what it means |");
        told.retain(|code| ![0, 100].contains(code));
        assert_eq!(sorted(told), all);
    }
}
