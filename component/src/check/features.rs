//! The WebAssembly features that a component uses, and whether the host's engine has them.

use serde::Serialize;
use wasmparser::{Validator, WasmFeatures};

use crate::offer::FEATURES;

/// A feature that a component uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Its name, such as `multi-memory`.
    pub name: String,
    /// Whether the host's engine has it.
    pub offered: bool,
    /// The way to do without the feature, if one is known.
    pub advice: Option<&'static str>,
}

/// Features that are not a proposal of their own, or that each component uses.
const UNNAMED: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::BULK_MEMORY_OPT);

/// Returns the features without which the component is not valid, or the validator's reason why it is not valid at all.
pub(super) fn used(component: &[u8]) -> Result<Vec<Feature>, String> {
    let fits = refusal(component, FEATURES).is_none();
    if !fits && let Some(reason) = refusal(component, WasmFeatures::all()) {
        return Err(reason);
    }
    // If all that the host has is enough, no other feature can be needed.
    let candidates = if fits { FEATURES } else { WasmFeatures::all() };
    let candidates: Vec<_> = candidates
        .difference(UNNAMED)
        .iter_names()
        .filter(|(_, feature)| !UNNAMED.contains(*feature))
        .collect();
    let needed = needed(component, &candidates);
    let mut features: Vec<_> = needed.into_iter().map(describe).collect();
    features.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(features)
}

/// Tries each candidate's absence. A large component takes a second for all, so that several threads do it.
fn needed(component: &[u8], candidates: &[(&str, WasmFeatures)]) -> Vec<(String, WasmFeatures)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = candidates.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = candidates
            .chunks(share)
            .map(|share| {
                scope.spawn(move || {
                    let needed = share.iter().filter(|(_, feature)| {
                        refusal(component, WasmFeatures::all().difference(*feature)).is_some()
                    });
                    let needed = needed.map(|(name, feature)| ((*name).to_owned(), *feature));
                    needed.collect::<Vec<_>>()
                })
            })
            .collect();
        let found = threads.into_iter().map(|thread| match thread.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        found.flatten().collect()
    })
}

/// The reason why a component is not valid with these features.
pub(super) fn refusal(component: &[u8], features: WasmFeatures) -> Option<String> {
    let validated = Validator::new_with_features(features).validate_all(component);
    validated.err().map(|error| error.to_string())
}

fn describe((name, feature): (String, WasmFeatures)) -> Feature {
    Feature {
        offered: FEATURES.contains(feature),
        advice: advice(feature),
        name: name.to_lowercase().replace('_', "-"),
    }
}

/// The option of a tool that avoids a feature which the host does not have.
fn advice(feature: WasmFeatures) -> Option<&'static str> {
    const ADVICE: [(WasmFeatures, &str); 10] = [
        (
            WasmFeatures::CM_ASYNC,
            "componentize-qjs: --sync; jco: --backend-qjs-disable-async; other tools: export functions that are not async",
        ),
        (
            WasmFeatures::EXCEPTIONS,
            "C++: -fno-exceptions; Rust: panic = \"abort\"",
        ),
        (
            WasmFeatures::FUNCTION_REFERENCES,
            "languages that need a garbage collector of the engine do not run here",
        ),
        (
            WasmFeatures::GC,
            "languages that need a garbage collector of the engine do not run here",
        ),
        (
            WasmFeatures::GC_TYPES,
            "the type externref needs a garbage collector of the engine, which the host does not have",
        ),
        (WasmFeatures::LEGACY_EXCEPTIONS, "C++: -fno-exceptions"),
        (WasmFeatures::MEMORY64, "build for wasm32 instead of wasm64"),
        (
            WasmFeatures::RELAXED_SIMD,
            "C and C++: -mno-relaxed-simd; Rust: -C target-feature=-relaxed-simd",
        ),
        (
            WasmFeatures::THREADS,
            "C and C++: without -pthread and -matomics; Rust: -C target-feature=-atomics",
        ),
        (
            WasmFeatures::WIDE_ARITHMETIC,
            "C and C++: -mno-wide-arithmetic; Rust: -C target-feature=-wide-arithmetic",
        ),
    ];
    if FEATURES.contains(feature) {
        return None;
    }
    let found = ADVICE.iter().find(|(one, _)| *one == feature);
    found.map(|(_, advice)| *advice)
}
