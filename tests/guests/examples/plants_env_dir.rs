//! Plants a directory of variables in its layer, an empty one, or a file in its place.
//! The host must end the build with a fault that names the entry.
//!
//! Cases: build, default, empty, file.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    match case(&context.variables)? {
        "build" => plot.file("tools/env.build/PATH.prepend", "/planted")?,
        "default" => plot.file("tools/env/PATH.prepend", "/planted")?,
        "empty" => plot.directory("tools/env")?,
        "file" => plot.file("tools/env.launch", "planted")?,
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}
