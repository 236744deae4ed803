//! Returns as unmet an entry that is not in the Buildpack Plan, or an entry twice.
//! The host must refuse the output and name the entry. `twice` needs a plan with an entry `cpython`.
//!
//! Cases: empty, twice, unknown.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let unmet: &[&str] = match case(&context.variables)? {
        "empty" => &[""],
        "twice" => &["cpython", "cpython"],
        "unknown" => &["not-in-the-plan"],
        other => return unknown_case(other),
    };
    let mut output = innocent::output();
    output.unmet = unmet.iter().map(|&name| name.to_owned()).collect();
    Ok(output)
}
