//! Writes up to 64 MiB to an output of WASI, stops when a write is refused, logs `wrote <n> bytes` and builds
//! innocently.
//! The host must keep no more than its limit. It may refuse further writes or drop them; it may accept the build
//! or end it with a fault that names the limit.
//!
//! Cases: stderr, stdout.

use std::io::{Write, stderr, stdout};

use guests::{BuildContext, Built, case, innocent, say, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let wrote = match case(&context.variables)? {
        "stderr" => flood(stderr()),
        "stdout" => flood(stdout()),
        other => return unknown_case(other),
    };
    say(&format!("wrote {wrote} bytes"));
    Ok(innocent::output())
}

fn flood(mut output: impl Write) -> usize {
    let block = [b'~'; 4096];
    let mut wrote = 0;
    while wrote < 64 * 1024 * 1024 && output.write_all(&block).is_ok() {
        wrote += block.len();
    }
    wrote
}
