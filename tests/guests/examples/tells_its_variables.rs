//! Logs the variables that the host passes, `<name> is <value>`, in both phases, and builds innocently.
//! Every logged variable must be declared in buildpack.toml and, if its name looks like a credential's, named in a
//! policy.

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say, types};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    tell(&context.variables);
    innocent::detect(context)
}

fn build(context: &BuildContext) -> BuildOutput {
    tell(&context.variables);
    innocent::output()
}

fn tell(variables: &[types::Variable]) {
    for types::Variable { name, value } in variables {
        say(&format!("{name} is {value}"));
    }
}
