//! Hides `LD_PRELOAD` in a directory with a harmless name, and makes `env.launch` of its layer a link to it.
//! The host must end the build with a fault that names `env.launch`. In the case `other` both layers are declared,
//! so the link is the only fault; in `written-through` the guest also returns a variable for the host to write.
//!
//! Cases: other, within, written-through.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut output = innocent::output();
    match case(&context.variables)? {
        "other" => {
            plot.file("other/data/LD_PRELOAD", "/planted.so")?;
            plot.directory("tools")?;
            plot.link("../other/data", "tools/env.launch")?;
            output.layers.push(innocent::layer("other"));
        }
        "within" => {
            plot.file("tools/data/LD_PRELOAD", "/planted.so")?;
            plot.link("data", "tools/env.launch")?;
        }
        "written-through" => {
            plot.file("tools/data/LD_PRELOAD", "/planted.so")?;
            plot.link("data", "tools/env.launch")?;
            output.layers[0].env = vec![innocent::change("INNOCENT")];
        }
        other => return unknown_case(other),
    }
    Ok(output)
}
