//! Returns an exec.d program with an invalid name, or for a process with an invalid type.
//! The host must refuse the output and show the name.
//!
//! Cases: dot-dot, duplicate, empty, inside, null, outside, process-outside.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut layer = innocent::layer(innocent::LAYER);
    layer.exec_d = vec![innocent::program("good")];
    let mut bad = innocent::program("bad");
    match case(&context.variables)? {
        "dot-dot" => "..".clone_into(&mut bad.name),
        "duplicate" => "good".clone_into(&mut bad.name),
        "empty" => bad.name.clear(),
        "inside" => "web/bad".clone_into(&mut bad.name),
        "null" => "a\0b".clone_into(&mut bad.name),
        "outside" => "../bad".clone_into(&mut bad.name),
        "process-outside" => bad.process = Some("../bin".to_owned()),
        other => return unknown_case(other),
    }
    layer.exec_d.push(bad);
    Ok(innocent::output_with(layer))
}
