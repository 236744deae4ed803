//! Returns a label without a key, a key twice, a key with invalid characters, or one reserved for the host or the
//! lifecycle.
//! The host must refuse the output and name the key.
//!
//! Cases: duplicate, empty, lifecycle, lifecycle-in-capitals, newline, null, receipt, and receipt-like, which is
//! allowed.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let key = match case(&context.variables)? {
        "duplicate" => "good",
        "empty" => "",
        "lifecycle" => "io.buildpacks.lifecycle.metadata",
        "lifecycle-in-capitals" => "IO.Buildpacks.build.metadata",
        "newline" => "a\nb",
        "null" => "a\0b",
        "receipt" => "wasm-buildpacks.receipt.tests_guest",
        "receipt-like" => "org.wasm-buildpacks.receipt",
        other => return unknown_case(other),
    };
    let mut output = innocent::output();
    output.labels = vec![innocent::label("good"), innocent::label(key)];
    Ok(output)
}
