//! Plants a file beside its layer: with a name that nobody reads, a hidden one, or one in place of its layer.
//! The host must end the build with a fault that names the file.
//!
//! Cases: hidden, in-place, plain.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let name = match case(&context.variables)? {
        "hidden" => ".hidden",
        "in-place" => innocent::LAYER,
        "plain" => "notes.txt",
        other => return unknown_case(other),
    };
    Plot::of(context).file(name, "planted")?;
    Ok(innocent::output())
}
