//! Opens a file that never answers: a pipe of the application's, to which nobody writes.
//! The host must end the phase at its time limit with a fault that names the limit, and write nothing: here it is
//! not the guest that waits, but the kernel, on the guest's behalf.
//!
//! Cases: build, detect. The application holds the pipe `pipe`.

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
