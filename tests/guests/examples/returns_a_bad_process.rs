//! Returns a process that cannot start, or whose working directory is not allowed.
//! The host must refuse the output and name the process.
//!
//! Cases: empty-command, empty-program, null-in-argument, null-in-directory, outside.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut process = innocent::process("web");
    match case(&context.variables)? {
        "empty-command" => process.command = Vec::new(),
        "empty-program" => process.command = vec![String::new()],
        "null-in-argument" => process.args = vec!["a\0b".to_owned()],
        "null-in-directory" => process.working_directory = Some("a\0b".to_owned()),
        "outside" => process.working_directory = Some("../..".to_owned()),
        other => return unknown_case(other),
    }
    let mut output = innocent::output();
    output.processes = vec![process];
    Ok(output)
}
