//! Tests the job itself: starts it as the launcher does, from the image of a build.
//!
//! It needs a Python on the machine. Without one, the tests fail and say so.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;
use tests::lifecycle::{Ended, Environment};

use crate::world::World;

#[expect(
    clippy::disallowed_methods,
    reason = "a rule of the host; a test's Python is where this machine has it"
)]
fn of_this_machine(variable: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_default()
}

/// A folder that contains `python`, as in the image. A machine may have it only as `python3`.
fn python() -> TempDir {
    let path = of_this_machine("PATH");
    let found = ["python3", "python"].iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    });
    let program =
        found.expect("this test starts a job, and there is no python3 in PATH: install Python 3");
    let folder = tempfile::tempdir().unwrap();
    symlink(program, folder.path().join("python")).unwrap();
    folder
}

fn start(world: &World, process: Option<&str>, given: &[(&str, &str)]) -> Ended {
    let python = python();
    let rest = of_this_machine("PATH");
    let folders = std::iter::once(python.path().to_owned()).chain(std::env::split_paths(&rest));
    let mut environment = Environment::new();
    environment.insert("PATH".into(), std::env::join_paths(folders).unwrap());
    // Some version managers of Python need HOME.
    environment.insert("HOME".into(), of_this_machine("HOME"));
    for (name, value) in given {
        environment.insert(name.into(), OsString::from(value));
    }
    world.lifecycle.launch(process, &environment).unwrap()
}

/// Whether a job printed a result. Its standard error may quote the line that prints one.
fn has_result(job: &Ended) -> bool {
    String::from_utf8_lossy(&job.stdout).contains("Job:ResultResponse:")
}

fn image(world: &World) {
    world.lifecycle.export().unwrap();
    world.lifecycle.mount_image().unwrap();
}

const RESULT: &str = "Job:ResultResponse: {\"metadata\": {\"shots\": 1000}, \"result\": {\"correlation\": 1.0, \
                      \"counts\": {\"000\": 537, \"111\": 463}}}";

#[test]
fn the_default_process_is_the_job_and_prints_its_result() {
    let world = World::sample();
    world.build();
    image(&world);
    for process in [None, Some("web")] {
        let job = start(&world, process, &[("DATA_VALUE", "{\"qubits\": 3}")]);
        assert!(job.passed(), "{}", job.output());
        assert_eq!(
            String::from_utf8_lossy(&job.stdout).trim_end(),
            RESULT,
            "{}",
            job.output()
        );
    }
}

#[test]
fn a_job_whose_layer_was_kept_prints_the_same_result() {
    let world = World::sample();
    world.build();
    world.lifecycle.export().unwrap();
    world.lifecycle.restore().unwrap();
    world.build();
    let exported = world.lifecycle.export().unwrap();
    assert_eq!(exported.reused, ["job-template"]);
    world.lifecycle.mount_image().unwrap();
    let job = start(&world, None, &[("DATA_VALUE", "{\"qubits\": 3}")]);
    assert_eq!(
        String::from_utf8_lossy(&job.stdout).trim_end(),
        RESULT,
        "{}",
        job.output()
    );
}

#[test]
fn a_path_of_the_base_image_stays_in_front_of_the_templates() {
    let world = World::sample();
    world.build();
    image(&world);
    let given = Environment::from([("PYTHONPATH".into(), "/opt/python".into())]);
    let environment =
        tests::lifecycle::launch_env(&world.lifecycle.layers_dir(), "web", &given).unwrap();
    let layer = world
        .lifecycle
        .layers_dir()
        .join("job-template/job-template");
    let expected = format!("/opt/python:{}", layer.display());
    assert_eq!(
        environment.get(&OsString::from("PYTHONPATH")),
        Some(&expected.into())
    );
    assert_eq!(
        environment.get(&OsString::from("ENTRY_POINT")),
        Some(&"src.program:run".into())
    );
    assert_eq!(environment.len(), 2, "{environment:?}");
}

#[test]
fn what_the_warnings_foretell_happens() {
    for state in [
        "program_missing",
        "program_without_run",
        "program_run_is_a_coroutine",
        "program_unclosed",
        "app_shadowed_by_file",
        "app_shadowed_by_folder",
    ] {
        let world = World::with_app(state);
        world.build();
        image(&world);
        let job = start(&world, None, &[]);
        assert!(!has_result(&job), "{state}: {}", job.output());
    }
    let world = World::with_app("planqk_json_unreadable");
    world.build();
    image(&world);
    // This fixture's program is valid: the warnings about planqk.json stop no job.
    assert!(fs::exists(world.lifecycle.app_dir().join("src/program.py")).unwrap());
    let job = start(&world, None, &[]);
    assert!(has_result(&job), "{}", job.output());
}

/// Removes a file from the template.
fn leave_out(world: &World, path: &str) {
    let folder = tempfile::tempdir().unwrap();
    tests::folder::copy(&tests::repository::template_folder(), folder.path()).unwrap();
    fs::remove_file(folder.path().join(path)).unwrap();
    let tree = world.repository.tree_of(folder.path()).unwrap();
    world.repository.commit("main", &tree, "Less").unwrap();
}

#[test]
fn a_folder_app_keeps_a_job_from_running_only_as_a_package_or_beside_a_template_that_has_none() {
    let whole = "job-template/app/__init__.py";
    for (files, without, runs) in [
        (&["app/index.html", "app/main.py"][..], None, true),
        (&["app/index.html"], Some(whole), true),
        (&["app/__init__.py"], None, false),
        (&["app.py"], Some(whole), false),
        (&["app/__main__.py"], None, true),
        (&["app/__main__.py"], Some(whole), false),
    ] {
        let world = World::sample();
        if let Some(path) = without {
            leave_out(&world, path);
        }
        for file in files {
            let file = world.lifecycle.app_dir().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        world.build();
        image(&world);
        let job = start(&world, None, &[]);
        let said = job.output();
        assert_eq!(
            has_result(&job),
            runs,
            "{files:?} without {without:?}: {said}"
        );
    }
}
