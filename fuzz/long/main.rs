//! The long run: libFuzzer over one target, which `--target=NAME` selects. `cargo xtask fuzz` starts it.
//!
//! No knowledge about a target belongs here. libFuzzer ignores arguments with two dashes.

#![no_main]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name =
        std::env::args().find_map(|argument| Some(argument.strip_prefix("--target=")?.to_owned()));
    let target = name.as_deref().and_then(fuzz::by_name);
    target.expect("--target=NAME names one of fuzz::TARGETS")
});

fuzz_target!(|input: &[u8]| {
    (TARGET.run)(input);
});
