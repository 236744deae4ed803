//! The operator's policy, in a builder image that has one: it narrows, it is said, and it can't be got around.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tests::machine;

use crate::support::{Scene, TOKEN, Template, VARIABLE};

/// Beneath `/etc`.
const POLICY: &str = "wasm-buildpacks/policy.toml";
const DENIED: i32 = 91;

/// Calls a test in a builder image with this policy.
fn with_policy(text: &str, test: impl FnOnce(&Path) + Send) {
    if let Err(error) = machine::with_etc_file(POLICY, text, test) {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}

fn authority(template: &Template) -> String {
    let origin = template.server.origin();
    origin.split_once("://").unwrap().1.to_owned()
}

#[test]
fn a_host_that_is_granted_is_fetched_from_and_another_is_not_asked() {
    let template = Template::served();
    let policy = format!("[sources.\"{}\"]\n", authority(&template));
    with_policy(&policy, |_| {
        let said = Scene::variable_for(&template).builds();
        assert!(!said.contains("Policy:"), "{said}");
        template.assert_asked_by("oauth2", TOKEN);
    });

    let template = Template::served();
    with_policy("[sources.\"git.example\"]\n", |_| {
        let scene = Scene::variable_for(&template);
        let said = scene.ends_with(DENIED);
        let words = format!(
            "source 'job-template' is on {}; the operator's policy grants git.example",
            authority(&template)
        );
        assert!(said.contains(&words), "{said}");
        assert!(said.contains("Policy: source"), "{said}");
        assert!(said.contains("/etc/wasm-buildpacks/policy.toml"), "{said}");
        template.assert_not_asked();
    });
}

#[test]
fn a_binding_leads_to_no_host_that_is_not_granted() {
    let template = Template::served();
    let granted = format!(
        "[sources.\"gitlab.com\"]\n[sources.\"{}\"]\n",
        authority(&template)
    );
    with_policy(&granted, |_| {
        Scene::bound_to(&template).builds();
    });
    let template = Template::served();
    with_policy("[sources.\"gitlab.com\"]\n", |_| {
        let said = Scene::bound_to(&template).ends_with(DENIED);
        assert!(said.contains("grants gitlab.com"), "{said}");
        template.assert_not_asked();
    });
}

#[test]
fn a_credentials_place_that_is_not_granted_is_not_looked_at() {
    let template = Template::served();
    let policy = format!(
        "[sources.\"{}\"]\ncredentials = [\"binding\"]\n",
        authority(&template)
    );
    with_policy(&policy, |_| {
        let scene = Scene::variable_for(&template);
        let said = scene.ends_with(1);
        assert!(said.contains("may not come from a variable"), "{said}");
        assert!(
            said.contains("A binding of type 'gitlab' must be there"),
            "{said}"
        );
        template.assert_not_asked();
        scene.bind("template", &[("token", TOKEN)]);
        scene.builds();
    });
}

#[test]
fn a_revision_that_the_application_chooses_is_held_to_what_is_granted() {
    let template = Template::served();
    let policy = format!(
        "[sources.\"{}\"]\nrefs = [\"main\"]\n",
        authority(&template)
    );
    with_policy(&policy, |_| {
        let scene = Scene::variable_for(&template);
        scene.builds();
        scene.set("BP_JOB_TEMPLATE_REF", "other");
        let asked = template.server.requests().len();
        let said = scene.ends_with(DENIED);
        assert!(
            said.contains("at 'other'") && said.contains("grants main"),
            "{said}"
        );
        assert_eq!(template.server.requests().len(), asked);
    });
}

#[test]
fn a_lowered_limit_holds_and_is_said() {
    with_policy("[limits]\nseconds = 1\n", |_| {
        let scene = Scene::of_guest("sleeps_forever");
        scene.set("CASE", "build");
        let said = scene.ends_with(83);
        assert!(said.contains("Policy: seconds is 1, not 5"), "{said}");
    });
}

#[test]
fn a_policy_that_asks_for_the_sandbox_gets_it() {
    with_policy("sandbox = \"prefer\"\n", |_| {
        let template = Template::served();
        let scene = Scene::variable_for(&template);
        scene
            .world
            .edit_descriptor(
                "[metadata.sources",
                "[metadata]\nsandbox = \"off\"\n[metadata.sources",
            )
            .unwrap();
        let said = scene.builds();
        assert!(
            said.contains("Policy: sandbox is \"prefer\", not \"off\""),
            "{said}"
        );
        assert!(said.contains("Landlock ABI"), "{said}");
    });
}

#[test]
fn a_policy_that_the_builds_user_could_write_stops_detect_and_build() {
    let template = Template::served();
    with_policy("", |file| {
        let scene = Scene::variable_for(&template);
        scene.builds();
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
        let said = scene.ends_with(DENIED);
        assert!(said.contains("policy.toml is not root's alone"), "{said}");
        let detected = scene.detect();
        assert_eq!(detected.code, Some(DENIED), "{}", detected.output());
    });
}

#[test]
fn a_policy_with_a_misspelt_key_stops_the_build_by_its_name() {
    with_policy("[limit]\nseconds = 1\n", |_| {
        let said = Scene::new().ends_with(DENIED);
        assert!(
            said.contains("Limit in /etc/wasm-buildpacks/policy.toml means nothing"),
            "{said}"
        );
    });
}
