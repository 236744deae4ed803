//! Tests kernels and containers that lack a part of the sandbox: the printed level, and what is still denied.
//!
//! A seccomp filter emulates them.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use tests::kernel;
use tests::lifecycle::Lifecycle;

use crate::support::{FULL, Place, Run};

const LANDLOCK: [i64; 3] = [
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
];

/// Runs a command while these system calls fail with `errno`.
fn without(calls: &[i64], errno: i32, mut command: Command) -> Output {
    kernel::without(calls, errno, || command.output())
        .unwrap()
        .unwrap()
}

#[test]
fn here_both_walls_hold() {
    let level = Place::new().run("level").level();
    assert!(level.starts_with(FULL), "{level}");
    assert!(level.ends_with(", seccomp)"), "{level}");
}

#[test]
fn a_process_that_waits_in_the_kernel_is_ended_by_its_alarm_even_if_it_was_told_to_ignore_it() {
    let place = Place::new();
    let mut shell = Command::new("/bin/sh");
    // An ignored signal stays ignored in the program that the shell executes.
    shell.args(["-c", "trap '' ALRM; exec \"$0\" \"$@\""]);
    let walls = place.command("waits");
    shell.arg(walls.get_program()).args(walls.get_args());
    let mut waiting = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The input stays open, so that it never ends.
    let _input = waiting.stdin.take();
    assert_eq!(waiting.wait().unwrap().signal(), Some(libc::SIGALRM));
}

#[test]
fn without_landlock_the_list_of_calls_still_holds() {
    for errno in [libc::ENOSYS, libc::EPERM, libc::EOPNOTSUPP] {
        let place = Place::new();
        let run = |what: &str| Run(without(&LANDLOCK, errno, place.command(what)));
        let level = run("level").level();
        assert!(
            level.starts_with("seccomp-only (seccomp; Landlock is missing"),
            "{errno}: {level}"
        );
        let outcomes = run("files").outcomes();
        // The name of the level says so, and each build's log explains it.
        assert_eq!(outcomes["read the platform's token"], "done", "{errno}");
        assert_eq!(run("call execve").signal(), Some(libc::SIGSYS), "{errno}");
        assert_eq!(
            run("call socket").outcomes()["socket"],
            libc::EPERM.to_string()
        );
    }
}

#[test]
fn without_seccomp_files_are_still_out_of_reach() {
    for errno in [libc::EPERM, libc::ENOSYS] {
        let place = Place::new();
        let run = |what: &str| Run(without(&[libc::SYS_seccomp], errno, place.command(what)));
        let level = run("level").level();
        assert!(
            level.starts_with("wasm-only (Landlock ABI "),
            "{errno}: {level}"
        );
        assert!(level.contains("seccomp is missing: "), "{errno}: {level}");
        let outcomes = run("files").outcomes();
        assert_eq!(
            outcomes["read the platform's token"],
            libc::EACCES.to_string()
        );
    }
}

#[test]
fn with_neither_nothing_is_claimed() {
    let place = Place::new();
    let calls = [&LANDLOCK[..], &[libc::SYS_seccomp]].concat();
    let level = Run(without(&calls, libc::ENOSYS, place.command("level"))).level();
    assert!(
        level.starts_with("wasm-only (Landlock is missing"),
        "{level}"
    );
}

/// The shipped host with this line in buildpack.toml, called as the lifecycle does.
struct Host {
    _buildpack: tempfile::TempDir,
    world: Lifecycle,
}

impl Host {
    fn with(sandbox: &str) -> Self {
        let buildpack = package::trial::guest("behaves_well", package::trial::DESCRIPTOR).unwrap();
        let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), &tests::app::sample());
        let world = world.unwrap();
        let line = format!("[metadata]\nsandbox = \"{sandbox}\"\n");
        world.edit_descriptor("[metadata]\n", &line).unwrap();
        Self {
            _buildpack: buildpack,
            world,
        }
    }

    fn command(&self, phase: &str) -> Command {
        std::fs::write(self.world.build_plan_path(), "").unwrap();
        self.world.by_hand(phase)
    }

    /// Asserts the sandbox level in the image's receipt, which is the same on every kernel with that level.
    #[track_caller]
    fn assert_told(&self, walls: &str) {
        let launch = std::fs::read_to_string(self.world.layers_dir().join("launch.toml"));
        let launch = launch.unwrap();
        assert!(launch.contains(&format!("\"sandbox\":{walls}")), "{launch}");
    }
}

#[test]
fn every_build_says_its_level_and_what_a_missing_wall_means() {
    let host = Host::with("prefer");
    let full = Run(host.command("build").output().unwrap());
    assert!(full.0.status.success(), "{}", full.text());
    assert!(
        full.text().contains(&format!("Sandbox: {FULL}")),
        "{}",
        full.text()
    );
    assert!(!full.text().contains("broke out"), "{}", full.text());
    host.assert_told("{\"held\":\"full\",\"asked\":\"prefer\"}");

    let host = Host::with("prefer");
    let lower = Run(without(&LANDLOCK, libc::ENOSYS, host.command("build")));
    assert!(lower.0.status.success(), "{}", lower.text());
    let text = lower.text();
    assert!(
        text.contains("Sandbox: seccomp-only (seccomp; Landlock is missing"),
        "{text}"
    );
    assert!(
        text.contains(
            "Warning: A component that broke out of WebAssembly could read and change files"
        ),
        "{text}"
    );
    host.assert_told("{\"held\":\"seccomp-only\",\"asked\":\"prefer\"}");
}

#[test]
fn a_buildpack_that_requires_the_walls_runs_no_component_without_them() {
    for phase in ["detect", "build"] {
        let host = Host::with("require");
        let held = Run(host.command(phase).output().unwrap());
        assert!(held.0.status.success(), "{}", held.text());

        let host = Host::with("require");
        let refused = Run(without(&LANDLOCK, libc::EPERM, host.command(phase)));
        assert_eq!(refused.0.status.code(), Some(90), "{}", refused.text());
        let text = refused.text();
        assert!(
            text.contains("[Error: The buildpack's component can't be confined here]"),
            "{text}"
        );
        assert!(text.contains("sandbox = \"require\""), "{text}");
        assert!(text.contains("Landlock is missing"), "{text}");
        assert!(
            !text.contains("Detecting") && !text.contains("Building"),
            "{text}"
        );
        assert!(!host.world.has_build_plan());
        assert_eq!(
            std::fs::read_dir(host.world.layers_dir()).unwrap().count(),
            0
        );
    }
}

#[test]
fn where_limits_are_refused_a_build_says_so_and_goes_on_unless_everything_is_required() {
    let limits = [libc::SYS_prlimit64];
    let missing = "the process can't be limited: Operation not permitted";
    for (sandbox, level) in [
        ("prefer", FULL),
        ("off", "wasm-only (sandbox = \"off\" is asked for; "),
    ] {
        for phase in ["detect", "build"] {
            let host = Host::with(sandbox);
            let run = Run(without(&limits, libc::EPERM, host.command(phase)));
            let text = run.text();
            assert!(run.0.status.success(), "{sandbox}, {phase}: {text}");
            if phase == "build" {
                assert!(text.contains(&format!("Sandbox: {level}")), "{text}");
                assert!(text.contains(missing), "{text}");
                assert!(
                    text.contains("Warning: The component's process lacks limits"),
                    "{text}"
                );
            }
        }
    }
    for phase in ["detect", "build"] {
        let host = Host::with("require");
        let run = Run(without(&limits, libc::EPERM, host.command(phase)));
        let text = run.text();
        assert_eq!(run.0.status.code(), Some(90), "{text}");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(missing), "{text}");
        assert!(text.contains("setrlimit"), "{text}");
    }
}

#[test]
fn a_buildpack_that_wants_no_walls_is_told_what_that_means() {
    let host = Host::with("off");
    let run = Run(host.command("build").output().unwrap());
    let text = run.text();
    assert!(run.0.status.success(), "{text}");
    assert!(
        text.contains("Sandbox: wasm-only (sandbox = \"off\" is asked for)"),
        "{text}"
    );
    assert!(
        text.contains("could do what the build's user may do"),
        "{text}"
    );
    host.assert_told("{\"held\":\"wasm-only\",\"asked\":\"off\"}");
}
