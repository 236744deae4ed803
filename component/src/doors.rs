//! Closes the network in a component.
//!
//! Some languages' tools import `wasi:sockets` or `wasi:http` in every component, whether its author uses them or not.
//! The host offers neither. So the component is composed with a second one, the doors, which exports these interfaces.
//! Each of its functions writes into the log which function was called, and traps. The result imports nothing of the
//! network.

mod module;

use std::fmt::Write as _;

use anyhow::Context as _;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};
use wasmparser::{ComponentTypeRef, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::decoding::DecodedWasm;

use crate::contract;

/// The interfaces that are closed: those of the network in WASI 0.2. The host has nothing of WASI 0.3.
pub(crate) fn is_closable(import: &str) -> bool {
    let of_the_network = import.starts_with("wasi:sockets/") || import.starts_with("wasi:http/");
    let version = import.split_once('@').map(|(_, version)| version);
    of_the_network && version.is_some_and(|version| version.starts_with("0.2."))
}

/// Returns the names of what the component as a whole imports, without types, which nobody needs to provide.
pub(crate) fn imports(component: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import?;
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        names.push(import.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// Closes the network in a component. Returns the names of what was closed too.
pub(crate) fn close(component: Vec<u8>) -> anyhow::Result<(Vec<u8>, Vec<String>)> {
    let imports = imports(&component).context("the component cannot be read")?;
    let closable = imports.iter().filter(|name| is_closable(name));
    let closed: Vec<_> = closable.cloned().collect();
    if closed.is_empty() {
        return Ok((component, closed));
    }
    let composed = doors(&component, &imports, &closed).and_then(|doors| compose(component, doors));
    let composed = composed.with_context(|| {
        format!(
            "the network cannot be closed in the component, which imports {}. A component that imports it does not \
             start. If the language's tool can leave these imports out, do so",
            closed.join(", ")
        )
    })?;
    Ok((composed, closed))
}

/// Makes the component that exports the interfaces.
fn doors(component: &[u8], imports: &[String], interfaces: &[String]) -> anyhow::Result<Vec<u8>> {
    let DecodedWasm::Component(mut resolve, _) = wit_parser::decoding::decode(component)? else {
        anyhow::bail!("it is a package of WIT and has no code");
    };
    let mut wit = "package closed:doors;\nworld doors {\n".to_owned();
    if let Some(log) = imports.iter().find(|name| contract::is_log(name)) {
        writeln!(wit, "import {log};")?;
    }
    for interface in interfaces {
        writeln!(wit, "export {interface};")?;
    }
    wit.push_str("}\n");
    let package = resolve.push_source("doors.wit", &wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut module = module::of(&resolve, world);
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

/// Connects the exports of the doors with the component's imports of the same names.
fn compose(component: Vec<u8>, doors: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let doors = Package::from_bytes("closed:doors", None, doors, graph.types_mut())?;
    let doors = graph.register_package(doors)?;
    let inner = Package::from_bytes("closed:inner", None, component, graph.types_mut())?;
    let inner = graph.register_package(inner)?;
    wac_graph::plug(&mut graph, vec![doors], inner)?;
    Ok(graph.encode(EncodeOptions {
        define_components: true,
        validate: true,
        processor: None,
    })?)
}
