//! Servers that answer wrongly, and what a component may ask of them.

use tests::git_server::fault::{Delivery, Fault, When};

use crate::scene::{Scene, Wanted, declared};

const CONTENT: &[u8] = b"the content";

fn limited(limits: &str, more: &str) -> Scene {
    let source = declared(&[("a.txt", CONTENT)]);
    Scene::with_limits(
        limits,
        |options| options.file("/pub/a.txt", CONTENT),
        &format!("{more}{source}"),
        &[Wanted::file("a.txt", CONTENT)],
        &[],
    )
}

fn scene(fault: Fault) -> Scene {
    let scene = limited("", "");
    scene.server.fault(When::Any, usize::MAX, fault);
    scene
}

#[test]
fn an_answer_without_an_end_is_refused_by_the_limits_name() {
    let endless = Fault::Change(Box::new(|mut response| {
        response.body = vec![b'x'; (1 << 20) + 1];
        response
    }));
    let scene = limited("fetch-mib = 1\n", "");
    scene.server.fault(When::Any, usize::MAX, endless);
    scene.refuses("limit-fetch-mib");
}

#[test]
fn a_server_that_sends_nothing_is_waited_for_as_long_as_the_limit_says() {
    let scene = limited("fetch-seconds = 1\n", "");
    let fault = Fault::Deliver(Delivery::Silence);
    scene.server.fault(When::Any, usize::MAX, fault);
    scene.refuses("limit-fetch-seconds");
}

#[test]
fn an_answer_that_was_cut_is_asked_for_again_and_must_be_the_same() {
    let cut = || Fault::Deliver(Delivery::Cut(60));
    let scene = limited("", "");
    scene.server.fault(When::Number(0), 1, cut());
    scene.builds();
    assert_eq!(scene.file("data/a.txt"), CONTENT);
    assert_eq!(scene.asked().len(), 2);
    let scene = limited("", "");
    scene.server.fault(When::Number(0), 1, cut());
    let other = Fault::Change(Box::new(|mut response| {
        response.body = b"the contenT".to_vec();
        response
    }));
    scene.server.fault(When::Number(1), 1, other);
    scene.refuses("file-digest");
}

#[test]
fn a_redirect_leads_to_no_origin_that_buildpack_toml_does_not_name() {
    let inside = limited("", "");
    let scene = scene(Fault::redirect_to_origin(302, &inside.server.origin()));
    let said = scene.refuses("file-redirect-elsewhere");
    assert!(said.contains(&inside.server.origin()), "{said}");
    assert!(inside.asked().is_empty(), "it heard nothing");
}

#[test]
fn a_redirect_into_a_private_network_is_refused_though_it_is_declared() {
    for origin in [
        "https://127.0.0.1:1",
        "https://10.0.0.1",
        "https://nas.local",
    ] {
        let scene = limited("", &format!("redirects-to = [\"{origin}\"]\n"));
        let fault = Fault::redirect_to_origin(302, origin);
        scene.server.fault(When::Any, usize::MAX, fault);
        let said = scene.refuses("file-on-a-private-host");
        assert!(said.contains(origin), "{said}");
    }
}

#[test]
fn redirects_come_to_an_end() {
    scene(Fault::redirect_to_itself(302)).refuses("file-redirects");
}

#[test]
fn a_source_sends_no_more_than_its_limit_however_many_folders_it_is_spread_over() {
    let (one, two) = (vec![1; 600 << 10], vec![2; 600 << 10]);
    let build = |into| {
        let second = Wanted {
            into,
            ..Wanted::file("b", &two)
        };
        Scene::with_limits(
            "fetch-mib = 1\n",
            |options| options.file("/pub/a", &one[..]).file("/pub/b", &two[..]),
            &declared(&[("a", &one), ("b", &two)]),
            &[Wanted::file("a", &one), second],
            &[],
        )
    };
    for into in ["data", "elsewhere"] {
        build(into).refuses("limit-fetch-mib");
    }
}

#[test]
fn a_layer_has_a_limited_number_of_files() {
    let wanted = vec![Wanted::file("a.txt", CONTENT); 3000];
    let scene = Scene::new(
        |options| options.file("/pub/a.txt", CONTENT),
        &declared(&[("a.txt", CONTENT)]),
        &wanted,
        &[],
    );
    let ended = scene.lifecycle.build().unwrap();
    assert!(!ended.passed());
    assert!(ended.output().contains("2048"), "{}", ended.output());
    assert!(scene.asked().is_empty());
}
