//! Returns contents from a source that buildpack.toml does not declare, or from an address in place of its name.
//! The host must refuse the output and name the source, before it searches for a credential.
//!
//! Cases: address, empty, outside, unknown.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let source = match case(&context.variables)? {
        "address" => "https://127.0.0.1/evil.git",
        "empty" => "",
        "outside" => "../job-template",
        "unknown" => "unknown",
        other => return unknown_case(other),
    };
    let mut fetched = innocent::content("folder");
    source.clone_into(&mut fetched.source);
    let mut layer = innocent::layer(innocent::LAYER);
    layer.contents = vec![fetched];
    Ok(innocent::output_with(layer))
}
