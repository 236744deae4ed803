//! Tests guests that leave forbidden files in the layers directory: the host finds them after the guest has ended,
//! and names them.
//!
//! Planted files stay, and the host adds nothing to them: the lifecycle uses nothing of a failed build.

use std::fs;

use tests::folder::{Kind, snapshot};
use tests::lifecycle::Lifecycle;

use crate::trial::{BUILDPACK, FILE_SIZE, Phase, SHORT, Trial};

#[test]
fn a_file_beside_the_layers_is_refused() {
    for (name, file) in [
        ("plants_build_toml", "build.toml"),
        ("plants_evil_toml", "evil.toml"),
        ("plants_launch_toml", "launch.toml"),
        ("plants_layer_toml", "tools.toml"),
        ("plants_store_toml", "store.toml"),
    ] {
        Trial::of(name).refuses(&[("none", "layers-lifecycle-file", &[file])]);
    }
    Trial::of("plants_file_at_the_top").refuses(&[
        ("hidden", "layers-undeclared", &[".hidden"]),
        ("in-place", "layer-not-a-directory", &["tools"]),
        ("plain", "layers-undeclared", &["notes.txt"]),
    ]);
    Trial::of("plants_sbom").refuses(&[
        ("build", "layers-lifecycle-file", &["build.sbom.syft.json"]),
        (
            "launch",
            "layers-lifecycle-file",
            &["launch.sbom.spdx.json"],
        ),
        ("layer", "layers-lifecycle-file", &["tools.sbom.cdx.json"]),
    ]);
}

#[test]
fn a_layer_that_is_not_declared_is_refused() {
    let files = ["undeclared", "undeclared/bin", "undeclared/bin/python"];
    Trial::of("plants_undeclared_layer").refuses(&[
        ("empty", "layers-undeclared", &["undeclared"]),
        ("with-files", "layers-undeclared", &files),
    ]);
}

#[test]
fn what_the_launcher_obeys_in_a_layer_is_refused() {
    let launch = ["tools", "tools/env.launch", "tools/env.launch/LD_PRELOAD"];
    let web = [
        "tools",
        "tools/env.launch",
        "tools/env.launch/web",
        "tools/env.launch/web/LD_PRELOAD",
    ];
    Trial::of("plants_env_launch").refuses(&[
        ("alone", "layer-obeyed", &launch),
        ("beside", "layer-obeyed", &launch),
        ("for-a-process", "layer-obeyed", &web),
    ]);
    let build = ["tools", "tools/env.build", "tools/env.build/PATH.prepend"];
    let default = ["tools", "tools/env", "tools/env/PATH.prepend"];
    Trial::of("plants_env_dir").refuses(&[
        ("build", "layer-obeyed", &build),
        ("default", "layer-obeyed", &default),
        ("empty", "layer-obeyed", &["tools", "tools/env"]),
        ("file", "layer-obeyed", &["tools", "tools/env.launch"]),
    ]);
    let all = ["tools", "tools/exec.d", "tools/exec.d/planted"];
    let web = [
        "tools",
        "tools/exec.d",
        "tools/exec.d/web",
        "tools/exec.d/web/planted",
    ];
    Trial::of("plants_exec_d").refuses(&[
        ("alone", "layer-obeyed", &all),
        ("beside", "layer-obeyed", &all),
        ("for-a-process", "layer-obeyed", &web),
    ]);
    let script = ["tools", "tools/profile.d", "tools/profile.d/planted.sh"];
    Trial::of("plants_profile_d").refuses(&[("none", "layer-obeyed", &script)]);
}

#[test]
fn a_link_in_a_layers_place_is_refused() {
    Trial::of("links_a_layer").refuses(&[
        ("loop", "layer-not-a-directory", &["tools"]),
        ("other", "layer-not-a-directory", &["other", "tools"]),
        ("outside", "layer-not-a-directory", &["tools"]),
        ("to-nothing", "layer-not-a-directory", &["tools"]),
    ]);
}

#[test]
fn a_link_to_what_the_launcher_obeys_is_refused() {
    let other = [
        "other",
        "other/data",
        "other/data/LD_PRELOAD",
        "tools",
        "tools/env.launch",
    ];
    let within = [
        "tools",
        "tools/data",
        "tools/data/LD_PRELOAD",
        "tools/env.launch",
    ];
    Trial::of("links_env_launch").refuses(&[
        ("other", "layer-obeyed-link", &other),
        ("within", "layer-obeyed-link", &within),
        ("written-through", "layer-obeyed-link", &within),
    ]);
}

#[test]
fn nothing_is_written_through_a_link_that_stands_for_launch_toml() {
    let trial = Trial::of("links_launch_toml");
    for case in ["to-a-file", "to-nothing", "to-the-application"] {
        let run = trial.run(Phase::Build, case);
        run.refused("layers-lifecycle-file", BUILDPACK);
        // That the application is as it was is seen to in each run.
        assert_eq!(run.left(), ["launch.toml", "tools", "tools/innocent.txt"]);
        let innocent = run.world.layers_dir().join("tools/innocent.txt");
        assert_eq!(fs::read(innocent).unwrap(), b"innocent");
    }
}

#[test]
fn a_link_that_leads_out_of_the_layers_is_refused() {
    let trial = Trial::of("links_out_of_the_layers");
    let deep = ["tools", "tools/a", "tools/a/b", "tools/a/b/link"];
    let chain = [
        "tools",
        "tools/a",
        "tools/a/b",
        "tools/a/b/up",
        "tools/link",
    ];
    let other = ["other", "other/file", "tools", "tools/link"];
    trial.refuses(&[
        ("chain", "layer-link-dot-dot", &chain),
        ("deep", "layer-link-out-of-layers", &deep),
        ("other-layer", "layer-link-out-of-layer", &other),
        (
            "relative",
            "layer-link-out-of-layers",
            &["tools", "tools/link"],
        ),
        (
            "to-the-top",
            "layer-link-out-of-layer",
            &["tools", "tools/link"],
        ),
    ]);
    let absolute = trial.run(Phase::Build, "absolute");
    absolute.passed();
    assert!(absolute.said().contains("tried an absolute link: denied"));
}

#[test]
fn too_many_files_and_too_large_ones_are_refused_by_the_limits_name() {
    let trial = Trial::of("makes_many_files");
    let (many, much) = ("limit-files", "limit-files-mib");
    for (case, code, id) in [
        ("deep", SHORT, many),
        ("flat", SHORT, many),
        ("gone", SHORT, many),
        ("gone-large", SHORT, much),
        ("large", SHORT, much),
        ("links", SHORT, many),
        ("sparse", FILE_SIZE, "limit-file-mib"),
    ] {
        let run = trial.run(Phase::Build, case);
        run.refused(id, code);
        let left = run.left();
        let elsewhere = left
            .iter()
            .find(|path| path.split('/').next() != Some("tools"));
        assert_eq!(elsewhere, None, "{case}");
    }
}

#[test]
fn directories_too_deep_in_each_other_are_refused_however_many_there_may_be() {
    let trial = Trial::of("makes_many_files");
    let world = trial.world("deep");
    world
        .edit_descriptor("files = 1000", "files = 2000")
        .unwrap();
    let run = trial.run_in(world, Phase::Build, "deep");
    run.refused("layer-too-deep", BUILDPACK);
}

#[test]
fn what_a_guest_writes_and_removes_within_the_limits_is_nobodys_business() {
    let trial = Trial::of("makes_many_files");
    for (case, made) in [
        ("within", "made 916"),
        ("same", "made 20000"),
        ("again", "made 20000"),
    ] {
        let run = trial.run(Phase::Build, case);
        run.passed();
        assert!(run.said().contains(made), "{case}: {}", run.said());
    }
}

#[test]
fn what_the_lifecycle_restored_is_not_the_guests_to_change() {
    let all = [
        "old.toml",
        "store.toml",
        "tools.sbom.cdx.json",
        "tools.toml",
    ];
    let [old, store, bill, tools] = all;
    Trial::of("replaces_restored_toml").refuses_in(
        &[
            ("bill", "layers-restored", &all),
            ("dropped-layer", "layers-restored", &all),
            ("layer", "layers-restored", &all),
            (
                "layer-by-link",
                "layers-restored",
                &[old, store, "tools", "tools/data.toml", bill, tools],
            ),
            (
                "layer-by-rename",
                "layers-restored",
                &[old, store, "tools", bill, tools],
            ),
            ("layer-removed", "layers-restored", &[old, store, bill]),
            ("store", "layers-restored", &all),
        ],
        restore,
    );
}

/// Writes the files that the lifecycle restores after a build with two layers and a store.
fn restore(world: &Lifecycle) {
    for (file, text) in [
        ("old.toml", "[metadata]\nbefore = true\n"),
        ("store.toml", "[metadata]\nbefore = true\n"),
        ("tools.sbom.cdx.json", "{}"),
        ("tools.toml", "[metadata]\nbefore = true\n"),
    ] {
        fs::write(world.layers_dir().join(file), text).unwrap();
    }
}

#[test]
fn what_a_guest_may_write_stays_as_it_is() {
    let run = Trial::of("writes_own_files").run(Phase::Build, "none");
    run.passed();
    let file = |text: &str| Kind::File(text.into());
    let link = |target: &str| Kind::Link(target.into());
    let expected = [
        ("tools", Kind::Folder),
        ("tools/bin", Kind::Folder),
        ("tools/bin/tool", file("#!/bin/sh\nexit 0\n")),
        ("tools/data", Kind::Folder),
        ("tools/data/link", link("text.txt")),
        ("tools/data/text.txt", file("innocent\n")),
        ("tools/data/up", link("../bin/tool")),
        ("tools/deep", Kind::Folder),
        ("tools/deep/env.launch", Kind::Folder),
        ("tools/deep/env.launch/X", file("innocent")),
        ("tools/deep/x.toml", file("innocent")),
        ("tools/notes.toml.txt", file("")),
    ];
    let entries = snapshot(&run.world.layers_dir()).unwrap();
    let within: Vec<_> = entries
        .iter()
        .filter(|entry| entry.path.starts_with("tools"))
        .map(|entry| (entry.path.to_str().unwrap(), entry.kind.clone()))
        .collect();
    assert_eq!(within, expected);
    let top = run.left().into_iter().filter(|path| !path.contains('/'));
    let expected = ["launch.toml", "tools", "tools.toml"];
    assert_eq!(top.collect::<Vec<_>>(), expected);
    assert_eq!(run.world.export().unwrap().added, ["tools"]);
}

#[test]
fn an_executable_that_is_not_a_file_of_the_component_is_refused() {
    let left = [
        "tools",
        "tools/bin",
        "tools/bin/tool",
        "tools/share",
        "tools/share/data",
    ];
    let with_link = [
        "tools",
        "tools/bin",
        "tools/bin/link",
        "tools/bin/tool",
        "tools/share",
        "tools/share/data",
    ];
    Trial::of("declares_executables").refuses(&[
        ("missing", "layer-executable", &left),
        ("link", "layer-executable", &with_link),
        ("outside", "executable-path", &left),
        ("host-file", "executable-path", &left),
        // The lifecycle makes a variable of this folder, whoever may execute what is in it.
        ("good-in-build-layer", "build-variable-undeclared", &left),
    ]);
}
