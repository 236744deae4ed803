//! Returns a change of a variable whose name, as a file name, would mean something else or lead elsewhere.
//! The host must refuse the output and name the variable.
//!
//! Cases: absolute, digit, dot-dot, empty, equals, inside, long, newline, null, outside, suffix.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let name = match case(&context.variables)? {
        "absolute" => "/etc/X",
        "digit" => "1X",
        "dot-dot" => "..",
        "empty" => "",
        "equals" => "A=B",
        "inside" => "web/X",
        "long" => &"A".repeat(300),
        "newline" => "A\nB",
        "null" => "A\0B",
        "outside" => "../X",
        "suffix" => "X.append",
        other => return unknown_case(other),
    };
    let mut layer = innocent::layer(innocent::LAYER);
    layer.env = vec![innocent::change(name)];
    Ok(innocent::output_with(layer))
}
