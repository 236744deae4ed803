//! The world in which detect and build are measured: a server that wants a token, and the lifecycle's folders.
//!
//! As `cargo xtask demo` has it, but the phases are called without a shell before them and by this user.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use lifecycle::Lifecycle;
use server::app;
use server::git_server::GitServer;

/// Where the template lies on its server, as buildpack.toml says.
pub const TEMPLATE: &str = "StoneOne/planqk/serverless-template.git";

/// Not a token of any real server.
pub const TOKEN: &str = "bench-token-5e8f21c4";

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Serves a repository as the template, and waits before each answer, as a server does that is far away.
pub fn server(git_dir: &Path, delay: Duration) -> Result<GitServer> {
    GitServer::options()
        .repository(TEMPLATE, git_dir)
        .token("oauth2", TOKEN)
        .forgets_bodies()
        .on_request(move |_| thread::sleep(delay))
        .start()
}

/// The sample application, with a buildpack whose limits leave room for large templates.
pub fn with_sample(buildpack: &Path) -> Result<Lifecycle> {
    Lifecycle::with_app(buildpack, &app::sample())
}

/// Tells the host, in the way that an operator does, that the template's server is this one.
pub fn point_to(world: &Lifecycle, server: &GitServer) -> Result<()> {
    let entries = [
        ("type", "gitlab"),
        ("token", TOKEN),
        ("url", &server.origin()),
    ];
    world.binding("template", &entries)
}

/// Adds to `[metadata]` of the world's buildpack.toml.
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

/// A phase, ready to be started, with nothing between it and who starts it.
#[must_use]
pub fn phase(world: &Lifecycle, name: &str) -> Command {
    let mut command = world.by_hand(name);
    command
        .env("PATH", PATH)
        .env("HOME", world.world().join("home"))
        .env("CNB_TARGET_DISTRO_NAME", "ubuntu")
        .env("CNB_TARGET_DISTRO_VERSION", "24.04");
    match name {
        // Nothing that the lifecycle doesn't set: detect begins anew without what it has no use for, which takes time.
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
