//! Returns metadata with a null, which TOML cannot express.
//! The host must refuse the output and name the place of the null.
//!
//! Cases: layer, layer-in-list, store, store-nested.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut output = innocent::output();
    match case(&context.variables)? {
        "layer" => r#"{"a":null}"#.clone_into(&mut output.layers[0].metadata),
        "layer-in-list" => r#"{"a":[1,null]}"#.clone_into(&mut output.layers[0].metadata),
        "store" => output.store = Some(r#"{"a":null}"#.to_owned()),
        "store-nested" => output.store = Some(r#"{"a":{"b":{"c":null}}}"#.to_owned()),
        other => return unknown_case(other),
    }
    Ok(output)
}
