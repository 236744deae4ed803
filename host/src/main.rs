//! One binary with three names: the lifecycle runs it as `detect` and `build`, and it runs itself as `runner`. Under
//! any other name it says so, and names the tool that answers a person's questions.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use cnb::context::{Environment, Wishes};
use host::{diagnosis, phase, runner};
use report::Report;

/// Replaces musl's allocator, which was the largest cost of a whole detect.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Shown under any name that the lifecycle does not call.
const USAGE: &str = "This program is a buildpack's bin/detect and bin/build: the lifecycle calls it by these names. \
     What a buildpack may do and would do is shown by: wasm-buildpack explain --buildpack DIR";

fn main() -> ExitCode {
    // This comes first: another process of this user that has already opened this process's memory keeps it open.
    let hidden = confine::hide();
    // Closed before this process opens anything.
    confine::close_inherited();
    if let Err(error) = hidden {
        Report::PLAIN.warning(&format!(
            "Other processes of this user can look into this one: {error}"
        ));
    }
    let mut args = std::env::args_os();
    let argv0 = args.next().unwrap_or_default();
    let name = name_of(&argv0);
    if name == Some(runner::ARGV0) {
        return run(args.next());
    }
    let environment = Environment::from_process();
    if name == Some("detect")
        && let Some(needed) = environment.narrowed_for_detect()
    {
        // The component will run in this process, whose memory holds the environment permanently. So the process
        // executes itself again without the variables that it does not need. If that fails, it warns and continues.
        let mut anew = Command::new("/proc/self/exe");
        anew.arg0(&argv0).args(args.by_ref());
        anew.env_clear().envs(needed);
        let warning = goes_on(&mut anew);
        Report::PLAIN.warning(&warning);
    }
    let Wishes { debug, colour } = Wishes::read(&environment);
    let report = Report::new(debug, colour);
    let outcome = match name {
        Some("detect") => phase::detect(&environment, report),
        Some("build") => phase::build(&environment, report),
        _ => {
            report.error(USAGE);
            return ExitCode::from(diagnosis::exit::USAGE);
        }
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            let diagnosis = diagnosis::diagnose(&error);
            report.error(&diagnosis.to_string());
            ExitCode::from(diagnosis.exit_code)
        }
    }
}

/// Executes this program again, or returns a warning with the reason for the failure and its effect. After a failure,
/// writing to a closed pipe ends this process, because `exec` has reset SIGPIPE. detect has nothing to clean up.
fn goes_on(anew: &mut Command) -> String {
    let error = anew.exec();
    format!(
        "detect could not begin anew without the variables that it does not need, so a proxy's password may be in \
         memory where the component runs: {error}"
    )
}

fn name_of(argv0: &OsString) -> Option<&str> {
    Path::new(argv0).file_name()?.to_str()
}

fn run(host: Option<OsString>) -> ExitCode {
    let host = host.and_then(|host| host.into_string().ok());
    match runner::run(host.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            Report::PLAIN.error(&text);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detect_that_cannot_begin_anew_goes_on_and_says_why() {
        let said = goes_on(&mut Command::new("/nowhere/host"));
        assert!(said.contains("could not begin anew"), "{said}");
        assert!(
            said.contains("a proxy's password may be in memory"),
            "{said}"
        );
        assert!(said.contains("No such file or directory"), "{said}");
    }
}
