//! Declares three launch layers with contents of the sources `one` and `two`: the layers `one-a` and `one-b` have source
//! one, and `two` has source two. In the cases with `linked`, layer `one-b` has source two as well.
//! The host must download each source at most once, and make and keep each layer by its own contents. The declaration of
//! layer `one-a` or `one-b` differs in the cases that end with its name.
//!
//! Cases: apart, apart-one-a, apart-one-b, linked, linked-one-a.

use guests::types::{Content, Layer};
use guests::{BuildContext, BuildOutput, Built, case, innocent, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Built {
    let (is_linked, changed) = match case(&context.variables)? {
        "apart" => (false, None),
        "apart-one-a" => (false, Some("one-a")),
        "apart-one-b" => (false, Some("one-b")),
        "linked" => (true, None),
        "linked-one-a" => (true, Some("one-a")),
        other => return unknown_case(other),
    };
    let second: &[&str] = if is_linked { &["one", "two"] } else { &["one"] };
    let layers = [
        ("one-a", &["one"][..]),
        ("one-b", second),
        ("two", &["two"]),
    ];
    let layers = layers.map(|(name, sources)| layer(name, sources, changed == Some(name)));
    Ok(BuildOutput {
        layers: layers.into(),
        ..innocent::output()
    })
}

/// A launch layer with each source in the folder `from-SOURCE`.
fn layer(name: &str, sources: &[&str], is_changed: bool) -> Layer {
    let contents = sources.iter().map(|source| Content {
        source: (*source).to_owned(),
        ..innocent::content(&format!("from-{source}"))
    });
    Layer {
        contents: contents.collect(),
        metadata: format!(r#"{{"changed":{is_changed}}}"#),
        ..innocent::layer(name)
    }
}
