//! Plants `launch.toml` as a link into its own layer, so that a write to it changes the link's target.
//! The host must end the build with a fault that names `launch.toml`; `tools/innocent.txt` must stay unchanged, and a
//! missing target must not be created.
//!
//! Cases: to-a-file, to-nothing, to-the-application.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    plot.file("tools/innocent.txt", "innocent")?;
    match case(&context.variables)? {
        "to-a-file" => plot.link("tools/innocent.txt", "launch.toml")?,
        "to-nothing" => plot.link("tools/nothing.txt", "launch.toml")?,
        "to-the-application" => plot.link("../../workspace/launch.toml", "launch.toml")?,
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}
