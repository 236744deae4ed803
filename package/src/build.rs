//! Lays out buildpack directories. `cargo xtask build` makes one of this checkout for this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use engine::artifact::{ARTIFACT_FILE, COMPONENT_FILE, RECORD_FILE, go_arch};

use crate::aot::Compiled;
use crate::arch::Arch;
use crate::cargo::Profile;
use crate::layout::{DESCRIPTOR, DETECT};
use crate::programs::{Checkout, Document, Programs};
use crate::{cargo, layout, say, sbom};

/// Builds everything and lays it out in `target/buildpack/`.
pub fn run() -> anyhow::Result<()> {
    let dir = buildpack(Profile::Release)?;
    say::line(&format!("buildpack directory: {}", dir.display()));
    say::line("try it: pack build app --buildpack target/buildpack --env BP_GITLAB_TOKEN=...");
    Ok(())
}

/// Builds everything, the host with this profile, and returns the buildpack directory.
pub fn buildpack(profile: Profile) -> anyhow::Result<PathBuf> {
    // Only the host that ships is in the folder that a person passes on.
    let dir = cargo::target_dir().join(match profile {
        Profile::Release => "buildpack",
        Profile::Trial => "trial-buildpack",
    });
    let (component, descriptor) = (component()?, descriptor()?);
    directory(&dir, &descriptor, &component, &Checkout(profile))?;
    Ok(dir)
}

/// Lays out a buildpack directory for this machine, complete with its host.
pub fn directory(
    dir: &Path,
    descriptor: &str,
    component: &[u8],
    programs: &dyn Programs,
) -> anyhow::Result<()> {
    let here = Arch::here()?;
    let host = programs.host(here)?;
    let compiled = compile(component, here, programs)?;
    let descriptor = for_this_machine(descriptor)?;
    lay_out(
        dir,
        &descriptor,
        component,
        &compiled,
        &programs.bills(here)?,
    )?;
    place_host(dir, &host)?;
    layout::settle(dir)
}

/// Builds the job template's guest and returns its bytes.
pub fn component() -> anyhow::Result<Vec<u8>> {
    say::step("building the guest (wasm32-wasip2, release)");
    let component = cargo::guest()?;
    fs::read(&component).with_context(|| format!("can't read {}", component.display()))
}

/// Compiles a component for an architecture.
pub fn compile(component: &[u8], arch: Arch, programs: &dyn Programs) -> anyhow::Result<Compiled> {
    let arch_name = arch.name();
    say::step(&format!(
        "compiling the component ahead of time for {arch_name}"
    ));
    programs.compile(component, arch)
}

/// The text of this checkout's buildpack.toml.
pub fn descriptor() -> anyhow::Result<String> {
    let path = cargo::root().join(DESCRIPTOR);
    fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))
}

/// The descriptor with only this machine's target: packaged for another target, this host would not start there.
fn for_this_machine(descriptor: &str) -> anyhow::Result<String> {
    let mut table: toml::Table = descriptor.parse()?;
    let targets = table.get_mut("targets").and_then(toml::Value::as_array_mut);
    let targets = targets.context("buildpack.toml has no targets")?;
    let here = toml::Value::from(go_arch());
    targets.retain(|target| target.get("arch") == Some(&here));
    ensure!(
        !targets.is_empty(),
        "buildpack.toml has no target for {}",
        go_arch()
    );
    Ok(toml::to_string(&table)?)
}

/// Writes a buildpack directory without the host: descriptor, component, artifact with its record, bills of materials.
///
/// An existing directory is replaced as a whole.
pub fn lay_out(
    dir: &Path,
    descriptor: &str,
    component: &[u8],
    compiled: &Compiled,
    bills: &[Document],
) -> anyhow::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("can't replace {}", dir.display()))?;
    }
    fs::create_dir_all(dir.join("bin"))?;
    fs::write(dir.join(DESCRIPTOR), descriptor)?;
    fs::write(dir.join(COMPONENT_FILE), component)?;
    fs::write(dir.join(ARTIFACT_FILE), &compiled.artifact)?;
    fs::write(dir.join(RECORD_FILE), compiled.record_text()?)?;
    sbom::write(dir, bills)?;
    Ok(symlink(layout::LINKS_TO, dir.join(layout::BUILD))?)
}

/// Copies the host into a buildpack directory.
pub fn place_host(dir: &Path, host: &Path) -> anyhow::Result<()> {
    fs::copy(host, dir.join(DETECT)).with_context(|| format!("can't copy {}", host.display()))?;
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
