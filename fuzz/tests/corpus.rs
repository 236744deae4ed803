//! Runs each target over its kept inputs and over some thousand mutations, the same in each run.
//!
//! `cargo xtask fuzz` is the long run, which coverage guides.

use std::fs;
use std::path::Path;

use fuzz::corpus::{self, CorpusError, Finding, Input, Tally};
use fuzz::{TARGETS, Target, Verdict};
use tempfile::tempdir;

/// Mutations for each target: one or two seconds of an unoptimised build.
const ROUNDS: usize = 10_000;
/// The limits of all kept inputs together, and of each, in bytes: the repository must stay small.
const LARGEST_CORPUS: usize = 400 << 10;
const LARGEST_INPUT: usize = 8 << 10;

#[test]
fn every_target_holds_over_its_corpus_and_near_it() {
    let mut failures = Vec::new();
    for target in &TARGETS {
        match run(target) {
            Ok(Tally {
                taken,
                refused,
                made_and_taken,
            }) => {
                println!(
                    "{}: {taken} taken, {refused} refused, {made_and_taken} made and taken",
                    target.name
                );
                if taken == 0 || refused == 0 || made_and_taken == 0 {
                    failures.push(format!(
                        "{}: nothing shows that its inputs get anywhere",
                        target.name
                    ));
                }
            }
            Err(text) => failures.push(text),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn run(target: &Target) -> Result<Tally, String> {
    let name = target.name;
    let inputs =
        corpus::read(&corpus::root().join(name)).map_err(|error| format!("{name}: {error}"))?;
    corpus::run(target, &inputs, ROUNDS).map_err(|finding| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.finding"));
        fs::write(&file, &finding.input).expect("the folder of the tests can be written");
        format!(
            "{finding}\nagain: cargo xtask fuzz {name} --input {}",
            file.display()
        )
    })
}

#[test]
fn every_corpus_has_a_target_and_is_small() {
    let mut bytes = 0;
    for entry in fs::read_dir(corpus::root()).unwrap() {
        let folder = entry.unwrap();
        let name = folder.file_name().into_string().unwrap();
        assert!(fuzz::by_name(&name).is_some(), "no target is named {name}");
        for input in corpus::read(&folder.path()).unwrap() {
            assert!(
                input.bytes.len() <= LARGEST_INPUT,
                "{}",
                input.path.display()
            );
            bytes += input.bytes.len();
        }
    }
    assert!(
        bytes <= LARGEST_CORPUS,
        "all inputs together have {bytes} bytes"
    );
}

#[test]
fn a_corpus_that_is_missing_or_empty_is_no_success() {
    let folder = tempdir().unwrap();
    let missing = corpus::read(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(missing, CorpusError::Read { .. }), "{missing}");
    let empty = corpus::read(folder.path()).unwrap_err();
    assert!(matches!(empty, CorpusError::Empty { .. }), "{empty}");
    assert!(
        empty
            .to_string()
            .contains(&folder.path().display().to_string())
    );
    fs::write(folder.path().join("one"), "1").unwrap();
    assert_eq!(corpus::read(folder.path()).unwrap()[0].bytes, b"1");
}

/// Fails at an input that is not in the corpus, but is one changed byte away from it.
fn planted(input: &[u8]) -> Verdict {
    assert!(!input.starts_with(b"deep 1"), "planted");
    Verdict::Taken
}

const PLANTED: Target = Target {
    name: "planted",
    run: planted,
};

fn inputs(texts: &[&str]) -> Vec<Input> {
    let input = |text: &&str| Input {
        path: Path::new("kept").join(text),
        bytes: text.as_bytes().to_vec(),
    };
    texts.iter().map(input).collect()
}

#[test]
fn a_failure_at_a_kept_input_is_found() {
    let finding = corpus::run(&PLANTED, &inputs(&["x", "deep 1"]), 0).unwrap_err();
    let expected = Finding {
        target: "planted",
        origin: "kept/deep 1".to_owned(),
        message: "planted".to_owned(),
        input: b"deep 1".to_vec(),
    };
    assert_eq!(finding, expected);
}

#[test]
fn a_failure_near_a_kept_input_is_found_each_time_at_the_same_one() {
    let near = inputs(&["deep 0 and more", "shallow"]);
    let found = || corpus::run(&PLANTED, &near, ROUNDS).unwrap_err();
    let finding = found();
    assert!(finding.input.starts_with(b"deep 1"), "{finding}");
    assert!(
        finding.origin.contains("made of kept/deep 0 and more"),
        "{finding}"
    );
    assert_eq!(found(), finding);
    // The nearest innocent run: without mutations, nothing fails.
    assert_eq!(corpus::run(&PLANTED, &near, 0).unwrap().taken, 2);
}
