//! Returns an output that is valid in each part, but far too large or deep as a whole.
//! The host must end with a fault that names the limit, in bounded time and memory.
//!
//! Cases: deep-metadata, long-key, many-labels, many-layers, many-processes, many-variables, program, repeated-keys,
//! store, value.

use std::iter::repeat_n;

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

const MANY: usize = 50_000;
const LARGE: usize = 20 * 1024 * 1024;

fn build(context: &BuildContext) -> Built {
    let mut output = innocent::output();
    let layer = &mut output.layers[0];
    match case(&context.variables)? {
        "deep-metadata" => {
            let (open, close) = (r#"{"a":"#.repeat(MANY), "}".repeat(MANY));
            layer.metadata = format!("{open}1{close}");
        }
        "long-key" => layer.metadata = repeated_keys(100_000, 1),
        "many-labels" => {
            output.labels = (0..MANY)
                .map(|n| innocent::label(&format!("key-{n}")))
                .collect();
        }
        "many-layers" => {
            output.layers = (0..MANY)
                .map(|n| innocent::layer(&format!("layer-{n}")))
                .collect();
        }
        "many-processes" => {
            output.processes = (0..MANY)
                .map(|n| innocent::process(&format!("process-{n}")))
                .collect();
        }
        "many-variables" => {
            layer.env = (0..MANY)
                .map(|n| innocent::change(&format!("VARIABLE_{n}")))
                .collect();
        }
        "program" => {
            let mut program = innocent::program("large");
            program.program = vec![b'#'; LARGE];
            layer.exec_d = vec![program];
        }
        "repeated-keys" => layer.metadata = repeated_keys(250, 50_000),
        "store" => output.store = Some(repeated_keys(250, 50_000)),
        "value" => {
            let mut change = innocent::change("LARGE");
            change.value = repeat_n('a', LARGE).collect();
            layer.env = vec![change];
        }
        other => return unknown_case(other),
    }
    Ok(output)
}

/// Tables beneath a key that TOML repeats in the header of each.
fn repeated_keys(length: usize, tables: usize) -> String {
    let tables: Vec<_> = (0..tables).map(|n| format!("\"{n}\":{{}}")).collect();
    format!("{{\"{}\":{{{}}}}}", "k".repeat(length), tables.join(","))
}
