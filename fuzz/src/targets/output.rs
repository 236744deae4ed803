//! Fuzzes what a component returns from `build` and `detect`, as the JSON that the runner sends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use cnb::api::Api;
use cnb::check::{
    BuildFacts, CheckedAlternative, CheckedLayer, CheckedOutput, CheckedProcess, KnownSources,
    LayerPath, check_output, check_plan,
};
use cnb::descriptor::source::GitSource;
use cnb::metadata;
use cnb::names::SourceName;
use contract::types::{BuildOutput, BuildPlan, EnvScope};
use host::wire::decode;

use super::wire::frame;
use crate::Verdict;

const SOURCE: &str = "job-template";
/// The names of the entries in the Buildpack Plan.
const PLANNED: [&str; 2] = ["planqk", "python"];
const LONGEST_TEXT: usize = 64 * 1024;

pub(crate) fn build(input: &[u8]) -> Verdict {
    let Some(output) = read::<BuildOutput>(input) else {
        return Verdict::Refused;
    };
    let source: SourceName = SOURCE.parse().expect("it is a name");
    let facts = |api| BuildFacts {
        api,
        buildpack_plan: BTreeSet::from(PLANNED),
        sources: KnownSources(BTreeMap::from([(&source, GitSource::FORM)])),
    };
    let checked = check_output(output.clone(), &facts(Api::V0_12));
    match (&checked, check_output(output, &facts(Api::V0_10))) {
        (Ok(newer), Ok(older)) => assert_eq!(*newer, older),
        (Ok(newer), Err(_)) => {
            let named = newer
                .processes
                .iter()
                .any(|process| !process.exec_env.is_empty());
            assert!(named, "refused under an older API without a reason");
        }
        (Err(error), Ok(_)) => panic!("taken under an older API alone: {error}"),
        (Err(error), Err(_)) => assert_short(error),
    }
    if let Ok(output) = &checked {
        assert_sound(output);
    }
    Verdict::of(&checked)
}

pub(crate) fn detect(input: &[u8]) -> Verdict {
    let Some(plan) = read::<BuildPlan>(input) else {
        return Verdict::Refused;
    };
    let checked = check_plan(plan);
    match &checked {
        Ok(plan) => {
            assert!(plan.or.len() <= 64);
            plan.or.iter().for_each(assert_sound_alternative);
            assert_sound_alternative(&plan.first);
        }
        Err(error) => assert_short(error),
    }
    Verdict::of(&checked)
}

fn read<T: serde::de::DeserializeOwned>(input: &[u8]) -> Option<T> {
    decode(&mut &frame(input)[..], usize::MAX).ok().flatten()
}

/// A component's text in a message is cut and escaped.
fn assert_short(error: &dyn std::error::Error) {
    let text = error.to_string();
    assert!(
        text.len() <= 4000 && !text.contains(char::is_control),
        "{text:?}"
    );
}

fn assert_sound(output: &CheckedOutput) {
    assert!(output.layers.len() <= 64);
    assert_apart(output.layers.iter().map(|layer| layer.name.as_str()));
    output.layers.iter().for_each(assert_sound_layer);
    assert_apart(
        output
            .processes
            .iter()
            .map(|process| process.process_type.as_str()),
    );
    assert!(
        output
            .processes
            .iter()
            .filter(|process| process.default)
            .count()
            <= 1
    );
    output.processes.iter().for_each(assert_sound_process);
    assert_once(output.labels.iter().map(|label| &label.key));
    for label in &output.labels {
        assert_line(&label.key);
        let key = label.key.to_ascii_lowercase();
        let others = ["wasm-buildpacks.", "io.buildpacks."];
        assert!(!others.iter().any(|one| key.starts_with(one)), "{key}");
        assert_text(&label.value);
    }
    for path in output.slices.iter().flat_map(|slice| &slice.paths) {
        assert!(!path.is_empty() && !path.starts_with('/'), "{path}");
        assert_stays(path);
    }
    assert!(output.slices.iter().all(|slice| !slice.paths.is_empty()));
    assert_once(&output.unmet);
    assert!(output.unmet.iter().all(|name| PLANNED.contains(&&name[..])));
    output.store.iter().for_each(assert_sound_table);
}

fn assert_sound_layer(layer: &CheckedLayer) {
    let name = layer.name.as_str();
    assert_plain(name);
    let folded = name.to_ascii_lowercase();
    assert!(
        !matches!(name, "build" | "launch" | "store") && !folded.as_bytes().ends_with(b".toml"),
        "{name}"
    );
    assert_sound_table(&layer.metadata);
    assert!(layer.contents.len() <= 64);
    assert_apart(layer.contents.iter().map(|content| content.into.as_str()));
    for content in &layer.contents {
        let into = content.into.as_str();
        assert_eq!(content.source.as_str(), SOURCE);
        assert_plain(into);
        let obeyed = ["exec.d", "profile.d", "bin", "lib", "include", "pkgconfig"];
        let folded = into.to_ascii_lowercase();
        assert!(
            !folded.starts_with("env") && !obeyed.contains(&&folded[..]),
            "{into}"
        );
    }
    assert!(layer.executables.len() <= 1024);
    assert_apart(layer.executables.iter().map(LayerPath::as_str));
    for path in &layer.executables {
        let path = path.as_str();
        assert!(path.len() <= 1024 && !path.contains('\0'), "{path}");
        let plain = |part: &str| !matches!(part, "" | "." | "..");
        assert!(path.split('/').all(plain), "{path}");
        let top = path.split('/').next().unwrap_or_default();
        assert!(
            !top.starts_with("env") && !matches!(top, "exec.d" | "profile.d"),
            "{path}"
        );
        let mut contents = layer.contents.iter();
        assert!(
            contents.all(|content| content.into.as_str() != top),
            "{path}"
        );
    }
    assert_files_fit(layer);
}

/// Variables and programs become files: no two share a path, none has a folder's path, and programs also differ in
/// other letter case.
fn assert_files_fit(layer: &CheckedLayer) {
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for change in &layer.env {
        let name = change.name.as_str();
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            "{name}"
        );
        assert_text(&change.value);
        let upper = name.to_ascii_uppercase();
        let steers =
            upper.ends_with("PROXY") || upper.ends_with("PATH") || upper.starts_with("CNB_");
        assert!(change.scope == EnvScope::Launch || !steers, "{name}");
        folders.insert(change.folder());
        let file = format!("{}/{}", change.folder(), change.file_name());
        assert!(files.insert(file, &change.value).is_none(), "{name} twice");
    }
    for change in &layer.env {
        if let Some(delimiter) = &change.delimiter {
            assert_text(delimiter);
            let file = format!("{}/{}", change.folder(), change.delimiter_file_name());
            let other = files.insert(file, delimiter);
            assert!(
                other.is_none_or(|other| other == delimiter),
                "two delimiters"
            );
        }
    }
    for program in &layer.exec_d {
        assert_plain(program.name.as_str());
        assert!(!program.program.is_empty());
        let folder = match &program.process {
            None => "exec.d".to_owned(),
            Some(process) => format!("exec.d/{process}"),
        };
        let file = format!("{folder}/{}", program.name);
        assert!(files.insert(file, "").is_none(), "{} twice", program.name);
        folders.insert(folder);
    }
    assert!(
        files.keys().all(|file| !folders.contains(file)),
        "a file and a folder"
    );
    assert!(
        files
            .keys()
            .all(|file| !file.split('/').any(|part| matches!(part, "" | "." | "..")))
    );
    assert_apart(
        files
            .keys()
            .filter(|file| file.starts_with("exec.d"))
            .map(|file| &file[..]),
    );
}

fn assert_sound_process(process: &CheckedProcess) {
    assert_plain(process.process_type.as_str());
    assert!(
        process
            .command
            .first()
            .is_some_and(|program| !program.is_empty())
    );
    process
        .command
        .iter()
        .chain(&process.args)
        .for_each(|text| assert_text(text));
    if let Some(path) = &process.working_directory {
        assert!(!path.is_empty());
        assert_stays(path);
    }
    assert_once(&process.exec_env);
}

fn assert_sound_alternative(alternative: &CheckedAlternative) {
    assert!(alternative.provides.len() <= 1024 && alternative.requires.len() <= 1024);
    assert_once(&alternative.provides);
    alternative
        .provides
        .iter()
        .for_each(|name| assert_line(name));
    for requirement in &alternative.requires {
        assert_line(&requirement.name);
        assert_sound_table(&requirement.metadata);
    }
}

/// The table is the same after the lifecycle's file, and after the component's JSON.
fn assert_sound_table(table: &toml::Table) {
    let written = toml::to_string(table).expect("what is taken can be written");
    let read: toml::Table = written.parse().expect("what was written can be read");
    assert_eq!(read, *table, "{written}");
    assert!(written.len() <= 512 * 1024, "{} bytes", written.len());
    let told = metadata::to_json(table);
    assert_eq!(
        metadata::from_json(&told).expect("what was told can be read"),
        *table
    );
    assert!(!written.contains('\0'));
}

fn assert_plain(name: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    assert!(name.len() <= 64 && name.bytes().all(plain), "{name:?}");
    assert!(
        name.starts_with(|c: char| c.is_ascii_alphanumeric()),
        "{name:?}"
    );
}

fn assert_text(text: &str) {
    assert!(text.len() <= LONGEST_TEXT && !text.contains('\0'));
}

fn assert_line(text: &str) {
    assert_text(text);
    assert!(
        !text.is_empty() && !text.contains(char::is_control),
        "{text:?}"
    );
}

fn assert_stays(path: &str) {
    assert_text(path);
    assert!(!path.split('/').any(|part| part == ".."), "{path}");
}

fn assert_once<T: Ord + Debug>(items: impl IntoIterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for item in items {
        let shown = format!("{item:?}");
        assert!(seen.insert(item), "{shown} is there twice");
    }
}

/// Names differ even where letter case does not count.
fn assert_apart<'a>(names: impl Iterator<Item = &'a str>) {
    assert_once(names.map(str::to_ascii_lowercase));
}
