//! Tests components of core modules that are written as text: what no compiler of this repository makes.
//!
//! A component that a guest crate can be belongs into `tests/guests`.

use std::time::Duration;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::trial::{Phase, SHORT, TIME, Trial};

const WIT: &str = include_str!("../../wit/buildpack.wit");

/// A core module whose `detect` passes and whose `build` returns nothing: the answers are zeros. Both call `$try` first,
/// which the text that is filled in defines.
const MODULE: &str = r#"(module
    (import "wasm-buildpacks:buildpack/log@0.2.0" "log" (func $log (param i32 i32 i32)))
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
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::new();
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
        world.edit_descriptor("seconds = 5", "seconds = 1").unwrap();
        let run = trial.run_in(world, phase, "none");
        run.refused("limit-seconds", TIME);
        assert!(run.ended.took >= Duration::from_secs(1), "{phase:?}");
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
