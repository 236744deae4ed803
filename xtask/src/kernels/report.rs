//! Reads the report of a virtual machine's first process, and compares it with the expected results. Pure.

use super::components::Try;

/// The tries of `walls files` that must succeed on each kernel. All others must be denied if Landlock is in force.
const COMPONENT_MAY: [&str; 12] = [
    "read the application",
    "list the application",
    "make a directory",
    "write a file",
    "read it back",
    "empty it",
    "move it",
    "link it",
    "make a link",
    "list the layers",
    "remove it",
    "look at a file elsewhere",
];
/// The same for `walls host`.
const HOST_MAY: [&str; 9] = [
    "make a directory",
    "write a file",
    "make a link",
    "set permissions",
    "move within a directory",
    "move it back",
    "connect",
    "look up names",
    "look at a file elsewhere",
];
/// Tries that an older Landlock allows, each with the first ABI that denies it.
const UNTIL: [(&str, u32); 2] = [
    ("empty a file of the application", 3),
    ("connect to a socket by its path", 9),
];
/// Tries that Landlock's ABI 1 always denies, because it denies each move or link of a file between directories. The
/// last one removes the file that was not moved, so it fails too.
const NOT_WITH_ABI_1: [&str; 3] = ["move it", "link it", "remove it"];

const EPERM: &str = "1";
const ENOENT: &str = "2";
const ENOMEM: &str = "12";
/// Landlock's errors: `EACCES`, and `EXDEV` for a move or a link.
const DENIED: [&str; 2] = ["13", "18"];
const SIGSYS: &str = "signal 31";

/// The level of the sandbox on a kernel, as `walls` reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Level {
    name: String,
    /// The ABI of Landlock in force.
    landlock: Option<u32>,
    seccomp: bool,
}

impl Level {
    fn parse(text: &str) -> Self {
        let name = text.split(' ').next().unwrap_or_default();
        let abi = text.split_once("Landlock ABI ").map(|(_, abi)| abi);
        let digits = abi.map(|abi| abi.split(|c: char| !c.is_ascii_digit()).next());
        Self {
            name: name.to_owned(),
            landlock: digits.flatten().and_then(|digits| digits.parse().ok()),
            seccomp: ["full", "seccomp-only"].contains(&name),
        }
    }

    /// The expected result of a try of `walls` at this level.
    fn expects(&self, kind: &str, what: &str) -> Must {
        let abi = self.landlock.unwrap_or_default();
        match (kind, what) {
            ("tried", _) => Must::Be("exit 0"),
            ("allowed", _) | ("memory", "take 16 MiB") => Must::Be("done"),
            ("memory", _) => Must::Be(ENOMEM),
            ("call", "socket" | "utimensat") if self.seccomp => Must::Be(EPERM),
            ("call", _) if self.seccomp => Must::Be(SIGSYS),
            ("call", _) => Must::Nothing,
            ("host", call) if call.starts_with("call ") && self.seccomp => Must::Be(EPERM),
            ("host", call) if call.starts_with("call ") => Must::Nothing,
            ("host", start) if start.starts_with("start ") && self.seccomp => Must::BeDenied,
            ("files", what) if abi == 1 && NOT_WITH_ABI_1.contains(&what) => Must::BeDenied,
            ("files", what) if COMPONENT_MAY.contains(&what) => Must::Be("done"),
            ("host", what) if HOST_MAY.contains(&what) => Must::Be("done"),
            (_, what) => match UNTIL.iter().find(|(until, _)| *until == what) {
                Some((_, since)) if abi < *since => Must::Be("done"),
                _ if abi == 0 => Must::Nothing,
                _ => Must::BeDenied,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Must {
    /// This result.
    Be(&'static str),
    /// Denied, or missing on this kernel.
    BeDenied,
    /// Any result, because the level allows either. Such a try is not counted.
    Nothing,
}

impl Must {
    fn is_met(self, came: &str) -> bool {
        match self {
            Self::Be(answer) => came == answer,
            Self::BeDenied => DENIED.contains(&came) || [EPERM, ENOENT].contains(&came),
            Self::Nothing => false,
        }
    }
}

/// The number of results, and a description of each wrong one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    all: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, is_right: bool, what: impl FnOnce() -> String) {
        self.all += 1;
        if !is_right {
            self.wrong.push(what());
        }
    }

    fn told(&self) -> String {
        format!("{} of {}", self.all - self.wrong.len(), self.all)
    }
}

/// The results of a booted kernel.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    release: String,
    level: Level,
    detect: String,
    build: String,
    walls: Count,
    components: Count,
    /// The host's output in both phases.
    said: Vec<String>,
    /// Why the first process did not finish, or `None` if it did.
    unfinished: Option<String>,
}

impl Report {
    /// Parses the first process's lines of the console. `None` if there are none.
    pub(super) fn parse(console: &[String], tries: &[Try]) -> Option<Self> {
        let lines = console.iter().filter_map(|line| line.strip_prefix('@'));
        let lines: Vec<_> = lines
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .collect();
        let one = |what: &str| {
            let found = lines.iter().find(|(kind, _)| *kind == what);
            found.map(|(_, text)| (*text).to_owned())
        };
        let mut report = Self {
            release: one("release")?,
            level: one("level")
                .map(|text| Level::parse(&text))
                .unwrap_or_default(),
            detect: one("detect").unwrap_or_else(|| "none".to_owned()),
            build: one("build").unwrap_or_else(|| "none".to_owned()),
            unfinished: match (one("done"), one("failed")) {
                (Some(_), _) => None,
                (None, Some(why)) => Some(why),
                (None, None) => Some("the report has no end".to_owned()),
            },
            ..Self::default()
        };
        for (kind, text) in &lines {
            match *kind {
                "|" => report.said.push((*text).to_owned()),
                "tried" | "call" | "allowed" | "memory" | "host" | "files" => {
                    let (what, came) = text.rsplit_once(": ").unwrap_or((text, ""));
                    match report.level.expects(kind, what) {
                        Must::Nothing => {}
                        must => report
                            .walls
                            .add(must.is_met(came), || format!("{kind} {text} ({must:?})")),
                    }
                }
                _ => {}
            }
        }
        let reported: Vec<_> = lines
            .iter()
            .filter(|(kind, _)| *kind == "component")
            .map(|(_, text)| *text)
            .collect();
        for one in tries {
            let begin = format!("{}: ", one.name);
            let text = reported.iter().find_map(|text| text.strip_prefix(&begin));
            let text = text.unwrap_or("not reported");
            let is_right = text.starts_with(&format!("exit {}:", one.status))
                && text.contains(one.names)
                && !text.contains(": ALLOWED")
                && !text.contains("could not do its part");
            report.components.add(is_right, || {
                format!(
                    "component {begin}{text} (must be exit {}: ... {})",
                    one.status, one.names
                )
            });
        }
        Some(report)
    }

    /// Whether all results are the expected ones.
    pub(super) fn is_right(&self) -> bool {
        self.problems().is_empty()
    }

    /// A line for each wrong result.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(self.unfinished.clone());
        for (phase, ended) in [("detect", &self.detect), ("build", &self.build)] {
            if ended != "exit 0" {
                problems.push(format!("{phase}: {ended}"));
                problems.extend(self.said.iter().map(|line| format!("  {line}")));
            }
        }
        problems.extend(self.walls.wrong.iter().cloned());
        problems.extend(self.components.wrong.iter().cloned());
        problems
    }

    fn cells(&self) -> [String; 7] {
        let landlock = self.level.landlock;
        let status = |ended: &str| ended.strip_prefix("exit ").unwrap_or(ended).to_owned();
        [
            self.release.clone(),
            landlock.map_or("none".to_owned(), |abi| abi.to_string()),
            self.level.name.clone(),
            status(&self.detect),
            status(&self.build),
            self.walls.told(),
            self.components.told(),
        ]
    }
}

/// The result of a file in the folder.
pub(super) enum Outcome {
    Booted(Box<Report>),
    /// Not booted, for this reason.
    Skipped(String),
    /// Booted, but without a report, for this reason.
    Silent(String),
}

/// The results as a Markdown table, with a row for each file.
pub(super) fn table(rows: &[(String, Outcome)]) -> Vec<String> {
    let row = |cells: [String; 8]| format!("| {} |", cells.join(" | "));
    let head = [
        "file",
        "kernel",
        "Landlock ABI",
        "level",
        "detect",
        "build",
        "tries of `walls` with the expected result",
        "components with the expected result",
    ];
    let mut lines = vec![
        row(head.map(str::to_owned)),
        format!("|{}", "---|".repeat(8)),
    ];
    for (file, outcome) in rows {
        let mut cells = std::array::from_fn(|_| "-".to_owned());
        cells[0].clone_from(file);
        match outcome {
            Outcome::Booted(report) => cells[1..].clone_from_slice(&report.cells()),
            Outcome::Skipped(why) => cells[1] = format!("not tried: {why}"),
            Outcome::Silent(why) => cells[1] = format!("no answer: {why}"),
        }
        lines.push(row(cells));
    }
    lines
}

#[cfg(test)]
mod tests;
