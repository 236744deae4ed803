//! Imports `wasi:http/outgoing-handler@0.3.0` with only one of its functions. Only the name matters, and the linker
//! would not accept a reduced interface of a version that it knows.
//! The host must refuse the component before it starts, in both phases, naming the interface.

use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent, say};

mod http {
    wit_bindgen::generate!({
        inline: "
            package wasi:http@0.3.0;
            interface outgoing-handler {
                handle: func() -> u32;
            }
            world client {
                import outgoing-handler;
            }
        ",
        world: "client",
    });

    pub(crate) use wasi::http::outgoing_handler::handle;
}

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    say(&format!("tried a request: ALLOWED: {}", http::handle()));
    innocent::detect(context)
}

fn build(_: &BuildContext) -> BuildOutput {
    say(&format!("tried a request: ALLOWED: {}", http::handle()));
    innocent::output()
}
