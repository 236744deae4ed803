//! Is built for version 0.2 of the contract. Declares an executable that it wrote, and one file of a source.
//! The host must call it as that version says, make the file executable, and fetch the other one.

#[expect(
    clippy::same_length_and_capacity,
    reason = "generated: lists cross the boundary with their exact capacity"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.2",
        world: "buildpack",
    });
}

use std::path::Path;
use std::{fs, io};

use bindings::wasm_buildpacks::buildpack::log::{Level, log};
use bindings::wasm_buildpacks::buildpack::types::{
    BuildContext, BuildOutput, BuildPlan, Content, DetectContext, DetectOutcome, EnvChange,
    EnvMode, EnvScope, ExecDProgram, Explanation, Failure, Layer, LayerTypes, PlanAlternative,
    Process, SourceFile, Unpack,
};

/// The digest of `older` and a line end, which is the file that the test's server has.
const SHA256: &str = "f5851620a22110d6ebb73809df89c6321e79b4483dd2eb84ea77948505561463";

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
        let bin = Path::new(&context.layers_dir).join("older/bin");
        write(&bin).map_err(|error| failed(&error))?;
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

/// Writes a program and another file.
fn write(bin: &Path) -> io::Result<()> {
    fs::create_dir_all(bin)?;
    fs::write(bin.join("tool"), "#!/bin/sh\n")?;
    fs::write(bin.join("data"), "data")
}

fn failed(error: &io::Error) -> Failure {
    Failure::Io(Explanation {
        title: "The test's guest could not do its part".to_owned(),
        text: error.to_string(),
    })
}

fn layer() -> Layer {
    Layer {
        name: "older".to_owned(),
        types: LayerTypes {
            launch: true,
            build: false,
            cache: false,
        },
        metadata: r#"{"from": "0.2"}"#.to_owned(),
        contents: vec![content()],
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
        executables: vec!["bin/tool".to_owned()],
    }
}

fn content() -> Content {
    Content {
        source: "files".to_owned(),
        into: "data".to_owned(),
        file: Some(SourceFile {
            path: "older.txt".to_owned(),
            sha256: SHA256.to_owned(),
            unpack: Unpack::File,
            leading_folders: 0,
        }),
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
