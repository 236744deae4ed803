//! Returns a change of a variable for a process whose type, as a directory name, would lead elsewhere.
//! The host must refuse the output and name the type.
//!
//! Cases: absolute, dot-dot, empty, inside, null, outside.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let process = match case(&context.variables)? {
        "absolute" => "/etc",
        "dot-dot" => "..",
        "empty" => "",
        "inside" => "a/b",
        "null" => "a\0b",
        "outside" => "../env",
        other => return unknown_case(other),
    };
    let mut change = innocent::change("X");
    change.process = Some(process.to_owned());
    let mut layer = innocent::layer(innocent::LAYER);
    layer.env = vec![change];
    Ok(innocent::output_with(layer))
}
