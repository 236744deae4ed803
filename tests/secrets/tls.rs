//! Whose certificate is believed, and that nothing is sent to a server that isn't.

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
    scene.builds();
    template.assert_asked_by(USER, TOKEN);
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
