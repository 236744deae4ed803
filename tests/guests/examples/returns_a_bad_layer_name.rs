//! Returns one layer with a name that leads elsewhere, that the lifecycle reads, or that is not valid.
//! The host must refuse the output, show the name, and create nothing.
//!
//! Cases: absolute, backslash, build, dash, dot, dot-dot, empty, hidden, inside, launch, lookalike, newline, null,
//! long, outside, sbom, space, store, toml.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let name = match case(&context.variables)? {
        "absolute" => "/tmp/layer",
        "backslash" => r"a\b",
        "build" => "build",
        "dash" => "-rf",
        "dot" => ".",
        "dot-dot" => "..",
        "empty" => "",
        "hidden" => ".hidden",
        "inside" => "a/b",
        "launch" => "launch",
        "long" => &"a".repeat(300),
        "lookalike" => "to\u{43e}ls",
        "newline" => "a\nb",
        "null" => "a\0b",
        "outside" => "../other",
        "sbom" => "tools.sbom.cdx.json",
        "space" => "a b",
        "store" => "store",
        "toml" => "evil.toml",
        other => return unknown_case(other),
    };
    Ok(innocent::output_with(innocent::layer(name)))
}
