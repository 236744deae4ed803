//! Makes a link in its layer that leads out of it, if WASI allows it.
//! An absolute target must be denied to the guest at once (a line `tried …: denied`), or the host must end the build
//! with a fault that names `tools/link`. WASI allows the relative targets, so for them the fault must come. `deep` is
//! in a directory; `chain` reads as `tools/a/b/outside` but leads to `outside`, by the link `a/b/up` to `tools`.
//!
//! Cases: absolute, chain, deep, other-layer, relative, to-the-top.

use guests::attempt::{Plot, link, tried};
use guests::{BuildContext, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    let mut output = innocent::output();
    plot.directory("tools")?;
    match case(&context.variables)? {
        "absolute" => {
            let place = plot.path("tools/link");
            tried("an absolute link", link("/etc/passwd", &place));
        }
        "chain" => {
            plot.directory("tools/a/b")?;
            plot.link("../..", "tools/a/b/up")?;
            plot.link("a/b/up/../outside", "tools/link")?;
        }
        "deep" => plot.link("../../../../etc/passwd", "tools/a/b/link")?,
        "other-layer" => {
            plot.file("other/file", "innocent")?;
            plot.link("../other/file", "tools/link")?;
            output.layers.push(innocent::layer("other"));
        }
        "relative" => plot.link("../../../../../../etc/passwd", "tools/link")?,
        "to-the-top" => plot.link("..", "tools/link")?,
        other => return unknown_case(other),
    }
    Ok(output)
}
