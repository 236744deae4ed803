//! Tests which certificates are trusted, and that nothing is sent to a server without a trusted one.

use tests::machine;

use crate::listener::Listener;
use crate::support::{DECLARED, Scene, TOKEN, Template, USER, VARIABLE};

fn encrypted() -> Template {
    Template::with(|options| options.token(USER, TOKEN).tls())
}

fn believe(scene: &Scene, entry: &str, pem: &str) {
    scene
        .world
        .binding("authorities", &[("type", "ca-certificates"), (entry, pem)])
        .unwrap();
}

#[test]
fn an_unknown_authority_is_refused_before_anything_is_sent() {
    let template = encrypted();
    let said = Scene::variable_for(&template).fails();
    assert!(said.contains("127.0.0.1 can't be trusted"), "{said}");
    assert!(said.contains("certificate"), "{said}");
    assert!(said.contains("ca-certificates"), "{said}");
    template.assert_not_asked();
}

#[test]
fn an_authority_from_a_binding_is_believed() {
    let template = encrypted();
    let scene = Scene::variable_for(&template);
    believe(&scene, "own.crt", template.server.authority().unwrap());
    let said = scene.builds();
    let trusted = "trusted in addition to the built-in authorities: ";
    assert!(said.contains(trusted), "{said}");
    let from = "1 certificate from 'own.crt' of binding 'authorities'";
    assert!(said.contains(from), "{said}");
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn a_servers_own_certificate_is_believed_where_it_is_bound_itself() {
    let by_itself = |options: tests::git_server::Options| options.token(USER, TOKEN);
    let template = Template::with(|options| by_itself(options).tls_by_itself());
    let scene = Scene::variable_for(&template);
    let said = scene.fails();
    assert!(said.contains("that of an authority (CA:TRUE)"), "{said}");
    assert!(said.contains("bind exactly this one"), "{said}");
    let other = Template::with(|options| by_itself(options).tls_by_itself());
    believe(&scene, "other.pem", other.server.authority().unwrap());
    let said = scene.fails();
    assert!(said.contains("that of an authority (CA:TRUE)"), "{said}");
    template.assert_not_asked();
    believe(&scene, "own.pem", template.server.authority().unwrap());
    scene.builds();
    template.assert_asked_by(USER, TOKEN);

    let template = Template::with(|options| by_itself(options).tls_expired());
    let scene = Scene::variable_for(&template);
    believe(&scene, "own.pem", template.server.authority().unwrap());
    let said = scene.fails();
    assert!(
        said.contains("expired on 2021-01-01 00:00:00 UTC"),
        "{said}"
    );
    assert!(!said.contains("ca-certificates'"), "{said}");
    template.assert_not_asked();
}

/// Runs a test in a build image whose own store also contains this authority, and an invalid certificate.
fn in_an_image_that_believes(template: &Template, try_it: impl FnOnce() + Send) {
    let authority = template.server.authority().unwrap();
    let store = format!(
        "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n{authority}"
    );
    let name = "ssl/certs/ca-certificates.crt";
    if let Err(error) = machine::with_etc_file(name, &store, |_| try_it()) {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}

#[test]
fn an_authority_of_the_images_own_store_is_believed_and_said() {
    let template = encrypted();
    in_an_image_that_believes(&template, || {
        let scene = Scene::variable_for(&template);
        scene.set("BP_LOG_LEVEL", "debug");
        let said = scene.builds();
        let from = "1 certificate from /etc/ssl/certs/ca-certificates.crt";
        assert!(said.contains(from), "{said}");
        let unusable = "Not trusted: /etc/ssl/certs/ca-certificates.crt: the certificate that begins in line 1";
        assert!(said.contains(unusable), "{said}");
        template.assert_asked_by(USER, TOKEN);
    });
}

#[test]
fn an_operator_can_forbid_the_authorities_of_the_image() {
    let template = encrypted();
    in_an_image_that_believes(&template, || {
        let policy = "system-authorities = false\n";
        let forbidden = machine::with_etc_file("wasm-buildpacks/policy.toml", policy, |_| {
            let said = Scene::variable_for(&template).fails();
            assert!(said.contains("can't be trusted"), "{said}");
            assert!(!said.contains("1 certificate from"), "{said}");
            template.assert_not_asked();
        });
        if let Err(error) = forbidden {
            eprintln!("skipped, for no second file can be put into /etc here: {error:#}");
        }
    });
}

#[test]
fn an_authority_among_several_entries_and_bindings_is_believed() {
    let (template, other) = (encrypted(), encrypted());
    let scene = Scene::bound_to(&template);
    let (own, foreign) = (
        template.server.authority().unwrap(),
        other.server.authority().unwrap(),
    );
    believe(&scene, "a.pem", foreign);
    scene
        .world
        .binding(
            "more",
            &[
                ("type", "CA-Certificates"),
                ("provider", "nobody"),
                ("b.pem", &format!("# ours\n{foreign}\n{own}")),
            ],
        )
        .unwrap();
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn an_authority_from_the_process_environment_is_believed() {
    let template = encrypted();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, template.server.authority().unwrap()).unwrap();
    tests::folder::let_all_read(folder.path()).unwrap();
    let mut scene = Scene::variable_for(&template);
    scene.world.variable("SSL_CERT_FILE", &file);
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn another_servers_authority_is_not_believed() {
    let (template, other) = (encrypted(), encrypted());
    let scene = Scene::variable_for(&template);
    believe(&scene, "own.crt", other.server.authority().unwrap());
    let said = scene.fails();
    assert!(said.contains("certificate"), "{said}");
    template.assert_not_asked();
}

#[test]
fn what_is_no_certificate_is_refused_and_named() {
    let template = encrypted();
    let whole = template.server.authority().unwrap();
    let cut = &whole[..whole.len() / 2];
    let wrong = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    for pem in ["", "garbage", cut, wrong] {
        let scene = Scene::variable_for(&template);
        believe(&scene, "own.crt", pem);
        let said = scene.fails();
        assert!(
            said.contains("'own.crt' of binding 'authorities'"),
            "{pem:?}: {said}"
        );
    }
    template.assert_not_asked();
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let template = encrypted();
    let relay = Listener::relay_to(&template.server.origin());
    let scene = Scene::new();
    scene.declare(&format!("https://{}", relay.address()));
    scene.set(VARIABLE, TOKEN);
    believe(&scene, "own.crt", template.server.authority().unwrap());
    let said = scene.fails();
    assert!(said.contains("127.0.0.2 can't be trusted"), "{said}");
    assert!(!relay.heard().is_empty(), "the relay was not even asked");
    template.assert_not_asked();
}

#[test]
fn a_proxy_that_leads_elsewhere_is_found_out() {
    let template = encrypted();
    let proxy = Listener::tunnel_to(&template.server.origin());
    let mut scene = Scene::new();
    scene.declare("https://template.invalid");
    scene.set(VARIABLE, TOKEN);
    scene
        .world
        .variable("HTTPS_PROXY", format!("http://{}", proxy.address()));
    believe(&scene, "own.crt", template.server.authority().unwrap());
    let said = scene.fails();
    assert!(said.contains("template.invalid can't be trusted"), "{said}");
    let through = format!("through the proxy http://{} (HTTPS_PROXY)", proxy.address());
    assert!(said.contains(&through), "{said}");
    assert!(!proxy.heard().is_empty(), "the proxy was not even asked");
    template.assert_not_asked();
}

#[test]
fn an_unencrypted_address_in_the_descriptor_is_the_buildpacks_fault() {
    for origin in [
        "http://gitlab.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
    ] {
        let scene = Scene::new();
        scene.world.edit_descriptor(DECLARED, origin).unwrap();
        scene.set(VARIABLE, TOKEN);
        for said in [
            crate::support::one_line(&scene.detect()),
            scene.ends_with(70),
        ] {
            assert!(said.contains("metadata.sources.job-template.git"), "{said}");
            assert!(said.contains("use https"), "{said}");
        }
        assert_eq!(scene.detect().code, Some(70));
    }
    let scene = Scene::new();
    scene
        .world
        .edit_descriptor(DECLARED, "http://localhost:1")
        .unwrap();
    assert!(scene.detect().passed(), "http to this machine is innocent");
}
