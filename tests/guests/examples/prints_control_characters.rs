//! Prints, by every way to a terminal, text that would move the cursor, set a colour, make a link, or change the
//! direction of text. `build` builds innocently, `failure` fails in build, `detect` declines.
//! The host must print the words `start` and `end` and none of the characters between: no control characters except
//! its own line ends, no format characters that change the direction, and no invisible ones. The text also has
//! commands for CI services, and lines that look like the host's own.
//!
//! Cases: build, detect, failure.

use std::io::{Write, stderr, stdout};

use guests::types::{Explanation, Failure, Variable};
use guests::{
    BuildContext, Built, DetectContext, DetectOutcome, Detected, Level, case, innocent, log,
};

guests::guest!(detect, build);

/// Escape sequences, a link, a carriage return, backspaces, a bell, null, delete, C1 controls (CSI, OSC, NEL), line
/// and paragraph separators, direction overrides and isolates, a byte order mark, a soft hyphen, zero-width
/// characters, fillers, variation selectors, tags.
const DANGEROUS: &str = "start\x1b[31m\x1b[2J\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x07\r\x08\x08\x07\0\x0b\
\x0c\x7f\u{85}\u{9b}31m\u{9d}0;title\u{9c}\u{2028}\u{2029}\u{202e}\u{202d}\u{2066}\u{2067}\u{2068}\u{2069}\
\u{200e}\u{200f}\u{61c}\u{feff}\u{ad}\u{200b}\u{200d}\u{2060}\u{115f}\u{3164}\u{fe0f}\u{e0041}\u{e0100}end
::set-output name=a::b
  ::error::c
\u{200b}::warning::d
##[set-env name=e;]f
g ##vso[task.setvariable variable=h]i
#\u{200b}#vso[task.complete]j
section_start:1:k\r\x1b[0Kl
Sandbox: full
[Error: m]
Layer 'tools': made";

fn detect(context: &DetectContext) -> Detected {
    print(&context.variables);
    Ok(match case(&context.variables)? {
        "detect" => DetectOutcome::Fail(DANGEROUS.to_owned()),
        _ => innocent::detect(context),
    })
}

fn build(context: &BuildContext) -> Built {
    print(&context.variables);
    match case(&context.variables)? {
        "failure" => Err(Failure::Application(Explanation::new(DANGEROUS, DANGEROUS))),
        _ => Ok(innocent::output()),
    }
}

/// The variables are logged too: an application's values come back through the guest.
fn print(variables: &[Variable]) {
    for level in [Level::Debug, Level::Info, Level::Warning] {
        log(level, DANGEROUS);
    }
    for variable in variables {
        log(
            Level::Info,
            &format!("{}={}", variable.name, variable.value),
        );
    }
    let invalid: &[u8] = b"\xff\xfe\xc0\x80\xed\xa0\x80\n";
    for bytes in [DANGEROUS.as_bytes(), b"\n", invalid] {
        write(stdout(), bytes);
        write(stderr(), bytes);
    }
}

/// A host that closes these outputs does not affect this guest.
fn write(mut output: impl Write, bytes: &[u8]) {
    output.write_all(bytes).unwrap_or_default();
    output.flush().unwrap_or_default();
}
