//! Overwrites a file that the lifecycle restored: the TOML of a layer that it declares (`layer`) or drops
//! (`dropped-layer`: `old.toml`, which it does not declare), or the store; or it removes the file.
//! The host must end the build with a fault that names the file; or the guest's text, which contains `planted`, must be
//! gone after a successful build. The guest fails if the file is missing, so a test must restore it first.
//!
//! Cases: dropped-layer, layer, layer-by-link, layer-by-rename, layer-removed, store.

use std::fs;

use guests::attempt::Plot;
use guests::{BuildContext, Built, case, failure, innocent, unknown_case};

guests::guest!(build);

const TEXT: &str = "[types]\nlaunch = true\ncache = true\n[metadata]\nplanted = true\n";

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    match case(&context.variables)? {
        "bill" => plot.replace("tools.sbom.cdx.json", "{\"planted\":true}")?,
        "dropped-layer" => plot.replace("old.toml", TEXT)?,
        "layer" => plot.replace("tools.toml", TEXT)?,
        "layer-by-link" => {
            plot.file("tools/data.toml", TEXT)?;
            remove(&plot, "tools.toml")?;
            plot.link("tools/data.toml", "tools.toml")?;
        }
        "layer-by-rename" => {
            plot.file("tools/data", TEXT)?;
            fs::metadata(plot.path("tools.toml"))
                .and_then(|_| fs::rename(plot.path("tools/data"), plot.path("tools.toml")))
                .map_err(|error| failure(format!("tools.toml could not be replaced: {error}.")))?;
        }
        "layer-removed" => remove(&plot, "tools.toml")?,
        "store" => plot.replace("store.toml", "[metadata]\nplanted = true\n")?,
        other => return unknown_case(other),
    }
    Ok(innocent::output())
}

fn remove(plot: &Plot, name: &str) -> Result<(), guests::Failure> {
    fs::remove_file(plot.path(name))
        .map_err(|error| failure(format!("{name} could not be removed: {error}.")))
}
