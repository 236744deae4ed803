//! Returns a change of a variable for one process in a scope without processes.
//! The host must refuse the output and name the variable.
//!
//! Cases: all, build.

use guests::types::EnvScope;
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut change = innocent::change("X");
    change.process = Some("web".to_owned());
    change.scope = match case(&context.variables)? {
        "all" => EnvScope::All,
        "build" => EnvScope::Build,
        other => return unknown_case(other),
    };
    let mut layer = innocent::layer(innocent::LAYER);
    layer.env = vec![change];
    Ok(innocent::output_with(layer))
}
