//! Plants `store.toml`, but returns no store, in a build without restored files.
//! The host must end the build with a fault that names `store.toml`.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    Plot::of(context).file("store.toml", "[metadata]\nplanted = true\n")?;
    Ok(innocent::output())
}
