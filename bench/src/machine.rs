//! Describes the machine and the versions that a benchmark ran with.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use engine::ENGINE_VERSION;
use engine::artifact::{ARTIFACT_FILE, COMPONENT_FILE};
use package::{cargo, layout};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) load: String,
    pub(crate) kernel: String,
    pub(crate) work: String,
    pub(crate) commit: String,
    pub(crate) wasmtime: &'static str,
    pub(crate) rust: String,
    pub(crate) git: String,
    pub(crate) bash: String,
}

/// The sizes of the shipped files, in bytes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sizes {
    pub(crate) host_amd64: Option<u64>,
    pub(crate) host_arm64: Option<u64>,
    pub(crate) component: Option<u64>,
    pub(crate) artifact: Option<u64>,
}

impl Machine {
    pub(crate) fn this(work: String) -> Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo").context("no /proc/cpuinfo")?;
        let model = processors
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            date: first_line("date", &["--utc", "+%Y-%m-%d %H:%M UTC"])?,
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            processors: std::thread::available_parallelism()?.get(),
            load: fs::read_to_string("/proc/loadavg")?
                .split(' ')
                .take(3)
                .collect::<Vec<_>>()
                .join(" "),
            kernel: first_line("uname", &["-sr"])?,
            work,
            commit: first_line("git", &["describe", "--always", "--dirty"])?,
            wasmtime: ENGINE_VERSION,
            rust: first_line("rustc", &["--version"])?,
            git: first_line("git", &["--version"])?,
            bash: first_line("bash", &["--version"])?,
        })
    }

    /// Formats the description in a few lines.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}, {} processors, {}; load at the beginning {}\n{}, at {}; work in {}\nwasmtime {}, {}, {}, {}",
            self.processor,
            self.processors,
            self.kernel,
            self.load,
            self.date,
            self.commit,
            self.work,
            self.wasmtime,
            self.rust,
            self.git,
            self.bash
        )
    }
}

impl Sizes {
    pub(crate) fn of(buildpack: &Path) -> Self {
        let size = |path: &Path| fs::metadata(path).ok().map(|found| found.len());
        let other = |arch: &str| {
            cargo::target_dir().join(format!("{arch}-unknown-linux-musl/release/host"))
        };
        let host = |arch: &str| {
            if std::env::consts::ARCH == arch {
                size(&buildpack.join(layout::DETECT))
            } else {
                size(&other(arch))
            }
        };
        Self {
            host_amd64: host("x86_64"),
            host_arm64: host("aarch64"),
            component: size(&buildpack.join(COMPONENT_FILE)),
            artifact: size(&buildpack.join(ARTIFACT_FILE)),
        }
    }
}

fn first_line(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(cargo::root())
        .output()
        .with_context(|| format!("can't start {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or("unknown").to_owned())
}
