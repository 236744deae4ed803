//! Imports `wasi:sockets`, to connect, receive packets and look up a name.
//! The host must refuse the component before it starts, in both phases, naming an interface of `wasi:sockets`.

use std::net::{TcpStream, ToSocketAddrs, UdpSocket};

use guests::attempt::tried;
use guests::{BuildContext, BuildOutput, DetectContext, DetectOutcome, innocent};

guests::guest!(detect, build);

fn detect(context: &DetectContext) -> DetectOutcome {
    connect();
    innocent::detect(context)
}

fn build(_: &BuildContext) -> BuildOutput {
    connect();
    innocent::output()
}

fn connect() {
    tried("a connection", TcpStream::connect("127.0.0.1:9"));
    tried("a packet socket", UdpSocket::bind("127.0.0.1:0"));
    tried("a name", "example.com:443".to_socket_addrs());
}
