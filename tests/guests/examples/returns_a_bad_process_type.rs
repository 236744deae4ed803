//! Returns a process with a type that is not valid, that leads elsewhere, or that another process has already.
//! The host must refuse the output and name the type.
//!
//! Cases: dot-dot, duplicate, empty, inside, long, lookalike, newline, null, outside, space.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let name = match case(&context.variables)? {
        "dot-dot" => "..",
        "duplicate" => "web",
        "empty" => "",
        "inside" => "a/b",
        "long" => &"a".repeat(300),
        "lookalike" => "w\u{435}b",
        "newline" => "web\n[[processes]]",
        "null" => "a\0b",
        "outside" => "../web",
        "space" => "a b",
        other => return unknown_case(other),
    };
    let mut output = innocent::output();
    output.processes = vec![innocent::process("web"), innocent::process(name)];
    Ok(output)
}
