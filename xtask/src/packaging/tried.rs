//! Tries the hosts of a package that this machine can start. The other architecture's host is emulated.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use lifecycle::{Ended, Lifecycle};
use server::app;
use server::git_server::GitServer;
use server::repository::Repository;

use package::arch::Arch;
use package::layout::LINKS;
use package::platforms::folder;
use package::say;

/// The template's path on its server, as buildpack.toml has it.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";
/// Not a token of any real server.
const TOKEN: &str = "package-token-5e2d8b71";

/// Tries every host of a package, and reports those that could not be tried.
pub fn try_hosts(package: &Path) -> anyhow::Result<()> {
    for arch in Arch::ALL {
        let folder = folder(package, arch);
        let failed = || format!("the host for {} does not work", arch.name());
        if inspects(&folder, arch).with_context(failed)? {
            builds(&folder, arch).with_context(failed)?;
        }
    }
    Ok(())
}

/// Runs `bin/host inspect`, to check that the host starts and accepts the artifact beside it. Returns whether the host
/// could be tried.
fn inspects(folder: &Path, arch: Arch) -> anyhow::Result<bool> {
    let host = folder.join(LINKS[LINKS.len() - 1]);
    let mut command = Command::new(&host);
    if arch != Arch::here()? {
        let emulator = format!("qemu-{}-static", arch.in_rust());
        if Command::new(&emulator).arg("--version").output().is_err() {
            say::line(&format!(
                "NOT TRIED: the host for {}, because {emulator} is missing (on Debian and Ubuntu: qemu-user-static)",
                arch.name()
            ));
            return Ok(false);
        }
        command = Command::new(emulator);
        command.arg(&host);
    }
    command.args(["inspect", "--buildpack"]).arg(folder);
    let output = command.output();
    let output = output.with_context(|| format!("can't be started: {command:?}"))?;
    ensure!(
        output.status.success(),
        "it refuses its own artifact ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    say::line(&format!(
        "the host for {} starts and accepts its artifact",
        arch.name()
    ));
    Ok(true)
}

/// Runs both phases on the sample project, against a git server on loopback.
fn builds(folder: &Path, arch: Arch) -> anyhow::Result<()> {
    // In build, the host starts itself. Only the kernel can then start an emulator.
    if Command::new(folder.join(LINKS[0])).output().is_err() {
        say::line(&format!(
            "NOT TRIED: a build with the host for {}, because this kernel can't start its programs (binfmt_misc)",
            arch.name()
        ));
        return Ok(());
    }
    let repository = Repository::template()?;
    let server = GitServer::options()
        .repository(TEMPLATE, repository.git_dir())
        .token("oauth2", TOKEN)
        .start()?;
    let world = Lifecycle::with_app(folder, &app::sample())?;
    let origin = server.origin();
    let binding = [("type", "gitlab"), ("token", TOKEN), ("url", &origin[..])];
    world.binding("template", &binding)?;
    let passed = |phase: &str, ended: Ended| {
        ensure!(ended.passed(), "{phase} failed: {}", ended.output());
        Ok(())
    };
    passed("bin/detect", world.detect()?)?;
    passed("bin/build", world.build()?)?;
    let main = world.layers_dir().join("job-template/job-template/app");
    ensure!(main.is_dir(), "bin/build made no layer");
    say::line(&format!(
        "the host for {} detects and builds the sample",
        arch.name()
    ));
    Ok(())
}
