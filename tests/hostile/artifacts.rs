//! Tests components that are damaged or packaged wrongly: the host refuses them before any of their code runs.

use std::fs::{self, File};
use std::path::Path;

use host::wasm::artifact::{ARTIFACT_FILE, RECORD_FILE, Record, sha256};

use crate::trial::{BUILDPACK, Phase, Trial};

/// Asserts that the innocent guest, changed by `spoil`, is refused with these texts in both phases.
#[track_caller]
fn is_refused(spoil: impl Fn(&Path), words: &[&str]) {
    let trial = Trial::of("behaves_well");
    for phase in [Phase::Detect, Phase::Build] {
        let world = trial.world("none");
        spoil(&world.buildpack_dir());
        let run = trial.run_in(world, phase, "spoiled");
        run.refused(BUILDPACK, words);
        assert_eq!(run.left(), [""; 0]);
    }
}

fn edit_record(buildpack: &Path, edit: impl Fn(&mut Record)) {
    let path = buildpack.join(RECORD_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let mut record: Record = toml::from_str(&text).unwrap();
    edit(&mut record);
    fs::write(&path, toml::to_string(&record).unwrap()).unwrap();
}

/// Replaces the artifact by these bytes, with a record that contains their digest.
fn vouch_for(buildpack: &Path, bytes: &[u8]) {
    let path = buildpack.join(ARTIFACT_FILE);
    fs::write(&path, bytes).unwrap();
    let digest = sha256(&mut File::open(&path).unwrap()).unwrap();
    edit_record(buildpack, |record| {
        record.artifact_sha256.clone_from(&digest);
    });
}

#[test]
fn the_engine_refuses_garbage_that_the_record_vouches_for() {
    // Only faults that the engine finds in the header: it trusts the rest of its own compiler's output.
    let noise: Vec<u8> = (0_u32..4096)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(64, 0);
    let cases: [&[u8]; 6] = [
        b"",
        b"\0",
        b"#!/bin/sh\n",
        b"\0asm\x0d\0\x01\0",
        &elf,
        &noise,
    ];
    for garbage in cases {
        is_refused(
            |buildpack| vouch_for(buildpack, garbage),
            &["The engine refuses guest.cwasm"],
        );
    }
}

#[test]
fn an_artifact_that_is_not_the_recorded_one_is_refused() {
    is_refused(
        |buildpack| {
            let path = buildpack.join(ARTIFACT_FILE);
            let mut bytes = fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(path, bytes).unwrap();
        },
        &["SHA-256 digest", "artifact.toml records"],
    );
    let other = |record: &mut Record| record.engine = "1.2.3".to_owned();
    is_refused(
        |buildpack| edit_record(buildpack, other),
        &["compiled by wasmtime 1.2.3"],
    );
    let other = |record: &mut Record| record.arch = "s390x".to_owned();
    is_refused(
        |buildpack| edit_record(buildpack, other),
        &["compiled for s390x"],
    );
}

#[test]
fn a_missing_artifact_or_record_is_named() {
    for file in [ARTIFACT_FILE, RECORD_FILE] {
        is_refused(
            |buildpack| fs::remove_file(buildpack.join(file)).unwrap(),
            &["can't be used", file],
        );
    }
    let spoil = |buildpack: &Path| fs::write(buildpack.join(RECORD_FILE), "nonsense").unwrap();
    is_refused(spoil, &["artifact.toml can't be understood"]);
}
