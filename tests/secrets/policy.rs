//! Tests the operator's policy in a builder image: it narrows what is allowed, the output names it, and nothing
//! bypasses it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use tests::machine;

use crate::listener::Listener;
use crate::support::{OTHER, Scene, TOKEN, Template, VARIABLE};

/// The path beneath `/etc`.
const POLICY: &str = "wasm-buildpacks/policy.toml";
const DENIED: i32 = 91;

/// Runs a test in a builder image with this policy.
fn with_policy(text: &str, try_it: impl FnOnce(&Path) + Send) {
    if let Err(error) = machine::with_etc_file(POLICY, text, try_it) {
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
fn the_receipt_tells_what_was_denied_and_not_which_servers_are_granted() {
    let template = Template::served();
    let policy = format!(
        "[sources.\"{}\"]\ncredentials = [\"binding\"]\n[sources.\"inner.example\"]\n[limits]\nseconds = 30\n",
        authority(&template)
    );
    let receipt = |scene: &Scene| {
        scene.declare(&template.server.origin());
        scene.bind("template", &[("token", TOKEN)]);
        scene.builds();
        fs::read_to_string(scene.world.layers_dir().join("launch.toml")).unwrap()
    };
    with_policy(&policy, |_| {
        let launch = receipt(&Scene::new());
        for words in [
            "seconds is 30, not 60: the operator's policy grants no more",
            "source 'job-template': a credential from a variable is not granted by the operator's policy",
        ] {
            assert!(launch.contains(words), "{words}: {launch}");
        }
        assert!(!launch.contains(&authority(&template)), "{launch}");

        let scene = Scene::new();
        let full = "[metadata]\nreceipt = \"full\"\n";
        scene.world.edit_descriptor("[metadata]\n", full).unwrap();
        let launch = receipt(&scene);
        assert!(launch.contains(&authority(&template)), "{launch}");
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
        assert!(said.contains("Policy: seconds is 1, not 300"), "{said}");
    });
}

#[test]
fn a_policy_that_asks_for_the_sandbox_gets_it() {
    with_policy("sandbox = \"prefer\"\n", |_| {
        let template = Template::served();
        let scene = Scene::variable_for(&template);
        scene.sandbox("off");
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
        assert!(
            said.contains("policy.toml can be changed by users other than root"),
            "{said}"
        );
        let detected = scene.detect();
        assert_eq!(detected.code, Some(DENIED), "{}", detected.output());
    });
}

#[test]
fn a_policy_with_a_misspelt_key_stops_the_build_by_its_name() {
    with_policy("[limit]\nseconds = 1\n", |_| {
        let said = Scene::new().ends_with(DENIED);
        assert!(
            said.contains("The key limit in /etc/wasm-buildpacks/policy.toml is unknown"),
            "{said}"
        );
    });
}

/// A policy that sends requests to `template` instead of the server in buildpack.toml.
fn mirror(template: &Template, credential: &str) -> String {
    let url = template.server.origin();
    format!("[mirrors.\"gitlab.com\"]\nurl = \"{url}\"\n{credential}\n")
}

#[test]
fn a_mirror_is_asked_instead_with_its_own_credential_and_never_with_the_other() {
    let template = Template::with(|options| options.token("robot", TOKEN));
    let policy = mirror(&template, "binding = \"mirror\"\nusername = \"robot\"");
    with_policy(&policy, |_| {
        let scene = Scene::new();
        scene.set(VARIABLE, OTHER);
        scene.bind("own", &[("token", OTHER)]);
        let said = scene.ends_with(1);
        assert!(
            said.contains("A binding of type 'mirror' must be there"),
            "{said}"
        );
        template.assert_not_asked();
        let entries = [("type", "mirror"), ("token", TOKEN)];
        scene.world.binding("mirrors", &entries).unwrap();
        let said = scene.builds();
        assert!(
            said.contains("the mirror of the operator's policy, at main"),
            "{said}"
        );
        template.assert_asked_by("robot", TOKEN);
    });
}

#[test]
fn a_mirror_that_is_public_is_told_no_credential() {
    let template = Template::with(|options| options);
    with_policy(&mirror(&template, ""), |_| {
        let scene = Scene::new();
        scene.set(VARIABLE, OTHER);
        scene.builds();
        assert!(!template.server.requests().is_empty());
        let signed = template.server.requests();
        assert!(
            signed
                .iter()
                .all(|request| request.header("Authorization").is_none())
        );
    });
}

#[test]
fn a_mirror_for_another_host_changes_nothing() {
    let template = Template::served();
    let policy = "[mirrors.\"git.example\"]\nurl = \"https://mirror.example\"\n";
    with_policy(policy, |_| {
        Scene::variable_for(&template).builds();
        template.assert_asked_by("oauth2", TOKEN);
    });
}

#[test]
fn a_mirrors_credential_goes_to_no_server_that_buildpack_toml_names() {
    let template = Template::served();
    let policy = format!(
        "[mirrors.\"git.example\"]\nurl = \"https://mirror.example\"\nenv = \"{VARIABLE}\"\nbinding = \"gitlab\"\n"
    );
    with_policy(&policy, |_| {
        let scene = Scene::variable_for(&template);
        scene.bind("template", &[("token", TOKEN)]);
        let said = scene.ends_with(DENIED);
        assert!(said.contains("may not sign in with a variable"), "{said}");
        template.assert_not_asked();
    });
}

#[test]
fn a_mirrors_binding_leads_to_no_other_server() {
    let template = Template::served();
    let origin = template.server.origin();
    let policy =
        "[mirrors.\"gitlab.com\"]\nurl = \"https://mirror.example\"\nbinding = \"mirror\"\n";
    with_policy(policy, |_| {
        let scene = Scene::new();
        let entries = [("type", "mirror"), ("token", TOKEN), ("url", &origin)];
        scene.world.binding("mirrors", &entries).unwrap();
        let said = scene.ends_with(1);
        assert!(
            said.contains("A mirror's binding names a server of its own"),
            "{said}"
        );
        template.assert_not_asked();
    });
}

#[test]
fn a_mirror_stands_for_a_host_that_is_granted_and_for_no_other() {
    let template = Template::with(|options| options);
    for (sources, granted) in [("gitlab.com", true), ("git.example", false)] {
        let policy = format!("[sources.\"{sources}\"]\n{}", mirror(&template, ""));
        with_policy(&policy, |_| {
            let scene = Scene::new();
            if granted {
                scene.builds();
            } else {
                let asked = template.server.requests().len();
                let said = scene.ends_with(DENIED);
                assert!(said.contains("is on gitlab.com"), "{said}");
                assert_eq!(template.server.requests().len(), asked);
            }
        });
    }
}

#[test]
fn explain_says_what_is_denied_and_why() {
    let template = Template::served();
    with_policy(
        "[sources.\"git.example\"]\n[limits]\nseconds = 30\n",
        |_| {
            let scene = Scene::variable_for(&template);
            // The explain command runs the component, which root must not do under any policy.
            scene.world.detect().unwrap();
            let buildpack = scene.world.buildpack_dir();
            let output = package::trial::tool()
                .unwrap()
                .args(["explain", "--buildpack"])
                .arg(&buildpack)
                .uid(1000)
                .gid(1000)
                .output()
                .unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            for line in [
                "Operator's policy: /etc/wasm-buildpacks/policy.toml",
                "  denied: seconds is 30, not 60: the operator's policy grants no more",
                "  denied: source 'job-template' is on ",
                "  can't be fetched: source 'job-template' is on ",
            ] {
                assert!(
                    said.lines().any(|said| said.starts_with(line)),
                    "{line}\n{said}"
                );
            }
            template.assert_not_asked();
        },
    );
}

#[test]
fn a_variable_that_is_like_a_credential_is_told_the_component_only_with_the_policys_consent() {
    const VARIABLES: &str = "variables = [\"CASE\", ";
    let scene = || {
        let scene = Scene::of_guest("tells_its_variables");
        let world = &scene.world;
        let declared = format!("{VARIABLES}\"BP_GITLAB_TOKEN\", ");
        world.edit_descriptor(VARIABLES, &declared).unwrap();
        world.platform_variable("CASE", "told").unwrap();
        world
            .platform_variable(VARIABLE, "of another buildpack")
            .unwrap();
        scene
    };
    let innocent = |said: &str| {
        assert!(said.contains("CASE is told"), "{said}");
        assert!(!said.contains("of another buildpack"), "{said}");
        assert!(said.contains("BP_GITLAB_TOKEN is not read"), "{said}");
    };
    let without = scene();
    innocent(&without.builds());
    let detected = without.detect().output();
    assert!(!detected.contains("of another buildpack"), "{detected}");
    with_policy("", |_| innocent(&scene().builds()));
    with_policy("variables = [\"CASE\"]\n", |_| innocent(&scene().builds()));
    with_policy("variables = [\"BP_GITLAB_TOKEN\"]\n", |_| {
        let said = scene().builds();
        assert!(
            said.contains("BP_GITLAB_TOKEN is of another buildpack"),
            "{said}"
        );
        assert!(said.contains("Policy: CASE is not read"), "{said}");
    });
}

#[test]
fn a_token_of_another_buildpack_is_no_revision_that_a_server_is_asked_for() {
    let template = Template::with(|options| options);
    let scene = Scene::new();
    scene.declare(&template.server.origin());
    let reference = "ref-variable = \"BP_JOB_TEMPLATE_REF\"";
    let taken = "ref-variable = \"BP_OTHER_TOKEN\"";
    scene.world.edit_descriptor(reference, taken).unwrap();
    scene.set("BP_OTHER_TOKEN", OTHER);
    scene.set(VARIABLE, TOKEN);
    let said = scene.builds();
    assert!(
        said.contains("Policy: BP_OTHER_TOKEN is not read"),
        "{said}"
    );
    assert!(said.contains("at main"), "{said}");
}

#[test]
fn a_variable_for_later_buildpacks_is_set_only_as_far_as_the_policy_grants() {
    let scene = || {
        let scene = Scene::of_guest("sets_variables_for_later_buildpacks");
        let own = "build-variables = [";
        let declared = format!("{own}\"JOB_HOME\", ");
        scene.world.edit_descriptor(own, &declared).unwrap();
        scene.set("CASE", "build");
        scene
    };
    with_policy("build-variables = [\"JOB_HOME\"]\n", |_| {
        scene().builds();
    });
    with_policy("build-variables = [\"OTHER\"]\n", |_| {
        let scene = scene();
        let said = scene.ends_with(DENIED);
        let words =
            "JOB_HOME may not be set for later buildpacks: the operator's policy grants OTHER";
        assert!(said.contains(&format!("Policy: {words}")), "{said}");
        assert!(said.contains("denies a variable"), "{said}");
        assert!(!scene.world.layers_dir().join("tools.toml").exists());
    });
}

#[test]
fn a_mirrors_credential_goes_through_no_proxy_that_an_application_can_set() {
    let attacker = Listener::that_refuses();
    let policy =
        "[mirrors.\"gitlab.com\"]\nurl = \"https://template.invalid\"\nbinding = \"mirror\"\n";
    with_policy(policy, |_| {
        for clear_env in ["true", "false"] {
            let scene = Scene::new();
            let world = &scene.world;
            let edit = |from: &str, to: &str| world.edit_descriptor(from, to).unwrap();
            edit("clear-env = true", &format!("clear-env = {clear_env}"));
            edit("credential = \"gitlab\"\n", "");
            // The table's name becomes one without a meaning for the host.
            edit(
                "[metadata.credentials.gitlab]",
                "[metadata.limits]\nfetch-seconds = 1\n[metadata.own]",
            );
            let entries = [("type", "mirror"), ("token", TOKEN)];
            world.binding("mirrors", &entries).unwrap();
            scene.set("HTTPS_PROXY", format!("http://{}", attacker.address()));
            scene.set("SSL_CERT_FILE", "/nowhere.pem");
            let said = scene.fails();
            assert!(said.contains("template.invalid can't be reached"), "{said}");
            assert!(!said.contains("through the proxy"), "{said}");
            let is_said =
                said.contains("HTTPS_PROXY does not count: buildpack.toml lacks clear-env = true");
            assert_eq!(is_said, clear_env == "false", "{said}");
        }
    });
    assert!(attacker.heard().is_empty(), "{:?}", attacker.heard());
}
