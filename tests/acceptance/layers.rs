//! Tests builds with several layers and sources: the host asks about each source and downloads it at most once, and
//! decides on each layer by its own contents.
//!
//! Builds with one layer belong in `reuse`.

use std::fs;

use package::trial;
use tests::app;
use tests::folder::{Entry, Kind, paths, snapshot};
use tests::git_server::GitServer;
use tests::lifecycle::{Ended, Exported, Lifecycle};
use tests::repository::Repository;
use tests::repository::object;

use crate::world::{passed, read, stdout};

const LAYERS: [&str; 3] = ["one-a", "one-b", "two"];

/// The requests that resolve a branch of each source.
const RESOLVED: [&str; 4] = ["one: refs", "one: trees", "two: refs", "two: trees"];

const UNCHANGED: &str = "kept, nothing has changed";
const UNASKED: &str = "kept, by the previous image's notes on that commit; no server was asked";
const CONTENT_ONE: &str = "made, the content of 'from-one' has changed";

/// The sources `one` and `two` in two repositories of a server, and a buildpack whose component has three layers.
struct Scene {
    lifecycle: Lifecycle,
    server: GitServer,
    one: Repository,
    two: Repository,
}

impl Scene {
    /// Both sources at their branch `main`.
    fn new(case: &str) -> Self {
        let (one, two) = (Repository::empty().unwrap(), Repository::empty().unwrap());
        commit(&one, &[("a", "first"), ("b", "first too")]);
        commit(&two, &[("c", "second")]);
        let options = GitServer::options()
            .repository("one.git", one.git_dir())
            .repository("two.git", two.git_dir());
        let server = options.start().unwrap();
        let descriptor = descriptor(&server);
        let folder = trial::guest("declares_three_layers", &descriptor).unwrap();
        let buildpack = folder.path().join("buildpack");
        let scene = Self {
            lifecycle: Lifecycle::with_app(&buildpack, &app::sample()).unwrap(),
            server,
            one,
            two,
        };
        scene.set("CASE", case);
        scene
    }

    fn set(&self, variable: &str, value: &str) {
        self.lifecycle.platform_variable(variable, value).unwrap();
    }

    /// Sets the variable to the full id of the repository's commit.
    fn pin(&self, variable: &str, repository: &Repository) {
        self.set(variable, &repository.id("main").unwrap());
    }

    fn pin_both(&self) {
        self.pin("BP_ONE_REF", &self.one);
        self.pin("BP_TWO_REF", &self.two);
    }

    /// Runs a build, which must pass. Returns it with the requests that it sent.
    fn build(&self) -> (Ended, Vec<String>) {
        let before = self.server.requests().len();
        let ended = passed(self.lifecycle.build().unwrap());
        (ended, self.asked(before))
    }

    /// Runs a build, and does what the lifecycle does until the next one.
    fn build_before(&self) {
        self.build();
        self.next();
    }

    /// Exports the layers, and restores them for the next build.
    fn next(&self) {
        self.lifecycle.export().unwrap();
        self.lifecycle.restore().unwrap();
    }

    /// The requests from number `from` on, each by its source and what it asks for.
    fn asked(&self, from: usize) -> Vec<String> {
        let requests = self.server.requests();
        let asked = requests[from..].iter().map(|request| {
            let path = request.path().trim_start_matches('/');
            let (source, _) = path.split_once(".git").unwrap();
            let is_filtered = memchr::memmem::find(&request.body, b"filter ").is_some();
            let what = match request.command() {
                Some("ls-refs") => "refs",
                Some("fetch") if is_filtered => "trees",
                Some("fetch") => "content",
                _ => path,
            };
            format!("{source}: {what}")
        });
        asked.collect()
    }

    /// The fetched folder of a source in a layer.
    fn folder(&self, layer: &str, source: &str) -> Vec<Entry> {
        let folder = format!("{layer}/from-{source}");
        snapshot(&self.lifecycle.layers_dir().join(folder)).unwrap()
    }

    /// Replaces the wanted folder's id by that of the root folder in the restored notes of all layers.
    fn forge_trees(&self) {
        for layer in LAYERS {
            let file = self.lifecycle.layers_dir().join(format!("{layer}.toml"));
            let noted = read(&file);
            let mut forged = noted.clone();
            for repository in [&self.one, &self.two] {
                let [folder, root] =
                    ["main:folder", "main^{tree}"].map(|name| repository.id(name).unwrap());
                forged = forged.replace(&folder, &root);
            }
            assert_ne!(forged, noted);
            fs::write(file, forged).unwrap();
        }
    }

    /// The layers that the exporter adds and reuses.
    #[track_caller]
    fn assert_exported(&self, added: &[&str], reused: &[&str]) {
        let [added, reused] =
            [added, reused].map(|names| names.iter().map(|&n| n.into()).collect());
        let expected = Exported {
            added,
            reused,
            ..Exported::default()
        };
        assert_eq!(self.lifecycle.export().unwrap(), expected);
    }
}

/// A buildpack with two public sources, whose revisions a variable may choose.
fn descriptor(server: &GitServer) -> String {
    let sources = [("one", "BP_ONE_REF"), ("two", "BP_TWO_REF")];
    let sources = sources.map(|(source, variable)| {
        let url = server.url(&format!("{source}.git"));
        format!(
            "[metadata.sources.{source}]\ngit = \"{url}\"\nref = \"main\"\n\
             ref-variable = \"{variable}\"\nsubpath = \"folder\"\n"
        )
    });
    let sources = sources.concat();
    format!(
        "api = \"0.10\"\n[buildpack]\nid = \"tests/guest\"\nversion = \"0.0.1\"\nclear-env = true\n\
         [metadata]\nvariables = [\"CASE\"]\n{sources}"
    )
}

/// Commits to `main` a folder with these files.
fn commit(repository: &Repository, files: &[(&str, &str)]) {
    let entries = files.iter().map(|(name, text)| {
        let blob = repository.blob(text.as_bytes()).unwrap();
        object::Entry::new(object::Mode::FILE, name, &blob)
    });
    let folder = repository.tree(&entries.collect::<Vec<_>>()).unwrap();
    let tree = repository.wrapped(&folder, &["folder"]).unwrap();
    repository.commit("main", &tree, "Files").unwrap();
}

/// The names and texts of the files in a flat folder.
fn texts(folder: &[Entry]) -> Vec<(String, &str)> {
    let names = paths(folder).into_iter();
    let texts = folder.iter().map(|entry| match &entry.kind {
        Kind::File(bytes) => str::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    });
    names.zip(texts).collect()
}

/// The build said this about each layer, and summed up in these words.
#[track_caller]
fn assert_said(ended: &Ended, layers: [&str; 3], summary: &str) {
    let said = stdout(ended);
    for (layer, what) in LAYERS.into_iter().zip(layers) {
        let line = format!("  Layer '{layer}': {what}\n");
        assert!(said.contains(&line), "{line}{said}");
    }
    let line = said.lines().find(|line| line.contains("Done in ")).unwrap();
    assert!(line.contains(summary), "{summary}\n{said}");
}

#[test]
fn a_source_of_two_layers_is_downloaded_once_and_written_into_both() {
    let scene = Scene::new("apart");
    let (ended, asked) = scene.build();
    let downloaded = ["one: content", "two: content"];
    assert_eq!(asked, [&RESOLVED[..], &downloaded].concat());
    let [first, second] = ["one-a", "one-b"].map(|layer| scene.folder(layer, "one"));
    let files = [("a", "first"), ("b", "first too")];
    assert_eq!(texts(&first), files.map(|(name, text)| (name.into(), text)));
    assert_eq!(first, second);
    let other = scene.folder("two", "two");
    assert_eq!(texts(&other), [("c".to_owned(), "second")]);
    let new = "made, there is no layer from a previous build";
    // Twice the 14 bytes of source one, and the 6 bytes of source two.
    let summary = ": 3 layers made with 5 files (34 bytes); 6 requests, ";
    assert_said(&ended, [new; 3], summary);
    scene.assert_exported(&LAYERS, &[]);
}

#[test]
fn layers_without_a_change_are_all_kept_and_nothing_is_downloaded() {
    let scene = Scene::new("apart");
    scene.build_before();
    let (ended, asked) = scene.build();
    assert_eq!(asked, RESOLVED);
    assert_said(&ended, [UNCHANGED; 3], ": 3 layers kept; 4 requests, ");
    scene.assert_exported(&[], &LAYERS);
}

#[test]
fn a_commit_to_one_repository_makes_both_its_layers_anew_and_keeps_the_third() {
    let scene = Scene::new("apart");
    scene.build_before();
    commit(&scene.one, &[("a", "changed")]);
    let (ended, asked) = scene.build();
    assert_eq!(asked, [&RESOLVED[..], &["one: content"]].concat());
    let layers = [CONTENT_ONE, CONTENT_ONE, UNCHANGED];
    let summary = ": 2 layers made with 2 files (14 bytes); 1 layer kept; 5 requests, ";
    assert_said(&ended, layers, summary);
    for layer in ["one-a", "one-b"] {
        let folder = scene.folder(layer, "one");
        assert_eq!(texts(&folder), [("a".to_owned(), "changed")]);
    }
    assert!(!scene.lifecycle.layers_dir().join("two").exists());
    scene.assert_exported(&["one-a", "one-b"], &["two"]);
}

#[test]
fn an_answer_that_is_needed_for_one_layer_counts_for_the_other_layer_that_is_kept() {
    let scene = Scene::new("apart");
    scene.pin_both();
    scene.build_before();
    scene.set("CASE", "apart-one-a");
    let (ended, asked) = scene.build();
    assert_eq!(asked, ["one: trees", "one: content"]);
    let layers = ["made, its declaration has changed", UNCHANGED, UNASKED];
    let summary = ": 1 layer made with 2 files (14 bytes); 2 layers kept; 2 requests, ";
    assert_said(&ended, layers, summary);
    scene.assert_exported(&["one-a"], &["one-b", "two"]);
}

#[test]
fn an_answer_that_is_needed_for_one_layer_makes_the_other_layer_anew_if_its_notes_are_wrong() {
    let changed = "made, its declaration has changed; the content of 'from-one' has changed";
    for (case, layers) in [
        ("apart-one-a", [changed, CONTENT_ONE, UNASKED]),
        ("apart-one-b", [CONTENT_ONE, changed, UNASKED]),
    ] {
        let scene = Scene::new("apart");
        scene.pin_both();
        scene.build();
        let made = scene.folder("one-a", "one");
        scene.next();
        scene.forge_trees();
        let (ended, asked) = scene.build();
        assert_eq!(asked, [""; 0], "no layer needs an answer");
        assert_said(&ended, [UNASKED; 3], ": 3 layers kept");
        scene.next();
        scene.set("CASE", case);
        let (ended, asked) = scene.build();
        assert_eq!(asked, ["one: trees", "one: content"], "{case}");
        let summary = ": 2 layers made with 4 files (28 bytes); 1 layer kept; 2 requests, ";
        assert_said(&ended, layers, summary);
        for layer in ["one-a", "one-b"] {
            assert_eq!(scene.folder(layer, "one"), made, "{case}: {layer}");
        }
        scene.assert_exported(&["one-a", "one-b"], &["two"]);
    }
}

#[test]
fn a_layer_that_an_answer_makes_anew_needs_answers_about_its_other_sources() {
    let scene = Scene::new("linked");
    scene.pin_both();
    scene.build_before();
    scene.forge_trees();
    scene.set("CASE", "linked-one-a");
    let (ended, asked) = scene.build();
    let expected = ["one: trees", "two: trees", "one: content", "two: content"];
    assert_eq!(asked, expected);
    let layers = [
        "made, its declaration has changed; the content of 'from-one' has changed",
        "made, the content of 'from-one' has changed; the content of 'from-two' has changed",
        "made, the content of 'from-two' has changed",
    ];
    let summary = ": 3 layers made with 6 files (40 bytes); 4 requests, ";
    assert_said(&ended, layers, summary);
    assert_eq!(scene.folder("one-a", "one"), scene.folder("one-b", "one"));
    assert_eq!(scene.folder("two", "two"), scene.folder("one-b", "two"));
    scene.assert_exported(&LAYERS, &[]);
}

#[test]
fn every_source_is_resolved_before_the_first_is_confirmed() {
    let scene = Scene::new("apart");
    scene.pin("BP_ONE_REF", &scene.one);
    scene.build_before();
    scene.set("CASE", "apart-one-a");
    let (ended, asked) = scene.build();
    let expected = ["two: refs", "two: trees", "one: trees", "one: content"];
    assert_eq!(asked, expected);
    let layers = ["made, its declaration has changed", UNCHANGED, UNCHANGED];
    let summary = ": 1 layer made with 2 files (14 bytes); 2 layers kept; 4 requests, ";
    assert_said(&ended, layers, summary);
}

#[test]
fn a_source_that_cannot_be_resolved_ends_the_build_before_any_download() {
    let scene = Scene::new("apart");
    scene.set("BP_TWO_REF", "gone");
    let ended = scene.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    let refusal = ended.refusal();
    assert_eq!(refusal.as_deref(), Some("fetch-revision-not-found"));
    assert_eq!(scene.asked(0), RESOLVED[..3]);
    assert_eq!(snapshot(&scene.lifecycle.layers_dir()).unwrap(), []);
}
