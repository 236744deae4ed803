//! Plants a script in `profile.d` of its layer, which an old launcher would run.
//! The host must end the build with a fault that names `profile.d`.

use guests::attempt::Plot;
use guests::{BuildContext, Built, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    Plot::of(context).file(
        "tools/profile.d/planted.sh",
        "export LD_PRELOAD=/planted.so\n",
    )?;
    Ok(innocent::output())
}
