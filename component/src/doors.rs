//! Closes the network in a component.
//!
//! Some languages' tools import `wasi:sockets` or `wasi:http` in every component, whether its author uses them or not.
//! The host offers neither. So the component is composed with a second one, the doors, which exports these interfaces,
//! and each of whose functions is `unreachable`. The result imports nothing of the network.

use std::fmt::Write as _;

use anyhow::Context as _;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, MemorySection, MemoryType,
    Module, TypeSection, ValType,
};
use wasmparser::{ComponentTypeRef, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::decoding::DecodedWasm;
use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind, WorldId, WorldItem,
};

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
    let closed: Vec<_> = imports
        .into_iter()
        .filter(|name| is_closable(name))
        .collect();
    if closed.is_empty() {
        return Ok((component, closed));
    }
    let composed = doors(&component, &closed).and_then(|doors| compose(component, doors));
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
fn doors(component: &[u8], interfaces: &[String]) -> anyhow::Result<Vec<u8>> {
    let DecodedWasm::Component(mut resolve, _) = wit_parser::decoding::decode(component)? else {
        anyhow::bail!("it is a package of WIT and has no code");
    };
    let mut wit = "package closed:doors;\nworld doors {\n".to_owned();
    for interface in interfaces {
        writeln!(wit, "export {interface};")?;
    }
    wit.push_str("}\n");
    let package = resolve.push_source("doors.wit", &wit)?;
    let world = resolve.select_world(&[package], None)?;
    let mut module = module(&resolve, world);
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

/// Makes the core module of the doors: a function for each signature, exported under each name that has it.
fn module(resolve: &Resolve, world: WorldId) -> Vec<u8> {
    let mangling = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut signatures: Vec<(Vec<ValType>, Vec<ValType>)> = Vec::new();
    let mut exports = ExportSection::new();
    let mut export = |name: &str, signature| {
        let found = signatures.iter().position(|one| *one == signature);
        let index = found.unwrap_or_else(|| {
            signatures.push(signature);
            signatures.len() - 1
        });
        // A component has far fewer functions.
        exports.export(
            name,
            ExportKind::Func,
            u32::try_from(index).unwrap_or(u32::MAX),
        );
    };
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        for func in resolve.interfaces[*id].functions.values() {
            let name = resolve.wasm_export_name(
                mangling,
                WasmExport::Func {
                    interface: Some(key),
                    func,
                    kind: WasmExportKind::Normal,
                },
            );
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, func);
            let types = |types: &[WasmType]| types.iter().map(value).collect();
            export(&name, (types(&signature.params), types(&signature.results)));
        }
    }
    let realloc = resolve.wasm_export_name(mangling, WasmExport::Realloc);
    export(&realloc, (vec![ValType::I32; 4], vec![ValType::I32]));
    let memory = resolve.wasm_export_name(mangling, WasmExport::Memory);
    exports.export(&memory, ExportKind::Memory, 0);

    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for (index, (params, results)) in (0..).zip(signatures) {
        types.ty().function(params, results);
        functions.function(index);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
    }
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 0,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code);
    module.finish()
}

fn value(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
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
