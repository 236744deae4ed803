//! Tests every limit of buildpack.toml: the build ends, or goes on without the excess, and the message names the key.
//!
//! The list of limits is the host's own, so a new limit fails here until a case exceeds it.

use std::fs;

use cnb::descriptor::Limits;
use tests::git_server::GitServer;
use tests::git_server::fault::{Delivery, Fault, When};
use tests::lifecycle::Lifecycle;
use tests::repository::{Repository, template_folder};
use tests::{app, folder};

use crate::trial::{FILE_SIZE, FIXABLE, OUTPUT, Phase, Run, SHORT, TIME, Trial};

/// The template's path and server in buildpack.toml.
const PATH: &str = "StoneOne/planqk/serverless-template.git";
const DECLARED: &str = "https://gitlab.com";
const TOKEN: &str = "glpat-0123456789abcdefghij";

/// A build that exceeds this limit, and its expected exit code.
fn meet(key: &str) -> (Run, i32) {
    match key {
        "memory-mib" => (component("eats_memory", "insists", &[]), SHORT),
        "seconds" => {
            let run = component(
                "loops_forever",
                "build",
                &[("seconds = 300", "seconds = 1")],
            );
            (run, TIME)
        }
        "stack-kib" => (component("recurses_deeply", "little", &[]), SHORT),
        "table-elements" => {
            let few = "[metadata.limits]\ntable-elements = 100";
            let run = component(
                "writes_the_application",
                "any",
                &[("[metadata.limits]", few)],
            );
            (run, SHORT)
        }
        // Every component has a memory, and more than one instance.
        "memories" => (crate::by_hand::with_two_memories(), SHORT),
        "core-instances" => {
            let one = "[metadata.limits]\ncore-instances = 1";
            let edit = [("[metadata.limits]", one)];
            (component("behaves_well", "none", &edit), SHORT)
        }
        "log-kib" => {
            let run = component("floods_the_log", "many-lines", &[]);
            let code = run.ended.code.unwrap_or_default();
            (run, code)
        }
        "output-kib" => (component("returns_a_huge_output", "value", &[]), OUTPUT),
        "open-files" => (component("asks_for_much", "opens", &[]), SHORT),
        "file-mib" => (component("makes_many_files", "sparse", &[]), FILE_SIZE),
        "files" => (component("makes_many_files", "flat", &[]), SHORT),
        "files-mib" => (component("makes_many_files", "gone-large", &[]), SHORT),
        "fetch-seconds" => {
            let silence = Some(Fault::Deliver(Delivery::Silence));
            (download("fetch-seconds = 1", silence), FIXABLE)
        }
        "fetch-mib" => (download("fetch-mib = 1", None), FIXABLE),
        "content-files" => (download("content-files = 1", None), FIXABLE),
        "content-mib" => (download("content-mib = 1\nfetch-mib = 64", None), FIXABLE),
        other => panic!("nothing here meets the limit {other}"),
    }
}

/// Builds with one of the test guests.
fn component(name: &'static str, case: &str, edits: &[(&str, &str)]) -> Run {
    let trial = Trial::of(name);
    let world = trial.world(case);
    for (from, to) in edits {
        world.edit_descriptor(from, to).unwrap();
    }
    trial.run_in(world, Phase::Build, case)
}

/// Builds the job template from a server, whose template contains two mebibytes of incompressible data.
fn download(limits: &str, fault: Option<Fault>) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template");
    folder::copy(&template_folder(), &template).unwrap();
    fs::write(template.join("job-template/data"), noise(2 << 20)).unwrap();
    let repository = Repository::from_folder(&template).unwrap();
    let options = GitServer::options().repository(PATH, repository.git_dir());
    let server = options.token("oauth2", TOKEN).start().unwrap();
    if let Some(fault) = fault {
        server.fault(When::Any, usize::MAX, fault);
    }
    let buildpack = package::trial::job_template().unwrap();
    let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), &app::sample()).unwrap();
    world.edit_descriptor(DECLARED, &server.origin()).unwrap();
    world.platform_variable("BP_GITLAB_TOKEN", TOKEN).unwrap();
    let file = world.buildpack_dir().join("buildpack.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[metadata.limits]\n{limits}\n")).unwrap();
    Run::of(world, Phase::Build, limits.to_owned())
}

/// Incompressible bytes, the same each time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn every_limit_is_met_by_a_build_which_names_its_key() {
    let defaults = Limits::default();
    // Files wait for a connection, so no build meets that limit.
    let keys = defaults.rows().map(|(key, _)| key);
    for key in keys.filter(|key| *key != "fetch-connections") {
        let (run, code) = meet(key);
        // The message is a normal line if the build goes on.
        if code == 0 {
            run.passed();
        } else {
            run.refused(&format!("limit-{key}"), code);
        }
        let named = format!("'{key}' in [metadata.limits] of buildpack.toml");
        assert!(run.said().contains(&named), "{key}: {}", run.said());
    }
}

#[test]
fn a_download_within_the_limits_is_nobodys_business() {
    let all = "fetch-mib = 4\ncontent-files = 100\ncontent-mib = 4";
    let run = download(all, None);
    assert_eq!(run.ended.code, Some(0), "{}", run.said());
    assert!(!run.said().contains("[metadata.limits]"), "{}", run.said());
}
