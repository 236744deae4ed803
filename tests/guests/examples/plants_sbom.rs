//! Plants a bill of materials for its layer or for the whole image.
//! The host must end the build with a fault that names the file.
//!
//! Cases: build, launch, layer.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let name = match case(&context.variables)? {
        "build" => "build.sbom.syft.json",
        "launch" => "launch.sbom.spdx.json",
        "layer" => "tools.sbom.cdx.json",
        other => return unknown_case(other),
    };
    Plot::of(context).file(name, "{}")?;
    Ok(innocent::output())
}
