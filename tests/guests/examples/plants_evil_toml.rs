//! Plants `evil.toml` beside its layer, which the lifecycle would treat as a layer.
//! The host must end the build with a fault that names `evil.toml`, before it writes anything.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    Plot::of(context).file("evil.toml", "[types]\nlaunch = true\n")?;
    Ok(innocent::output())
}
