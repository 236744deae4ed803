use super::*;
use crate::kernels::components;

const FULL: &str = "full (Landlock ABI 7, seccomp)";

fn tries() -> Vec<Try> {
    components::all().unwrap()
}

/// The console of a machine in which every result was the expected one.
fn good(level: &str) -> Vec<String> {
    let mut lines = vec![
        "[    0.5] a line of the kernel's".to_owned(),
        "@release 6.12.1".to_owned(),
        "@| ---> A buildpack".to_owned(),
        "@detect exit 0".to_owned(),
        "@build exit 0".to_owned(),
        format!("@level {level}"),
        "@call execve: signal 31".to_owned(),
        "@call socket: 1".to_owned(),
        "@allowed mmap of data: done".to_owned(),
        "@tried allowed: exit 0".to_owned(),
        "@files read the application: done".to_owned(),
        "@files read the users: 13".to_owned(),
    ];
    lines.extend(tries().iter().map(|one| {
        let Try {
            name,
            status,
            names,
            ..
        } = one;
        format!("@component {name}: exit {status}: it says {names} and more")
    }));
    lines.push("@done".to_owned());
    lines
}

fn changed(from: &str, to: &str) -> Report {
    let mut lines = good(FULL);
    let line = lines.iter_mut().find(|line| line.starts_with(from));
    *line.unwrap_or_else(|| panic!("{from}")) = to.to_owned();
    Report::parse(&lines, &tries()).unwrap()
}

fn met(level: &str, kind: &str, what: &str, came: &str) -> bool {
    Level::parse(level).expects(kind, what).is_met(came)
}

#[test]
fn a_table_has_a_row_for_each_file_tried_or_not() {
    let report = Report::parse(&good(FULL), &tries()).unwrap();
    assert_eq!(report.problems(), [""; 0]);
    let name = |name: &str| name.to_owned();
    let rows = [
        (name("vmlinuz"), Outcome::Booted(Box::new(report))),
        (name("arm"), Outcome::Skipped(name("it is for arm64"))),
        (name("old"), Outcome::Silent(name("it was ended"))),
    ];
    assert_eq!(
        table(&rows),
        [
            "| file | kernel | Landlock ABI | level | detect | build | tries of `walls` with the expected result | components with the expected result |",
            "|---|---|---|---|---|---|---|---|",
            "| vmlinuz | 6.12.1 | 7 | full | 0 | 0 | 6 of 6 | 59 of 59 |",
            "| arm | not tried: it is for arm64 | - | - | - | - | - | - |",
            "| old | no answer: it was ended | - | - | - | - | - | - |",
        ]
    );
}

#[test]
fn each_thing_that_is_not_as_it_must_be_is_named() {
    for (from, to, problem) in [
        ("@detect", "@detect signal 31", "detect: signal 31"),
        ("@build", "@build exit 1", "build: exit 1"),
        ("@call execve", "@call execve: done", "call execve: done"),
        ("@call socket", "@call socket: done", "call socket: done"),
        ("@allowed", "@allowed mmap of data: 1", "mmap of data: 1"),
        ("@tried", "@tried allowed: signal 31", "allowed: signal 31"),
        (
            "@files read the users",
            "@files read the users: done",
            "read the users: done",
        ),
        ("@done", "", "the report has no end"),
        ("@done", "@failed can't mount /sys", "can't mount /sys"),
    ] {
        let problems = changed(from, to).problems();
        assert!(problems[0].contains(problem), "{from}: {problems:?}");
    }
    // The host's output is shown only if a phase failed.
    let problems = changed("@build", "@build exit 1").problems();
    assert_eq!(problems[1], "  ---> A buildpack");
}

#[test]
fn a_component_must_end_as_the_table_says_and_name_the_cause() {
    let count = |to: &str| changed("@component exits build", to).components;
    let right = count("@component exits build build-1: exit 82: exit status 1");
    assert_eq!(right.told(), "59 of 59");
    for wrong in [
        "@component exits build build-1: exit 0: exit status 1",
        "@component exits build build-1: exit 8: exit status 1",
        "@component exits build build-1: signal 31: exit status 1",
        "@component exits build build-1: exit 82: another error",
        "@component exits build build-1: exit 82: exit status 1 a try: ALLOWED",
        "",
    ] {
        let count = count(wrong);
        assert_eq!(count.told(), "58 of 59", "{wrong}");
        assert!(count.wrong[0].starts_with("component exits build build-1: "));
    }
}

#[test]
fn a_console_without_a_report_is_none() {
    assert_eq!(Report::parse(&[], &tries()), None);
    let panic = ["Kernel panic - not syncing: No working init found".to_owned()];
    assert_eq!(Report::parse(&panic, &tries()), None);
}

#[test]
fn a_level_is_read_from_the_line_of_walls() {
    for (text, name, landlock, seccomp) in [
        (FULL, "full", Some(7), true),
        ("full (Landlock ABI 10, seccomp)", "full", Some(10), true),
        (
            "seccomp-only (Landlock ABI 2, seccomp; ABI 3 is needed)",
            "seccomp-only",
            Some(2),
            true,
        ),
        (
            "seccomp-only (seccomp; Landlock is missing: Function not implemented)",
            "seccomp-only",
            None,
            true,
        ),
        (
            "wasm-only (Landlock ABI 7; seccomp is missing: Function not implemented)",
            "wasm-only",
            Some(7),
            false,
        ),
        ("", "", None, false),
    ] {
        let name = name.to_owned();
        let level = Level {
            name,
            landlock,
            seccomp,
        };
        assert_eq!(Level::parse(text), level, "{text}");
    }
}

#[test]
fn less_is_asked_of_a_kernel_that_has_less() {
    let abi = |abi: u32| format!("seccomp-only (Landlock ABI {abi}, seccomp; ABI 3 is needed)");
    let none = "seccomp-only (seccomp; Landlock is missing: Function not implemented)";
    let filterless = "wasm-only (Landlock ABI 7; seccomp is missing: Function not implemented)";
    let emptied = "empty a file of the application";
    let socket = "connect to a socket by its path";
    for (level, kind, what, right, wrong) in [
        (FULL, "files", emptied, "13", "done"),
        (&abi(2)[..], "files", emptied, "done", "13"),
        (&abi(2), "files", "read the users", "13", "done"),
        (&abi(2), "files", "move it", "done", "18"),
        (&abi(1), "files", "move it", "18", "done"),
        (&abi(1), "files", "make a link", "done", "13"),
        (FULL, "host", socket, "done", "13"),
        (
            "full (Landlock ABI 9, seccomp)",
            "host",
            socket,
            "13",
            "done",
        ),
        (none, "files", "read the application", "done", "13"),
        (none, "host", "start a program", "1", "done"),
        (filterless, "files", "read the users", "13", "done"),
        (FULL, "host", "call execve", "1", "14"),
        (FULL, "host", "start a program", "1", "done"),
        (FULL, "call", "utimensat", "1", "signal 31"),
        (FULL, "memory", "take 128 MiB", "12", "done"),
        (FULL, "memory", "take 16 MiB", "done", "12"),
    ] {
        assert!(met(level, kind, what, right), "{level}: {what}: {right}");
        assert!(!met(level, kind, what, wrong), "{level}: {what}: {wrong}");
    }
}

#[test]
fn a_try_of_which_the_level_promises_nothing_is_not_counted() {
    let none = "seccomp-only (seccomp; Landlock is missing: Function not implemented)";
    let filterless = "wasm-only (Landlock ABI 7; seccomp is missing: Function not implemented)";
    for (level, kind, what) in [
        (none, "files", "read the users"),
        (filterless, "call", "execve"),
        (filterless, "host", "call execve"),
    ] {
        assert_eq!(Level::parse(level).expects(kind, what), Must::Nothing);
        assert_ne!(Level::parse(FULL).expects(kind, what), Must::Nothing);
    }
    let report = |level: &str| Report::parse(&good(level), &tries()).unwrap();
    assert_eq!(report(FULL).walls.told(), "6 of 6");
    assert_eq!(report(none).walls.told(), "5 of 5");
}
