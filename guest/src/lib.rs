//! The job template's component: its two exports, and the messages that they log.
//!
//! No decision is made here: decisions are in `detect` and `build`, which also run natively.
//!
//! It does not use the standard library, which would make up more than half of the component. A component is checked
//! and mapped in every detect.

#![no_std]

extern crate alloc;
// The standard library is needed natively: for the files, and for the tests.
#[cfg(not(target_family = "wasm"))]
extern crate std;

mod application;
#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
mod bindings;
mod build;
mod detect;
mod entry_point;
#[cfg_attr(target_family = "wasm", path = "files/wasi.rs")]
#[cfg_attr(not(target_family = "wasm"), path = "files/native.rs")]
mod files;
#[cfg(target_family = "wasm")]
mod lone;
mod planqk;
mod procfile;
mod program;
mod python;
mod syntax;

use alloc::string::String;
use alloc::vec::Vec;

use application::Application;
use bindings::wasm_buildpacks::buildpack::log::{Level, log};
use bindings::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure, Guest};

struct JobTemplate;

impl Guest for JobTemplate {
    fn detect(context: DetectContext) -> Result<DetectOutcome, Failure> {
        let application = Application::at(context.app_dir);
        let (messages, outcome) = detect::detect(&application);
        say(messages);
        Ok(outcome)
    }

    fn build(context: BuildContext) -> Result<BuildOutput, Failure> {
        let application = Application::at(context.app_dir);
        say(build::messages(&application));
        Ok(build::output(&context.layers_dir))
    }
}

/// A line of the log for the user.
type Message = (Level, String);

/// Logs the messages, in their order.
fn say(messages: Vec<Message>) {
    for (level, text) in messages {
        log(level, &text);
    }
}

#[expect(
    unsafe_code,
    reason = "the generated glue of the exports, which the host calls by their symbols"
)]
const _: () = {
    bindings::export!(JobTemplate with_types_in bindings);
};
