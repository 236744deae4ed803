//! The core module of the doors.

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{
    Function as Declared, LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind,
    WasmImport, WorldId, WorldItem, WorldKey,
};

use crate::contract;

const MANGLING: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// The size of a page of memory.
const PAGE: usize = 1 << 16;

/// The number of `warning` in the contract's enum `level`.
const WARNING: i32 = 2;

/// Makes the core module: a function for each that the world exports, which logs its name and traps.
pub(super) fn of(resolve: &Resolve, world: WorldId) -> Vec<u8> {
    let mut parts = Parts::default();
    let log = resolve.worlds[world]
        .imports
        .iter()
        .find_map(|(key, item)| {
            let WorldItem::Interface { id, .. } = item else {
                return None;
            };
            let function = resolve.interfaces[*id].functions.get("log")?;
            let is_log = contract::is_log(&resolve.name_world_key(key));
            is_log.then_some((key, function))
        });
    if let Some((key, function)) = log {
        parts.import_log(resolve, key, function);
    }
    for (key, item) in &resolve.worlds[world].exports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        for function in resolve.interfaces[*id].functions.values() {
            let name = resolve.wasm_export_name(
                MANGLING,
                WasmExport::Func {
                    interface: Some(key),
                    func: function,
                    kind: WasmExportKind::Normal,
                },
            );
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let body = parts.logs_and_traps(&name);
            parts.function(&name, &signature, &body);
        }
    }
    let memory = resolve.wasm_export_name(MANGLING, WasmExport::Memory);
    let realloc = resolve.wasm_export_name(MANGLING, WasmExport::Realloc);
    parts.finish(&memory, &realloc)
}

/// The sections of the module, as they grow.
#[derive(Default)]
struct Parts {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    /// The texts of all messages.
    messages: String,
    has_log: bool,
}

impl Parts {
    /// Imports the contract's log, if it has the form that this module calls. A component that was made from another
    /// text of the contract gets doors that trap without a message.
    fn import_log(&mut self, resolve: &Resolve, key: &WorldKey, function: &Declared) {
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
        let takes = types(&signature.params);
        if takes != [ValType::I32; 3] || !signature.results.is_empty() {
            return;
        }
        let (module, name) = resolve.wasm_import_name(
            MANGLING,
            WasmImport::Func {
                interface: Some(key),
                func: function,
            },
        );
        let ty = self.types.len();
        self.types.ty().function(takes, []);
        self.imports
            .import(&module, &name, EntityType::Function(ty));
        self.has_log = true;
    }

    fn logs_and_traps(&mut self, name: &str) -> Function {
        let mut body = Function::new([]);
        if self.has_log {
            let message = format!("The component called '{name}', and a component has no network.");
            let at = self.messages.len();
            self.messages.push_str(&message);
            body.instructions()
                .i32_const(WARNING)
                .i32_const(address(at))
                .i32_const(address(message.len()))
                .call(0);
        }
        body.instructions().unreachable().end();
        body
    }

    fn function(&mut self, name: &str, signature: &WasmSignature, body: &Function) {
        let ty = self.types.len();
        let (params, results) = (types(&signature.params), types(&signature.results));
        self.types.ty().function(params, results);
        let index = self.imports.len() + self.functions.len();
        self.functions.function(ty);
        self.exports.export(name, ExportKind::Func, index);
        self.code.function(body);
    }

    /// Adds the memory and its allocator. Arguments are copied into memory before a function runs, and none reads them,
    /// so that all may have the same place, behind the messages.
    fn finish(mut self, memory: &str, realloc: &str) -> Vec<u8> {
        let free = self.messages.len().next_multiple_of(16);
        let mut body = Function::new([]);
        // The length in pages, and one more, so that what follows the messages has room.
        body.instructions()
            .local_get(3)
            .i32_const(16)
            .i32_shr_u()
            .i32_const(1)
            .i32_add()
            .memory_grow(0)
            .drop()
            .i32_const(address(free))
            .end();
        let signature = WasmSignature {
            params: vec![WasmType::I32; 4],
            results: vec![WasmType::I32],
            indirect_params: false,
            retptr: false,
        };
        self.function(realloc, &signature, &body);

        self.exports.export(memory, ExportKind::Memory, 0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: free.div_ceil(PAGE) as u64,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut data = DataSection::new();
        if !self.messages.is_empty() {
            data.active(0, &ConstExpr::i32_const(0), self.messages.bytes());
        }
        let mut module = Module::new();
        module
            .section(&self.types)
            .section(&self.imports)
            .section(&self.functions)
            .section(&memories)
            .section(&self.exports)
            .section(&self.code)
            .section(&data);
        module.finish()
    }
}

fn types(types: &[WasmType]) -> Vec<ValType> {
    let value = |ty: &WasmType| match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    };
    types.iter().map(value).collect()
}

/// A number of bytes as code has it. All messages together are far shorter than 2 GiB.
fn address(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
