//! Returns two changes of one variable that go into the same file, with different values or with two delimiters.
//! The host must refuse the output and name the variable: one of them would be lost.
//!
//! Cases: delimiters, values.

use guests::types::EnvMode;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut first = innocent::change("X");
    let mut second = innocent::change("X");
    "other".clone_into(&mut second.value);
    match case(&context.variables)? {
        // Append and prepend are two files, but a variable has only one file `X.delim`.
        "delimiters" => {
            (first.mode, first.delimiter) = (EnvMode::Append, Some(":".to_owned()));
            (second.mode, second.delimiter) = (EnvMode::Prepend, Some(";".to_owned()));
        }
        "values" => {}
        other => return unknown_case(other),
    }
    let mut layer = innocent::layer(innocent::LAYER);
    layer.env = vec![first, second];
    Ok(innocent::output_with(layer))
}
