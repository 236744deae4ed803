//! The components of CPython and of Python packages, with the real host.

use std::fs;
use std::path::Path;
use std::process::Command;

use cnb::sha256::Sha256;
use package::trial;
use tests::git_server::GitServer;
use tests::lifecycle::{Environment, Lifecycle, launch_env};
use tests::machine;

use crate::index::Index;
use crate::wheel::{greeting, wheel};

#[test]
fn the_wheels_of_a_lock_become_a_layer_that_python_finds() {
    let index = Index::new(&[("greeting", "1.0", greeting())]);
    let built = index.build();
    assert!(built.passed(), "{}", built.output());
    let layers = index.lifecycle.layers_dir();
    let packages = layers.join("packages/site-packages");
    assert!(packages.join("greeting/__init__.py").is_file());
    let installer = fs::read_to_string(packages.join("greeting-1.0.dist-info/INSTALLER")).unwrap();
    assert_eq!(installer, "wasm-buildpacks\n");
    let bill = fs::read_to_string(layers.join("launch.sbom.cdx.json")).unwrap();
    for words in [
        "pkg:pypi/greeting@1.0",
        "\"MIT\"",
        &Sha256::of(&greeting()).to_string(),
    ] {
        assert!(bill.contains(words), "{words}: {bill}");
    }
    start(&layers, &["greet"], "hello from a wheel\n");
    start(
        &layers,
        &["python3", "-c", "import greeting; greeting.main()"],
        "hello from a wheel\n",
    );
}

/// Starts a program with the environment that the launcher would set, if this machine has Python.
#[expect(clippy::disallowed_methods, reason = "it needs this machine's Python")]
fn start(layers: &Path, words: &[&str], expected: &str) {
    let search = std::env::var_os("PATH").unwrap();
    let mut folders = std::env::split_paths(&search);
    if !folders.any(|folder| folder.join("python3").is_file()) {
        eprintln!("not started, for there is no Python on this machine: {words:?}");
        return;
    }
    let given = Environment::from([("PATH".into(), search)]);
    let environment = launch_env(layers, "web", &given).unwrap();
    let mut command = Command::new("env");
    command.args(words).env_clear().envs(environment);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_unchanged_lock_keeps_the_layer_and_its_licences_and_a_changed_one_does_not() {
    let index = Index::new(&[("greeting", "1.0", greeting())]);
    assert!(index.build().passed());
    let bill = |index: &Index| {
        fs::read_to_string(index.lifecycle.layers_dir().join("launch.sbom.spdx.json")).unwrap()
    };
    assert!(bill(&index).contains("own words: MIT"));
    index.lifecycle.export().unwrap();
    index.lifecycle.restore().unwrap();
    let asked = index.server.requests().len();
    let built = index.build();
    assert!(
        built.output().contains("kept, nothing has changed"),
        "{}",
        built.output()
    );
    assert_eq!(index.server.requests().len(), asked);
    assert!(bill(&index).contains("own words: MIT"));
}

#[test]
fn a_wheel_that_contradicts_itself_is_refused_and_nothing_is_left() {
    let sound = wheel(
        "greeting",
        "1.0",
        &[("greeting/__init__.py", "value = 1\n")],
    );
    // Another content of the same length, with the checksum of the archive corrected: only RECORD disagrees.
    let checksum = |content: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        crc.sum().to_le_bytes().to_vec()
    };
    let [old, new] = [b"value = 1\n", b"value = 2\n"];
    let lies = replaced(&sound, old, new);
    let lies = replaced(&lies, &checksum(old), &checksum(new));
    let index = Index::new(&[("greeting", "1.0", lies)]);
    let built = index.build();
    assert_eq!(
        built.refusal().as_deref(),
        Some("archive-wheel"),
        "{}",
        built.output()
    );
    assert!(built.output().contains("RECORD"), "{}", built.output());
    let left = tests::folder::snapshot(&index.lifecycle.layers_dir()).unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_wheels_that_differ_at_a_path_of_a_package_are_refused_and_in_tests_the_first_is_taken() {
    let pair = |path: &str| {
        let one = wheel("alpha", "1", &[(path, "one")]);
        let two = wheel("beta", "1", &[(path, "two")]);
        Index::new(&[("beta", "1", two), ("alpha", "1", one)])
    };
    let index = pair("shared/module.py");
    let built = index.build();
    assert_eq!(
        built.refusal().as_deref(),
        Some("archive-collision"),
        "{}",
        built.output()
    );
    let index = pair("tests/conftest.py");
    let built = index.build();
    assert!(built.passed(), "{}", built.output());
    let taken = index
        .lifecycle
        .layers_dir()
        .join("packages/site-packages/tests/conftest.py");
    assert_eq!(fs::read_to_string(taken).unwrap(), "one");
    assert!(
        built.output().contains("alpha-1-py3-none-any.whl"),
        "{}",
        built.output()
    );
}

#[test]
fn python_is_asked_for_by_the_declared_path_of_this_machines_architecture() {
    let server = GitServer::options().start().unwrap();
    let policy = format!("[mirrors.\"github.com\"]\nurl = \"{}\"\n", server.origin());
    let buildpack = trial::python("cpython", str::to_owned).unwrap();
    let app = tempfile::tempdir().unwrap();
    fs::write(app.path().join(".python-version"), "3.12\n").unwrap();
    fs::write(app.path().join("uv.lock"), "version = 1\n").unwrap();
    let lifecycle = Lifecycle::with_app(&buildpack.path().join("buildpack"), app.path()).unwrap();
    let tried = machine::with_etc_file("wasm-buildpacks/policy.toml", &policy, |_| {
        let detected = lifecycle.detect().unwrap();
        assert!(detected.passed(), "{}", detected.output());
        fs::write(
            lifecycle.buildpack_plan_path(),
            "[[entries]]\nname = \"cpython\"\n",
        )
        .unwrap();
        let built = lifecycle.build().unwrap();
        assert_eq!(
            built.refusal().as_deref(),
            Some("file-not-found"),
            "{}",
            built.output()
        );
    });
    if let Err(error) = tried {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
        return;
    }
    let requests = server.requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    let machine = std::env::consts::ARCH;
    let path = request.path();
    assert!(
        path.contains("/cpython-3.12.") && path.contains(machine),
        "{path}"
    );
}

/// The bytes with each occurrence of `old` replaced by `new`, which is as long.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for start in memchr::memmem::find_iter(&bytes.clone(), old) {
        bytes[start..start + old.len()].copy_from_slice(new);
    }
    bytes
}
