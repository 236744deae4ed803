//! Tests what a build prints, and every file that it writes, to the byte and with its permissions.
//!
//! Differences between two builds are tested in `reuse`, those between applications in `applications`.

use std::fs::{self, File};

use libcnb_data::launch::{Launch, WorkingDirectory};
use libcnb_data::layer_content_metadata::{LayerContentMetadata, LayerTypes};
use libcnb_data::{layer_name, process_type};
use report::bytes;
use tests::folder::{self, Entry, Kind};
use tests::git_server::fault::{Fault, When};
use tests::repository::template_folder;

use crate::world::{ADDRESS, DOCUMENTS, PATH, RECEIPT, TOKEN, World, error, read, stdout};

const LAUNCH: &str = "\
[[processes]]
type = \"web\"
command = [\"python\", \"-m\", \"app\"]
default = true
";

/// The template's one executable file. Of a file's permissions, git keeps only the executable bit.
const PROGRAM: &str = "bin/run-locally";

fn file(path: &str, mode: u32, text: &str) -> Entry {
    Entry {
        path: path.into(),
        mode,
        kind: Kind::File(text.as_bytes().to_owned()),
    }
}

fn folder(path: &str) -> Entry {
    Entry {
        path: path.into(),
        mode: 0o755,
        kind: Kind::Folder,
    }
}

/// Every entry of the layers directory after a first build.
fn expected(world: &World) -> Vec<Entry> {
    let layers = world.lifecycle.layers_dir();
    let python_path = format!(":{}/job-template/job-template", layers.display());
    let mut entries = vec![
        folder("job-template"),
        folder("job-template/env.launch"),
        file(
            "job-template/env.launch/ENTRY_POINT",
            0o644,
            "src.program:run",
        ),
        file(
            "job-template/env.launch/PYTHONPATH.append",
            0o644,
            &python_path,
        ),
        file("job-template.toml", 0o644, &declaration(world)),
        file("launch.toml", 0o644, &launch(world)),
        folder("job-template/job-template"),
    ];
    // The documents' content is tested in `sbom`.
    entries.extend(DOCUMENTS.map(|path| file(path, 0o644, &world.layer_file(path))));
    for entry in folder::snapshot(&template_folder().join("job-template")).unwrap() {
        let mode = match entry.kind {
            Kind::Link(_) => 0o777,
            Kind::File(_) if !entry.path.ends_with(PROGRAM) => 0o644,
            _ => 0o755,
        };
        let path = std::path::Path::new("job-template/job-template").join(&entry.path);
        entries.push(Entry {
            path,
            mode,
            ..entry
        });
    }
    entries.sort();
    entries
}

/// The expected `launch.toml`. The receipt's content is tested in `sbom`.
fn launch(world: &World) -> String {
    let receipt = world.receipt();
    format!("[[labels]]\nkey = \"{RECEIPT}\"\nvalue = '{receipt}'\n\n{LAUNCH}")
}

/// The expected `job-template.toml`. The digest of the layer's declaration is copied from the file, since it covers
/// the layer's path.
fn declaration(world: &World) -> String {
    let digest = |file: &str| {
        let mut file = File::open(world.lifecycle.buildpack_dir().join(file)).unwrap();
        engine::artifact::sha256(&mut file).unwrap()
    };
    let text = world.layer_file("job-template.toml");
    let table: toml::Table = toml::from_str(&text).unwrap();
    let layer = table["metadata"]["host"]["layer"].as_str().unwrap();
    assert!(
        layer.len() == 64 && layer.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{layer}"
    );
    format!(
        "[types]\n\
         launch = true\n\
         build = false\n\
         cache = false\n\
         \n\
         [metadata.guest]\n\
         \n\
         [metadata.host]\n\
         host = \"{}\"\n\
         guest = \"{}\"\n\
         layer = \"{layer}\"\n\
         own-files = false\n\
         \n\
         [[metadata.host.contents]]\n\
         into = \"job-template\"\n\
         source = \"job-template\"\n\
         subpath = \"job-template\"\n\
         revision = \"main\"\n\
         commit = \"{}\"\n\
         tree = \"{}\"\n",
        digest("bin/detect"),
        digest("guest.cwasm"),
        world.repository.id("main").unwrap(),
        world.repository.id("main:job-template").unwrap(),
    )
}

/// Compares entry by entry, so that a failure shows one difference and not two whole trees.
#[track_caller]
fn assert_layers(found: &[Entry], expected: &[Entry]) {
    assert_eq!(folder::paths(found), folder::paths(expected));
    for (found, expected) in found.iter().zip(expected) {
        let path = found.path.display();
        if let (Kind::File(found), Kind::File(expected)) = (&found.kind, &expected.kind) {
            assert_eq!(
                String::from_utf8_lossy(found),
                String::from_utf8_lossy(expected),
                "{path}"
            );
        }
        assert_eq!(
            format!("{:o}", found.mode),
            format!("{:o}", expected.mode),
            "{path}"
        );
        assert_eq!(found.kind, expected.kind, "{path}");
    }
}

#[test]
fn build_with_the_token_of_the_environment_folder_writes_every_file_as_expected() {
    let world = World::sample();
    world.build();
    assert_layers(&world.layers(), &expected(&world));
}

#[test]
fn build_with_a_binding_that_names_the_server_writes_the_same() {
    let world = World::without_token();
    // The descriptor is unchanged; only the binding contains the server's address.
    world
        .lifecycle
        .edit_descriptor(&world.server.url(PATH), ADDRESS)
        .unwrap();
    let origin = world.server.origin();
    world
        .lifecycle
        .binding(
            "template",
            &[("type", "gitlab"), ("token", TOKEN), ("url", &origin)],
        )
        .unwrap();
    let ended = world.build();
    assert_layers(&world.layers(), &expected(&world));
    assert!(
        stdout(&ended).contains("the token from binding 'template'"),
        "{}",
        stdout(&ended)
    );
    assert!(!world.server.requests().is_empty());
}

#[test]
fn build_prints_what_it_does_and_nothing_else() {
    let world = World::sample();
    let ended = world.build();
    let lines: Vec<_> = stdout(&ended).lines().collect();
    let url = world.server.url(PATH);
    let [headline, sandbox, source, token, fetched, layer, done] = lines[..] else {
        panic!("{}", ended.output());
    };
    assert_eq!(headline, "---> PlanQK Job Template Buildpack 0.1.0");
    assert!(sandbox.starts_with("  Sandbox: "), "{sandbox}");
    assert_eq!(source, format!("  Source 'job-template': {url} at main"));
    assert_eq!(
        token,
        "  Source 'job-template': signing in with the token from variable BP_GITLAB_TOKEN"
    );
    assert_eq!(
        layer,
        "  Layer 'job-template': made, there is no layer from a previous build"
    );
    let files: Vec<_> = folder::snapshot(&template_folder().join("job-template"))
        .unwrap()
        .into_iter()
        .filter_map(|entry| match entry.kind {
            Kind::File(bytes) => Some(bytes.len()),
            _ => None,
        })
        .collect();
    let (count, size) = (files.len(), bytes(files.iter().sum::<usize>() as u64));
    let commit = world.repository.id("main").unwrap();
    assert_eq!(
        fetched,
        format!("  Source 'job-template': {count} files, {size}, of commit {commit}")
    );
    let (time, rest) = done.split_once(": ").unwrap();
    assert!(
        time.starts_with("  Done in ") && time.ends_with(" s"),
        "{done}"
    );
    let requests = world.server.requests().len();
    let start = format!("1 layer made with {count} files ({size}); {requests} requests, ");
    assert!(rest.starts_with(&start), "{done}\n{start}");
    assert!(rest.ends_with(" kB received"), "{done}");
    assert_eq!(error(&ended), "");
}

#[test]
fn a_layer_is_said_to_be_made_when_it_is_and_not_before() {
    let world = World::sample();
    world.server.fault(
        When::Command("fetch"),
        usize::MAX,
        Fault::flip_pack_bit(20, 3),
    );
    let ended = world.lifecycle.build().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.output());
    assert!(!ended.output().contains("made"), "{}", ended.output());
    assert_eq!(world.layers(), []);
}

#[test]
fn build_writes_the_same_under_a_umask_that_lets_nobody_read() {
    let mut world = World::sample();
    world.lifecycle.umask(0o077);
    world.build();
    assert_layers(&world.layers(), &expected(&world));
}

#[test]
fn two_builds_of_one_revision_write_the_same_bytes() {
    let world = World::sample();
    world.build();
    let first = world.layers();
    world.lifecycle.forget().unwrap();
    world.build();
    assert_layers(&world.layers(), &first);

    // Another world has another layers directory, and so another PYTHONPATH. Nothing else may differ.
    let other = World::sample();
    other.build();
    let of_template = |world: &World| {
        let mut entries = world.layers();
        entries.retain(|entry| entry.path.starts_with("job-template/job-template"));
        entries
    };
    assert_eq!(of_template(&other), of_template(&world));
    assert_eq!(
        other.layer_file("launch.toml"),
        world.layer_file("launch.toml")
    );
}

#[test]
fn build_writes_the_same_for_every_buildpack_api_that_is_served() {
    for api in ["0.10", "0.11", "0.12"] {
        let world = World::sample();
        world
            .lifecycle
            .edit_descriptor("api = \"0.10\"", &format!("api = \"{api}\""))
            .unwrap();
        world.build();
        assert_layers(&world.layers(), &expected(&world));
    }
}

#[test]
fn libcnb_reads_launch_toml() {
    let world = World::sample();
    world.build();
    let launch: Launch = toml::from_str(&world.layer_file("launch.toml")).unwrap();
    assert!(launch.slices.is_empty());
    let [label] = &launch.labels[..] else {
        panic!("{launch:?}");
    };
    assert_eq!((&*label.key, &label.value), (RECEIPT, &world.receipt()));
    let [web] = &launch.processes[..] else {
        panic!("{launch:?}");
    };
    assert_eq!(web.r#type, process_type!("web"));
    assert_eq!(web.command, ["python", "-m", "app"]);
    assert_eq!(web.args, [""; 0]);
    assert!(web.default);
    assert_eq!(web.working_directory, WorkingDirectory::App);
}

#[test]
fn libcnb_reads_the_layers_declaration() {
    let world = World::sample();
    world.build();
    let file = format!("{}.toml", layer_name!("job-template"));
    let declared: LayerContentMetadata = toml::from_str(&world.layer_file(&file)).unwrap();
    let types = LayerTypes {
        launch: true,
        build: false,
        cache: false,
    };
    assert_eq!(declared.types, Some(types));
    let metadata = declared.metadata.unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["guest", "host"]);
}

#[test]
fn build_leaves_the_application_and_the_plan_alone() {
    let world = World::sample();
    let plan = "[[entries]]\nname = \"cpython\"\n";
    fs::write(world.lifecycle.buildpack_plan_path(), plan).unwrap();
    let before = folder::snapshot(&world.lifecycle.app_dir()).unwrap();
    world.build();
    assert_eq!(
        folder::snapshot(&world.lifecycle.app_dir()).unwrap(),
        before
    );
    assert_eq!(read(&world.lifecycle.buildpack_plan_path()), plan);
    assert!(!world.lifecycle.has_build_plan());
}

#[test]
fn attributes_that_git_would_have_obeyed_are_told_of_once() {
    let told = |path: &str| {
        let world = World::sample();
        let folder = tempfile::tempdir().unwrap();
        tests::folder::copy(&tests::repository::template_folder(), folder.path()).unwrap();
        for folder in [
            folder.path().join(path),
            folder.path().join(path).join("app"),
        ] {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(".gitattributes"), "*.md ident\n").unwrap();
        }
        let tree = world.repository.tree_of(folder.path()).unwrap();
        world
            .repository
            .commit("main", &tree, "Attributes")
            .unwrap();
        let ended = world.build();
        let warnings = stdout(&ended).lines();
        let warnings = warnings.filter(|line| line.starts_with("  Warning: "));
        warnings.map(str::to_owned).collect::<Vec<_>>()
    };
    let warnings = told("job-template");
    let [only] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    let start =
        "  Warning: '.gitattributes' of source 'job-template' says how git is to write files";
    assert!(only.starts_with(start), "{only}");
    // A file beside the requested folder changes nothing in it.
    assert_eq!(told("docs"), [""; 0]);
}
