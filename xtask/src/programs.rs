//! `cargo xtask programs`: tests the tables of seccomp programs for each architecture, or writes them from the lists.
//!
//! A table has the numbers of one architecture's calls, so its tests are built for that architecture. The tests for the
//! other one run by emulation: they install no program, and interpret each.

use anyhow::{Context, bail, ensure};

use package::arch::Arch;
use package::cargo;

/// Tests the tables, or writes them.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let accept = match options {
        [] => false,
        ["--accept"] => true,
        _ => bail!("usage: cargo xtask programs [--accept]"),
    };
    let here = Arch::here()?;
    for arch in Arch::ALL {
        let target = arch.host_target();
        let setting = format!("CARGO_TARGET_{}", target.to_uppercase().replace('-', "_"));
        let mut command = cargo::bare("cargo");
        command.args(["test", "--locked", "--package", "confine", "--lib"]);
        command.args(["--target", &target]);
        command.env(format!("{setting}_LINKER"), "rust-lld");
        if arch != here {
            let emulator = format!("qemu-{}-static", arch.in_rust());
            command.env(format!("{setting}_RUNNER"), emulator);
        }
        if accept {
            command.arg("tables").env("ACCEPT_PROGRAMS", "1");
        }
        let status = command.status().context("cargo can't be started")?;
        ensure!(
            status.success(),
            "the seccomp programs for {} are not what the lists say ({status})",
            arch.name()
        );
    }
    Ok(())
}
