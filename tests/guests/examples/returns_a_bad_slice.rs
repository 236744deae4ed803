//! Returns a slice whose pattern leads out of the application, or a slice without a pattern.
//! The host must refuse the output and name the pattern.
//!
//! Cases: absolute, empty, no-paths, null, outside.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let mut slice = innocent::slice("*");
    match case(&context.variables)? {
        "absolute" => slice.paths = vec!["/etc/*".to_owned()],
        "empty" => slice.paths = vec![String::new()],
        "no-paths" => slice.paths.clear(),
        "null" => slice.paths = vec!["a\0b".to_owned()],
        "outside" => slice.paths = vec!["src/../../*".to_owned()],
        other => return unknown_case(other),
    }
    let mut output = innocent::output();
    output.slices = vec![slice];
    Ok(output)
}
