//! Returns a label without a key, one key twice, or a key with what no key holds.
//! The host must refuse the output and name the key.
//!
//! Cases: duplicate, empty, newline, null.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let key = match case(&context.variables)? {
        "duplicate" => "good",
        "empty" => "",
        "newline" => "a\nb",
        "null" => "a\0b",
        other => return unknown_case(other),
    };
    let mut output = innocent::output();
    output.labels = vec![innocent::label("good"), innocent::label(key)];
    Ok(output)
}
