//! Logs far more than a person would read, then builds innocently.
//! The host must print no more than its limit and say that it stopped printing. It may accept the build or end it with
//! a fault that names the limit, in bounded time and memory.
//!
//! Cases: empty-lines, long-line, many-lines, one-with-many-lines.

use guests::{BuildContext, Built, case, innocent, say, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    match case(&context.variables)? {
        "empty-lines" => (0..1_000_000).for_each(|_| say("")),
        "long-line" => say(&"flood ".repeat(16 * 1024 * 1024 / 6)),
        "many-lines" => (0..1_000_000).for_each(|_| say("flood")),
        "one-with-many-lines" => say(&"flood\n".repeat(1_000_000)),
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}
