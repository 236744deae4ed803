//! Tests guests whose output breaks a rule: the host refuses it by name, before it writes anything.
//!
//! None of these guests touches a file, so the layers directory stays empty.

use std::fs;

use crate::trial::{BUILDPACK, OUTPUT, Phase, Trial};

#[test]
fn a_layer_name_that_is_none_is_refused() {
    Trial::of("returns_a_bad_layer_name").refuses_output(&[
        ("absolute", "the layer name '/tmp/layer'"),
        ("backslash", r"the layer name 'a\\b'"),
        ("build", "the layer name 'build'"),
        ("dash", "the layer name '-rf'"),
        ("dot", "the layer name '.'"),
        ("dot-dot", "the layer name '..'"),
        ("empty", "the layer name can't be empty"),
        ("hidden", "the layer name '.hidden'"),
        ("inside", "the layer name 'a/b'"),
        ("launch", "the layer name 'launch'"),
        ("long", "the layer name 'aaaaaaaa"),
        ("lookalike", "the layer name 'to\u{43e}ls'"),
        ("newline", r"the layer name 'a\nb'"),
        ("null", r"the layer name 'a\0b'"),
        ("outside", "the layer name '../other'"),
        ("sbom", "the layer name 'tools.sbom.cdx.json'"),
        ("space", "the layer name 'a b'"),
        ("store", "the layer name 'store'"),
        ("toml", "the layer name 'evil.toml'"),
    ]);
}

#[test]
fn two_layers_of_one_name_are_refused() {
    let cases = [("none", "layer 'tools' is there twice")];
    Trial::of("returns_duplicate_layers").refuses_output(&cases);
}

#[test]
fn a_variable_name_that_is_none_is_refused() {
    Trial::of("returns_a_bad_variable_name").refuses_output(&[
        ("absolute", "the variable name '/etc/X'"),
        ("digit", "the variable name '1X'"),
        ("dot-dot", "the variable name '..'"),
        ("empty", "the variable name can't be empty"),
        ("equals", "the variable name 'A=B'"),
        ("inside", "the variable name 'web/X'"),
        ("long", "the variable name 'AAAAAAAA"),
        ("newline", r"the variable name 'A\nB'"),
        ("null", r"the variable name 'A\0B'"),
        ("outside", "the variable name '../X'"),
        ("suffix", "the variable name 'X.append'"),
    ]);
    Trial::of("returns_a_bad_variable_process").refuses_output(&[
        ("absolute", "the process type '/etc'"),
        ("dot-dot", "the process type '..'"),
        ("empty", "the process type can't be empty"),
        ("inside", "the process type 'a/b'"),
        ("null", r"the process type 'a\0b'"),
        ("outside", "the process type '../env'"),
    ]);
}

#[test]
fn a_variable_that_contradicts_itself_is_refused() {
    Trial::of("returns_a_delimiter_with_override").refuses_output(&[
        ("default", "variable 'X': only append and prepend"),
        ("null", "variable 'X': the delimiter holds a NUL"),
        ("override", "variable 'X': only append and prepend"),
    ]);
    Trial::of("returns_a_variable_twice").refuses_output(&[
        ("delimiters", "variable 'X': append and prepend"),
        ("values", "'env.launch/X' is there twice"),
    ]);
    Trial::of("returns_process_for_build_scope").refuses_output(&[
        ("all", "variable 'X': only a change in the scope launch"),
        ("build", "variable 'X': only a change in the scope launch"),
    ]);
}

#[test]
fn a_process_that_cannot_start_is_refused() {
    Trial::of("returns_a_bad_process").refuses_output(&[
        ("empty-command", "Process 'web': the command"),
        ("empty-program", "Process 'web': the command"),
        ("null-in-argument", "Process 'web': an argument holds a NUL"),
        ("null-in-directory", "Process 'web': the working directory"),
        ("outside", "Process 'web': the working directory"),
    ]);
    Trial::of("returns_a_bad_process_type").refuses_output(&[
        ("dot-dot", "the process type '..'"),
        ("duplicate", "process 'web' is there twice"),
        ("empty", "the process type can't be empty"),
        ("inside", "the process type 'a/b'"),
        ("long", "the process type 'aaaaaaaa"),
        ("lookalike", "the process type 'w\u{435}b'"),
        ("newline", r"the process type 'web\n[[processes]]'"),
        ("null", r"the process type 'a\0b'"),
        ("outside", "the process type '../web'"),
        ("space", "the process type 'a b'"),
    ]);
    let both = [("none", "'web' and 'worker' are both the default")];
    Trial::of("returns_two_defaults").refuses_output(&both);
}

#[test]
fn a_program_that_would_lie_elsewhere_is_refused() {
    Trial::of("returns_a_bad_program_name").refuses_output(&[
        ("dot-dot", "the exec.d program '..'"),
        ("duplicate", "'good' is there twice"),
        ("empty", "the exec.d program can't be empty"),
        ("inside", "the exec.d program 'web/bad'"),
        ("null", r"the exec.d program 'a\0b'"),
        ("outside", "the exec.d program '../bad'"),
        ("process-outside", "the process type '../bin'"),
    ]);
}

#[test]
fn a_label_or_slice_that_is_none_is_refused() {
    Trial::of("returns_a_bad_label").refuses_output(&[
        ("duplicate", "label 'good' is there twice"),
        ("empty", "the key can't be empty"),
        ("newline", r"Label 'a\nb'"),
        ("null", r"Label 'a\0b'"),
        (
            "receipt",
            "Label 'wasm-buildpacks.receipt.tests_guest': keys that begin with 'wasm-buildpacks.' are the host's",
        ),
    ]);
    Trial::of("returns_a_bad_label").refuses_output(&[
        (
            "lifecycle",
            "Label 'io.buildpacks.lifecycle.metadata': keys that begin with 'io.buildpacks.' are the lifecycle's",
        ),
        ("lifecycle-in-capitals", "Label 'IO.Buildpacks.build.metadata'"),
    ]);
    let like = Trial::of("returns_a_bad_label").run(Phase::Build, "receipt-like");
    like.passed();
    let launch = fs::read_to_string(like.world.layers_dir().join("launch.toml")).unwrap();
    assert!(
        launch.contains("\"org.wasm-buildpacks.receipt\""),
        "{launch}"
    );
    Trial::of("returns_a_bad_slice").refuses_output(&[
        ("absolute", "the path '/etc/*'"),
        ("empty", "Slice 1: a path can't be empty"),
        ("no-paths", "Slice 1: the list of paths can't be empty"),
        ("null", "Slice 1: a path holds a NUL"),
        ("outside", "the path 'src/../../*'"),
    ]);
}

#[test]
fn an_unmet_entry_that_nobody_asked_for_is_refused() {
    let trial = Trial::of("returns_unmet_not_in_plan");
    let cases: [(_, &[&str], _); 3] = [
        ("empty", &["'' is not in the Buildpack Plan"], &[]),
        ("twice", &["entry 'cpython' is there twice"], &[]),
        ("unknown", &["'not-in-the-plan' is not in"], &[]),
    ];
    let cases = cases.map(|(case, words, left): (_, _, &[&str; 0])| (case, words, &left[..]));
    trial.refuses_in(&cases, |world| {
        let plan = "[[entries]]\nname = \"cpython\"\n";
        fs::write(world.buildpack_plan_path(), plan).unwrap();
    });
}

#[test]
fn metadata_that_is_no_json_object_is_refused() {
    Trial::of("returns_metadata_that_is_no_object").refuses_output(&[
        ("layer-array", "Layer 'tools': the free data"),
        ("layer-deep", "Layer 'tools': the free data"),
        ("layer-empty", "Layer 'tools': the free data"),
        ("layer-text", "Layer 'tools': the free data"),
        ("store-array", "store: the free data"),
        ("store-empty", "store: the free data"),
        ("store-number", "store: the free data"),
    ]);
    Trial::of("returns_null_in_metadata").refuses_output(&[
        ("layer", "'a' is null"),
        ("layer-in-list", "'a[1]' is null"),
        ("store", "'a' is null"),
        ("store-nested", "'a.b.c' is null"),
    ]);
}

#[test]
fn contents_that_lead_elsewhere_are_refused() {
    Trial::of("returns_an_unknown_source").refuses_output(&[
        ("address", "the source name 'https://127.0.0.1/evil.git'"),
        ("empty", "the source name can't be empty"),
        ("outside", "the source name '../job-template'"),
        ("unknown", "declares no source 'unknown'"),
    ]);
    Trial::of("returns_into_a_launcher_name").refuses_output(&[
        ("bin", "the folder name 'bin'"),
        ("dot", "the folder name '.'"),
        ("dot-dot", "the folder name '..'"),
        ("empty", "the folder name can't be empty"),
        ("env", "the folder name 'env'"),
        ("env-build", "the folder name 'env.build'"),
        ("env-launch", "the folder name 'env.launch'"),
        ("exec-d", "the folder name 'exec.d'"),
        ("inside", "the folder name 'a/b'"),
        ("lib", "the folder name 'lib'"),
        ("outside", "the folder name '../x'"),
        ("profile-d", "the folder name 'profile.d'"),
        ("upper", "the folder name 'ENV.launch'"),
    ]);
    Trial::of("returns_colliding_intos").refuses_output(&[
        ("case", "folder 'Folder' is there twice"),
        ("same", "folder 'folder' is there twice"),
    ]);
}

#[test]
fn what_later_buildpacks_would_obey_is_refused_unless_buildpack_toml_declares_it() {
    let trial = Trial::of("sets_variables_for_later_buildpacks");
    let change = ["Layer 'tools' sets JOB_HOME for the buildpacks behind"];
    let bin = ["The folder 'bin' of layer 'tools' sets PATH"];
    let lib = ["The folder 'lib' of layer 'tools' sets LD_LIBRARY_PATH"];
    let proxy = ["variable 'https_proxy': it steers programs of others"];
    trial.refuses(&[
        ("all", &change, &[]),
        ("bin", &bin, &["tools", "tools/bin", "tools/bin/git"]),
        ("build", &change, &[]),
        ("lib", &lib, &["tools", "tools/lib", "tools/lib/libc.so.6"]),
        ("proxy", &proxy, &[]),
    ]);
    trial.run(Phase::Build, "bin-at-launch").passed();

    let declared = |names: &str, case: &str| {
        let world = trial.world(case);
        let own = "build-variables = [";
        world
            .edit_descriptor(own, &format!("{own}{names}"))
            .unwrap();
        trial.run_in(world, Phase::Build, case)
    };
    declared("\"JOB_HOME\", ", "all").passed();
    declared("\"JOB_HOME\", ", "build").passed();
    declared("\"PATH\", ", "bin").passed();
    declared("\"LD_LIBRARY_PATH\", \"LIBRARY_PATH\", ", "lib").passed();
    // Declaring only one of the two variables that the lifecycle makes of a folder is not enough.
    declared("\"LD_LIBRARY_PATH\", ", "lib").refused(BUILDPACK, &["sets LIBRARY_PATH"]);
    declared("\"https_proxy\", ", "proxy")
        .refused(BUILDPACK, &["https_proxy steers programs of others"]);
}

#[test]
fn an_output_that_is_sound_and_far_too_large_is_refused() {
    let trial = Trial::of("returns_a_huge_output");
    trial.refuses_output(&[
        ("deep-metadata", "Layer 'tools': the free data"),
        ("long-key", "has more than 256 bytes"),
        (
            "repeated-keys",
            "Layer 'tools': with it the free data of a build would be more than 524288 bytes",
        ),
        (
            "store",
            "store: with it the free data of a build would be more than 524288 bytes",
        ),
        ("many-labels", "50000 labels, and at most 1024"),
    ]);
    let cases = [
        "many-layers",
        "many-processes",
        "many-variables",
        "program",
        "value",
    ];
    trial.refuses_output_with(OUTPUT, &cases.map(|case| (case, "output-kib")));
}

#[test]
fn a_build_plan_that_is_none_is_refused() {
    let trial = Trial::of("returns_a_bad_plan");
    for (case, word) in [
        ("array-metadata", "'cpython': the free data"),
        ("empty-provided", "a provided name can't be empty"),
        ("empty-required", "can't be empty"),
        ("null-metadata", "'a' is null"),
        ("number-metadata", "'cpython': the free data"),
        ("repeated-keys", "more than 524288 bytes"),
    ] {
        let detected = trial.run(Phase::Detect, case);
        detected.refused(BUILDPACK, &["build plan", word]);
        trial.run(Phase::Build, case).passed();
    }
}
