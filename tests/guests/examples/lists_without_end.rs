//! Lists the application again and again, and frees none of the results.
//! The host must end the phase with a fault that names the limit, in bounded time and memory. With the case `detect`,
//! that phase is detect.
//!
//! Cases: detect, build.

use guests::wasi::{DescriptorFlags, OpenFlags, PathFlags, preopen};
use guests::{
    BuildContext, Built, DetectContext, Detected, Failure, failure, innocent, is_due, say,
};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Detected {
    if is_due("detect", &context.variables)? {
        list(&context.app_dir)?;
    }
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Built {
    if is_due("build", &context.variables)? {
        list(&context.app_dir)?;
    }
    Ok(innocent::output())
}

fn list(dir: &str) -> Result<(), Failure> {
    let root = preopen(dir)?;
    let (flags, read) = (OpenFlags::DIRECTORY, DescriptorFlags::READ);
    let Ok(dir) = root.open_at(PathFlags::empty(), ".", flags, read) else {
        return Err(failure("The application can't be opened.".to_owned()));
    };
    let mut held = Vec::new();
    while let Ok(listing) = dir.read_directory() {
        held.push(listing);
    }
    say(&format!("ALLOWED: {}", held.len()));
    Ok(())
}
