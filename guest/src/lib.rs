//! The job template's component: its two exports, and the messages that they log.
//!
//! No decision is made here: decisions are in `detect` and `build`, which also run natively.
//!
//! It does not use the standard library, which would make up more than half of the component: the kit's feature `small`
//! stands in for it. A component is checked
//! and mapped in every detect.

#![no_std]

extern crate alloc;
// The tests need the standard library.
#[cfg(test)]
extern crate std;

mod application;
mod build;
mod detect;
mod entry_point;
mod planqk;
mod procfile;
mod program;
mod python;
mod syntax;

use alloc::string::String;
use alloc::vec::Vec;

use application::Application;
use wasm_buildpack_sdk::{
    BuildContext, Buildpack, DetectContext, Detected, Level, Output, Result, buildpack, log,
};

struct JobTemplate;

buildpack!(JobTemplate);

impl Buildpack for JobTemplate {
    fn detect(context: &DetectContext) -> Result<Detected> {
        let application = Application::at(&context.app_dir);
        let (messages, outcome) = detect::detect(&application);
        say(messages);
        Ok(outcome)
    }

    fn build(context: &BuildContext) -> Result<Output> {
        let application = Application::at(&context.app_dir);
        say(build::messages(&application));
        Ok(build::output(context))
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
