//! Starts what the application's `Procfile` names: one process for each line `name: command`.

use wasm_buildpack_sdk::{
    BuildContext, Buildpack, DetectContext, Detected, Output, Process, Result, buildpack, warn,
};

const PROCFILE: &str = "Procfile";

struct Procfile;

buildpack!(Procfile);

impl Buildpack for Procfile {
    fn detect(context: &DetectContext) -> Result<Detected> {
        if context.app().is_file(PROCFILE) {
            Ok(Detected::pass())
        } else {
            Ok(Detected::fail("the application has no Procfile"))
        }
    }

    fn build(context: &BuildContext) -> Result<Output> {
        let text = context.app().read_to_string(PROCFILE)?;
        let mut processes: Vec<Process> = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match parse(line) {
                Some((name, command)) => processes.push(Process::bash(name, command)),
                None => warn!("the Procfile has a line that is not 'name: command': {line}"),
            }
        }
        let only = processes.len() == 1;
        for process in &mut processes {
            process.default = only || process.type_ == "web";
        }
        Ok(processes.into_iter().fold(Output::new(), Output::process))
    }
}

/// The name and the command of a line.
fn parse(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once(':')?;
    let (name, command) = (name.trim(), command.trim());
    (!name.is_empty() && !command.is_empty()).then_some((name, command))
}

#[cfg(test)]
mod tests {
    use wasm_buildpack_sdk::testing::Sample;

    use super::*;

    #[test]
    fn hello_starts_its_web_process() {
        let sample = Sample::new("samples/hello/app");
        assert_eq!(
            sample.detect::<Procfile>().result.unwrap(),
            Detected::pass()
        );
        let run = sample.build::<Procfile>();
        let web = Process::bash("web", "echo \"hello from the web process\"").as_default();
        let worker = Process::bash("worker", "echo \"hello from the worker\"");
        let expected = Output::new().process(web).process(worker);
        assert_eq!(run.result.unwrap(), expected);
    }

    #[test]
    fn an_application_without_a_procfile_is_not_detected() {
        let detected = Sample::new("samples").detect::<Procfile>().result.unwrap();
        assert_eq!(detected, Detected::fail("the application has no Procfile"));
    }

    #[test]
    fn a_line_is_a_name_and_a_command() {
        assert_eq!(
            parse("web: run --port 80:80"),
            Some(("web", "run --port 80:80"))
        );
        for malformed in ["web", "web:", ": run", ":"] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }
}
