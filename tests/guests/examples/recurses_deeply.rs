//! Calls itself endlessly, with little or much on the stack each time, or only 4,000 times.
//! The host must end the build with a fault and write nothing; it allows 4,000 calls unless its limit is lower.
//!
//! Cases: little, much, ends.

use std::hint::black_box;

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let end = match case(&context.variables)? {
        "little" => little(0),
        "much" => much(0),
        "ends" => ends(4000),
        other => return unknown_case(other),
    };
    black_box(end);
    Ok(innocent::output())
}

#[expect(unconditional_recursion, reason = "that is the fault in question")]
fn little(depth: u64) -> u64 {
    black_box(little(black_box(depth + 1))) + 1
}

#[expect(unconditional_recursion, reason = "that is the fault in question")]
fn much(depth: u64) -> u64 {
    let frame = black_box([depth; 1024]);
    black_box(much(depth + 1)) + frame[1023]
}

fn ends(calls: u64) -> u64 {
    if calls == 0 {
        return 0;
    }
    black_box(ends(black_box(calls - 1))) + 1
}
