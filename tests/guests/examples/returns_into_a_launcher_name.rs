//! Returns contents for a folder that the lifecycle or the launcher reads, or that leads elsewhere.
//! The host must refuse the output and name the folder, before it fetches anything.
//!
//! Cases: bin, dot, dot-dot, empty, env, env-build, env-launch, exec-d, inside, lib, outside, profile-d, upper.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let into = match case(&context.variables)? {
        "bin" => "bin",
        "dot" => ".",
        "dot-dot" => "..",
        "empty" => "",
        "env" => "env",
        "env-build" => "env.build",
        "env-launch" => "env.launch",
        "exec-d" => "exec.d",
        "inside" => "a/b",
        "lib" => "lib",
        "outside" => "../x",
        "profile-d" => "profile.d",
        "upper" => "ENV.launch",
        other => return unknown_case(other),
    };
    let mut layer = innocent::layer(innocent::LAYER);
    layer.contents = vec![innocent::content(into)];
    Ok(innocent::output_with(layer))
}
