//! Opens a file that never answers: a named pipe of the application that nobody writes to.
//! The host must end the phase at its time limit with a fault that names the limit, and write nothing. Here the wait is
//! in the kernel, on the guest's behalf, and not in the guest's own code.
//!
//! Cases: build, detect. The application contains the pipe `pipe`.

use std::fs::File;
use std::path::Path;

use guests::{BuildContext, Built, DetectContext, Detected, innocent, is_due, say};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        open(&context.app_dir);
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        open(&context.app_dir);
    }
    Ok(innocent::output())
}

fn open(app_dir: &str) {
    say("Opening");
    let opened = File::open(Path::new(app_dir).join("pipe"));
    say(&format!("Opened: {opened:?}"));
}
