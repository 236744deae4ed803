//! Plants an exec.d program in its layer, alone or beside one that it returns.
//! The host must end the build with a fault that names `exec.d`.
//!
//! Cases: alone, beside, for-a-process.

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut output = innocent::output();
    match case(&context.variables)? {
        "alone" => plot.file("tools/exec.d/planted", "#!/bin/sh\n")?,
        "beside" => {
            plot.file("tools/exec.d/planted", "#!/bin/sh\n")?;
            output.layers[0].exec_d = vec![innocent::program("innocent")];
        }
        "for-a-process" => plot.file("tools/exec.d/web/planted", "#!/bin/sh\n")?,
        other => return unknown_case(other),
    }
    Ok(output)
}
