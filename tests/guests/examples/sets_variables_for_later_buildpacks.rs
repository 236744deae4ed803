//! Sets a variable for the buildpacks behind it, by a change or by a folder of which the lifecycle makes one.
//! The host must refuse what buildpack.toml doesn't declare, by the variable's name, and what steers programs of others
//! in any case. The variable is `JOB_HOME` where it is nobody else's.
//!
//! Cases: all, bin, build, lib, proxy; and bin-at-launch, which reaches no buildpack.

use guests::attempt::Plot;
use guests::types::EnvScope;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut layer = innocent::layer(innocent::LAYER);
    layer.types.build = true;
    let mut change = innocent::change("JOB_HOME");
    match case(&context.variables)? {
        "all" => change.scope = EnvScope::All,
        "bin" => plot.file("tools/bin/git", "#!/bin/sh\n")?,
        "bin-at-launch" => {
            layer.types.build = false;
            plot.file("tools/bin/git", "#!/bin/sh\n")?;
        }
        "build" => change.scope = EnvScope::Build,
        "lib" => plot.file("tools/lib/libc.so.6", "")?,
        "proxy" => {
            change.scope = EnvScope::Build;
            "https_proxy".clone_into(&mut change.name);
        }
        other => return unknown_case(other),
    }
    layer.env = vec![change];
    Ok(innocent::output_with(layer))
}
