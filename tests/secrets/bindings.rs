//! Tests service bindings: which one is used, where its token is sent, and what is not a valid binding.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{OTHER, Scene, TOKEN, Template, USER, VARIABLE};

#[test]
fn a_token_goes_to_the_server_that_it_came_with_and_to_no_other() {
    let (declared, bound) = (
        Template::with(|options| options),
        Template::with(|options| options),
    );
    let scene = Scene::new();
    scene.declare(&declared.server.origin());
    scene.set(VARIABLE, OTHER);
    scene.bind("b", &[("token", TOKEN), ("url", &bound.server.origin())]);
    scene.builds();
    bound.assert_asked_by(USER, TOKEN);
    declared.assert_not_asked();

    let scene = Scene::new();
    scene.declare(&declared.server.origin());
    scene.set(VARIABLE, OTHER);
    let asked = bound.server.requests().len();
    scene.builds();
    declared.assert_asked_by(USER, OTHER);
    assert_eq!(bound.server.requests().len(), asked);
}

#[test]
fn a_binding_without_a_url_is_for_the_declared_server() {
    let declared = Template::served();
    let scene = Scene::new();
    scene.declare(&declared.server.origin());
    scene.set(VARIABLE, OTHER);
    scene.bind("b", &[("token", TOKEN)]);
    scene.builds();
    declared.assert_asked_by(USER, TOKEN);
}

#[test]
fn a_binding_without_a_token_takes_no_other() {
    let (declared, bound) = (Template::served(), Template::served());
    for entries in [
        &[("url", bound.server.origin())][..],
        &[("url", bound.server.origin()), ("token", String::new())],
        &[("url", bound.server.origin()), ("token", "\n".to_owned())],
    ] {
        let scene = Scene::new();
        scene.declare(&declared.server.origin());
        scene.set(VARIABLE, TOKEN);
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, value)| (*key, &**value))
            .collect();
        scene.bind("lacking", &entries);
        let said = scene.refused("credential-without-token");
        assert!(
            said.contains("'lacking'") && said.contains("'token'"),
            "{said}"
        );
    }
    declared.assert_not_asked();
    bound.assert_not_asked();
}

#[test]
fn what_in_the_folder_of_bindings_cannot_be_read_and_is_not_needed_is_passed_over() {
    let template = Template::served();
    let scene = Scene::bound_to(&template);
    let bindings = scene.bindings();
    fs::create_dir_all(bindings.join("maven")).unwrap();
    fs::write(bindings.join("maven/type"), b"maven\xff").unwrap();
    // Every ext4 volume contains this folder. Root can read it, and finds it empty.
    fs::create_dir(bindings.join("lost+found")).unwrap();
    fs::set_permissions(bindings.join("lost+found"), Permissions::from_mode(0o700)).unwrap();
    let said = scene.builds();
    assert!(!said.contains("passed over"), "{said}");
    scene.set("BP_LOG_LEVEL", "debug");
    let said = scene.builds();
    assert!(
        said.contains("Binding 'lost+found' is passed over: "),
        "{said}"
    );
    let why = "Binding 'maven' is passed over: 'type' of binding 'maven' is not UTF-8";
    assert!(said.contains(why), "{said}");
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn one_who_misses_a_credential_is_told_why_a_binding_is_not_it() {
    let template = Template::served();
    let scene = Scene::new();
    scene.declare(&template.server.origin());
    scene.world.binding("gitlab", &[("token", TOKEN)]).unwrap();
    let said = scene.refused("credential-missing");
    assert!(
        said.contains("'gitlab' is not a binding: it has no file 'type'"),
        "{said}"
    );
    let other = [("type", "\u{feff}gitlab"), ("token", TOKEN)];
    scene.world.binding("gitlab", &other).unwrap();
    let said = scene.refused("credential-missing");
    assert!(
        said.contains("'gitlab' is of type '\\u{feff}gitlab'"),
        "{said}"
    );
    template.assert_not_asked();
    scene.bind("gitlab", &[("token", TOKEN)]);
    scene.builds();
}

#[test]
fn the_user_name_of_a_binding_counts() {
    let template = Template::with(|options| options.token("gitlab+deploy-token-7", TOKEN));
    let scene = Scene::new();
    let origin = template.server.origin();
    scene.bind(
        "b",
        &[
            ("token", TOKEN),
            ("url", &origin),
            ("username", "gitlab+deploy-token-7\n"),
        ],
    );
    scene.builds();
    template.assert_asked_by("gitlab+deploy-token-7", TOKEN);
}

#[test]
fn two_bindings_of_the_type_are_refused_and_named() {
    let template = Template::served();
    let scene = Scene::bound_to(&template);
    scene
        .world
        .binding("second", &[("type", "GitLab"), ("token", OTHER)])
        .unwrap();
    let said = scene.refused("bindings-ambiguous");
    assert!(
        said.contains("'template'") && said.contains("'second'"),
        "{said}"
    );
    template.assert_not_asked();

    fs::write(scene.bindings().join("second/type"), "gitlab-runner").unwrap();
    scene.builds();
}

#[test]
fn an_unencrypted_or_odd_address_in_a_binding_is_refused() {
    for url in [
        "http://gitlab.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "https://user@gitlab.example.com",
        "https://oauth2:glpat-other_Z4.pR8-nH1cB6yD0@gitlab.example.com",
        "ssh://git@gitlab.example.com",
        "file:///etc",
        "gitlab.example.com",
        "https://gitlab.example.com\nX: y",
    ] {
        let scene = Scene::new();
        scene.bind("odd", &[("token", TOKEN), ("url", url)]);
        scene.refused("credential-url");
    }
}

#[test]
fn a_binding_that_leads_into_the_application_is_refused() {
    let template = Template::served();
    let all: &[(&str, &str)] = &[("type", "gitlab"), ("token", "chosen")];
    for case in [
        "the folder of bindings",
        "a binding",
        "its type",
        "its token",
        "its url",
        "its user name",
    ] {
        let scene = Scene::new();
        scene.declare(&template.server.origin());
        scene.set(VARIABLE, TOKEN);
        let app = scene.world.app_dir();
        tests::lifecycle::write_binding(&app.join("made"), "evil", all).unwrap();
        fs::write(app.join("made/evil/url"), template.server.origin()).unwrap();
        fs::write(app.join("made/evil/username"), "evil").unwrap();
        let place = |entry: &str| {
            scene.bind("good", &[("token", TOKEN)]);
            let path = scene.bindings().join("good").join(entry);
            if path.exists() {
                fs::remove_file(&path).unwrap();
            }
            symlink(app.join("made/evil").join(entry), path).unwrap();
        };
        match case {
            "the folder of bindings" => symlink(app.join("made"), scene.bindings()).unwrap(),
            "a binding" => {
                fs::create_dir(scene.bindings()).unwrap();
                symlink("../../workspace/made/evil", scene.bindings().join("evil")).unwrap();
            }
            "its type" => place("type"),
            "its token" => place("token"),
            "its url" => place("url"),
            _ => place("username"),
        }
        let said = scene.refused("platform-file-untrusted");
        assert!(
            said.contains("beneath the application directory"),
            "{case}: {said}"
        );
    }
    template.assert_not_asked();
}

#[test]
fn a_variable_that_leads_into_the_application_is_refused() {
    let template = Template::served();
    let scene = Scene::new();
    scene.declare(&template.server.origin());
    fs::write(scene.world.app_dir().join("chosen"), "chosen").unwrap();
    symlink(
        scene.world.app_dir().join("chosen"),
        scene.world.platform_dir().join("env").join(VARIABLE),
    )
    .unwrap();
    scene.refused("platform-file-untrusted");
    template.assert_not_asked();
}

#[test]
fn a_mounted_secret_is_a_binding() {
    let template = Template::served();
    let scene = Scene::new();
    let binding = scene.bindings().join("mounted");
    let data = binding.join("..2026_01_02_03_04_05.678");
    fs::create_dir_all(&data).unwrap();
    let origin = template.server.origin();
    for (entry, value) in [("type", "gitlab"), ("token", TOKEN), ("url", &origin)] {
        fs::write(data.join(entry), value).unwrap();
        symlink(format!("..data/{entry}"), binding.join(entry)).unwrap();
    }
    symlink("..2026_01_02_03_04_05.678", binding.join("..data")).unwrap();
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn a_mounted_secret_is_a_platform_directory() {
    let template = Template::served();
    let scene = Scene::new();
    let platform = scene.world.platform_dir();
    fs::remove_dir_all(&platform).unwrap();
    let data = platform.join("..2026_01_02_03_04_05.678");
    let binding = data.join("bindings/template");
    fs::create_dir_all(&binding).unwrap();
    fs::create_dir(data.join("env")).unwrap();
    let origin = template.server.origin();
    for (entry, value) in [("type", "gitlab"), ("token", TOKEN), ("url", &origin)] {
        fs::write(binding.join(entry), value).unwrap();
    }
    fs::write(data.join("env/BP_JOB_TEMPLATE_REF"), "main").unwrap();
    symlink("..2026_01_02_03_04_05.678", platform.join("..data")).unwrap();
    // The first part of each path becomes a link.
    for first in ["bindings", "env"] {
        symlink(format!("..data/{first}"), platform.join(first)).unwrap();
    }
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn without_a_credential_the_message_says_what_to_do() {
    let template = Template::served();
    let scene = Scene::new();
    scene.declare(&template.server.origin());
    let said = scene.refused("credential-missing");
    assert!(
        said.contains("--env BP_GITLAB_TOKEN=") && said.contains("'gitlab'"),
        "{said}"
    );
    template.assert_not_asked();
}
