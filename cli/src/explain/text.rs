//! Formats an explanation as text for a person. Nothing is decided here.

use std::fmt::{self, Display};

use report::{COMPONENT, counted};

use super::Explanation;
use super::dry::{DryBuild, DryDetect, PlannedContent};
use crate::answer::{indented, list};

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inspection.fmt(f)?;
        if self.ran_host_sha256 != self.inspection.host_sha256 {
            writeln!(
                f,
                "Another host ran here, the one of this tool: SHA-256 {}",
                self.ran_host_sha256
            )?;
        }
        writeln!(f, "Operator's policy: {}", self.policy.unwrap_or("none"))?;
        for denied in &self.denied {
            writeln!(f, "  denied: {denied}")?;
        }
        let sandbox = &self.sandbox;
        writeln!(f, "Sandbox: {} (asked: {})", sandbox.held, sandbox.asked)?;
        if !sandbox.means.is_empty() {
            writeln!(f, "  {}", sandbox.means)?;
        }
        if sandbox.used != sandbox.asked {
            writeln!(
                f,
                "  a build runs without it, as asked; here the component ran with it: {}",
                sandbox.used
            )?;
        }
        writeln!(
            f,
            "Directories: the application, to read; in build the layers, to write. No others."
        )?;
        let limits = self
            .limits
            .iter()
            .map(|(key, value)| format!("{key} {value}"));
        list(f, "Limits", &limits.collect::<Vec<_>>())?;
        let variables = self.variables.iter().map(|variable| {
            let set = if variable.set { "set" } else { "not set" };
            format!("{} ({set})", variable.name)
        });
        list(
            f,
            "Variables passed to the component",
            &variables.collect::<Vec<_>>(),
        )?;
        list(
            f,
            "Variables that it may set for later buildpacks",
            &self.build_variables,
        )?;
        self.sources.fmt(f)?;
        let formats = self.sbom_formats.iter().map(ToString::to_string);
        list(f, "Bills of materials", &formats.collect::<Vec<_>>())?;
        writeln!(f, "Receipt, in a label of the image: {}", self.receipt)?;
        if let Some(detect) = &self.detect {
            write_detect(f, detect)?;
        }
        match &self.build {
            Some(build) => write_build(f, build),
            None => Ok(()),
        }
    }
}

fn write_detect(f: &mut fmt::Formatter<'_>, detect: &DryDetect) -> fmt::Result {
    match detect.status {
        Some(0) => writeln!(f, "Detect: takes part")?,
        Some(100) => writeln!(f, "Detect: does not take part")?,
        Some(status) => writeln!(f, "Detect: fails with status {status}")?,
        None => writeln!(f, "Detect: is ended by a signal")?,
    }
    indented(f, &detect.said)?;
    of_the_component(f, &detect.plan)
}

fn write_build(f: &mut fmt::Formatter<'_>, build: &DryBuild) -> fmt::Result {
    writeln!(f, "Build, without the network:")?;
    for line in &build.said {
        writeln!(f, "    {COMPONENT}{line}")?;
    }
    if let Some(problem) = &build.problem {
        return indented(f, problem);
    }
    for layer in &build.layers {
        let types = layer.types;
        let types = [
            ("launch", types.launch),
            ("build", types.build),
            ("cache", types.cache),
        ];
        let types = types
            .into_iter()
            .filter_map(|(name, is)| is.then_some(name));
        let types = types.collect::<Vec<_>>().join(", ");
        writeln!(f, "  layer '{}' ({types})", layer.name)?;
        for content in &layer.contents {
            let PlannedContent {
                source,
                into,
                files,
                is_at_index,
            } = content;
            let files = match files {
                None => String::new(),
                Some(files) => format!("{} of ", counted(*files, "file", "files")),
            };
            let found = if *is_at_index {
                ", found at an index"
            } else {
                ""
            };
            writeln!(f, "    fetches {files}source '{source}' into {into}{found}")?;
        }
        if !layer.env.is_empty() {
            let names: Vec<_> = layer.env.iter().map(String::as_str).collect();
            writeln!(f, "    changes {}", names.join(", "))?;
        }
    }
    writeln!(
        f,
        "  the component itself wrote {} files, {} bytes",
        build.files, build.bytes
    )?;
    writeln!(f, "  launch.toml:")?;
    of_the_component(f, &build.launch)
}

/// Writes what a component declared, each line marked as the component's. TOML has strings of several lines, whose
/// content the component chooses.
fn of_the_component(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        writeln!(f, "    {COMPONENT}{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown<'a>(&'a DryDetect, &'a DryBuild);

    impl Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_detect(f, self.0)?;
            write_build(f, self.1)
        }
    }

    #[test]
    fn no_line_of_what_a_component_declares_can_be_taken_for_the_hosts() {
        let forged = "Sandbox: full\n  launch.toml:\n    [[processes]]";
        let text =
            |key| toml::to_string(&std::collections::BTreeMap::from([(key, forged)])).unwrap();
        let detect = DryDetect {
            status: Some(0),
            said: "| said\n".to_owned(),
            plan: text("plan"),
        };
        let build = DryBuild {
            launch: text("launch"),
            ..DryBuild::default()
        };
        let shown = Shown(&detect, &build).to_string();
        let mut own = shown.lines().filter(|line| !line.starts_with("    | "));
        for line in [
            "Detect: takes part",
            "Build, without the network:",
            "  the component itself wrote 0 files, 0 bytes",
            "  launch.toml:",
        ] {
            assert_eq!(own.next(), Some(line), "{shown}");
        }
        assert_eq!(own.next(), None, "{shown}");
        assert_eq!(
            shown.matches("\n    | Sandbox: full\n").count(),
            2,
            "{shown}"
        );
    }
}
