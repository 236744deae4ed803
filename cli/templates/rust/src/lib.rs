//! Starts what the application's `Procfile` names: one process for each line `name: command`.

use wasm_buildpack_sdk::{
    BuildContext, Buildpack, DetectContext, Detected, Output, Process, Result, buildpack, info,
    warn,
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
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            match parse(line) {
                Some((name, _)) if processes.iter().any(|one| one.type_ == name) => {
                    warn!(
                        "{PROCFILE}, line {number}: '{name}' is there already, so this line is left out"
                    );
                }
                Some((name, command)) => processes.push(Process::bash(name, command)),
                None => warn!("{PROCFILE}, line {number}: not 'name: command', so it is left out"),
            }
        }
        let only = processes.len() == 1;
        for process in &mut processes {
            process.default = only || process.type_ == "web";
            info!("{}: {}", process.type_, process.command[2]);
        }
        Ok(processes.into_iter().fold(Output::new(), Output::process))
    }
}

/// The name and the command of a line.
fn parse(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once(':')?;
    let (name, command) = (name.trim(), command.trim());
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let valid = !name.is_empty() && name.chars().all(is_name) && !command.is_empty();
    valid.then_some((name, command))
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
        let web = Process::bash("web", "echo \"hello from web\"").as_default();
        let worker = Process::bash("worker", "echo \"hello from worker\"");
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
        for malformed in ["web", "web:", ": run", "we b: run", "größe: run"] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }
}
