//! The world in which detect and build are measured: a server that requires a token, and the lifecycle's folders.
//!
//! It is like the world of `cargo xtask demo`, but this user starts the phases, and without a shell.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use lifecycle::Lifecycle;
use server::app;
use server::git_server::GitServer;

/// The template's path on its server, as buildpack.toml has it.
pub const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";

/// Not a token of any real server.
pub const TOKEN: &str = "bench-token-5e8f21c4";

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Serves a repository as the template, and waits before each answer, as a distant server does.
pub fn server(git_dir: &Path, delay: Duration) -> Result<GitServer> {
    GitServer::options()
        .repository(TEMPLATE, git_dir)
        .token("oauth2", TOKEN)
        .forgets_bodies()
        .on_request(move |_| thread::sleep(delay))
        .start()
}

/// A world with the sample application and a copy of the buildpack.
pub fn with_sample(buildpack: &Path) -> Result<Lifecycle> {
    Lifecycle::with_app(buildpack, &app::sample())
}

/// Makes this server the template's, by a service binding, as an operator does.
pub fn point_to(world: &Lifecycle, server: &GitServer) -> Result<()> {
    let entries = [
        ("type", "gitlab"),
        ("token", TOKEN),
        ("url", &server.origin()),
    ];
    world.binding("template", &entries)
}

/// Adds lines to `[metadata]` of the world's buildpack.toml.
pub fn add_metadata(world: &Lifecycle, lines: &str) -> Result<()> {
    let file = world.buildpack_dir().join("buildpack.toml");
    let mut descriptor: toml::Table = fs::read_to_string(&file)?.parse()?;
    let own = descriptor
        .entry("metadata")
        .or_insert_with(|| toml::Table::new().into());
    let own = own
        .as_table_mut()
        .context("buildpack.toml has no table [metadata]")?;
    own.extend(lines.parse::<toml::Table>()?);
    Ok(fs::write(file, toml::to_string(&descriptor)?)?)
}

/// The command of a phase, which starts it directly.
#[must_use]
pub fn phase(world: &Lifecycle, name: &str) -> Command {
    let mut command = world.by_hand(name);
    command
        .env("PATH", PATH)
        .env("HOME", world.world().join("home"))
        .env("CNB_TARGET_DISTRO_NAME", "ubuntu")
        .env("CNB_TARGET_DISTRO_VERSION", "24.04");
    match name {
        // detect gets only variables that the lifecycle sets. With others it starts itself again, which takes time.
        "detect" => command
            .arg(world.platform_dir())
            .arg(world.build_plan_path()),
        _ => command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .arg(world.layers_dir())
            .arg(world.platform_dir())
            .arg(world.buildpack_plan_path()),
    };
    command
}
