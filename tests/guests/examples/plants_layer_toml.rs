//! Plants the TOML file of its own layer, with other types than it returns, in a build without restored layers.
//! The host must end the build with a fault that names `tools.toml`.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let text = "[types]\nlaunch = true\nbuild = true\ncache = true\n[metadata]\nplanted = true\n";
    Plot::of(context).file("tools.toml", text)?;
    Ok(innocent::output())
}
