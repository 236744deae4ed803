//! Returns contents twice for one folder, or for two folders whose names differ only in letter case.
//! The host must refuse the output and name the folder, before it fetches anything. It may accept `case`: a build need
//! not consider file systems that ignore letter case.
//!
//! Cases: case, same.

use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let second = match case(&context.variables)? {
        "case" => "Folder",
        "same" => "folder",
        other => return unknown_case(other),
    };
    let mut layer = innocent::layer(innocent::LAYER);
    layer.contents = vec![innocent::content("folder"), innocent::content(second)];
    Ok(innocent::output_with(layer))
}
