//! Runs a program of another project and shows its output.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, ensure};

use package::say;

/// Runs a program and returns its standard output and standard error as one text.
pub(super) fn run(program: &mut Command) -> anyhow::Result<String> {
    say::line(&format!("$ {}", shown(program)));
    // Both outputs share one pipe, so that they keep their order.
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "exec \"$@\" 2>&1", "sh"])
        .arg(program.get_program())
        .args(program.get_args());
    if let Some(dir) = program.get_current_dir() {
        command.current_dir(dir);
    }
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .output()
        .with_context(|| format!("can't start {}", program.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in text.lines() {
        say::line(&format!("    {line}"));
    }
    ensure!(
        output.status.success(),
        "{} ended with {}; its last line: {}",
        program.get_program().display(),
        output.status,
        text.trim_end().lines().last().unwrap_or("none")
    );
    Ok(text)
}

/// The user that builds: the lifecycle's detector and builder refuse root.
pub(super) const USER: u32 = 1000;

/// Runs a program as [`run`] does, and as [`USER`] if this process is root.
pub(super) fn run_as_user(program: &Command) -> anyhow::Result<String> {
    let mut command = Command::new("setpriv");
    let user = USER.to_string();
    if is_root() {
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    }
    // A phase gets only the platform's variables, and none of this process's.
    command.args(["--", "env", "-i", PATH]);
    command.args(program.get_envs().filter_map(|(name, value)| {
        let mut pair = name.to_owned();
        pair.push("=");
        pair.push(value?);
        Some(pair)
    }));
    command.arg(program.get_program()).args(program.get_args());
    if let Some(dir) = program.get_current_dir() {
        command.current_dir(dir);
    }
    run(&mut command)
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether this process is root, and so may become another user.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Fails if a program's output does not contain the text.
pub(super) fn said(output: &str, words: &str) -> anyhow::Result<()> {
    ensure!(
        output.contains(words),
        "its output does not contain '{words}'"
    );
    Ok(())
}

fn shown(program: &Command) -> String {
    let mut text = program.get_program().display().to_string();
    for argument in program.get_args() {
        let _infallible = write!(text, " {}", argument.display());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_kept_in_their_order() {
        let mut program = Command::new("sh");
        program.args(["-c", "echo one; echo two >&2; echo $THREE"]);
        program.env("THREE", "three");
        assert_eq!(run(&mut program).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_its_last_words() {
        let error = run(Command::new("sh").args(["-c", "echo so; exit 7"]));
        let error = error.unwrap_err().to_string();
        assert!(error.contains('7') && error.contains("so"), "{error}");
    }
}
