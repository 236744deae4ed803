//! Sets a variable for later buildpacks, by a change or by a folder of which the lifecycle makes a variable.
//! The host must refuse a variable that buildpack.toml does not declare, and name it. It must always refuse a variable
//! that steers other programs. The variable is `JOB_HOME` in the cases that name no other.
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
