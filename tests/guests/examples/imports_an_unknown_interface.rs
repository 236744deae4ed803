//! Imports `example:vault/secrets@1.0.0`, which no host provides.
//! The host must refuse the component before it starts, in both phases, naming the interface.

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say};

mod vault {
    wit_bindgen::generate!({
        inline: "
            package example:vault@1.0.0;
            interface secrets {
                read: func() -> u32;
            }
            world reader {
                import secrets;
            }
        ",
        world: "reader",
    });

    pub(crate) use example::vault::secrets::read;
}

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    say(&format!("tried a secret: ALLOWED: {}", vault::read()));
    innocent::detect(context)
}

fn build(_: &BuildContext) -> BuildOutput {
    say(&format!("tried a secret: ALLOWED: {}", vault::read()));
    innocent::output()
}
