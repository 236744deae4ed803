//! Tests what an operator can set by the process environment, and that even such a path must not lead into the
//! application.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tests::lifecycle::write_binding;

use crate::listener::Listener;
use crate::support::{OTHER, Scene, TOKEN, Template, USER, VARIABLE};

const PROXY_PASSWORD: &str = "pass-word_J5.dM7";

fn bound_at(root: &Path, token: &str, url: &str) {
    write_binding(
        root,
        "b",
        &[("type", "gitlab"), ("token", token), ("url", url)],
    )
    .unwrap();
}

#[test]
fn a_proxy_is_asked_for_another_host_and_learns_no_token() {
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let proxy = Listener::that_refuses();
        let mut scene = Scene::new();
        scene.declare("https://template.invalid");
        let section = "[metadata.credentials.gitlab]";
        scene
            .world
            .edit_descriptor(
                section,
                &format!("[metadata.limits]\nfetch-seconds = 1\n\n{section}"),
            )
            .unwrap();
        scene.set(VARIABLE, TOKEN);
        scene.world.variable(
            name,
            format!("http://operator:{PROXY_PASSWORD}@{}", proxy.address()),
        );
        let said = scene.fails();
        assert!(!said.contains(PROXY_PASSWORD), "{said}");
        let heard = proxy.heard();
        assert!(!heard.is_empty(), "{name} is not obeyed: {said}");
        for heard in heard {
            let heard = String::from_utf8_lossy(&heard).into_owned();
            assert!(
                heard.starts_with("CONNECT template.invalid:443 "),
                "{heard}"
            );
            assert!(
                !heard.to_lowercase().contains("\r\nauthorization:"),
                "{heard}"
            );
            let own = tests::search::base64(format!("operator:{PROXY_PASSWORD}").as_bytes());
            assert!(
                heard.contains(&own),
                "the proxy's own password is for the proxy: {heard}"
            );
        }

        scene.world.variable("NO_PROXY", "template.invalid");
        let before = proxy.heard().len();
        scene.fails();
        assert_eq!(proxy.heard().len(), before, "NO_PROXY is not obeyed");
    }
}

#[test]
fn a_proxy_that_refuses_its_password_is_asked_once_and_the_variable_is_named() {
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let proxy = Listener::that_refuses_the_credential();
        let mut scene = Scene::new();
        scene.declare("https://template.invalid");
        scene.set(VARIABLE, TOKEN);
        let address = proxy.address();
        let with_password = format!("http://operator:{PROXY_PASSWORD}@{address}");
        scene.world.variable(name, with_password);
        let said = scene.refused("proxy-unauthorized");
        assert!(
            said.contains(&format!("through the proxy http://{address} ({name})")),
            "{said}"
        );
        assert!(
            said.contains(&format!("the user and password in {name} (407)")),
            "{said}"
        );
        assert!(!said.contains(PROXY_PASSWORD), "{said}");
        assert_eq!(proxy.heard().len(), 1, "{said}");
    }
}

#[test]
fn nothing_on_this_machine_goes_through_a_proxy() {
    let template = Template::served();
    let proxy = Listener::that_refuses();
    let mut scene = Scene::bound_to(&template);
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        scene
            .world
            .variable(name, format!("http://{}", proxy.address()));
    }
    scene.builds();
    assert!(proxy.heard().is_empty(), "{:?}", proxy.heard());
}

#[test]
fn bindings_are_looked_for_where_the_process_environment_says() {
    let template = Template::served();
    let root = tempfile::tempdir().unwrap();
    bound_at(root.path(), TOKEN, &template.server.origin());
    tests::folder::let_all_read(root.path()).unwrap();
    let mut scene = Scene::new();
    scene.bind("ignored", &[("token", OTHER)]);
    scene.world.variable("SERVICE_BINDING_ROOT", root.path());
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
}

/// The paths into the application that an operator's variable could contain.
fn ways_in(scene: &Scene, folder: &str, outside: &Path) -> Vec<(&'static str, std::path::PathBuf)> {
    let app = scene.world.app_dir();
    let platform = scene.world.platform_dir();
    symlink(app.join(folder), outside.join("into")).unwrap();
    symlink(&app, outside.join("app")).unwrap();
    vec![
        ("direct", app.join(folder)),
        ("by dots", platform.join("../workspace").join(folder)),
        (
            "by dots in the application",
            app.join("src/..").join(folder),
        ),
        ("by a link from outside", outside.join("into")),
        (
            "by a link to the application",
            outside.join("app").join(folder),
        ),
    ]
}

#[test]
fn bindings_beneath_the_application_are_refused() {
    let attacker = Template::with(|options| options);
    let mut scene = Scene::new();
    scene.set(VARIABLE, TOKEN);
    bound_at(
        &scene.world.app_dir().join("bindings"),
        "chosen",
        &attacker.server.origin(),
    );
    let outside = tempfile::tempdir().unwrap();
    tests::folder::let_all_read(outside.path()).unwrap();
    for (way, path) in ways_in(&scene, "bindings", outside.path()) {
        scene.world.variable("SERVICE_BINDING_ROOT", &path);
        let said = scene.refused("platform-file-untrusted");
        assert!(said.contains(&*path.to_string_lossy()), "{way}: {said}");
    }
    attacker.assert_not_asked();
}

#[test]
fn bindings_to_which_the_application_leads_are_refused() {
    let attacker = Template::with(|options| options);
    let elsewhere = tempfile::tempdir().unwrap();
    bound_at(elsewhere.path(), "chosen", &attacker.server.origin());
    tests::folder::let_all_read(elsewhere.path()).unwrap();
    let mut scene = Scene::new();
    scene.set(VARIABLE, TOKEN);
    let link = scene.world.app_dir().join("link");
    symlink(elsewhere.path(), &link).unwrap();
    scene.world.variable("SERVICE_BINDING_ROOT", &link);
    let said = scene.refused("platform-file-untrusted");
    assert!(said.contains(&*link.to_string_lossy()), "{said}");
    attacker.assert_not_asked();
}

#[test]
fn certificates_beneath_the_application_are_refused() {
    let template = Template::with(|options| options.token(USER, TOKEN).tls());
    let mut scene = Scene::variable_for(&template);
    fs::write(
        scene.world.app_dir().join("authority.pem"),
        template.server.authority().unwrap(),
    )
    .unwrap();
    let outside = tempfile::tempdir().unwrap();
    tests::folder::let_all_read(outside.path()).unwrap();
    for (way, path) in ways_in(&scene, "authority.pem", outside.path()) {
        scene.world.variable("SSL_CERT_FILE", &path);
        let said = scene.refused("platform-file-untrusted");
        assert!(said.contains("SSL_CERT_FILE"), "{way}: {said}");
    }
    let link = scene.world.app_dir().join("link.pem");
    let authority = outside.path().join("authority.pem");
    fs::write(&authority, template.server.authority().unwrap()).unwrap();
    symlink(&authority, &link).unwrap();
    scene.world.variable("SSL_CERT_FILE", &link);
    let said = scene.refused("platform-file-untrusted");
    assert!(said.contains("SSL_CERT_FILE"), "{said}");
    template.assert_not_asked();

    scene.world.variable("SSL_CERT_FILE", &authority);
    tests::folder::let_all_read(outside.path()).unwrap();
    scene.builds();
}

#[test]
fn what_another_buildpack_made_is_no_binding_and_no_certificate() {
    let template = Template::with(|options| options.token(USER, TOKEN).tls());
    let mut scene = Scene::variable_for(&template);
    let layers = scene.world.layers_dir();
    let other = layers.with_file_name("other_buildpack").join("made");
    fs::create_dir_all(&other).unwrap();
    let authority = template.server.authority().unwrap();
    fs::write(other.join("authority.pem"), authority).unwrap();
    bound_at(&other, "chosen", &template.server.origin());
    let outside = tempfile::tempdir().unwrap();
    symlink(&other, outside.path().join("link")).unwrap();
    tests::folder::let_all_read(outside.path()).unwrap();
    for folder in [&other, &outside.path().join("link")] {
        for (name, path) in [
            ("SSL_CERT_FILE", folder.join("authority.pem")),
            ("SERVICE_BINDING_ROOT", folder.clone()),
        ] {
            scene.world.variable(name, &path);
            let said = scene.fails();
            assert!(
                said.contains("beneath the layers directory of a build"),
                "{said}"
            );
            assert!(said.contains(&*path.to_string_lossy()), "{said}");
            scene.world.variable(name, "");
        }
    }
    template.assert_not_asked();

    let beside = outside.path().join("authority.pem");
    fs::write(&beside, authority).unwrap();
    tests::folder::let_all_read(outside.path()).unwrap();
    scene.world.variable("SSL_CERT_FILE", &beside);
    scene.builds();
}

#[test]
fn what_an_application_can_set_is_no_binding_and_no_certificate() {
    let template = Template::with(|options| options.token(USER, TOKEN).tls());
    let mut scene = Scene::variable_for(&template);
    scene.set("AUTHORITY", template.server.authority().unwrap());
    let env = scene.world.platform_dir().join("env");
    for (name, path) in [
        ("SSL_CERT_FILE", env.join("AUTHORITY")),
        ("SERVICE_BINDING_ROOT", env.clone()),
    ] {
        scene.world.variable(name, &path);
        let said = scene.fails();
        assert!(
            said.contains("beneath the platform's variables, which an application can set"),
            "{said}"
        );
        scene.world.variable(name, "");
    }
    template.assert_not_asked();
}

#[test]
fn a_place_named_by_a_relative_path_is_refused() {
    for name in ["SERVICE_BINDING_ROOT", "SSL_CERT_FILE"] {
        let mut scene = Scene::new();
        scene.set(VARIABLE, TOKEN);
        scene.world.variable(name, "bindings");
        let said = scene.fails();
        assert!(
            said.contains(&format!("{name} must be an absolute path")),
            "{said}"
        );
    }
}
