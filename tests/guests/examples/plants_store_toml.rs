//! Plants `store.toml`, while it returns no store. Nothing is restored.
//! The host must end the build with a fault that names `store.toml`.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    Plot::of(context).file("store.toml", "[metadata]\nplanted = true\n")?;
    Ok(innocent::output())
}
