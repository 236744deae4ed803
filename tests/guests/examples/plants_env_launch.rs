//! Plants `env.launch/LD_PRELOAD` in its layer, alone or beside a change that it returns.
//! The host must end the build with a fault that names `env.launch`.
//!
//! Cases: alone, beside, for-a-process.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut output = innocent::output();
    match case(&context.variables)? {
        "alone" => plot.file("tools/env.launch/LD_PRELOAD", "/planted.so")?,
        "beside" => {
            plot.file("tools/env.launch/LD_PRELOAD", "/planted.so")?;
            output.layers[0].env = vec![innocent::change("INNOCENT")];
        }
        "for-a-process" => plot.file("tools/env.launch/web/LD_PRELOAD", "/planted.so")?,
        other => return unknown_case(other),
    }
    Ok(output)
}
