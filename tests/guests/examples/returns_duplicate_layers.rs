//! Returns two layers with the same name and different types.
//! The host must refuse the output and name the layer.

use guests::{BuildContext, BuildOutput, innocent};

guests::guest!(build);

fn build(_: &BuildContext) -> BuildOutput {
    let mut output = innocent::output();
    let mut second = innocent::layer(innocent::LAYER);
    second.types.cache = true;
    output.layers.push(second);
    output
}
