//! Lists what the host offers to a component: interfaces, WebAssembly features and limits.
//!
//! The host decides, and this list says it to authors. Tests compare it with the host's own source.

use wasmparser::WasmFeatures;

/// An interface that the host offers, without its version.
pub(crate) struct Interface {
    pub(crate) name: &'static str,
    /// Whether it answers always the same, because there is nothing behind it.
    pub(crate) stands: bool,
    /// The effect for the component.
    pub(crate) gives: &'static str,
}

const fn granted(name: &'static str, gives: &'static str) -> Interface {
    Interface {
        name,
        stands: false,
        gives,
    }
}

const fn standing(name: &'static str, gives: &'static str) -> Interface {
    Interface {
        name,
        stands: true,
        gives,
    }
}

/// The interfaces that the host offers.
pub(crate) const INTERFACES: [Interface; 22] = [
    granted(
        "wasm-buildpacks:buildpack/log",
        "messages in the build's log",
    ),
    granted(
        "wasm-buildpacks:buildpack/types",
        "the contract's types, without functions",
    ),
    granted(
        "wasi:filesystem/types",
        "files of the application, to read, and of layers, to write",
    ),
    granted("wasi:filesystem/preopens", "the two directories"),
    granted("wasi:io/error", "errors of files and output"),
    granted("wasi:io/poll", "waiting, which takes no time"),
    granted("wasi:io/streams", "reading and writing of files and output"),
    granted("wasi:cli/stdout", "output into the build's log"),
    granted("wasi:cli/stderr", "output into the build's log"),
    granted("wasi:cli/exit", "the end of the phase, which then fails"),
    standing("wasi:cli/stdin", "an empty input"),
    standing("wasi:cli/environment", "no variables and no arguments"),
    standing("wasi:cli/terminal-input", "no terminal"),
    standing("wasi:cli/terminal-output", "no terminal"),
    standing("wasi:cli/terminal-stdin", "no terminal"),
    standing("wasi:cli/terminal-stdout", "no terminal"),
    standing("wasi:cli/terminal-stderr", "no terminal"),
    standing(
        "wasi:clocks/monotonic-clock",
        "a clock that moves only while the component waits for it",
    ),
    standing("wasi:clocks/wall-clock", "always the same time"),
    standing("wasi:random/random", "the same numbers in each run"),
    standing("wasi:random/insecure", "the same numbers in each run"),
    standing("wasi:random/insecure-seed", "the same seed in each run"),
];

/// Returns the interface of that name, without a version, if the host offers it.
pub(crate) fn interface(name: &str) -> Option<&'static Interface> {
    INTERFACES.iter().find(|one| one.name == name)
}

/// The WebAssembly features that the host's engine has.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::TAIL_CALL);

/// The limits of buildpack.toml that decide whether a component starts, at their defaults.
pub(crate) struct Limit {
    pub(crate) key: &'static str,
    pub(crate) default: u64,
}

pub(crate) const MEMORY_MIB: Limit = Limit {
    key: "memory-mib",
    default: 256,
};
pub(crate) const TABLE_ELEMENTS: Limit = Limit {
    key: "table-elements",
    default: 20_000,
};
pub(crate) const MEMORIES: Limit = Limit {
    key: "memories",
    default: 4,
};
pub(crate) const CORE_INSTANCES: Limit = Limit {
    key: "core-instances",
    default: 128,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LINKER: &str = include_str!("../../host/engine/src/linker.rs");
    const CONFIG: &str = include_str!("../../host/engine/src/config.rs");
    const LIMITS: &str = include_str!("../../host/cnb/src/descriptor/limits.rs");

    /// The interfaces that the linker links by two calls that do not spell their names: those of the contract, and
    /// those of WASI's proxy world.
    const BY_OTHER_CALLS: [(&str, &[&str]); 3] = [
        ("log::add_to_linker", &["wasm-buildpacks:buildpack/log"]),
        ("types::add_to_linker", &["wasm-buildpacks:buildpack/types"]),
        (
            "add_to_linker_proxy_interfaces_async",
            &[
                "wasi:io/error",
                "wasi:io/poll",
                "wasi:io/streams",
                "wasi:clocks/wall-clock",
                "wasi:clocks/monotonic-clock",
                "wasi:random/random",
                "wasi:cli/stdin",
                "wasi:cli/stdout",
                "wasi:cli/stderr",
            ],
        ),
    ];

    #[test]
    fn the_interfaces_are_those_that_the_host_links() {
        let spelled = LINKER
            .split('"')
            .filter(|text| text.starts_with("wasi:") && text.contains('/') && !text.ends_with('/'));
        let mut linked: BTreeSet<_> = spelled.collect();
        for (call, names) in BY_OTHER_CALLS {
            assert!(LINKER.contains(call), "the host no longer calls {call}");
            linked.extend(names);
        }
        let listed: BTreeSet<_> = INTERFACES.iter().map(|one| one.name).collect();
        assert_eq!(linked, listed);
        assert_eq!(listed.len(), INTERFACES.len(), "a name is listed twice");
    }

    #[test]
    fn the_features_are_those_of_the_hosts_engine() {
        let names = CONFIG.split("WasmFeatures::").skip(1).map(|rest| {
            let end =
                rest.find(|c: char| !c.is_ascii_uppercase() && c != '_' && !c.is_ascii_digit());
            &rest[..end.unwrap_or(rest.len())]
        });
        let mut host = WasmFeatures::empty();
        for name in names.filter(|name| !name.is_empty()) {
            host |= WasmFeatures::from_name(name).expect(name);
        }
        // A host without these three still runs what was made before they were offered.
        assert_eq!(host, FEATURES);
    }

    #[test]
    fn the_limits_are_those_of_the_descriptor() {
        for limit in [MEMORY_MIB, TABLE_ELEMENTS, MEMORIES, CORE_INSTANCES] {
            let rest = LIMITS.split(&format!("Row(\"{}\", ", limit.key)).nth(1);
            let rest = rest.unwrap_or_else(|| panic!("there is no limit {}", limit.key));
            let number: String = rest
                .chars()
                .take_while(|c| *c != ',')
                .filter(char::is_ascii_digit)
                .collect();
            assert_eq!(number, limit.default.to_string(), "{}", limit.key);
        }
    }
}
