//! Writes everything that a guest may write: files, directories, a program and a link in its own declared layer. It
//! reads one file back and removes another.
//! The host must accept the build, and keep the files unchanged: `bin/tool`, `data/text.txt`, `data/link` ->
//! `text.txt`, `data/up` -> `../bin/tool`, `notes.toml.txt`, `deep/env.launch/X`, `deep/x.toml`.

use std::fs;

use guests::attempt::Plot;
use guests::{BuildContext, Built, failure, innocent};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    plot.file("tools/bin/tool", "#!/bin/sh\nexit 0\n")?;
    plot.file("tools/data/text.txt", "innocent\n")?;
    plot.link("text.txt", "tools/data/link")?;
    plot.link("../bin/tool", "tools/data/up")?;
    plot.file("tools/notes.toml.txt", "")?;
    // These names have a meaning at the top of a layer or of the layers directory, and nowhere else.
    plot.file("tools/deep/env.launch/X", "innocent")?;
    plot.file("tools/deep/x.toml", "innocent")?;
    plot.file("tools/removed", "")?;
    let read = fs::remove_file(plot.path("tools/removed"))
        .and_then(|()| fs::read_to_string(plot.path("tools/data/link")))
        .map_err(|error| failure(format!("The layer could not be read: {error}.")))?;
    if read != "innocent\n" {
        return Err(failure(format!("The layer holds something else: {read}")));
    }
    Ok(innocent::output())
}
