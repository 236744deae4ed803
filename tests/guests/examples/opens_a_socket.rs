//! Imports `wasi:sockets`, to connect, receive packets and look up a name: in the phase and by the way that `CASE` names,
//! such as `build-name`.
//! The host must refuse the component before it starts, in both phases, naming an interface of `wasi:sockets`. If the
//! tool has closed these interfaces in it, a call must end it, and the log must name the function.

use std::net::{TcpStream, ToSocketAddrs, UdpSocket};

use guests::attempt::tried;
use guests::types::Variable;
use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure, case_in, innocent};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> Result<DetectOutcome, Failure> {
    connect("detect", &context.variables)?;
    Ok(innocent::detect(context))
}

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    connect("build", &context.variables)?;
    Ok(innocent::output())
}

fn connect(phase: &str, variables: &[Variable]) -> Result<(), Failure> {
    match case_in(phase, variables)? {
        None | Some("nothing") => {}
        Some("connection") => tried("a connection", TcpStream::connect("127.0.0.1:9")),
        Some("packets") => tried("a packet socket", UdpSocket::bind("127.0.0.1:0")),
        Some("name") => tried("a name", "example.com:443".to_socket_addrs()),
        Some(other) => return guests::unknown_case(other),
    }
    Ok(())
}
