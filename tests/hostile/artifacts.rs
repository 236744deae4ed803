//! Tests components that are damaged or packaged wrongly: the host refuses them before any of their code runs.

use std::fs;
use std::path::Path;

use engine::artifact::{ARTIFACT_FILE, RECORD_FILE, Record};
use package::aot::{crc32, sha256};

use crate::trial::{BUILDPACK, Phase, Trial};

/// Asserts that the innocent guest, changed by `spoil`, is refused with this id in both phases.
#[track_caller]
fn is_refused(spoil: impl Fn(&Path), id: &str) {
    is_refused_in(&[Phase::Detect, Phase::Build], spoil, id, "");
}

/// The same in these phases, with a message that contains `text`.
#[track_caller]
fn is_refused_in(phases: &[Phase], spoil: impl Fn(&Path), id: &str, text: &str) {
    let trial = Trial::of("behaves_well");
    for phase in phases.iter().copied() {
        let world = trial.world("none");
        spoil(&world.buildpack_dir());
        let run = trial.run_in(world, phase, "spoiled");
        run.refused(id, BUILDPACK);
        assert!(run.said().contains(text), "{text}: {}", run.said());
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
    edit_record(buildpack, |record| {
        record.artifact_sha256 = sha256(bytes);
        vouch_by_checksum(record, bytes);
    });
}

fn vouch_by_checksum(record: &mut Record, bytes: &[u8]) {
    record.artifact_crc32 = crc32(bytes);
    record.artifact_bytes = bytes.len() as u64;
}

/// Changes the last byte of the artifact, and returns what it then is.
fn flip_a_byte(buildpack: &Path) -> Vec<u8> {
    let path = buildpack.join(ARTIFACT_FILE);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, &bytes).unwrap();
    bytes
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
            "artifact-refused",
        );
    }
}

#[test]
fn an_artifact_that_is_not_the_recorded_one_is_refused() {
    for (phase, text) in [
        (Phase::Detect, "CRC-32 checksum"),
        (Phase::Build, "SHA-256 digest"),
    ] {
        let spoil = |buildpack: &Path| drop(flip_a_byte(buildpack));
        is_refused_in(&[phase], spoil, "artifact-digest", text);
    }
    let other = |record: &mut Record| record.engine = "1.2.3".to_owned();
    is_refused(|buildpack| edit_record(buildpack, other), "artifact-engine");
    let other = |record: &mut Record| record.arch = "s390x".to_owned();
    is_refused(
        |buildpack| edit_record(buildpack, other),
        "artifact-architecture",
    );
}

#[test]
fn a_changed_artifact_with_its_own_checksum_is_refused_by_build() {
    let spoil = |buildpack: &Path| {
        let bytes = flip_a_byte(buildpack);
        edit_record(buildpack, |record| vouch_by_checksum(record, &bytes));
    };
    is_refused_in(&[Phase::Build], spoil, "artifact-digest", "SHA-256 digest");
}

#[test]
fn an_artifact_of_another_length_is_refused_by_both_numbers() {
    let world = Trial::of("behaves_well").world("none");
    let whole = fs::read(world.buildpack_dir().join(ARTIFACT_FILE)).unwrap();
    let longer = [&whole[..], b"\0"].concat();
    let shorter = &whole[..whole.len() - 1];
    for other in [&longer[..], shorter] {
        // Though the checksum is right.
        let spoil = |buildpack: &Path| {
            fs::write(buildpack.join(ARTIFACT_FILE), other).unwrap();
            edit_record(buildpack, |record| record.artifact_crc32 = crc32(other));
        };
        let found = format!("has {} bytes", other.len());
        is_refused_in(&[Phase::Detect], spoil, "artifact-digest", &found);
        let recorded = format!("records {}", whole.len());
        is_refused_in(&[Phase::Detect], spoil, "artifact-digest", &recorded);
    }
}

#[test]
fn a_record_without_one_of_its_keys_is_refused_by_the_name_of_the_key() {
    for key in ["artifact-crc32", "artifact-bytes", "artifact-sha256"] {
        let spoil = |buildpack: &Path| {
            let path = buildpack.join(RECORD_FILE);
            let mut record: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
            record.remove(key).unwrap();
            fs::write(path, toml::to_string(&record).unwrap()).unwrap();
        };
        is_refused_in(
            &[Phase::Detect, Phase::Build],
            spoil,
            "artifact-record",
            key,
        );
    }
}

#[test]
fn a_missing_artifact_or_record_is_named() {
    for file in [ARTIFACT_FILE, RECORD_FILE] {
        is_refused(
            |buildpack| fs::remove_file(buildpack.join(file)).unwrap(),
            "artifact-unreadable",
        );
    }
    let spoil = |buildpack: &Path| fs::write(buildpack.join(RECORD_FILE), "nonsense").unwrap();
    is_refused(spoil, "artifact-record");
}
