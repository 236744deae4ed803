//! Targets of links.

use proptest::prelude::*;

use super::*;
use entry::places::steps;

/// Checks a link at `app/<at>`.
fn link(at: &str, target: &str) -> Result<Walk, WalkError> {
    let world = World::new().then(&|layers| {
        let at = layers.join("app").join(at);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(target, at).unwrap();
    });
    world.judge()
}

#[test]
fn links_that_lead_out_of_their_layer_are_refused_and_others_pass() {
    let out = "leads out of the layers directory, to";
    let across = "leads out of its layer, to";
    let winding = "'..' after a name can lead anywhere";
    for (at, target, words) in [
        ("x", "/etc/passwd", out),
        ("x", "/", out),
        ("x", "../../etc", out),
        ("a/x", "../../../layers/bp/app", out),
        ("x", "/layers", out),
        ("x", "/layers/bpx/app", out),
        ("x", "/layers/./../layers/bp/app", out),
        ("x", "//etc/passwd", out),
        ("x", "..", across),
        ("x", "../old/kept", across),
        ("x", "../store.toml", across),
        ("x", "../application", across),
        ("a/b/x", "../../..", across),
        ("x", "/layers/bp", across),
        ("x", "/layers/bp/", across),
        ("x", "/layers/bp/old/kept", across),
        ("x", "kept/../..", winding),
        ("x", "content/s/../../../..", winding),
        ("x", "/layers/bp/app/..", winding),
        ("x", "/layers/bp/old/../app", winding),
        ("x", "../app/../old", winding),
    ] {
        match link(at, target) {
            Ok(_) => panic!("passed: {at} -> {target}"),
            Err(error) => {
                let text = error.to_string();
                let names = text.contains(&format!("'app/{at}'")) && text.contains(target);
                assert!(names && text.contains(words), "{at} -> {target}: {text}");
            }
        }
    }
    for (at, target) in [
        ("x", "kept"),
        ("x", "."),
        ("x", "./kept/"),
        ("x", "nowhere/at/all"),
        ("x", "x"),
        ("x", "../app/kept"),
        ("x", "..."),
        ("a/b/x", "../../kept"),
        ("a/b/x", "../.."),
        ("a/b/x", "../../../app"),
        ("x", "/layers/bp/app"),
        ("x", "/layers/bp/app/kept"),
        ("x", "/layers//bp/./app/kept"),
        ("x", "content/file"),
    ] {
        if let Err(error) = link(at, target) {
            panic!("{at} -> {target}: {error}");
        }
    }
}

#[test]
fn a_link_leads_to_a_link_but_not_through_one() {
    let chain = |at: &Path| {
        write(&at.join("app/lib/lib.so.1.2"), "");
        symlink("lib.so.1.2", at.join("app/lib/lib.so.1")).unwrap();
        symlink("lib.so.1", at.join("app/lib/lib.so")).unwrap();
    };
    all_pass(&[("a chain", &chain)]);
    all_refused(&[(
        &|at| {
            chain(at);
            symlink("lib", at.join("app/lib64")).unwrap();
            symlink("lib64/lib.so", at.join("app/x")).unwrap();
        },
        "the link 'app/x' leads to 'lib64/lib.so' through the link 'app/lib64'",
    )]);
}

#[test]
fn a_restored_link_may_lead_out_but_nothing_new_leads_to_it() {
    let world = World::new();
    world.judge().unwrap();
    let world = world.then(&|at| symlink("python", at.join("app/x")).unwrap());
    let text = world.judge().unwrap_err().to_string();
    assert!(
        text.contains(
            "the link 'app/python' leads out of the layers directory, to '/usr/bin/python3'"
        ),
        "{text}"
    );
    // The same target in another folder is another link.
    let world = World::new();
    let world = world.then(&|at| fs::rename(at.join("app/python"), at.join("app/y")).unwrap());
    let text = world.judge().unwrap_err().to_string();
    assert!(text.contains("the link 'app/y' leads out"), "{text}");
}

#[test]
fn an_empty_or_relative_layers_path_admits_no_absolute_link() {
    let world = World::new().then(&|at| symlink("/app/kept", at.join("app/x")).unwrap());
    for layers_dir in ["", "layers", "."] {
        let World {
            layers,
            before,
            declared,
            limits,
            ..
        } = &world;
        judge(layers, layers_dir, before, declared, limits).unwrap_err();
    }
    judge(
        &world.layers,
        "/",
        &world.before,
        &world.declared,
        &world.limits,
    )
    .unwrap();
}

/// Links that form a chain: most of them are far from its end.
#[test]
fn the_work_for_links_grows_with_their_texts_and_no_faster() {
    const LINKS: usize = 300;
    let world = World::new().then(&|at| {
        for number in 0..LINKS {
            let next = format!("link-{:03}", number + 1);
            symlink(next, at.join(format!("app/link-{number:03}"))).unwrap();
        }
        write(&at.join(format!("app/link-{LINKS:03}")), "");
    });
    let _before = steps::take();
    world.judge().unwrap();
    let work = steps::take();
    let path = "applink-000".len();
    assert!(work >= LINKS * path, "{work} bytes were looked for");
    assert!(work < 4 * LINKS * path, "{work} bytes were looked for");
}

#[test]
fn a_link_to_a_link_that_was_judged_is_judged_by_itself() {
    all_refused(&[(
        &|at| {
            symlink("python", at.join("app/a")).unwrap();
            symlink("/etc", at.join("app/b")).unwrap();
        },
        "the link 'app/python' leads out of the layers directory",
    )]);
    let circle = |at: &Path| {
        symlink("b", at.join("app/a")).unwrap();
        symlink("a", at.join("app/b")).unwrap();
    };
    all_pass(&[("a circle", &circle)]);
}

/// Parts of targets: real folders, links of the test, folders and links that the host puts there later, and places
/// outside.
const PARTS: [&str; 12] = [
    "..", "..", "..", ".", "a", "b", "x", "y", "app", "old", "content", "s",
];

fn target() -> impl Strategy<Value = (bool, String)> {
    let parts = prop::collection::vec(prop::sample::select(&PARTS[..]), 1..6);
    (any::<bool>(), parts.prop_map(|parts| parts.join("/")))
}

proptest! {
    /// Compares the check with the kernel: a link that passes never leads out of its layer, not even after the host has
    /// put content there, with links of its own.
    #[test]
    fn links_that_pass_stay_in_their_layer(
        links in prop::collection::vec((prop::sample::select(&["", "a", "a/b"][..]), prop::sample::select(&["x", "y"][..]), target()), 1..4)
    ) {
        let world = World::empty();
        let root = world.folder.path().canonicalize().unwrap();
        let app = root.join("app");
        fs::create_dir_all(app.join("a/b")).unwrap();
        fs::create_dir_all(root.join("old/a/b")).unwrap();
        let mut made = Vec::new();
        for (folder, name, (absolute, target)) in links {
            let at = app.join(folder).join(name);
            let target = if absolute { format!("{}/app/{target}", root.display()) } else { target };
            if symlink(target, &at).is_ok() {
                made.push(at);
            }
        }
        let declared = ["app", "old"].map(layer);
        let layers_dir = root.to_str().unwrap();
        let judged = judge(&world.layers, layers_dir, &world.before, &declared, &world.limits);
        if judged.is_ok() {
            fs::create_dir_all(app.join("content/a/b")).unwrap();
            symlink("a/b", app.join("content/s")).unwrap();
            symlink("../..", app.join("content/a/b/s")).unwrap();
            for link in made {
                if let Ok(end) = link.canonicalize() {
                    prop_assert!(end.starts_with(&app), "{link:?} leads to {end:?}");
                }
            }
        }
    }
}
