//! Tries the hosts of a package that this machine can start. The other architecture's host is emulated.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use lifecycle::{Ended, Lifecycle, folder};
use server::app;
use server::git_server::GitServer;
use server::repository::Repository;

use package::arch::Arch;
use package::layout::{BUILD, DESCRIPTOR, DETECT};
use package::platforms;
use package::say;

/// The template's path on its server, as buildpack.toml has it.
const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";
/// The status of a detect that does not take part.
const NOT_DETECTED: i32 = 100;
/// Not a token of any real server.
const TOKEN: &str = "package-token-5e2d8b71";

/// Tries every host of a package, and reports those that could not be tried.
pub fn try_hosts(package: &Path) -> anyhow::Result<()> {
    for arch in Arch::ALL {
        let folder = platforms::folder(package, arch);
        let failed = || format!("the host for {} does not work", arch.name());
        if detects(&folder, arch).with_context(failed)? {
            builds(&folder, arch).with_context(failed)?;
        }
    }
    Ok(())
}

/// Runs detect on an empty application, to check that the host starts and accepts the artifact beside it. Returns
/// whether the host could be tried.
///
/// The sandbox is off here: no emulator has the kernel's. A build on this machine's architecture tries it.
fn detects(folder: &Path, arch: Arch) -> anyhow::Result<bool> {
    let world = tempfile::tempdir()?;
    let [buildpack, app, platform] =
        ["buildpack", "app", "platform"].map(|name| world.path().join(name));
    let plan = world.path().join("plan.toml");
    for dir in [&app, &platform] {
        fs::create_dir(dir)?;
    }
    fs::write(&plan, "")?;
    folder::copy(folder, &buildpack)?;
    without_sandbox(&buildpack.join(DESCRIPTOR))?;
    let host = buildpack.join(DETECT);
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
    command.args([&platform, &plan]).env_clear();
    for (name, path) in [
        ("CNB_BUILDPACK_DIR", &buildpack),
        ("CNB_PLATFORM_DIR", &platform),
        ("CNB_BUILD_PLAN_PATH", &plan),
    ] {
        command.env(name, path);
    }
    command.env("CNB_TARGET_OS", "linux");
    command.env("CNB_TARGET_ARCH", arch.name());
    let output = command.current_dir(&app).output();
    let output = output.with_context(|| format!("can't be started: {command:?}"))?;
    ensure!(
        output.status.code() == Some(NOT_DETECTED),
        "it does not detect ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    say::line(&format!(
        "the host for {} starts and accepts its artifact",
        arch.name()
    ));
    Ok(true)
}

/// Sets `sandbox = "off"` in a descriptor.
fn without_sandbox(path: &Path) -> anyhow::Result<()> {
    let mut table: toml::Table = fs::read_to_string(path)?.parse()?;
    let metadata = table
        .entry("metadata")
        .or_insert_with(|| toml::Table::new().into());
    let metadata = metadata
        .as_table_mut()
        .context("[metadata] is not a table")?;
    metadata.insert("sandbox".to_owned(), "off".into());
    Ok(fs::write(path, toml::to_string(&table)?)?)
}

/// Runs both phases on the sample project, against a git server on loopback.
fn builds(folder: &Path, arch: Arch) -> anyhow::Result<()> {
    // In build, the host starts itself. Only the kernel can then start an emulator.
    if Command::new(folder.join(BUILD)).output().is_err() {
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
