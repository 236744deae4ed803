//! Tests machines that lack or limit something that every build needs: the message names it, and blames nobody else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, mpsc};
use std::thread;

use rustix::fs::FlockOperation;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use tests::folder;
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::{Request, Response};

use crate::mounts::{Mounted, where_allowed};
use crate::scene::{Scene, USER};

/// A user whose processes no other test starts: the kernel counts processes by user.
const LONELY: u32 = 54_321;

/// Texts that would blame somebody else.
const BLAME: [&str; 5] = [
    "buildpack's author",
    "Package it again",
    "proxy",
    "Check the address",
    "trapped",
];

/// Runs a phase under limits of prlimit(1), as the build's user.
fn limited(scene: &Scene, phase: &str, limits: &[String]) -> Output {
    run(scene, phase, limits, USER)
}

fn run(scene: &Scene, phase: &str, limits: &[String], user: u32) -> Output {
    scene.empty();
    let phase = scene.world.by_hand(phase);
    let mut command = Command::new("/usr/bin/prlimit");
    command.args(limits).arg(phase.get_program());
    command.env_clear().current_dir(scene.world.app_dir());
    for (name, value) in phase.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    if rustix::process::geteuid().is_root() {
        command.uid(user).gid(user);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts that the message names the machine's fault, and blames nobody else.
#[track_caller]
fn named(output: &Output, title: &str, advice: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(title), "{said}");
    assert!(said.contains(advice), "{said}");
    for blame in BLAME {
        assert!(!said.contains(blame), "{blame}: {said}");
    }
}

#[track_caller]
fn passed(output: &Output) {
    assert!(
        output.status.success(),
        "{:?} {}",
        output.status,
        said(output)
    );
}

#[test]
fn address_space_is_reserved_as_the_limits_allow() {
    let scene = Scene::new();
    for phase in ["detect", "build"] {
        for mib in [4000, 1000, 600] {
            passed(&limited(&scene, phase, &[format!("--as={}", mib << 20)]));
        }
        let little = limited(&scene, phase, &[format!("--as={}", 200 << 20)]);
        named(
            &little,
            "This machine refuses the memory that a build needs",
            "ulimit -v",
        );
    }
    // A component with a lower limit may run on a machine with less memory.
    let file = scene.world.buildpack_dir().join("buildpack.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        format!("{text}\n[metadata.limits]\nmemory-mib = 16\n"),
    )
    .unwrap();
    passed(&limited(&scene, "detect", &[format!("--as={}", 200 << 20)]));
}

#[test]
fn a_machine_that_refuses_memory_within_the_limit_is_named_and_not_the_guest() {
    let scene = Scene::guest("eats_memory", "insists");
    // The component's 64 MiB are reserved, but not all of them are available.
    let data = limited(&scene, "build", &[format!("--data={}", 40 << 20)]);
    named(
        &data,
        "This machine refuses the memory that a build needs",
        "memory-mib",
    );
}

#[test]
fn too_few_open_files_are_named() {
    let scene = Scene::new();
    let mut passes = 0;
    for files in 3..48 {
        for phase in ["detect", "build"] {
            let output = limited(&scene, phase, &[format!("--nofile={files}")]);
            if output.status.success() {
                passes += 1;
            } else {
                named(
                    &output,
                    "This machine allows too few open files",
                    "ulimit -n",
                );
            }
        }
    }
    assert!(passes > 10, "only {passes} passed");
}

#[test]
fn too_few_processes_are_named() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: too few processes, for want of root: they are counted by user");
        return;
    }
    let scene = Scene::new();
    let layers = scene.layers_dir();
    folder::give(&layers, LONELY, LONELY).unwrap();
    for (name, what) in [("127.0.0.1", "an address"), ("localhost", "a name")] {
        let (from, to) = ("//127.0.0.1", format!("//{name}"));
        scene.world.edit_descriptor(from, &to).unwrap();
        let mut passes = 0;
        for processes in 1..10 {
            let limit = [format!("--nproc={processes}")];
            let output = run(&scene, "build", &limit, LONELY);
            if output.status.success() {
                passes += 1;
            } else {
                named(
                    &output,
                    "This machine allows too few processes and threads",
                    "ulimit -u",
                );
            }
        }
        assert!(passes > 1, "{what}: only {passes} passed");
        scene.world.edit_descriptor(&to, from).unwrap();
    }
}

/// Runs a phase where no memory can be made executable.
fn without_new_code(scene: &Scene, phase: &str) -> Output {
    let mut command = scene.world.by_hand(phase);
    if rustix::process::geteuid().is_root() {
        command.uid(USER).gid(USER);
    }
    // A seccomp filter is inherited from the thread that starts the process, so that thread is a new one.
    let run = thread::spawn(move || -> io::Result<Output> {
        let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
        let asks = SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(executable),
            executable,
        )
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(io::Error::other)?;
        let calls = BTreeMap::from([(libc::SYS_mprotect, vec![asks])]);
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
        let errno = SeccompAction::Errno(libc::EACCES.unsigned_abs());
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, errno, arch)
            .map_err(io::Error::other)?;
        let program = BpfProgram::try_from(filter).map_err(io::Error::other)?;
        apply_filter(&program).map_err(io::Error::other)?;
        command.output()
    });
    run.join().unwrap().unwrap()
}

#[test]
fn a_machine_where_no_memory_may_be_made_executable_is_named() {
    let scene = Scene::new();
    for phase in ["detect", "build"] {
        scene.empty();
        let output = without_new_code(&scene, phase);
        named(
            &output,
            "This machine forbids executable memory",
            "MemoryDenyWriteExecute",
        );
    }
}

#[test]
fn a_buildpack_on_a_mount_without_programs_is_named() {
    where_allowed("a mount without programs", || {
        let scene = Scene::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let _mount = Mounted::without_programs(elsewhere.path()).unwrap();
        folder::copy(&scene.world.buildpack_dir(), elsewhere.path()).unwrap();
        folder::let_all_read(elsewhere.path()).unwrap();
        for phase in ["detect", "build"] {
            scene.empty();
            // CNB_BUILDPACK_DIR points elsewhere, as if the host's folder contained links.
            let mut command = scene.world.by_hand(phase);
            command.env("CNB_BUILDPACK_DIR", elsewhere.path());
            let output = as_user(&mut command).output().unwrap();
            named(&output, "mount that forbids programs", "noexec");
        }
    });
}

#[test]
fn a_machine_without_proc_is_named() {
    where_allowed("a machine without /proc", || {
        let scene = Scene::new();
        let _mount = Mounted::memory(Path::new("/proc"), "size=4k").unwrap();
        for phase in ["detect", "build"] {
            scene.empty();
            let output = as_user(&mut scene.world.by_hand(phase)).output().unwrap();
            named(&output, "This machine has no /proc", "Mount /proc");
        }
    });
}

fn as_user(command: &mut Command) -> &mut Command {
    if rustix::process::geteuid().is_root() {
        command.uid(USER).gid(USER);
    }
    command
}

#[test]
fn a_second_build_in_the_same_layers_directory_is_told_so_and_disturbs_nothing() {
    let scene = Scene::new();
    scene.empty();
    // The server runs the second build between the first one's request and its answer.
    let (tell, hear) = mpsc::channel();
    let mut second = scene.command();
    let second = Mutex::new(move || tell.send(second.output().unwrap()).unwrap());
    let known = scene.server().exchanges();
    let answer = move |request: &Request| {
        (*second.lock().unwrap())();
        let known = known
            .iter()
            .find(|known| known.request.body == request.body);
        known.map_or_else(|| Response::text(500, ""), |known| known.response.clone())
    };
    let fault = Fault::AnswerWith(Box::new(answer));
    scene.server().fault(When::Any, 1, fault);
    let first = scene.build();
    let second = hear.recv().unwrap();
    named(
        &second,
        "Another build uses the same layers directory",
        "a layers directory of its own",
    );
    assert_eq!(first.code, Some(0), "{}", first.said());
    assert!(scene.layers() == scene.whole);
    // Nothing of the lock remains.
    let dir = fs::File::open(scene.layers_dir()).unwrap();
    rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive).unwrap();
    let third = scene.build();
    assert_eq!(third.code, Some(1), "{}", third.said());
    drop(dir);
    let fourth = scene.build();
    assert_eq!(fourth.code, Some(0), "{}", fourth.said());
}
