//! Returns two processes that are both the default.
//! The host must refuse the output and name them.

use guests::{BuildContext, BuildOutput, innocent};

guests::guest!(build);

fn build(_: &BuildContext) -> BuildOutput {
    let mut output = innocent::output();
    output.processes = vec![innocent::process("web"), innocent::process("worker")];
    for process in &mut output.processes {
        process.default = true;
    }
    output
}
