//! Returns a delimiter with a mode that never joins values, or a delimiter with a null byte.
//! The host must refuse the output and name the variable.
//!
//! Cases: default, null, override.

use guests::types::EnvMode;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let (mode, delimiter) = match case(&context.variables)? {
        "default" => (EnvMode::Default, ":"),
        "null" => (EnvMode::Append, "\0"),
        "override" => (EnvMode::Override, ":"),
        other => return unknown_case(other),
    };
    let mut change = innocent::change("X");
    change.mode = mode;
    change.delimiter = Some(delimiter.to_owned());
    let mut layer = innocent::layer(innocent::LAYER);
    layer.env = vec![change];
    Ok(innocent::output_with(layer))
}
