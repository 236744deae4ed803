//! Tests a build that gets SIGTERM at three points: while the component runs, while it waits for a server, and while
//! files are staged.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tests::git_server::fault::{Fault, When};
use tests::lifecycle::Lifecycle;

use crate::world::{World, guest};

/// The time after which a wait has failed.
const LONGEST: Duration = Duration::from_mins(2);

fn start(lifecycle: &Lifecycle) -> Child {
    let plan = lifecycle.buildpack_plan_path();
    if !plan.exists() {
        fs::write(plan, "").unwrap();
    }
    let mut command: Command = lifecycle.by_hand("build");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < LONGEST, "{what}: waited in vain");
        std::thread::yield_now();
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// Sends SIGTERM to a build, which must end by that signal within the time that a platform allows. Returns its last
/// output.
fn stopped(child: Child) -> String {
    let (status, said) = told_to_stop(child);
    let signal = Some(Signal::TERM.as_raw());
    assert_eq!(status.signal(), signal, "{status:?}: {said}");
    said
}

/// Sends SIGTERM to a build that may have ended before.
fn told_to_stop(mut child: Child) -> (ExitStatus, String) {
    kill_process(pid(&child), Signal::TERM).unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    (child.wait().unwrap(), said)
}

fn names(lifecycle: &Lifecycle) -> Vec<String> {
    let entries = fs::read_dir(lifecycle.layers_dir()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Files that the lifecycle would read: all that the host writes last.
fn read_by_lifecycle(lifecycle: &Lifecycle) -> Vec<String> {
    let is_read = |name: &String| Path::new(name).extension().is_some();
    let names = names(lifecycle).into_iter();
    names
        .filter(|name| !is_staged(name) && is_read(name))
        .collect()
}

fn is_staged(name: &str) -> bool {
    name.starts_with(".staged-")
}

#[test]
fn while_the_guest_runs_its_process_ends_too() {
    let lifecycle = guest("sleeps_forever", "build");
    let mut child = start(&lifecycle);
    // This line is printed just before the component starts.
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("  Sandbox: ")));
    let host = child.id();
    let children = fs::read_to_string(format!("/proc/{host}/task/{host}/children")).unwrap();
    let runner: i32 = children.trim().parse().unwrap();
    stopped(child);
    let runner = Pid::from_raw(runner).unwrap();
    wait_until("the runner's end", || {
        test_kill_process(runner).is_err() || is_zombie(runner)
    });
    assert!(names(&lifecycle).is_empty(), "{:?}", names(&lifecycle));
}

/// Whether a process has ended, but was not yet reaped by the process that inherited it.
fn is_zombie(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    stat.is_ok_and(|stat| stat.contains(") Z "))
}

#[test]
fn while_a_server_is_waited_for_the_wait_ends() {
    let world = World::sample();
    world
        .server
        .fault(When::Command("fetch"), 1, Fault::silence());
    let child = start(&world.lifecycle);
    wait_until("the request", || world.packs() == 1);
    stopped(child);
    assert_eq!(read_by_lifecycle(&world.lifecycle), [""; 0]);
    world.build();
    assert!(!names(&world.lifecycle).iter().any(|name| is_staged(name)));
}

#[test]
fn while_files_are_staged_nothing_is_half_there_and_the_next_build_removes_them() {
    let world = World::sample();
    world.repository.add_random_files("many", 4000, 64).unwrap();
    world
        .lifecycle
        .edit_descriptor("subpath = \"job-template\"", "subpath = \"many\"")
        .unwrap();
    let lifecycle = &world.lifecycle;
    // On a busy machine, polling can miss the moment, so the test tries several times.
    let stopped = (0..20).find_map(|_| {
        lifecycle.empty_layers().unwrap();
        let mut child = start(lifecycle);
        wait_until("the first file", || {
            names(lifecycle).iter().any(|name| is_staged(name))
                || child.try_wait().unwrap().is_some()
        });
        let (status, said) = told_to_stop(child);
        (!status.success()).then_some((status, said))
    });
    let (status, said) = stopped.expect("twenty builds were over before they were stopped");
    let signal = Some(Signal::TERM.as_raw());
    assert_eq!(status.signal(), signal, "{status:?}: {said}");
    assert_eq!(read_by_lifecycle(lifecycle), [""; 0]);
    // The next build is not affected.
    world.build();
    assert!(!names(lifecycle).iter().any(|name| is_staged(name)));
}
