//! Tests the build of whole applications: real locks of each tool, and each refusal in the user's words.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasm_buildpack_sdk::testing::{Run, Sample};
use wasm_buildpack_sdk::{EnvMode, EnvScope, Failure, Level, SourcePart};

use super::*;
use crate::PythonPackages;

/// The packages of the small sample project on Python 3.12.
const SMALL: [&str; 9] = [
    "anyio",
    "certifi",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "socksio",
    "typing_extensions",
    "uvloop",
];

fn on_ubuntu(folder: impl AsRef<Path>) -> Sample {
    let mut sample = Sample::new(folder);
    let target = &mut sample.context().target;
    target.distro_name = Some("ubuntu".to_owned());
    target.distro_version = Some("22.04".to_owned());
    sample
}

fn sample(name: &str) -> Sample {
    on_ubuntu(format!("samples/{name}/app")).variable(VARIABLE, "3.12")
}

/// The file names of the wheels of the only layer.
fn wheels(run: &Run<Output>) -> Vec<&str> {
    let output = run.result.as_ref().unwrap();
    let [layer] = output.layers.as_slice() else {
        panic!("{output:?}");
    };
    let files = layer.contents.iter().map(|content| {
        assert_eq!(
            (content.source.as_str(), content.into.as_str()),
            ("packages", "site-packages")
        );
        let Some(SourcePart::File(file)) = &content.part else {
            panic!("{content:?}");
        };
        assert_eq!((file.unpack, file.leading_folders), (Unpack::Wheel, 0));
        file.path.rsplit('/').next().unwrap()
    });
    files.collect()
}

fn distributions(run: &Run<Output>) -> Vec<&str> {
    wheels(run)
        .iter()
        .map(|wheel| wheel.split('-').next().unwrap())
        .collect()
}

/// An application with these files, on Python 3.12.
fn app(files: &[(&str, &str)]) -> (TempDir, Sample) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".python-version"), "3.12").unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let sample = on_ubuntu(folder.path());
    (folder, sample)
}

fn refused(files: &[(&str, &str)]) -> String {
    let (_folder, sample) = app(files);
    let error = sample.build::<PythonPackages>().result.unwrap_err();
    assert!(
        matches!(error.failure(), Failure::Application(_)),
        "{error}"
    );
    error.to_string()
}

#[test]
fn the_locks_of_all_tools_give_the_same_packages() {
    for tool in ["uv-export", "uv-compile", "pdm", "poetry"] {
        let run = sample(tool).build::<PythonPackages>();
        assert_eq!(distributions(&run), SMALL, "{tool}");
    }
    // pip locks for the Python that it runs on. Here that was 3.11.
    let sample_of_pip = on_ubuntu("samples/pip/app").variable(VARIABLE, "3.11");
    assert_eq!(
        distributions(&sample_of_pip.build::<PythonPackages>()),
        SMALL
    );
    let error = sample("pip").build::<PythonPackages>().result.unwrap_err();
    let expected = "uvloop 0.23.0: there is none for this platform, but only for cp311-cp311-";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_graph_of_uv_gives_the_packages_of_this_platform() {
    let run = sample("starter").build::<PythonPackages>();
    let mut expected = SMALL.to_vec();
    expected.insert(6, "numpy");
    assert_eq!(distributions(&run), expected);
    assert!(
        wheels(&run)
            .iter()
            .any(|name| name.starts_with("numpy-2.5.5-cp312-cp312-manylinux"))
    );
    let older = on_ubuntu("samples/starter/app")
        .variable(VARIABLE, "3.11")
        .build::<PythonPackages>();
    assert!(
        wheels(&older)
            .iter()
            .any(|name| name.starts_with("numpy-2.4.6-cp311-cp311-manylinux"))
    );
    let mut arm = sample("starter");
    "arm64".clone_into(&mut arm.context().target.arch);
    let run = arm.build::<PythonPackages>();
    let native = ["numpy", "uvloop"].map(|name| {
        wheels(&run)
            .iter()
            .any(|wheel| wheel.starts_with(name) && wheel.contains("aarch64"))
    });
    assert_eq!(native, [true, true]);
}

#[test]
fn every_file_stands_in_the_lock_with_its_digest() {
    for (name, lock) in [
        ("starter", "uv.lock"),
        ("pdm", "pylock.toml"),
        ("poetry", "pylock.toml"),
    ] {
        let text = fs::read_to_string(format!("samples/{name}/app/{lock}")).unwrap();
        let run = sample(name).build::<PythonPackages>();
        let output = run.result.unwrap();
        for content in &output.layers[0].contents {
            let Some(SourcePart::File(file)) = &content.part else {
                panic!("{content:?}");
            };
            let at = text.find(&format!("\"{}\"", file.path)).unwrap();
            let line = text[at..].lines().next().unwrap();
            assert!(line.contains(&file.sha256), "{line}");
        }
    }
}

#[test]
fn the_layer_is_for_launch_and_its_folder_comes_after_others() {
    let sample = sample("uv-compile");
    let run = sample.build::<PythonPackages>();
    let layer = run.result.unwrap().layers.remove(0);
    assert_eq!(
        (layer.types.launch, layer.types.build, layer.types.cache),
        (true, false, false)
    );
    let folder = format!("{}/packages/site-packages", sample.layers_dir().display());
    let changes: Vec<_> = layer
        .env
        .iter()
        .map(|change| (change.name.as_str(), change.mode, change.value.clone()))
        .collect();
    let expected = [
        ("PYTHONPATH", EnvMode::Append, folder.clone()),
        ("PATH", EnvMode::Prepend, format!("{folder}/bin")),
    ];
    assert_eq!(changes, expected);
    assert!(
        layer
            .env
            .iter()
            .all(|one| one.scope == EnvScope::Launch && one.delimiter.as_deref() == Some(":"))
    );
}

#[test]
fn the_log_says_for_what_the_packages_were_chosen() {
    let run = sample("starter").build::<PythonPackages>();
    let (level, text) = &run.log[0];
    assert_eq!(*level, Level::Info);
    assert!(
        text.starts_with("10 packages of uv.lock for Python 3.12.")
            && text.ends_with("x86_64, glibc 2.35"),
        "{text}"
    );
}

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn pylock(name: &str, address: &str) -> String {
    format!(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"{name}\"\nversion = \"1\"\nwheels = [{{ url = \"{address}\", hashes = \
         {{ sha256 = \"{DIGEST}\" }} }}]\n"
    )
}

#[test]
fn a_password_is_warned_of_and_neither_passed_on_nor_shown() {
    let lock = pylock(
        "a",
        "https://user:hunter2@files.example.com/a-1-py3-none-any.whl#frag",
    );
    let (_folder, sample) = app(&[("pylock.toml", &lock)]);
    let run = sample.build::<PythonPackages>();
    let [.., (Level::Warning, warning)] = run.log.as_slice() else {
        panic!("{:?}", run.log);
    };
    assert!(warning.contains("address of 'a'"), "{warning}");
    assert!(!format!("{run:?}").contains("hunter2"));
    let output = run.result.unwrap();
    let Some(SourcePart::File(file)) = &output.layers[0].contents[0].part else {
        panic!("{output:?}");
    };
    assert_eq!(file.path, "https://files.example.com/a-1-py3-none-any.whl");
    let (_folder, sample) = app(&[("pylock.toml", &lock.replace("user:hunter2@", ""))]);
    assert!(
        sample
            .build::<PythonPackages>()
            .log
            .iter()
            .all(|(level, _)| *level != Level::Warning)
    );
}

#[test]
fn jupyter_finds_its_data_if_it_is_there() {
    let has = |name: &str| {
        let lock = pylock(
            name,
            &format!(
                "https://files.example.com/{}-1-py3-none-any.whl",
                name.replace('-', "_")
            ),
        );
        let (_folder, sample) = app(&[("pylock.toml", &lock)]);
        let output = sample.build::<PythonPackages>().result.unwrap();
        output.layers[0]
            .env
            .iter()
            .any(|change| change.name == "JUPYTER_PATH")
    };
    assert!(has("jupyter-core"));
    assert!(!has("jupyter-client"));
}

#[test]
fn pylock_is_preferred_to_the_graph_of_uv() {
    let lock = pylock("a", "https://files.example.com/a-1-py3-none-any.whl");
    let (_folder, sample) = app(&[("pylock.toml", &lock), ("uv.lock", "not read")]);
    let run = sample.build::<PythonPackages>();
    assert_eq!(wheels(&run), ["a-1-py3-none-any.whl"]);
    let says = |run: &Run<Output>, part: &str| run.log.iter().any(|(_, text)| text.contains(part));
    assert!(says(&run, "uv.lock is not read"), "{run:?}");
    assert!(!says(&run, "does not record"), "{run:?}");
    let (_folder, sample) = app(&[("pylock.toml", &lock), ("pyproject.toml", NEEDS_A)]);
    let run = sample.build::<PythonPackages>();
    assert!(
        says(&run, "does not record") && !says(&run, "not read"),
        "{run:?}"
    );
}

const NEEDS_A: &str = "[project]\nname = \"job\"\ndependencies = [\"a>=1\"]\n";

#[test]
fn an_empty_lock_beside_dependencies_is_refused() {
    let empty = "lock-version = \"1.0\"\npackages = []\n";
    let poetry = "[tool.poetry.dependencies]\npython = \"^3.12\"\na = \"^1\"\n";
    for project in [NEEDS_A, poetry] {
        let text = refused(&[("pylock.toml", empty), ("pyproject.toml", project)]);
        assert!(
            text.contains("has no packages, and pyproject.toml has dependencies"),
            "{text}"
        );
    }
    let locked_without = "version = 1\n[[package]]\nname = \"job\"\nsource = { virtual = \".\" }\n";
    let text = refused(&[("uv.lock", locked_without), ("pyproject.toml", NEEDS_A)]);
    assert!(text.contains("uv.lock has no packages"), "{text}");
    for project in [
        "",
        "[project]\nname = \"job\"\ndependencies = [\"a; sys_platform == 'win32'\"]\n",
    ] {
        let (_folder, sample) = app(&[("pylock.toml", empty), ("pyproject.toml", project)]);
        assert!(
            sample
                .build::<PythonPackages>()
                .result
                .unwrap()
                .layers
                .is_empty()
        );
    }
}

#[test]
fn a_lock_older_than_the_project_is_refused_with_the_command() {
    let lock = pylock("a", "https://files.example.com/a-1-py3-none-any.whl");
    let newer = NEEDS_A.replace("a>=1", "a>=2");
    let text = refused(&[("pylock.toml", &lock), ("pyproject.toml", &newer)]);
    assert!(
        text.contains("pylock.toml is older than pyproject.toml") && text.contains("'a>=2'"),
        "{text}"
    );
    assert!(text.contains("uv export"), "{text}");
    let (_folder, sample) = app(&[("pylock.toml", &lock), ("pyproject.toml", NEEDS_A)]);
    assert!(sample.build::<PythonPackages>().result.is_ok());
    let project = fs::read_to_string("samples/starter/app/pyproject.toml").unwrap();
    let graph = fs::read_to_string("samples/starter/app/uv.lock").unwrap();
    let text = refused(&[
        ("uv.lock", &graph),
        (
            "pyproject.toml",
            &project.replace("numpy>=2,<3", "numpy>=2.5,<3"),
        ),
    ]);
    assert!(
        text.contains("uv.lock is older")
            && text.contains("'numpy>=2.5, <3'")
            && text.contains("'uv lock'"),
        "{text}"
    );
}

#[test]
fn a_package_without_a_wheel_is_refused_by_name() {
    let source = "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nsdist = { url = \
                  \"https://files.example.com/a-1.tar.gz\", hashes = { sha256 = \"ab\" } }\n";
    let text = refused(&[("pylock.toml", source)]);
    for part in [
        "no wheel of 'a 1'",
        "source distribution only",
        "Paketo",
        "glibc 2.35",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let other = pylock(
        "a",
        "https://files.example.com/a-1-cp312-cp312-win_amd64.whl",
    );
    let text = refused(&[("pylock.toml", &other)]);
    assert!(text.contains("only for cp312-cp312-win_amd64"), "{text}");
}

#[test]
fn an_unknown_python_is_refused_here_as_it_is_there() {
    let lock = pylock("a", "https://files.example.com/a-1-py3-none-any.whl");
    let text = refused(&[("pylock.toml", &lock), (".python-version", "2.7")]);
    assert!(text.contains("no Python 2.7"), "{text}");
}

#[test]
fn a_lock_that_disappeared_after_detection_adds_nothing() {
    let (_folder, sample) = app(&[]);
    assert_eq!(
        sample.build::<PythonPackages>().result.unwrap(),
        Output::new()
    );
}
