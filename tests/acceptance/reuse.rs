//! Tests the second build: when it keeps the previous image's layer, when it rebuilds it, and what it prints.
//!
//! The comparison itself is tested in the host.

use std::fs;

use engine::artifact::{ARTIFACT_FILE, RECORD_FILE};
use serde_json::{Value, json};
use tests::folder::{self, paths};
use tests::git_server::packet::pack_of;
use tests::lifecycle::{Ended, Exported};
use tests::repository::Repository;

use crate::world::{DOCUMENTS, TOKEN, World, stdout};

/// A world after a first build, an export and a restore.
fn built_once() -> World {
    let world = World::sample();
    world.build();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    assert_eq!(paths(&world.layers()), ["job-template.toml"]);
    world
}

/// A world after one build at the full id of the branch's commit, without an export.
fn built_at_its_commit() -> World {
    let world = World::sample();
    let commit = world.repository.id("main").unwrap();
    let pin = world
        .lifecycle
        .platform_variable("BP_JOB_TEMPLATE_REF", &commit);
    pin.unwrap();
    world.build();
    world
}

fn reused() -> Exported {
    Exported {
        reused: vec!["job-template".to_owned()],
        ..Exported::default()
    }
}

fn added() -> Exported {
    Exported {
        added: vec!["job-template".to_owned()],
        ..Exported::default()
    }
}

#[track_caller]
fn assert_kept(world: &World, ended: &Ended) {
    assert_kept_as(world, ended, "nothing has changed");
}

#[track_caller]
fn assert_kept_as(world: &World, ended: &Ended, why: &str) {
    let line = format!("  Layer 'job-template': kept, {why}\n");
    assert!(stdout(ended).contains(&line), "{}", ended.output());
    let mut expected = [&DOCUMENTS[..], &["job-template.toml", "launch.toml"]].concat();
    expected.sort_unstable();
    assert_eq!(paths(&world.layers()), expected);
    let declared: toml::Table = toml::from_str(&world.layer_file("job-template.toml")).unwrap();
    assert_eq!(declared["types"]["launch"].as_bool(), Some(true));
    assert_eq!(world.lifecycle.export().unwrap(), reused());
}

#[track_caller]
fn assert_made(world: &World, ended: &Ended, reasons: &str) {
    let line = format!("  Layer 'job-template': made, {reasons}\n");
    assert!(stdout(ended).contains(&line), "{line}{}", ended.output());
    assert!(
        world
            .lifecycle
            .layers_dir()
            .join("job-template/job-template/app/__main__.py")
            .exists()
    );
    assert_eq!(world.lifecycle.export().unwrap(), added());
}

/// The receipt's fields about the content's origin.
fn provenance(world: &World) -> (Value, Value) {
    let receipt: Value = serde_json::from_str(&world.receipt()).unwrap();
    let content = &receipt["contents"][0];
    (content["kept"].clone(), content["known-from"].clone())
}

/// The kinds of objects that the server sent, from exchange `from` on.
fn kinds_sent(world: &World, from: usize) -> Vec<String> {
    let receiver = Repository::empty().unwrap();
    for exchange in &world.server.exchanges()[from..] {
        if exchange.request.command() == Some("fetch") {
            receiver
                .feed(&["unpack-objects", "-q"], &pack_of(&exchange.response.body))
                .unwrap();
        }
    }
    let format = [
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ];
    let mut kinds: Vec<_> = receiver
        .git(&format)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn the_unchanged_layer_is_kept_without_a_directory() {
    let world = built_once();
    let first = fs::read_to_string(
        world
            .lifecycle
            .world()
            .join("image/layers/job-template.toml"),
    )
    .unwrap();
    let ended = world.build();
    assert_eq!(world.layer_file("job-template.toml"), first);
    assert_kept(&world, &ended);
}

#[test]
fn no_content_crosses_the_wire_for_a_layer_that_is_kept() {
    let world = World::sample();
    world.build();
    assert!(
        kinds_sent(&world, 0).contains(&"blob".to_owned()),
        "the control finds no blob"
    );
    assert_eq!(provenance(&world), (false.into(), "server".into()));
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    let exchanges = world.server.exchanges().len();
    let ended = world.build();
    assert_kept(&world, &ended);
    assert_eq!(world.server.exchanges().len() - exchanges, 2);
    assert_eq!(kinds_sent(&world, exchanges), ["commit", "tree"]);
    assert_eq!(provenance(&world), (true.into(), "server".into()));
}

#[test]
fn a_commit_that_is_pinned_and_kept_asks_nobody() {
    let world = built_at_its_commit();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    let asked = world.server.requests().len();
    let ended = world.build();
    let why = "by the previous image's notes on that commit; no server was asked";
    assert_kept_as(&world, &ended, why);
    assert_eq!(world.server.requests().len(), asked);
    assert_eq!(provenance(&world), (true.into(), "previous-image".into()));
}

/// Replaces the wanted folder's id in the restored notes by that of another folder.
fn forge_tree(world: &World) -> String {
    let file = world.lifecycle.layers_dir().join("job-template.toml");
    let noted = fs::read_to_string(&file).unwrap();
    let folder = world.repository.id("main:job-template").unwrap();
    let other = world.repository.id("main:job-template/app").unwrap();
    let forged = noted.replace(&folder, &other);
    assert_ne!(forged, noted);
    fs::write(&file, forged).unwrap();
    other
}

#[test]
fn a_made_up_tree_in_a_previous_image_keeps_nothing_where_the_server_is_asked() {
    let world = built_once();
    forge_tree(&world);
    let ended = world.build();
    assert_made(&world, &ended, "the content of 'job-template' has changed");
    assert_eq!(provenance(&world), (false.into(), "server".into()));
}

#[test]
fn a_made_up_tree_of_a_pinned_commit_is_told_as_the_previous_images_own_word() {
    let world = built_at_its_commit();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    let other = forge_tree(&world);
    let ended = world.build();
    let why = "by the previous image's notes on that commit; no server was asked";
    assert_kept_as(&world, &ended, why);
    let receipt: Value = serde_json::from_str(&world.receipt()).unwrap();
    assert_eq!(receipt["contents"][0]["tree"], other);
    assert_eq!(provenance(&world), (true.into(), "previous-image".into()));
    let bill: Value = serde_json::from_str(&world.layer_file("launch.sbom.cdx.json")).unwrap();
    let properties = bill["components"][0]["properties"].as_array().unwrap();
    for (name, value) in [("kept", "true"), ("known-from", "previous-image")] {
        let property = json!({"name": format!("wasm-buildpacks:{name}"), "value": value});
        assert!(properties.contains(&property), "{property}");
    }
    let bill = world.layer_file("launch.sbom.spdx.json");
    assert!(
        bill.contains("kept: true, known from: previous-image"),
        "{bill}"
    );
}

#[test]
fn what_a_previous_image_says_of_a_commit_is_not_believed_for_a_layer_that_is_made() {
    let world = built_at_its_commit();
    let made = world.layers();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    let file = world.lifecycle.layers_dir().join("job-template.toml");
    let noted = fs::read_to_string(&file).unwrap();
    let folder = world.repository.id("main:job-template").unwrap();
    let other = world.repository.id("main:job-template/app").unwrap();
    let forged = with_value(&noted.replace(&folder, &other), "host");
    assert_ne!(forged, noted);
    fs::write(&file, forged).unwrap();
    let ended = world.build();
    let why = "the host has changed; the content of 'job-template' has changed";
    assert_made(&world, &ended, why);
    assert_eq!(world.layers(), made);
}

#[test]
fn a_rebuild_that_fails_leaves_the_layers_as_they_were_restored() {
    let world = built_once();
    let file = world.lifecycle.layers_dir().join("job-template.toml");
    let noted = world.layer_file("job-template.toml");
    fs::write(&file, with_value(&noted, "host")).unwrap();
    let limits = "[metadata.limits]\ncontent-files = 1\n\n[metadata.credentials.gitlab]";
    let edited = world
        .lifecycle
        .edit_descriptor("[metadata.credentials.gitlab]", limits);
    edited.unwrap();
    let restored = world.layers();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert_eq!(world.layers(), restored);
}

#[test]
fn a_folder_that_another_buildpack_left_in_the_place_of_content_is_out_of_the_way() {
    let world = World::sample();
    world.build();
    let whole = paths(&world.layers());
    let layer = world.lifecycle.layers_dir().join("job-template");
    fs::write(layer.join("job-template/old"), "another's").unwrap();
    // Another buildpack leaves none of this buildpack's notes.
    let file = world.lifecycle.layers_dir().join("job-template.toml");
    fs::write(file, "[metadata]\n").unwrap();
    world.build();
    assert_eq!(paths(&world.layers()), whole);
}

#[test]
fn a_layer_is_kept_build_after_build() {
    let world = built_once();
    for _ in 0..3 {
        let ended = world.build();
        assert_kept(&world, &ended);
        world.lifecycle.restore().unwrap();
    }
}

#[test]
fn a_revision_that_moved_keeps_the_layer_if_the_folder_is_the_same() {
    let world = built_once();
    let before = world.repository.id("main").unwrap();
    world.repository.lengthen_history(3).unwrap();
    let after = world.repository.id("main").unwrap();
    assert_ne!(before, after);
    let exchanges = world.server.exchanges().len();
    let ended = world.build();
    let noted = world.layer_file("job-template.toml");
    assert!(
        noted.contains(&after) && !noted.contains(&before),
        "{noted}"
    );
    assert!(!kinds_sent(&world, exchanges).contains(&"blob".to_owned()));
    assert_kept(&world, &ended);
}

#[test]
fn another_name_of_the_same_folder_keeps_the_layer() {
    let world = built_once();
    world.repository.tag("v1", "main", None).unwrap();
    world
        .lifecycle
        .platform_variable("BP_JOB_TEMPLATE_REF", "v1")
        .unwrap();
    let ended = world.build();
    assert_kept(&world, &ended);
}

#[test]
fn a_changed_application_keeps_the_layer() {
    let world = built_once();
    fs::write(
        world.lifecycle.app_dir().join("src/program.py"),
        "def run(): pass\n",
    )
    .unwrap();
    let ended = world.build();
    assert_kept(&world, &ended);
}

#[test]
fn a_changed_template_is_made_anew() {
    let world = built_once();
    let folder = tempfile::tempdir().unwrap();
    tests::folder::copy(&tests::repository::template_folder(), folder.path()).unwrap();
    fs::write(folder.path().join("job-template/NEWS"), "More").unwrap();
    let tree = world.repository.tree_of(folder.path()).unwrap();
    world.repository.commit("main", &tree, "More").unwrap();
    let ended = world.build();
    assert_eq!(world.layer_file("job-template/job-template/NEWS"), "More");
    assert_made(&world, &ended, "the content of 'job-template' has changed");
}

#[test]
fn another_subpath_is_made_anew_even_with_the_same_tree() {
    let world = built_once();
    let tree = world.repository.id("main:job-template").unwrap();
    let listing = world.repository.git(&["ls-tree", "main"]).unwrap();
    let listing = format!("{listing}\n040000 tree {tree}\ttwin\n");
    let whole = world
        .repository
        .feed(&["mktree"], listing.as_bytes())
        .unwrap();
    let whole =
        tests::repository::object::Id::parse(str::from_utf8(&whole).unwrap().trim()).unwrap();
    world.repository.commit("main", &whole, "A twin").unwrap();
    world
        .lifecycle
        .edit_descriptor("subpath = \"job-template\"", "subpath = \"twin\"")
        .unwrap();
    let ended = world.build();
    assert_made(&world, &ended, "the content of 'job-template' has changed");
}

#[test]
fn another_component_makes_the_layer_anew() {
    let world = built_once();
    // A byte after the end of a compiled component changes its digest and nothing else.
    let buildpack = world.lifecycle.buildpack_dir();
    let artifact = buildpack.join(ARTIFACT_FILE);
    let bytes = [fs::read(&artifact).unwrap(), vec![0]].concat();
    fs::write(&artifact, &bytes).unwrap();
    let record = buildpack.join(RECORD_FILE);
    let mut table: toml::Table = toml::from_str(&fs::read_to_string(&record).unwrap()).unwrap();
    let digest = package::aot::sha256(&bytes);
    table
        .insert("artifact-sha256".to_owned(), digest.into())
        .unwrap();
    fs::write(record, toml::to_string(&table).unwrap()).unwrap();
    let ended = world.build();
    assert_made(&world, &ended, "the buildpack's component has changed");
}

#[test]
fn what_is_recorded_of_the_component_and_was_not_run_counts_for_nothing() {
    let world = built_once();
    let record = world.lifecycle.buildpack_dir().join(RECORD_FILE);
    let mut table: toml::Table = toml::from_str(&fs::read_to_string(&record).unwrap()).unwrap();
    table
        .insert("component-sha256".to_owned(), "0".repeat(64).into())
        .unwrap();
    fs::write(record, toml::to_string(&table).unwrap()).unwrap();
    let ended = world.build();
    assert_kept(&world, &ended);
    assert!(!world.receipt().contains(&"0".repeat(64)));
}

#[test]
fn another_host_makes_the_layer_anew() {
    let world = built_once();
    // A byte after the end of a program changes its digest and nothing else. The file is a hard link, so the longer
    // one must be a new file.
    let host = world.lifecycle.buildpack_dir().join("bin/detect");
    let longer = host.with_extension("longer");
    let other = [fs::read(&host).unwrap(), vec![0]].concat();
    folder::write_program(&longer, &other).unwrap();
    fs::rename(&longer, &host).unwrap();
    let ended = world.build();
    assert_made(&world, &ended, "the host has changed");
}

/// A test's change to the text of a file.
type Change = fn(&str) -> String;

const FOREIGN: &str = "another program, or another version of this one, made the previous layer";

#[test]
fn a_layer_that_the_script_made_is_made_anew_and_it_is_said_whose_it_was() {
    let world = World::sample();
    let layers = world.lifecycle.layers_dir();
    // The script that this buildpack replaces leaves no metadata, so none is restored.
    fs::create_dir_all(layers.join("job-template/job-template")).unwrap();
    let declared = "[types]\nlaunch = true\n";
    fs::write(layers.join("job-template.toml"), declared).unwrap();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    assert_eq!(paths(&world.layers()), ["job-template.toml"]);
    let ended = world.build();
    assert_made(&world, &ended, FOREIGN);
}

#[test]
fn restored_metadata_that_was_tampered_with_makes_the_layer_anew() {
    let cases: [(&str, Change); 6] = [
        (FOREIGN, |_| String::new()),
        (FOREIGN, |_| "[metadata]\nhost = 3\n".to_owned()),
        (FOREIGN, |text| text.replace("tree =", "branch =")),
        ("its declaration has changed", |text| {
            with_value(text, "layer")
        }),
        ("the content of 'job-template' has changed", |text| {
            with_value(text, "tree")
        }),
        (
            "the host has changed; the buildpack's component has changed",
            |text| with_value(&with_value(text, "host"), "guest"),
        ),
    ];
    for (reason, change) in cases {
        let world = built_once();
        let file = world.lifecycle.layers_dir().join("job-template.toml");
        let before = fs::read_to_string(&file).unwrap();
        let after = change(&before);
        assert_ne!(before, after);
        fs::write(&file, after).unwrap();
        let ended = world.build();
        assert_made(&world, &ended, reason);
    }
}

/// Replaces the value of `key` in the text.
fn with_value(text: &str, key: &str) -> String {
    let start = format!("{key} = \"");
    let line = |line: &str| match line.strip_prefix(&start) {
        Some(_) => format!("{start}0000\"\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn restored_metadata_that_is_no_toml_is_no_silent_reuse() {
    let world = built_once();
    fs::write(
        world.lifecycle.layers_dir().join("job-template.toml"),
        "[metadata",
    )
    .unwrap();
    world
        .lifecycle
        .platform_variable("BP_LOG_LEVEL", "debug")
        .unwrap();
    let ended = world.build();
    let why = "another program, or another version of this one, made the previous layer";
    assert_made(&world, &ended, why);
    assert!(
        stdout(&ended).contains("job-template.toml: "),
        "{}",
        ended.output()
    );
}

#[test]
fn a_cleared_cache_is_a_first_build() {
    let world = built_once();
    world.lifecycle.forget().unwrap();
    let packs = world.packs();
    let ended = world.build();
    assert_eq!(world.packs(), 2 * packs);
    assert_made(&world, &ended, "there is no layer from a previous build");
}

#[test]
fn a_layer_is_not_kept_without_a_token() {
    let world = built_once();
    let token = world.lifecycle.platform_dir().join("env/BP_GITLAB_TOKEN");
    fs::write(&token, "").unwrap();
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(
        ended
            .output()
            .contains("Variable BP_GITLAB_TOKEN must be set")
    );
    fs::write(&token, TOKEN).unwrap();
    let ended = world.build();
    assert_kept(&world, &ended);
}

#[test]
fn what_a_killed_build_left_is_gone_after_the_next() {
    let world = World::sample();
    world.build();
    let expected = world.layers();
    world.lifecycle.forget().unwrap();
    let left = world
        .lifecycle
        .layers_dir()
        .join(dir::STAGED_PREFIX.to_owned() + "job-template-job-template");
    fs::create_dir_all(left.join("half")).unwrap();
    fs::write(left.join("half/file"), "half").unwrap();
    world.build();
    assert_eq!(world.layers(), expected);
}
