//! Judges one buildpack directory: its entries, and whether they belong together.

use std::path::{Component, Path};

use cnb::descriptor::Descriptor;
use cnb::sbom::Format;
use engine::ENGINE_VERSION;
use engine::artifact::{ARTIFACT_FILE, COMPONENT_FILE, RECORD_FILE, Record};
use lifecycle::folder::{Entry, Kind};

use super::found::Platform;
use super::{Compile, Known, Report};
use crate::arch::Arch;
use crate::layout::{self, DESCRIPTOR, DETECT, LINKS_TO, Shape};
use crate::vendor::{self, Judged};
use crate::{aot, sbom};

/// Describes a buildpack directory, and reports its faults.
pub(super) fn judge(
    platform: &Platform,
    known: &Known<'_>,
    compile: Compile<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let place = &platform.name;
    report.line(format!("{place}:"));
    let descriptor = match read_descriptor(platform) {
        Ok(descriptor) => descriptor,
        Err(text) => {
            report.finding(place, text);
            None
        }
    };
    for text in entries(platform, descriptor.as_ref()) {
        report.finding(place, text);
    }
    let record = match record(platform) {
        Ok(record) => record,
        Err(text) => {
            report.finding(place, text);
            None
        }
    };
    let recorded = record.as_ref().and_then(|record| Arch::named(&record.arch));
    let Some(arch) = platform.arch.or(recorded) else {
        report.finding(
            place,
            format!("its architecture is unknown: neither its place nor {RECORD_FILE} names one"),
        );
        return Ok(());
    };
    if let Err(text) = is_for(platform, arch) {
        report.finding(place, text);
    }
    if let Some(descriptor) = &descriptor {
        contents(platform, descriptor, report);
    }
    bills(platform, arch, known, report)?;
    if let Some(host) = platform.file(DETECT) {
        let digest = aot::sha256(host);
        match known.host(arch, &digest)? {
            Ok(why) => report.line(format!(
                "  host for {}: SHA-256 {digest}, {why}",
                arch.name()
            )),
            Err(why) => {
                let text = format!(
                    "{DETECT} is not the right host: it has the SHA-256 digest {digest}, and {why}"
                );
                report.finding(place, text);
            }
        }
    }
    let Some(component) = platform.file(COMPONENT_FILE) else {
        return Ok(());
    };
    let digest = aot::sha256(component);
    report.line(format!(
        "  component: SHA-256 {digest}, {}",
        known.component(&digest)?
    ));
    let Some(artifact) = platform.file(ARTIFACT_FILE) else {
        return Ok(());
    };
    if let Some(record) = record {
        let actual = Record {
            component_sha256: digest,
            artifact_sha256: aot::sha256(artifact),
            artifact_crc32: aot::crc32(artifact),
            artifact_bytes: artifact.len() as u64,
            engine: ENGINE_VERSION.to_owned(),
            arch: arch.name().to_owned(),
        };
        for text in differences(&record, &actual) {
            report.finding(place, text);
        }
        if record.engine != ENGINE_VERSION {
            // The artifact of another version of the engine cannot be made here.
            return Ok(());
        }
    }
    match compile(component, arch) {
        Ok(compiled) if compiled.artifact == artifact => report.line(format!(
            "  artifact: SHA-256 {}, compiled from the component (wasmtime {ENGINE_VERSION})",
            aot::sha256(artifact)
        )),
        Ok(compiled) => {
            let text = format!(
                "{ARTIFACT_FILE} is not what {COMPONENT_FILE} compiles to: it has the SHA-256 digest {}, and the compiled component has {}",
                aot::sha256(artifact),
                compiled.record.artifact_sha256
            );
            report.finding(place, text);
        }
        Err(error) => report.finding(place, format!("{COMPONENT_FILE}: {error:#}")),
    }
    Ok(())
}

/// Finds entries that are missing or unexpected, or have the wrong type or mode.
fn entries(platform: &Platform, descriptor: Option<&Descriptor>) -> Vec<String> {
    let mut found = Vec::new();
    let mut wanted = layout::shapes(descriptor);
    for Entry { path, mode, kind } in &platform.entries {
        let shown = path.display();
        if mode & 0o7000 != 0 {
            found.push(format!("{shown} is setuid, setgid or sticky ({mode:04o})"));
        }
        if let Kind::Link(target) = kind
            && leads_out(path, target)
        {
            let target = target.display();
            found.push(format!(
                "{shown} is a link out of the buildpack directory, to {target}"
            ));
            wanted.remove(path);
            continue;
        }
        let Some(shape) = wanted.remove(path) else {
            found.push(format!("{shown} does not belong in a buildpack directory"));
            continue;
        };
        let right = match shape {
            Shape::Folder => matches!(kind, Kind::Folder),
            Shape::File(_) => matches!(kind, Kind::File(_)),
            Shape::Link => matches!(kind, Kind::Link(to) if to == Path::new(LINKS_TO)),
        };
        if !right {
            found.push(format!("{shown} must be {shape}"));
        } else if let Some(right) = shape.mode()
            && mode & 0o777 != right
        {
            found.push(format!(
                "{shown} has the mode {:04o} and must have {right:04o}",
                mode & 0o777
            ));
        }
    }
    found.extend(
        wanted
            .keys()
            .map(|path| format!("{} is missing", path.display())),
    );
    found
}

/// Whether a link leads out of the buildpack directory: its target is absolute, or goes up more levels than it is deep.
fn leads_out(path: &Path, target: &Path) -> bool {
    let mut depth = path.components().count() - 1;
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

fn record(platform: &Platform) -> Result<Option<Record>, String> {
    let Some(bytes) = platform.file(RECORD_FILE) else {
        return Ok(None);
    };
    let text = str::from_utf8(bytes).map_err(|_| format!("{RECORD_FILE} is not UTF-8"))?;
    let record = toml::from_str(text);
    record.map_err(|error| format!("{RECORD_FILE} can't be understood: {error}"))
}

fn differences(recorded: &Record, actual: &Record) -> Vec<String> {
    let rows = |record: &Record| {
        [
            ("component-sha256", record.component_sha256.clone()),
            ("artifact-sha256", record.artifact_sha256.clone()),
            ("artifact-crc32", record.artifact_crc32.clone()),
            ("artifact-bytes", record.artifact_bytes.to_string()),
            ("engine", record.engine.clone()),
            ("arch", record.arch.clone()),
        ]
    };
    let pairs = rows(recorded).into_iter().zip(rows(actual));
    let different = pairs.filter(|(one, other)| one != other);
    let text = |((key, one), (_, other))| {
        format!("{RECORD_FILE} records {key} = '{one}', and it is '{other}'")
    };
    different.map(text).collect()
}

/// Parses the descriptor as the host does.
pub(super) fn read_descriptor(platform: &Platform) -> Result<Option<Descriptor>, String> {
    let Some(bytes) = platform.file(DESCRIPTOR) else {
        return Ok(None);
    };
    let text = str::from_utf8(bytes).map_err(|_| format!("{DESCRIPTOR} is not UTF-8"))?;
    match Descriptor::parse(text, DESCRIPTOR) {
        Ok(descriptor) => Ok(Some(descriptor)),
        Err(error) => Err(format!("{:#}", anyhow::Error::new(error))),
    }
}

/// Checks that the descriptor has a target for this architecture.
fn is_for(platform: &Platform, arch: Arch) -> Result<(), String> {
    let text = platform.file(DESCRIPTOR).map(|bytes| str::from_utf8(bytes));
    let table: Option<toml::Table> = match text {
        Some(Ok(text)) => text.parse().ok(),
        _ => None,
    };
    // A descriptor that is not TOML was reported before.
    let Some(table) = table else {
        return Ok(());
    };
    let targets = table.get("targets").and_then(toml::Value::as_array);
    let is_this = |target: &toml::Value| {
        let says = |key, value| target.get(key).and_then(toml::Value::as_str) == Some(value);
        says("os", "linux") && says("arch", arch.name())
    };
    if targets.is_some_and(|targets| targets.iter().any(is_this)) {
        Ok(())
    } else {
        Err(format!("{DESCRIPTOR} has no target for {}", arch.name()))
    }
}

/// Checks that the bills of materials belong to the known host.
fn bills(
    platform: &Platform,
    arch: Arch,
    known: &Known<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    for format in Format::ALL {
        let path = sbom::place(format).display().to_string();
        let Some(bytes) = platform.file(&path) else {
            continue;
        };
        if !known.bill(arch, format, bytes)? {
            let text = format!("{path} does not belong to the right host");
            report.finding(&platform.name, text);
        }
    }
    Ok(())
}

/// Checks the contents of vendored sources.
fn contents(platform: &Platform, descriptor: &Descriptor, report: &mut Report) {
    let read = |path: &str| platform.file(path);
    let sources = descriptor.sources.all().into_iter();
    for judged in sources.flat_map(|source| vendor::judge(&source, &descriptor.limits, read)) {
        match judged {
            Judged::Sound(text) => report.line(text),
            Judged::Fault(text) => report.finding(&platform.name, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_out_by_its_root_or_by_steps_up() {
        let leads = |path: &str, target: &str| leads_out(Path::new(path), Path::new(target));
        for (path, target) in [
            ("bin/build", "detect"),
            ("bin/build", "../guest.wasm"),
            ("bin/build", "./../bin/../guest.wasm"),
            ("a", "b/../c"),
        ] {
            assert!(!leads(path, target), "{path} -> {target}");
        }
        for (path, target) in [
            ("bin/build", "/bin/sh"),
            ("bin/build", "../../x"),
            ("a", "../a"),
            ("bin/build", "detect/../../../x"),
        ] {
            assert!(leads(path, target), "{path} -> {target}");
        }
    }
}
