//! Is built for version 0.1 of the contract, and returns something in every list whose items differ from today's.
//! The host must call it as that version says, and write what it declared.

#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1",
        world: "buildpack",
    });
}

use bindings::wasm_buildpacks::buildpack::log::{Level, log};
use bindings::wasm_buildpacks::buildpack::types::{
    BuildContext, BuildOutput, BuildPlan, DetectContext, DetectOutcome, EnvChange, EnvMode,
    EnvScope, ExecDProgram, Failure, Layer, LayerTypes, PlanAlternative, Process,
};

struct Component;

impl bindings::Guest for Component {
    fn detect(context: DetectContext) -> Result<DetectOutcome, Failure> {
        log(Level::Info, &format!("detect for {}", context.target.os));
        let nothing = PlanAlternative {
            provides: Vec::new(),
            requires: Vec::new(),
        };
        Ok(DetectOutcome::Pass(BuildPlan {
            first: nothing,
            or: Vec::new(),
        }))
    }

    fn build(context: BuildContext) -> Result<BuildOutput, Failure> {
        log(Level::Info, &format!("build for {}", context.target.os));
        Ok(BuildOutput {
            layers: vec![layer()],
            processes: vec![process()],
            labels: Vec::new(),
            slices: Vec::new(),
            unmet: Vec::new(),
            store: Some(r#"{"kept": true}"#.to_owned()),
        })
    }
}

fn layer() -> Layer {
    Layer {
        name: "older".to_owned(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: r#"{"from": "0.1"}"#.to_owned(),
        contents: Vec::new(),
        env: vec![EnvChange {
            scope: EnvScope::Launch,
            process: None,
            name: "OLDER".to_owned(),
            mode: EnvMode::Default,
            value: "yes".to_owned(),
            delimiter: None,
        }],
        exec_d: vec![ExecDProgram {
            name: "tool".to_owned(),
            process: None,
            program: b"#!/bin/sh\n".to_vec(),
        }],
    }
}

fn process() -> Process {
    Process {
        type_: "web".to_owned(),
        command: vec!["true".to_owned()],
        args: Vec::new(),
        default: true,
        working_directory: None,
        exec_env: Vec::new(),
    }
}

#[expect(unsafe_code, reason = "the generated glue of the exports")]
const _: () = {
    bindings::export!(Component with_types_in bindings);
};
