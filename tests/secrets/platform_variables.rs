//! Tests what an application's project.toml can do: it can set any variable in the platform's environment folder.
//!
//! No such variable decides where the token is sent, through which proxy, or which certificate is trusted.

use std::fs;

use tests::folder::{Entry, Kind, snapshot};
use tests::lifecycle::write_binding;

use crate::listener::Listener;
use crate::support::{OTHER, Scene, TOKEN, Template, USER, VARIABLE};

/// A host that does not exist, so that only a proxy could answer for it.
const NOWHERE: &str = "https://template.invalid";

/// The entries of a build, without the world's path.
fn layers(scene: &Scene) -> Vec<Entry> {
    let world = scene.world.world().display().to_string();
    let mut entries = snapshot(&scene.world.layers_dir()).unwrap();
    for entry in &mut entries {
        if let Kind::File(bytes) = &mut entry.kind
            && let Ok(text) = str::from_utf8(bytes)
        {
            *bytes = text.replace(&world, "").into_bytes();
        }
        // The declaration's digest of the environment covers that path too.
        if entry.path.ends_with("job-template.toml") {
            entry.kind = Kind::Other;
        }
    }
    entries
}

/// Makes the download give up at once if it cannot connect.
fn impatient(scene: &Scene) {
    let section = "[metadata.credentials.gitlab]";
    let limits = format!("[metadata.limits]\nfetch-seconds = 1\n\n{section}");
    scene.world.edit_descriptor(section, &limits).unwrap();
}

#[test]
fn a_variable_of_the_platform_changes_nothing_of_where_the_token_goes() {
    let template = Template::served();
    let attacker = Listener::that_refuses();
    let to = format!("http://{}", attacker.address());
    let innocent = Scene::variable_for(&template);
    innocent.builds();
    let expected = layers(&innocent);
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path().display().to_string();
    for (name, value) in [
        ("HTTPS_PROXY", &*to),
        ("https_proxy", &to),
        ("HTTP_PROXY", &to),
        ("http_proxy", &to),
        ("ALL_PROXY", &to),
        ("all_proxy", &to),
        ("NO_PROXY", ""),
        ("no_proxy", ""),
        ("SSL_CERT_FILE", "/nowhere.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem"),
        ("SERVICE_BINDING_ROOT", "/nowhere"),
        ("GIT_PROXY_COMMAND", "touch proxied"),
        ("GIT_SSH_COMMAND", "touch proxied"),
        ("GIT_ASKPASS", "touch proxied"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "http.proxy"),
        ("GIT_CONFIG_VALUE_0", &to),
        ("GIT_TRACE_CURL", "/dev/stderr"),
        ("GIT_DIR", &elsewhere),
        ("HOME", &elsewhere),
        ("TMPDIR", &elsewhere),
        ("PATH", &elsewhere),
        ("LD_PRELOAD", "/nowhere.so"),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("SSLKEYLOGFILE", "keys"),
        ("BP_GITLAB_URL", &to),
        ("BP_GITLAB_USERNAME", "attacker"),
        ("BP_JOB_TEMPLATE_URL", &to),
        ("BP_JOB_TEMPLATE_GIT", &to),
        ("CNB_PLATFORM_DIR", &elsewhere),
        ("CNB_BUILDPACK_DIR", &elsewhere),
        ("CNB_LAYERS_DIR", &elsewhere),
        ("CNB_BP_PLAN_PATH", &elsewhere),
        ("CNB_BUILD_PLAN_PATH", &elsewhere),
        ("CNB_EXEC_ENV", "test"),
        ("CNB_TARGET_ARCH", "none"),
    ] {
        let scene = Scene::variable_for(&template);
        scene.set(name, value);
        let ended = scene.detect();
        assert!(ended.passed(), "{name}: {}", ended.output());
        scene.builds();
        assert_eq!(layers(&scene), expected, "{name} changed the layers");
    }
    assert!(attacker.heard().is_empty(), "{:?}", attacker.heard());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn a_proxy_among_the_platforms_variables_is_no_proxy() {
    let attacker = Listener::that_refuses();
    let scene = Scene::new();
    scene.declare(NOWHERE);
    impatient(&scene);
    scene.set(VARIABLE, TOKEN);
    for name in [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        scene.set(name, format!("http://{}", attacker.address()));
    }
    let said = scene.fails();
    assert!(said.contains("template.invalid can't be reached"), "{said}");
    assert!(!said.contains("through the proxy"), "{said}");
    let seen =
        "ignoring https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY among the platform's variables";
    assert!(said.contains(seen), "{said}");
    let instead = "https_proxy or HTTPS_PROXY of the lifecycle's own environment";
    assert!(said.contains(instead), "{said}");
    assert!(attacker.heard().is_empty(), "{:?}", attacker.heard());
}

#[test]
fn a_certificate_file_among_the_platforms_variables_is_not_believed() {
    let template = Template::with(|options| options.token(USER, TOKEN).tls());
    let scene = Scene::variable_for(&template);
    let authority = scene.world.app_dir().join("authority.pem");
    fs::write(&authority, template.server.authority().unwrap()).unwrap();
    for name in [
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "CURL_CA_BUNDLE",
    ] {
        scene.set(name, authority.display().to_string());
    }
    scene.set("SSL_CERT_DIR", scene.world.app_dir().display().to_string());
    scene.set("GIT_SSL_NO_VERIFY", "true");
    let said = scene.fails();
    assert!(said.contains("certificate"), "{said}");
    template.assert_not_asked();
}

#[test]
fn bindings_are_not_looked_for_where_a_variable_of_the_platform_says() {
    let (template, attacker) = (Template::served(), Template::with(|options| options));
    let scene = Scene::variable_for(&template);
    let bindings = scene.world.app_dir().join("bindings");
    let entries = [
        ("type", "gitlab"),
        ("token", OTHER),
        ("url", &attacker.server.origin()),
    ];
    write_binding(&bindings, "evil", &entries).unwrap();
    // The application's own binding stays; the search is for the platform's token.
    scene.set("SERVICE_BINDING_ROOT", bindings.display().to_string());
    scene.set("CNB_BINDINGS", bindings.display().to_string());
    let ended = scene.world.build().unwrap();
    assert!(ended.passed(), "{}", ended.output());
    template.assert_asked_by(USER, TOKEN);
    attacker.assert_not_asked();
}

#[test]
fn a_revision_that_is_none_is_refused_before_anything_is_asked() {
    let template = Template::served();
    let scene = Scene::variable_for(&template);
    for value in [
        "--upload-pack=touch x",
        "-main",
        "main\n",
        "main\r\n\r\n",
        "main\n0032want 0000000000000000000000000000000000000000",
        "main\0",
        "main 0000deepen 1",
        "a..b",
        "../main",
        "refs/heads/../../config",
        "refs/heads/main:refs/heads/x",
        "main^",
        "main~1",
        "main@{1}",
        "main:job-template",
        "*",
        "refs/heads/*",
        "main\u{7f}",
        "main\u{1b}[31m",
        "main.lock",
        "/main",
        "main/",
        "main//x",
        "main\\x",
        "@",
    ] {
        scene.set("BP_JOB_TEMPLATE_REF", format!("{value}\n"));
        let said = scene.fails();
        assert!(
            said.contains("BP_JOB_TEMPLATE_REF is not a valid branch, tag or commit"),
            "{value:?}: {said}"
        );
        assert!(
            !said.contains('\u{1b}') && !said.contains('\u{7f}'),
            "{said:?}"
        );
    }
    scene.set("BP_JOB_TEMPLATE_REF", b"main\xff");
    let said = scene.fails();
    assert!(said.contains("BP_JOB_TEMPLATE_REF"), "{said}");
    template.assert_not_asked();

    for value in ["main", "main\n", "main\r\n", "refs/heads/main", "", "\n"] {
        let scene = Scene::variable_for(&template);
        scene.set("BP_JOB_TEMPLATE_REF", value);
        scene.builds();
    }
}

#[test]
fn a_revision_that_only_looks_odd_is_asked_for_as_a_name() {
    let template = Template::served();
    for value in [
        "+main",
        "HEAD",
        "refs/merge-requests/1/head",
        "ma\u{ef}n",
        "0123456789",
        "%2e%2e",
        "${HOME}",
        "`id`",
    ] {
        let scene = Scene::variable_for(&template);
        scene.set("BP_JOB_TEMPLATE_REF", value);
        let said = scene.fails();
        assert!(said.contains("BP_JOB_TEMPLATE_REF"), "{said}");
        assert!(said.contains(value), "{said}");
    }
    for request in template.server.requests() {
        assert!(
            request
                .target
                .starts_with(&format!("/{PATH}/", PATH = crate::support::PATH)),
            "{}",
            request.target
        );
    }
}
