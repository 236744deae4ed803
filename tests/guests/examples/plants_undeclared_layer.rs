//! Plants a directory that it does not declare as a layer, empty or with files.
//! The host must end the build with a fault that names `undeclared`.
//!
//! Cases: empty, with-files.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    match case(&context.variables)? {
        "empty" => plot.directory("undeclared")?,
        "with-files" => plot.file("undeclared/bin/python", "#!/bin/sh\n")?,
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}
