//! Writes files into its layer and declares one path as executable.
//! The host must make exactly that file executable, or refuse the path.
//!
//! Cases: good, good-in-build-layer, missing, link, outside, host-file.

use guests::attempt::Plot;
use guests::types::{Layer, LayerTypes};
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    plot.file("tools/share/data", "data")?;
    plot.file("tools/bin/tool", "#!/bin/sh\necho tool\n")?;
    let (path, build) = match case(&context.variables)? {
        "good" => ("bin/tool", false),
        "good-in-build-layer" => ("bin/tool", true),
        "missing" => ("bin/other", false),
        "link" => {
            plot.link("tool", "tools/bin/link")?;
            ("bin/link", false)
        }
        "outside" => ("../tools/bin/tool", false),
        "host-file" => ("exec.d/tool", false),
        other => return unknown_case(other),
    };
    Ok(innocent::output_with(Layer {
        types: LayerTypes {
            launch: true,
            build,
            cache: false,
        },
        executables: vec![path.to_owned()],
        ..innocent::layer("tools")
    }))
}
