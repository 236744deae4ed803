//! Plants `build.toml` with an unmet entry, but returns none.
//! The host must end the build with a fault that names `build.toml`.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    Plot::of(context).file("build.toml", "[[unmet]]\nname = \"planted\"\n")?;
    Ok(innocent::output())
}
