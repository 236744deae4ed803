//! Makes its layer a link: to another declared layer, out of the layers directory, to itself, or to a missing path.
//! The host must end the build with a fault that names `tools`, and write nothing through the link.
//!
//! Cases: loop, other, outside, to-nothing.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut output = innocent::output();
    output.layers[0].env = vec![innocent::change("INNOCENT")];
    match case(&context.variables)? {
        "loop" => plot.link("tools", "tools")?,
        "other" => {
            plot.directory("other")?;
            plot.link("other", "tools")?;
            output.layers.push(innocent::layer("other"));
        }
        "outside" => plot.link("../..", "tools")?,
        "to-nothing" => plot.link("nothing", "tools")?,
        other => return unknown_case(other),
    }
    Ok(output)
}
