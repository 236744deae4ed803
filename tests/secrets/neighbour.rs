//! Tests another process of the same user during a build: it can read neither the host nor the runner, and a crash
//! leaves no core dump. This holds at every sandbox level, since it does not depend on the sandbox.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Scene, TOKEN};

/// The user who builds if the tests run as root, as in the harness.
const USER: u32 = 1000;

fn as_user(command: &mut Command) -> &mut Command {
    if rustix::process::geteuid().is_root() {
        command.uid(USER).gid(USER);
    }
    command
}

/// A build with a sleeping guest, and its runner.
struct Sleeping {
    _scene: Scene,
    host: Child,
    runner: u32,
}

impl Sleeping {
    fn at(sandbox: &str) -> Self {
        let scene = Scene::of_guest("sleeps_forever");
        scene.set("CASE", "build");
        scene.set("BP_TEST_TOKEN", format!("{TOKEN}\n"));
        scene.sandbox(sandbox);
        // Detection makes the folders that belong to the build's user.
        assert!(scene.detect().passed());
        std::fs::write(scene.world.buildpack_plan_path(), "").unwrap();
        let build = scene.world.by_hand("build");
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "ulimit -c unlimited; exec \"$0\""])
            .arg(build.get_program());
        shell.env_clear().current_dir(scene.world.app_dir());
        for (name, value) in build.get_envs() {
            shell.env(name, value.unwrap());
        }
        shell.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut host = as_user(&mut shell).spawn().unwrap();
        // This line is printed just before the component starts.
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("  Sandbox: ")));
        let id = host.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let runner = children.trim().parse().unwrap();
        Self {
            _scene: scene,
            host,
            runner,
        }
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        let _ended_already = self.host.kill();
        let _status = self.host.wait();
    }
}

/// The files of a process that another process of the same user can open.
fn open_to_others(process: u32) -> Vec<&'static str> {
    let tries = [
        ("memory", "exec 3< /proc/$0/mem"),
        ("memory, to write", "exec 3<> /proc/$0/mem"),
        ("environment", "cat /proc/$0/environ"),
        ("descriptors", "ls /proc/$0/fd/"),
        ("map of memory", "cat /proc/$0/maps"),
        ("working directory", "ls /proc/$0/cwd/"),
        ("program", "readlink /proc/$0/exe"),
    ];
    let tries = tries.into_iter().filter(|(_, script)| {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script, &process.to_string()]);
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        as_user(&mut shell).status().unwrap().success()
    });
    tries.map(|(what, _)| what).collect()
}

#[test]
fn another_process_of_the_user_looks_into_neither_host_nor_runner() {
    for sandbox in ["prefer", "off"] {
        let build = Sleeping::at(sandbox);
        for process in [build.host.id(), build.runner] {
            let open = open_to_others(process);
            assert!(open.is_empty(), "{sandbox}, {process}: {open:?}");
        }
    }
    // The control: everything is open in a program without this protection.
    let mut sleep = as_user(Command::new("/bin/sleep").arg("60").current_dir("/"))
        .spawn()
        .unwrap();
    let open = open_to_others(sleep.id());
    sleep.kill().unwrap();
    sleep.wait().unwrap();
    assert_eq!(open.len(), 7, "{open:?}");
}

#[test]
fn a_crash_leaves_no_memory_behind() {
    let mut control = Command::new("/bin/sh");
    let folder = tempfile::tempdir().unwrap();
    control
        .args(["-c", "ulimit -c unlimited; kill -ABRT $$"])
        .current_dir(folder.path());
    let control = control.status().unwrap();
    if !control.core_dumped() {
        eprintln!("without a control: this machine writes no core files at all");
    }
    for sandbox in ["prefer", "off"] {
        let mut build = Sleeping::at(sandbox);
        kill_process(Pid::from_child(&build.host), Signal::ABORT).unwrap();
        let status = build.host.wait().unwrap();
        assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
        assert!(!status.core_dumped(), "{sandbox}");
    }
}
