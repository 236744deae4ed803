//! Plants `launch.toml` with a process of its own, but returns none.
//! The host must end the build with a fault that names `launch.toml`, and the process must not start.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let text = "[[processes]]\ntype = \"planted\"\ncommand = [\"planted\"]\ndefault = true\n";
    Plot::of(context).file("launch.toml", text)?;
    Ok(innocent::output())
}
