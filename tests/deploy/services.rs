//! Tests the files for clusters and CI services: each passes the token as a binding, and in no other way.

use serde_json::Value;

use crate::files::{of_kind, text, texts, yaml};

#[test]
fn kpack_binds_a_secret_of_the_right_type() {
    let documents = yaml("kpack/image.yaml");
    let (secret, image) = (of_kind(&documents, "Secret"), of_kind(&documents, "Image"));
    assert_eq!(secret["type"], "servicebinding.io/gitlab");
    assert_eq!(secret["stringData"]["type"], "gitlab");
    assert!(secret["stringData"]["token"].is_string());
    let services = image["spec"]["build"]["services"].as_array().unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0]["kind"], "Secret");
    assert_eq!(services[0]["name"], secret["metadata"]["name"]);
}

#[test]
fn kpack_is_given_no_secret_in_a_variable() {
    let documents = yaml("kpack/image.yaml");
    let image = of_kind(&documents, "Image");
    for variable in image["spec"]["build"]["env"].as_array().unwrap() {
        assert!(variable.get("valueFrom").is_none(), "{variable}");
        assert!(
            !variable["name"].as_str().unwrap().contains("TOKEN"),
            "{variable}"
        );
    }
}

#[test]
fn kpacks_builder_has_python_and_then_this_buildpack() {
    let documents = yaml("kpack/builder.yaml");
    let builder = &of_kind(&documents, "ClusterBuilder")["spec"];
    let group = builder["order"][0]["group"].as_array().unwrap();
    let ids: Vec<_> = group
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["paketo-buildpacks/python", "planqk-buildpacks/job-template"]
    );
    for entry in group {
        let named = |one: &&Value| one["metadata"]["name"] == entry["name"];
        let found = documents.iter().find(named).unwrap();
        assert_eq!(found["kind"], "ClusterBuildpack");
    }
    let stack = of_kind(&documents, "ClusterStack");
    assert_eq!(builder["stack"]["name"], stack["metadata"]["name"]);
    let images = yaml("kpack/image.yaml");
    let named = &of_kind(&documents, "ClusterBuilder")["metadata"]["name"];
    assert_eq!(of_kind(&images, "Image")["spec"]["builder"]["name"], *named);
}

#[test]
fn kpacks_images_are_those_of_the_builder_file() {
    let documents = yaml("kpack/builder.yaml");
    let builder = text("builder.toml");
    for image in documents
        .iter()
        .flat_map(texts)
        .filter(|text| text.starts_with("docker.io/"))
    {
        assert!(builder.contains(image), "{image}");
    }
}

#[test]
fn tektons_platform_directory_holds_a_binding_and_a_folder_for_variables() {
    let documents = yaml("tekton/pipelinerun.yaml");
    let secret = of_kind(&documents, "Secret");
    let run = &of_kind(&documents, "PipelineRun")["spec"];
    let specs = run["taskRunSpecs"].as_array().unwrap();
    let spec = specs
        .iter()
        .find(|one| one["pipelineTaskName"] == "build")
        .unwrap();
    let volume = &spec["podTemplate"]["volumes"][0];
    assert_eq!(volume["secret"]["secretName"], secret["metadata"]["name"]);
    let items = volume["secret"]["items"].as_array().unwrap();
    let paths: Vec<_> = items
        .iter()
        .map(|item| item["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&"bindings/template/type"), "{paths:?}");
    assert!(paths.contains(&"bindings/template/token"), "{paths:?}");
    // The task creates this folder if it is missing, which fails in a Secret's volume.
    assert!(
        paths.iter().any(|path| path.starts_with("env/")),
        "{paths:?}"
    );
    for item in items {
        assert!(
            secret["stringData"]
                .get(item["key"].as_str().unwrap())
                .is_some(),
            "{item}"
        );
    }
    assert_eq!(secret["stringData"]["type"], "gitlab");

    let tasks = run["pipelineSpec"]["tasks"].as_array().unwrap();
    let build = tasks.iter().find(|one| one["name"] == "build").unwrap();
    let param = |name: &str| {
        let params = build["params"].as_array().unwrap();
        let found = params.iter().find(|one| one["name"] == name);
        found.map(|one| one["value"].as_str().unwrap())
    };
    assert_eq!(param("PLATFORM_DIR"), volume["name"].as_str());
    assert_eq!(param("ENV_VARS"), None);
}

#[test]
fn tektons_tasks_are_pinned() {
    let documents = yaml("tekton/pipelinerun.yaml");
    let tasks = &of_kind(&documents, "PipelineRun")["spec"]["pipelineSpec"]["tasks"];
    for task in tasks.as_array().unwrap() {
        let params = task["taskRef"]["params"].as_array().unwrap();
        let revision = params.iter().find(|one| one["name"] == "revision").unwrap();
        assert!(is_commit(revision["value"].as_str().unwrap()), "{revision}");
    }
}

#[test]
fn gitlabs_job_puts_the_token_into_a_binding_outside_of_the_project() {
    let documents = yaml("gitlab-ci.yml");
    let script = texts(&documents[0]["build-job-image"]["script"]);
    assert_eq!(script[0], "platform=$(mktemp -d)");
    let all = script.join("\n");
    assert!(
        all.contains("printf gitlab > \"$platform/bindings/template/type\""),
        "{all}"
    );
    assert!(
        all.contains("\"$TEMPLATE_TOKEN\" > \"$platform/bindings/template/token\""),
        "{all}"
    );
    let creator = script.last().unwrap();
    assert!(
        creator.contains("-app=\"$CI_PROJECT_DIR\" -platform=\"$platform\""),
        "{creator}"
    );
    assert!(!creator.contains("TOKEN"), "{creator}");
}

#[test]
fn githubs_actions_are_pinned_and_the_token_is_in_no_argument() {
    let documents = yaml("github-actions.yml");
    let steps = documents[0]["jobs"]["build"]["steps"].as_array().unwrap();
    for step in steps {
        if let Some(action) = step["uses"].as_str() {
            let (_, revision) = action.split_once('@').unwrap();
            assert!(is_commit(revision), "{action}");
        }
        let run = step["run"].as_str().unwrap_or_default();
        assert!(!run.contains("${{"), "an expression in a script: {run}");
    }
    let build = steps.last().unwrap()["run"].as_str().unwrap();
    assert!(build.contains(":/platform/bindings:ro"), "{build}");
    assert!(!build.contains("TOKEN"), "{build}");
    assert_eq!(documents[0]["permissions"]["contents"], "read");
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
