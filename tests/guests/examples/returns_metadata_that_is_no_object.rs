//! Returns text that is not a JSON object where the contract requires one.
//! The host must refuse the output and name the field.
//!
//! Cases: layer-array, layer-deep, layer-empty, layer-text, store-array, store-empty, store-number.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut output = innocent::output();
    let (place, text) = match case(&context.variables)? {
        "layer-array" => ("layer", "[{}]"),
        "layer-deep" => ("layer", &*format!("{{\"a\":{}", "[".repeat(200_000))),
        "layer-empty" => ("layer", ""),
        "layer-text" => ("layer", "key = \"TOML\""),
        "store-array" => ("store", "[]"),
        "store-empty" => ("store", ""),
        "store-number" => ("store", "3"),
        other => return unknown_case(other),
    };
    if place == "store" {
        output.store = Some(text.to_owned());
    } else {
        text.clone_into(&mut output.layers[0].metadata);
    }
    Ok(output)
}
