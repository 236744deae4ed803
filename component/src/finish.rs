//! From what a language's tool made to the component that ships.

use anyhow::{Context as _, bail};
use wasmparser::Parser;

use super::{doors, module, strip};

/// A component that is ready to be compiled.
#[derive(Debug)]
pub struct Finished {
    /// Its bytes.
    pub component: Vec<u8>,
    /// The interfaces of the network that the input imported. They are closed in the component itself: it no longer
    /// imports them. If it calls one, that is in the log and the component ends with a trap.
    pub closed: Vec<String>,
}

/// Makes the component that ships from a component or a core module.
///
/// A core module becomes a component. Imports of the network are closed. Then all sections are removed that neither
/// the host nor `check` reads. Equal input gives equal output.
///
/// # Errors
/// The error says what the input is, if it is neither, or what is wrong with it.
pub fn finish(bytes: &[u8]) -> anyhow::Result<Finished> {
    let component = if Parser::is_component(bytes) {
        bytes.to_vec()
    } else if Parser::is_core_wasm(bytes) {
        module::to_component(bytes)?
    } else {
        bail!(
            "the input is neither a component nor a core module: it does not begin with the bytes of WebAssembly. \
             'wasm-buildpack check FILE' says what it is"
        );
    };
    let before = strip::closed(&component).context("the component cannot be read")?;
    let (component, now) = doors::close(component)?;
    let closed = [before, now].concat();
    let component =
        strip::strip(&component, &closed).context("the component cannot be stripped")?;
    Ok(Finished { component, closed })
}

#[cfg(test)]
mod tests {
    use wasm_encoder::ComponentSection as _;
    use wasmparser::Validator;

    use super::*;
    use crate::made;
    use crate::strip::producers;

    fn finished(bytes: &[u8]) -> Finished {
        let made = finish(bytes).unwrap();
        Validator::new().validate_all(&made.component).unwrap();
        let again = finish(bytes).unwrap();
        assert!(made.component == again.component, "two runs differ");
        made
    }

    fn refusal(bytes: &[u8]) -> String {
        format!("{:#}", finish(bytes).unwrap_err())
    }

    #[test]
    fn a_component_without_a_network_keeps_its_imports() {
        let component = made::fitting("import wasi:cli/environment@0.2.6;");
        let made = finished(&component);
        assert_eq!(made.closed, [""; 0]);
        let imports = doors::imports(&made.component).unwrap();
        assert_eq!(imports, doors::imports(&component).unwrap());
        assert!(imports.contains(&"wasi:cli/environment@0.2.6".to_owned()));
    }

    #[test]
    fn the_network_is_closed_and_nothing_else() {
        let component = made::fitting(
            "import wasi:sockets/instance-network@0.2.6; import wasi:sockets/tcp-create-socket@0.2.6; \
             import wasi:http/outgoing-handler@0.2.6; import wasi:clocks/monotonic-clock@0.2.6;",
        );
        let made = finished(&component);
        let mut found = made.closed.clone();
        found.sort();
        let closed = [
            "wasi:http/outgoing-handler@0.2.6",
            "wasi:http/types@0.2.6",
            "wasi:sockets/instance-network@0.2.6",
            "wasi:sockets/network@0.2.6",
            "wasi:sockets/tcp-create-socket@0.2.6",
            "wasi:sockets/tcp@0.2.6",
        ];
        assert_eq!(found, closed);
        let mut imports = doors::imports(&made.component).unwrap();
        imports.sort();
        let remain = [
            "wasi:clocks/monotonic-clock@0.2.6",
            "wasi:io/poll@0.2.6",
            "wasm-buildpacks:buildpack/log@0.3.0",
            "wasm-buildpacks:buildpack/types@0.3.0",
        ];
        assert_eq!(imports, remain);
        let text = String::from_utf8_lossy(&made.component);
        let message = "The component called 'wasi:sockets/tcp@0.2.6#[method]tcp-socket.start-bind', and a component \
                       has no network.";
        assert!(text.contains(message));
        let again = finish(&made.component).unwrap();
        assert!(
            again.component == made.component,
            "what is finished changes"
        );
    }

    #[test]
    fn a_component_without_the_log_is_closed_without_messages() {
        let items =
            "import wasi:sockets/instance-network@0.2.6; export wasi:cli/environment@0.2.6;";
        let made = finished(&made::component(&made::module(items)));
        assert_eq!(doors::imports(&made.component).unwrap(), [""; 0]);
        let text = String::from_utf8_lossy(&made.component);
        assert!(!text.contains("The component called"));
    }

    #[test]
    fn names_and_other_sections_go_and_one_list_of_tools_remains() {
        let mut component = made::fitting("");
        let section = wasm_encoder::CustomSection {
            name: "notes".into(),
            data: b"a note that nobody reads"[..].into(),
        };
        section.append_to_component(&mut component);
        let made = finished(&component);
        let text = String::from_utf8_lossy(&made.component);
        assert!(!text.contains("a note that nobody reads"));
        assert_eq!(text.matches("producers").count(), 1);
        assert!(made.component.len() < component.len());
        let tools = producers(&made.component).unwrap();
        assert_eq!(tools, producers(&component).unwrap());
        assert!(tools["processed-by"].contains_key("wit-component"));
    }

    #[test]
    fn a_module_with_its_world_becomes_a_component() {
        let made = finished(&made::module(made::FITS));
        assert!(Parser::is_component(&made.component));
    }

    #[test]
    fn a_module_without_a_world_gets_the_contracts_and_the_adapter() {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasm-buildpacks:buildpack/log@0.3.0" "log" (func (param i32 i32 i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "detect") (param i32) (result i32) unreachable)
            (func (export "build") (param i32) (result i32) unreachable))"#;
        let made = finished(&wat::parse_str(text).unwrap());
        let imports = doors::imports(&made.component).unwrap();
        assert!(imports.contains(&"wasm-buildpacks:buildpack/log@0.3.0".to_owned()));
        let has = |name| imports.iter().any(|one: &String| one.starts_with(name));
        assert!(has("wasi:io/streams@0.2."), "{imports:?}");
        assert!(!has("wasi:sockets/"), "{imports:?}");
    }

    #[test]
    fn a_module_of_an_older_contract_gets_its_world() {
        let text = r#"(module
            (import "wasm-buildpacks:buildpack/log@0.1.0" "log" (func (param i32 i32 i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "detect") (param i32) (result i32) unreachable)
            (func (export "build") (param i32) (result i32) unreachable))"#;
        for older in ["0.1.0", "0.2.0"] {
            let made = finished(&wat::parse_str(text.replace("0.1.0", older)).unwrap());
            let imports = doors::imports(&made.component).unwrap();
            let types = format!("wasm-buildpacks:buildpack/types@{older}");
            assert!(imports.contains(&types), "{imports:?}");
        }
        let newer = text.replace("0.1.0", "0.9.0");
        let refusal = refusal(&wat::parse_str(newer).unwrap());
        assert!(
            refusal.contains("version 0.9.0 of the contract"),
            "{refusal}"
        );
    }

    #[test]
    fn a_module_that_cannot_become_a_component_is_refused_with_the_reason() {
        let of = |text: &str| refusal(&wat::parse_str(text).unwrap());
        let program = of(r#"(module (func (export "_start")))"#);
        assert!(program.contains("is a program"), "{program}");
        let open = of(r#"(module (import "env" "f" (func)))"#);
        assert!(open.contains("imports from 'env'"), "{open}");
        let empty = of("(module)");
        assert!(empty.contains("must export 'detect'"), "{empty}");
    }

    #[test]
    fn bytes_of_another_kind_are_refused() {
        assert!(refusal(b"(component)").contains("neither a component nor a core module"));
        assert!(refusal(b"").contains("neither a component nor a core module"));
    }
}
