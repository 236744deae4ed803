//! `cargo xtask build`: a ready buildpack directory for this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use host::wasm::artifact::{ARTIFACT_FILE, COMPONENT_FILE, RECORD_FILE, go_arch};

use crate::{aot, cargo, say, sbom};

/// Builds everything and lays it out in `target/buildpack/`.
pub fn run() -> anyhow::Result<()> {
    let dir = buildpack()?;
    say::line(&format!("buildpack directory: {}", dir.display()));
    say::line("try it: pack build app --buildpack target/buildpack --env BP_GITLAB_TOKEN=...");
    Ok(())
}

/// Builds everything and returns the buildpack directory.
pub fn buildpack() -> anyhow::Result<PathBuf> {
    say::step("building the guest (wasm32-wasip2, release)");
    let component = cargo::guest()?;
    say::step("building the host (static, release): minutes the first time");
    let host = cargo::shipped_host()?;
    say::step("compiling the guest ahead of time");
    let dir = cargo::target_dir().join("buildpack");
    let descriptor = fs::read_to_string(cargo::root().join("buildpack.toml"))?;
    let descriptor = for_this_machine(&descriptor)?;
    let component =
        fs::read(&component).with_context(|| format!("can't read {}", component.display()))?;
    let compiled = aot::compile(&component)?;
    lay_out(&dir, &descriptor, &component, &compiled)?;
    let detect = dir.join(DETECT);
    fs::copy(&host, &detect).with_context(|| format!("can't copy {}", host.display()))?;
    Ok(dir)
}

/// The descriptor with this machine's target alone: packaged for another one, this host would not start there.
fn for_this_machine(descriptor: &str) -> anyhow::Result<String> {
    let mut table: toml::Table = descriptor.parse()?;
    let targets = table.get_mut("targets").and_then(toml::Value::as_array_mut);
    let targets = targets.context("buildpack.toml names no targets")?;
    let here = toml::Value::from(go_arch());
    targets.retain(|target| target.get("arch") == Some(&here));
    ensure!(
        !targets.is_empty(),
        "buildpack.toml names no target for {}",
        go_arch()
    );
    Ok(toml::to_string(&table)?)
}

/// Where in a buildpack directory the host is. `bin/build` is a link to it.
pub const DETECT: &str = "bin/detect";

/// Writes a buildpack directory, all but the host: descriptor, component, artifact with its record, bills of materials.
///
/// What was there before is replaced as a whole.
pub fn lay_out(
    dir: &Path,
    descriptor: &str,
    component: &[u8],
    compiled: &aot::Compiled,
) -> anyhow::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("can't replace {}", dir.display()))?;
    }
    fs::create_dir_all(dir.join("bin"))?;
    fs::write(dir.join("buildpack.toml"), descriptor)?;
    fs::write(dir.join(COMPONENT_FILE), component)?;
    fs::write(dir.join(ARTIFACT_FILE), &compiled.artifact)?;
    fs::write(dir.join(RECORD_FILE), toml::to_string(&compiled.record)?)?;
    sbom::write(dir, &cargo::host_target())?;
    symlink("detect", dir.join("bin/build"))?;
    // By its own name it answers questions.
    symlink("detect", dir.join("bin/host"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_target_is_left_and_the_rest_stays() {
        let target = |arch: &str| format!("[[targets]]\nos = \"linux\"\narch = \"{arch}\"\n");
        let all = ["amd64", "arm64"].map(target).concat();
        let text = for_this_machine(&format!("api = \"0.10\"\n{all}")).unwrap();
        let wanted = format!("api = \"0.10\"\n{}", target(go_arch()));
        let read = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(read(&text), read(&wanted));
        let error = for_this_machine(&target("riscv64"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(go_arch()), "{error}");
        for_this_machine("api = \"0.10\"").unwrap_err();
    }
}
