//! Logs the variables that it is told, `<name> is <value>`, in both phases, and builds innocently.
//! No line may be about a variable that neither buildpack.toml nor, where its name is like a credential's, a policy names.

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
