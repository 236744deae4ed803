//! Makes the components and modules of this crate's tests, from text.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use super::contract::NEWEST;

/// A part of WASI: enough for one function of each interface that a test imports.
pub(crate) const WASI: &str = r"
package wasi:io@0.2.6 {
    interface poll { resource pollable { block: func(); } }
}
package wasi:cli@0.2.6 {
    interface environment { get-environment: func() -> list<tuple<string, string>>; }
}
package wasi:clocks@0.2.6 {
    interface monotonic-clock {
        use wasi:io/poll@0.2.6.{pollable};
        now: func() -> u64;
        subscribe-duration: func(when: u64) -> pollable;
    }
}
package wasi:sockets@0.2.6 {
    interface network { resource network; enum error-code { unknown, access-denied } }
    interface instance-network { use network.{network}; instance-network: func() -> network; }
    interface tcp {
        use network.{network, error-code};
        use wasi:io/poll@0.2.6.{pollable};
        resource tcp-socket {
            start-bind: func(network: borrow<network>, address: string) -> result<_, error-code>;
            subscribe: func() -> pollable;
        }
    }
    interface tcp-create-socket {
        use network.{error-code};
        use tcp.{tcp-socket};
        create-tcp-socket: func(ipv6: bool) -> result<tcp-socket, error-code>;
    }
}
package made:up {
    interface thing { f: func(); }
}
package wasi:http@0.2.6 {
    interface types { resource fields { constructor(); } }
    interface outgoing-handler { use types.{fields}; handle: func(request: fields) -> result<string, u32>; }
}
";

/// Makes a core module of a world with these items, beside the contract. It has the world embedded, and each of its
/// functions is `unreachable`.
pub(crate) fn module(items: &str) -> Vec<u8> {
    module_of(NEWEST.wit(), items)
}

pub(crate) fn module_of(contract: &str, items: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_source("contract.wit", contract).unwrap();
    let text = format!("package made:here;\nworld made {{ {items} }}\n{WASI}");
    let package = resolve.push_source("made.wit", &text).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mangling = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut module = wit_component::dummy_module(&resolve, world, mangling);
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap();
    module
}

/// Makes a component of a module.
pub(crate) fn component(module: &[u8]) -> Vec<u8> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module).unwrap();
    encoder.encode().unwrap()
}

/// The items of a world that fits the contract.
pub(crate) const FITS: &str = "include wasm-buildpacks:buildpack/buildpack@0.3.0;";

/// Makes a component that fits the contract and has these items too.
pub(crate) fn fitting(items: &str) -> Vec<u8> {
    component(&module(&format!("{FITS} {items}")))
}
