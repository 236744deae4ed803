//! The first process of a virtual machine that `cargo xtask kernels` boots. It runs the buildpack, the program `walls`
//! and the components of the tests, and prints a line for each.
//!
//! No expectation lives here. When this process ends, the kernel panics, and its command line makes it restart then,
//! which ends the virtual machine.

mod network;
mod replay;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount};

/// The user that builds, as under a lifecycle.
const USER: u32 = 1000;
const WALLS: &str = "/walls";
/// The folder with an application, a layers directory and a platform directory for `walls`.
const PLACE: &str = "/place";
/// The folder for a run of a component. It is removed after each run.
const TRY: &str = "/try";
/// The part of a component's messages that is printed, in bytes: the console is slow.
const SAID: usize = 12 << 10;

fn main() {
    match try_all() {
        Ok(()) => say("done", ""),
        Err(error) => say("failed", &format!("{error:#}")),
    }
}

fn try_all() -> Result<()> {
    for (kind, path) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")] {
        fs::create_dir_all(path)?;
        mount(kind, path, kind, MountFlags::empty(), None)
            .with_context(|| format!("can't mount {path}"))?;
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    say("release", release.trim());
    network::up().context("the loopback interface can't be turned on")?;
    replay::start().context("the server can't be started")?;
    for phase in ["detect", "build"] {
        let (status, text) = run_phase(phase, Path::new("/buildpack"), Path::new("/world"))?;
        for line in text.lines() {
            say("|", line);
        }
        say(phase, &ended(status));
    }
    try_walls()?;
    for line in fs::read_to_string("/tries")?.lines() {
        try_component(line).with_context(|| line.to_owned())?;
    }
    Ok(())
}

/// Runs a phase in a folder of its own, and makes the layers directory and the plans there.
fn run_phase(phase: &str, buildpack: &Path, world: &Path) -> Result<(ExitStatus, String)> {
    let (layers, plan) = (world.join("layers"), world.join("plan"));
    for folder in [&layers, &plan] {
        fs::create_dir_all(folder)?;
        chown(folder, Some(USER), Some(USER))?;
    }
    let (offer, wanted) = (plan.join("build-plan.toml"), plan.join("plan.toml"));
    for file in [&offer, &wanted] {
        File::create(file)?;
        chown(file, Some(USER), Some(USER))?;
    }
    // All buildpacks share one host, which reads no file beside itself.
    let mut command = Command::new(Path::new("/buildpack/bin").join(phase));
    command
        .current_dir("/workspace")
        .env("CNB_BUILDPACK_DIR", buildpack)
        .env("CNB_PLATFORM_DIR", world.join("platform"))
        .env("CNB_LAYERS_DIR", layers)
        .env("CNB_BUILD_PLAN_PATH", offer)
        .env("CNB_BP_PLAN_PATH", wanted)
        .env("CNB_TARGET_OS", "linux")
        .env(
            "CNB_TARGET_ARCH",
            match std::env::consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            },
        );
    run(&mut command)
}

/// Runs one component: a line of `/tries` holds its name, the phase and the case.
fn try_component(line: &str) -> Result<()> {
    let mut parts = line.split(' ');
    let mut part = || parts.next().context("a line of /tries is incomplete");
    let (name, phase, case) = (part()?, part()?, part()?);
    let world = Path::new(TRY);
    fs::create_dir_all(world.join("platform/env"))?;
    fs::write(world.join("platform/env/CASE"), case)?;
    let buildpack = Path::new("/components").join(name);
    let (status, text) = run_phase(phase, &buildpack, world)?;
    fs::remove_dir_all(world)?;
    let text = one_line(&text);
    say("component", &format!("{line}: {}: {text}", ended(status)));
    Ok(())
}

/// Makes each forbidden call in a process of its own, because the call must end it; then tries the rest.
fn try_walls() -> Result<()> {
    let socket = Path::new(PLACE).join("socket");
    let _another_process = UnixListener::bind(&socket)?;
    fs::set_permissions(&socket, Permissions::from_mode(0o777))?;
    let (status, list) = walls("call list")?;
    let level = list.lines().next().unwrap_or_default();
    say("level", level);
    say("tried", &format!("call list: {}", ended(status)));
    let forbidden = list
        .lines()
        .filter_map(|line| line.strip_prefix("forbidden "));
    for name in forbidden.chain(["socket"]) {
        let (status, text) = walls(&format!("call {name}"))?;
        let came = text.lines().skip(1).find_map(|line| line.split_once(": "));
        let came = match came {
            Some((_, came)) if status.success() => came.to_owned(),
            _ => ended(status),
        };
        say("call", &format!("{name}: {came}"));
    }
    for what in ["allowed", "memory", "host", "files"] {
        let (status, text) = walls(what)?;
        for line in text.lines().skip(1) {
            say(what, line);
        }
        say("tried", &format!("{what}: {}", ended(status)));
    }
    Ok(())
}

/// Runs the program in its place, with an empty layers directory.
fn walls(what: &str) -> Result<(ExitStatus, String)> {
    let layers = Path::new(PLACE).join("layers");
    if layers.exists() {
        fs::remove_dir_all(&layers)?;
    }
    fs::create_dir(&layers)?;
    chown(&layers, Some(USER), Some(USER))?;
    let app = Path::new(PLACE).join("app");
    run(Command::new(WALLS).arg(what).arg(app).arg(layers))
}

fn run(command: &mut Command) -> Result<(ExitStatus, String)> {
    let output = command
        .uid(USER)
        .gid(USER)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("can't be started: {command:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status, String::from_utf8_lossy(&text).into_owned()))
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}

/// The beginning and the end of a text, in one line: a message is wrapped wherever a line is full.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let half = SAID / 2;
    if line.len() <= SAID {
        return line;
    }
    let begin = line.floor_char_boundary(half);
    let end = line.ceil_char_boundary(line.len() - half);
    format!("{} ... {}", &line[..begin], &line[end..])
}

#[expect(clippy::print_stdout, reason = "the console is the only way out")]
fn say(what: &str, text: &str) {
    println!("@{what} {}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_and_a_long_one_keeps_both_its_ends() {
        assert_eq!(one_line("[Error: a\nb]\n  | c\n"), "[Error: a b] | c");
        let long = format!("begin {} end", "\u{e9}x".repeat(SAID));
        let line = one_line(&long);
        assert!(line.starts_with("begin ") && line.ends_with(" end"));
        assert!(
            line.contains(" ... ") && line.len() < SAID + 16,
            "{}",
            line.len()
        );
    }
}
