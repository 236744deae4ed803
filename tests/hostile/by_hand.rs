//! Tests components of core modules that are written as text: what no compiler of this repository makes.
//!
//! A component that a guest crate can be belongs into `tests/guests`.

use std::time::Duration;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::trial::{BUILDPACK, Phase, Run, SHORT, TIME, Trial};

const WIT: &str = include_str!("../../wit/buildpack.wit");
const WIT_0_2: &str = include_str!("../../wit/v0.2/buildpack.wit");
const WIT_0_1: &str = include_str!("../../wit/v0.1/buildpack.wit");

/// A core module whose `detect` passes and whose `build` returns nothing: the answers are zeros. Both call `$try` first,
/// which the text that is filled in defines.
const MODULE: &str = r#"(module
    (import "wasm-buildpacks:buildpack/log@0.3.0" "log" (func $log (param i32 i32 i32)))
    (memory (export "memory") 2)
    (global $free (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
        (global.set $free (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (func (export "detect") (param i32) (result i32) (call $try) (i32.const 1024))
    (func (export "build") (param i32) (result i32) (call $try) (i32.const 1024))
    (data (i32.const 16) "done")
    (func $done (call $log (i32.const 1) (i32.const 16) (i32.const 4)))
    REST
)"#;

/// The component of a core module, for the world `buildpack` of this package.
fn component(module: &str, wit: &str) -> Vec<u8> {
    component_in(Resolve::new(), module, wit)
}

/// Like [`component`], for a package that may use those that are known already.
fn component_in(mut resolve: Resolve, module: &str, wit: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let package = resolve.push_str("buildpack.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("buildpack")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}

/// A buildpack whose component is [`MODULE`] with this text.
fn trial(name: &'static str, rest: &str) -> Trial {
    Trial::of_component(name, &component(&MODULE.replace("REST", rest), WIT))
}

#[test]
fn features_that_other_languages_compile_to_run() {
    for (name, rest) in [
        (
            "mutable-global",
            r#"(global $shared (export "shared") (mut i32) (i32.const 1))
            (func $try
                (global.set $shared (i32.add (global.get $shared) (i32.const 1)))
                (if (i32.eq (global.get $shared) (i32.const 2)) (then (call $done))))"#,
        ),
        (
            "multi-memory",
            r"(memory $second 1)
            (func $try
                (i32.store $second (i32.const 16) (i32.const 7))
                (if (i32.eq (i32.load $second (i32.const 16)) (i32.const 7)) (then (call $done))))",
        ),
        // Without tail calls, so many calls would need more than the whole stack.
        (
            "tail-call",
            r"(func $count (param i32)
                (if (i32.eqz (local.get 0)) (then (call $done) (return)))
                (return_call $count (i32.sub (local.get 0) (i32.const 1))))
            (func $try (call $count (i32.const 10000000)))",
        ),
    ] {
        let trial = trial(name, rest);
        for phase in [Phase::Detect, Phase::Build] {
            let run = trial.run(phase, "none");
            run.passed();
            assert_eq!(run.lines(), ["done"], "{name}, {phase:?}");
        }
    }
}

#[test]
fn tail_calls_without_end_are_ended_at_the_time_limit() {
    let trial = trial("endless tail calls", "(func $try (return_call $try))");
    for phase in [Phase::Detect, Phase::Build] {
        let world = trial.world("none");
        world
            .edit_descriptor("seconds = 300", "seconds = 1")
            .unwrap();
        let run = trial.run_in(world, phase, "none");
        run.refused("limit-seconds", TIME);
        assert!(run.ended.took >= Duration::from_secs(1), "{phase:?}");
    }
}

/// Builds with a component of two memories where one is allowed.
pub(crate) fn with_two_memories() -> Run {
    let trial = trial("two memories", "(memory $second 1) (func $try)");
    let world = trial.world("none");
    let one = "[metadata.limits]\nmemories = 1";
    world.edit_descriptor("[metadata.limits]", one).unwrap();
    trial.run_in(world, Phase::Build, "none")
}

#[test]
fn too_many_tables_are_refused_by_the_limit_that_counts_them() {
    let tables = "(table 1 funcref)".repeat(20);
    let trial = trial("many tables", &format!("{tables} (func $try)"));
    for phase in [Phase::Detect, Phase::Build] {
        trial.run(phase, "none").passed();
        let world = trial.world("none");
        let few = "[metadata.limits]\ncore-instances = 16";
        world.edit_descriptor("[metadata.limits]", few).unwrap();
        let run = trial.run_in(world, phase, "none");
        run.refused("limit-core-instances", SHORT);
        assert!(run.said().contains("more tables"), "{}", run.said());
    }
}

#[test]
fn all_memories_together_are_held_to_the_limit() {
    // Each memory alone stays within the 64 MiB of the descriptor.
    let grow = |name: &'static str, pages: u32| {
        let rest = format!(
            "(memory $second 1)
            (func $grow (param i32)
                (if (i32.lt_s (local.get 0) (i32.const 0)) (then unreachable)))
            (func $try
                (call $grow (memory.grow 0 (i32.const {pages})))
                (call $grow (memory.grow $second (i32.const {pages})))
                (call $done))"
        );
        trial(name, &rest)
    };
    let little = grow("two memories that fit", 400);
    let much = grow("two memories that do not fit", 800);
    for phase in [Phase::Detect, Phase::Build] {
        little.run(phase, "none").passed();
        much.run(phase, "none").refused("limit-memory-mib", SHORT);
    }
}

/// A buildpack with [`MODULE`] for another contract.
fn trial_of(name: &'static str, edit: impl Fn(&str) -> String) -> Trial {
    let module = edit(&MODULE.replace("REST", "(func $try (call $done))"));
    Trial::of_component(name, &component(&module, &edit(WIT)))
}

/// Asserts that both phases refuse a component with this id and these texts, before it runs.
#[track_caller]
fn is_refused(trial: &Trial, id: &str, texts: &[&str]) {
    for phase in [Phase::Detect, Phase::Build] {
        let run = trial.run(phase, "none");
        run.refused(id, BUILDPACK);
        let said = run.said();
        for text in texts {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(said.contains("wasm-buildpack check"), "{said}");
        assert_eq!(run.lines(), [""; 0]);
    }
}

#[test]
fn another_version_of_the_contract_is_refused_by_its_number() {
    let id = "component-contract-version";
    let later = trial_of("0.4", |text| text.replace("@0.3.0", "@0.4.0"));
    let texts = ["speaks version 0.4.0", "speaks 0.1, 0.2 and 0.3"];
    is_refused(&later, id, &texts);

    let mut resolve = Resolve::new();
    resolve.push_str("older.wit", WIT_0_1).unwrap();
    let log = "import wasm-buildpacks:buildpack/log@0.1.0;\n\n    import log;";
    let both = WIT.replace("import log;", log);
    // Imports come before everything else in a module.
    let older =
        r#"(import "wasm-buildpacks:buildpack/log@0.1.0" "log" (func $older (param i32 i32 i32)))"#;
    let module = MODULE
        .replace("(memory (export", &format!("{older} (memory (export"))
        .replace(
            "REST",
            "(func $try (call $older (i32.const 1) (i32.const 16) (i32.const 4)))",
        );
    let both = component_in(resolve, &module, &both);
    let both = Trial::of_component("two versions", &both);
    is_refused(&both, id, &["speaks version 0.1.0 and 0.3.0"]);
}

#[test]
fn a_patch_of_a_known_version_runs() {
    let module = MODULE.replace("REST", "(func $try (call $done))");
    for (patched, known, wit) in [("0.3.7", "0.3.0", WIT), ("0.2.7", "0.2.0", WIT_0_2)] {
        let module = module.replace("@0.3.0", &format!("@{patched}"));
        let wit = wit.replace(&format!("@{known}"), &format!("@{patched}"));
        let trial = Trial::of_component(patched, &component(&module, &wit));
        for phase in [Phase::Detect, Phase::Build] {
            let run = trial.run(phase, "none");
            run.passed();
            assert_eq!(run.lines(), ["done"], "{patched}, {phase:?}");
        }
    }
}

#[test]
fn a_record_of_another_form_is_refused_by_its_export_and_field() {
    let id = "component-exports";
    let less = trial_of("a field less", |text| {
        text.replace("        executables: list<string>,\n", "")
    });
    let texts = [
        "'build'",
        "version 0.3",
        "field layers",
        "expected record of 7 fields, found 6",
    ];
    is_refused(&less, id, &texts);

    let more = trial_of("a field more", |text| {
        text.replace(
            "record detect-context {",
            "record detect-context {\n        more: bool,",
        )
    });
    is_refused(
        &more,
        id,
        &["'detect'", "expected record of 6 fields, found 7"],
    );

    let renamed = trial_of("a field of another name", |text| {
        text.replace("        executables: list", "        programs: list")
    });
    let texts = [
        "'build'",
        "expected record field named executables, found programs",
    ];
    is_refused(&renamed, id, &texts);
}

#[test]
fn a_component_with_one_export_is_refused_by_the_name_of_the_other() {
    for name in ["build", "detect"] {
        let trial = trial_of("one export", |text| {
            let keep = |line: &&str| {
                // A comment must stand before an item.
                let is_world = line.contains(&format!("export {name}:"))
                    || line.starts_with("    /// Decides ");
                let is_module = line.contains(&format!("(export \"{name}\")"));
                !is_world && !is_module
            };
            text.lines().filter(keep).collect::<Vec<_>>().join("\n")
        });
        let missing = format!("does not export the function '{name}'");
        is_refused(&trial, "component-exports", &[&missing, "version 0.3"]);
    }
}
