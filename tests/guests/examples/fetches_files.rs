//! Declares a launch layer `files` with the contents that `[[metadata.contents]]` of buildpack.toml names.
//! The host must fetch exactly those files, and refuse each that no list allows. If `[metadata.later]` names a folder of
//! `programs`, the layer is for later buildpacks too, and its folder `bin` is a link to that folder, which the host has
//! not made yet.

use guests::attempt::Plot;
use guests::types::{
    Content, IndexedPackage, IndexedPackages, Layer, SourceFile, SourcePart, Unpack,
};
use guests::{BuildContext, Built, failure, innocent};
use serde_json::Value;

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let metadata: Value =
        serde_json::from_str(&context.metadata).map_err(|error| failure(error.to_string()))?;
    let contents = metadata["contents"].as_array().into_iter().flatten();
    let mut layer = Layer {
        contents: contents.map(content).collect(),
        ..innocent::layer("files")
    };
    if let Some(programs) = metadata["later"]["programs"].as_str() {
        let plot = Plot::of(context);
        plot.directory("files")?;
        plot.link(programs, "files/bin")?;
        layer.types.build = true;
    }
    Ok(innocent::output_with(layer))
}

fn content(value: &Value) -> Content {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let file = value.get("path").map(|_| SourceFile {
        path: text("path"),
        sha256: text("sha256"),
        unpack: match value["unpack"].as_str() {
            Some("tar-gz") => Unpack::TarGz,
            Some("tar-zst") => Unpack::TarZst,
            Some("zip") => Unpack::Zip,
            Some("wheel") => Unpack::Wheel,
            _ => Unpack::File,
        },
        leading_folders: value["leading-folders"]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or_default(),
    });
    let package = value.get("package").map(|_| IndexedPackage {
        name: text("package"),
        sha256: vec![text("sha256")],
    });
    let packages = package.map(|package| IndexedPackages {
        packages: vec![package],
        tags: vec!["py3-none-any".to_owned()],
    });
    let packages = packages.map(SourcePart::Packages);
    Content {
        source: text("source"),
        into: text("into"),
        part: packages.or(file.map(SourcePart::File)),
    }
}
