//! Tests guests whose output breaks a rule: the host refuses it by name, before it writes anything.
//!
//! None of these guests touches a file, so the layers directory stays empty.

use std::fs;

use crate::trial::{BUILDPACK, OUTPUT, Phase, Refused, Trial};

#[test]
fn a_layer_name_that_is_none_is_refused() {
    Trial::of("returns_a_bad_layer_name").refuses_output(&[
        ("absolute", "layer-name"),
        ("backslash", "layer-name"),
        ("build", "layer-name"),
        ("dash", "layer-name"),
        ("dot", "layer-name"),
        ("dot-dot", "layer-name"),
        ("empty", "layer-name"),
        ("hidden", "layer-name"),
        ("inside", "layer-name"),
        ("launch", "layer-name"),
        ("long", "layer-name"),
        ("lookalike", "layer-name"),
        ("newline", "layer-name"),
        ("null", "layer-name"),
        ("outside", "layer-name"),
        ("sbom", "layer-name"),
        ("space", "layer-name"),
        ("store", "layer-name"),
        ("toml", "layer-name"),
    ]);
}

#[test]
fn two_layers_of_one_name_are_refused() {
    let cases = [("none", "output-duplicate")];
    Trial::of("returns_duplicate_layers").refuses_output(&cases);
}

#[test]
fn a_variable_name_that_is_none_is_refused() {
    Trial::of("returns_a_bad_variable_name").refuses_output(&[
        ("absolute", "variable-name"),
        ("digit", "variable-name"),
        ("dot-dot", "variable-name"),
        ("empty", "variable-name"),
        ("equals", "variable-name"),
        ("inside", "variable-name"),
        ("long", "variable-name"),
        ("newline", "variable-name"),
        ("null", "variable-name"),
        ("outside", "variable-name"),
        ("suffix", "variable-name"),
    ]);
    Trial::of("returns_a_bad_variable_process").refuses_output(&[
        ("absolute", "process-type"),
        ("dot-dot", "process-type"),
        ("empty", "process-type"),
        ("inside", "process-type"),
        ("null", "process-type"),
        ("outside", "process-type"),
    ]);
}

#[test]
fn a_variable_that_contradicts_itself_is_refused() {
    Trial::of("returns_a_delimiter_with_override").refuses_output(&[
        ("default", "variable-delimiter-mode"),
        ("null", "output-nul-character"),
        ("override", "variable-delimiter-mode"),
    ]);
    Trial::of("returns_a_variable_twice").refuses_output(&[
        ("delimiters", "variable-delimiters-differ"),
        ("values", "output-duplicate"),
    ]);
    Trial::of("returns_process_for_build_scope").refuses_output(&[
        ("all", "variable-process-scope"),
        ("build", "variable-process-scope"),
    ]);
}

#[test]
fn a_process_that_cannot_start_is_refused() {
    Trial::of("returns_a_bad_process").refuses_output(&[
        ("empty-command", "output-empty"),
        ("empty-program", "output-empty"),
        ("null-in-argument", "output-nul-character"),
        ("null-in-directory", "output-nul-character"),
        ("outside", "process-working-directory"),
    ]);
    Trial::of("returns_a_bad_process_type").refuses_output(&[
        ("dot-dot", "process-type"),
        ("duplicate", "output-duplicate"),
        ("empty", "process-type"),
        ("inside", "process-type"),
        ("long", "process-type"),
        ("lookalike", "process-type"),
        ("newline", "process-type"),
        ("null", "process-type"),
        ("outside", "process-type"),
        ("space", "process-type"),
    ]);
    let both = [("none", "process-defaults")];
    Trial::of("returns_two_defaults").refuses_output(&both);
}

#[test]
fn a_program_that_would_lie_elsewhere_is_refused() {
    Trial::of("returns_a_bad_program_name").refuses_output(&[
        ("dot-dot", "exec-d-name"),
        ("duplicate", "output-duplicate"),
        ("empty", "exec-d-name"),
        ("inside", "exec-d-name"),
        ("null", "exec-d-name"),
        ("outside", "exec-d-name"),
        ("process-outside", "process-type"),
    ]);
}

#[test]
fn a_label_or_slice_that_is_none_is_refused() {
    Trial::of("returns_a_bad_label").refuses_output(&[
        ("duplicate", "output-duplicate"),
        ("empty", "output-empty"),
        ("newline", "output-control-character"),
        ("null", "output-nul-character"),
        ("receipt", "label-prefix"),
    ]);
    Trial::of("returns_a_bad_label").refuses_output(&[
        ("lifecycle", "label-prefix"),
        ("lifecycle-in-capitals", "label-prefix"),
    ]);
    let like = Trial::of("returns_a_bad_label").run(Phase::Build, "receipt-like");
    like.passed();
    let launch = fs::read_to_string(like.world.layers_dir().join("launch.toml")).unwrap();
    assert!(
        launch.contains("\"org.wasm-buildpacks.receipt\""),
        "{launch}"
    );
    Trial::of("returns_a_bad_slice").refuses_output(&[
        ("absolute", "slice-path"),
        ("empty", "output-empty"),
        ("no-paths", "output-empty"),
        ("null", "output-nul-character"),
        ("outside", "slice-path"),
    ]);
}

#[test]
fn an_unmet_entry_that_nobody_asked_for_is_refused() {
    let trial = Trial::of("returns_unmet_not_in_plan");
    let cases: [Refused<'_>; 3] = [
        ("empty", "unmet-not-in-plan", &[]),
        ("twice", "output-duplicate", &[]),
        ("unknown", "unmet-not-in-plan", &[]),
    ];
    trial.refuses_in(&cases, |world| {
        let plan = "[[entries]]\nname = \"cpython\"\n";
        fs::write(world.buildpack_plan_path(), plan).unwrap();
    });
}

#[test]
fn metadata_that_is_no_json_object_is_refused() {
    Trial::of("returns_metadata_that_is_no_object").refuses_output(&[
        ("layer-array", "metadata-not-an-object"),
        ("layer-deep", "metadata-syntax"),
        ("layer-empty", "metadata-syntax"),
        ("layer-text", "metadata-syntax"),
        ("store-array", "metadata-not-an-object"),
        ("store-empty", "metadata-syntax"),
        ("store-number", "metadata-not-an-object"),
    ]);
    Trial::of("returns_null_in_metadata").refuses_output(&[
        ("layer", "metadata-null"),
        ("layer-in-list", "metadata-null"),
        ("store", "metadata-null"),
        ("store-nested", "metadata-null"),
    ]);
}

#[test]
fn contents_that_lead_elsewhere_are_refused() {
    Trial::of("returns_an_unknown_source").refuses_output(&[
        ("address", "source-name"),
        ("empty", "source-name"),
        ("outside", "source-name"),
        ("unknown", "source-undeclared"),
    ]);
    Trial::of("returns_into_a_launcher_name").refuses_output(&[
        ("bin", "folder-name"),
        ("dot", "folder-name"),
        ("dot-dot", "folder-name"),
        ("empty", "folder-name"),
        ("env", "folder-name"),
        ("env-build", "folder-name"),
        ("env-launch", "folder-name"),
        ("exec-d", "folder-name"),
        ("inside", "folder-name"),
        ("lib", "folder-name"),
        ("outside", "folder-name"),
        ("profile-d", "folder-name"),
        ("upper", "folder-name"),
    ]);
    Trial::of("returns_colliding_intos")
        .refuses_output(&[("case", "output-duplicate"), ("same", "output-duplicate")]);
}

#[test]
fn what_later_buildpacks_would_obey_is_refused_unless_buildpack_toml_declares_it() {
    let trial = Trial::of("sets_variables_for_later_buildpacks");
    let undeclared = "build-variable-undeclared";
    trial.refuses(&[
        ("all", undeclared, &[]),
        ("bin", undeclared, &["tools", "tools/bin", "tools/bin/git"]),
        ("build", undeclared, &[]),
        (
            "lib",
            undeclared,
            &["tools", "tools/lib", "tools/lib/libc.so.6"],
        ),
        ("proxy", "variable-steers-others", &[]),
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
    // Half of what the lifecycle makes of a folder is not enough.
    declared("\"LD_LIBRARY_PATH\", ", "lib").refused(undeclared, BUILDPACK);
    declared("\"https_proxy\", ", "proxy").refused("buildpack-toml-conflict", BUILDPACK);
}

#[test]
fn an_output_that_is_sound_and_far_too_large_is_refused() {
    let trial = Trial::of("returns_a_huge_output");
    trial.refuses_output(&[
        ("deep-metadata", "metadata-syntax"),
        ("long-key", "metadata-key-too-long"),
        ("repeated-keys", "output-file-too-large"),
        ("store", "output-file-too-large"),
        ("many-labels", "output-too-many"),
    ]);
    let cases = [
        "many-layers",
        "many-processes",
        "many-variables",
        "program",
        "value",
    ];
    trial.refuses_output_with(OUTPUT, &cases.map(|case| (case, "limit-output-kib")));
}

#[test]
fn a_build_plan_that_is_none_is_refused() {
    let trial = Trial::of("returns_a_bad_plan");
    for (case, id) in [
        ("array-metadata", "metadata-not-an-object"),
        ("empty-provided", "output-empty"),
        ("empty-required", "output-empty"),
        ("null-metadata", "metadata-null"),
        ("number-metadata", "metadata-not-an-object"),
        ("repeated-keys", "output-file-too-large"),
    ] {
        let detected = trial.run(Phase::Detect, case);
        detected.refused(id, BUILDPACK);
        trial.run(Phase::Build, case).passed();
    }
}
