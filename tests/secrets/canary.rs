//! Searches everything outside the token's own place for it, after builds that succeed and builds that fail.
//!
//! The search itself is `Scene::build`; these tests show what it searches, and that it finds a token.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use tests::git_server::GitServer;
use tests::git_server::fault::{Fault, When};
use tests::git_server::packet;
use tests::repository::hostile;
use tests::search::{Canary, Sighting, look_at};

use crate::support::{OTHER, Scene, TOKEN, Template, USER, VARIABLE};

/// A scene with the most output, in which every process is observed.
fn loud(mut scene: Scene) -> Scene {
    scene.set("BP_LOG_LEVEL", "debug\n");
    scene.world.watch();
    scene
}

#[test]
fn the_search_finds_the_token_where_it_belongs() {
    let template = Template::served();
    let scene = loud(Scene::variable_for(&template));
    scene.builds();
    let canary = Canary::new(TOKEN);
    let platform = canary.in_folder(&scene.world.platform_dir()).unwrap();
    assert!(
        platform.iter().any(|place| place.contains(VARIABLE)),
        "{platform:?}"
    );
    template.assert_asked_by(USER, TOKEN);
    let header = template.credentials().remove(0);
    assert!(!canary.in_bytes(header.as_bytes()).is_empty(), "{header}");

    assert_eq!(scene.places(TOKEN), [""; 0]);
    fs::write(
        scene.world.layers_dir().join("planted"),
        format!("before {TOKEN} behind"),
    )
    .unwrap();
    assert_eq!(scene.places(TOKEN).len(), 1, "a leak would be found");
}

#[test]
fn the_search_finds_a_token_in_arguments_and_in_the_environment() {
    for planted in [
        ["sh", "-c", "read forever", TOKEN],
        ["env", &format!("PLANTED={TOKEN}"), "sh", "-c"],
    ] {
        let mut command = std::process::Command::new(planted[0]);
        command
            .args(&planted[1..])
            .stdin(std::process::Stdio::piped());
        if planted[0] == "env" {
            command.arg("read forever");
        }
        let mut process = command.spawn().unwrap();
        let mut seen = BTreeSet::new();
        // A process's command line changes when its program starts, so the test repeats until it appears.
        while Canary::new(TOKEN)
            .in_processes(&Vec::from_iter(seen.clone()))
            .is_empty()
        {
            look_at(process.id(), &mut seen);
            assert!(process.try_wait().unwrap().is_none(), "it ended unseen");
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

#[test]
fn builds_that_succeed_leave_the_token_nowhere() {
    let template = Template::served();
    for sandbox in ["require", "prefer", "off"] {
        for scene in [Scene::variable_for(&template), Scene::bound_to(&template)] {
            let scene = loud(scene);
            scene.sandbox(sandbox);
            scene.detect();
            let first = scene.build();
            if sandbox == "require" && first.code == Some(90) {
                eprintln!("skipped: this kernel can't hold sandbox = \"require\"");
                continue;
            }
            assert!(first.passed(), "{}", first.output());
            scene.world.export().unwrap();
            scene.world.restore().unwrap();
            let again = scene.builds();
            assert!(again.contains("kept"), "{again}");
        }
    }
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn no_process_holds_the_token_in_its_environment_or_arguments_while_it_is_used() {
    let seen = Arc::new(Mutex::new(BTreeSet::<Sighting>::new()));
    let template = Template::with(|options| {
        let seen = Arc::clone(&seen);
        options.token(USER, TOKEN).on_request(move |_| {
            look_at(std::process::id(), &mut seen.lock().unwrap());
        })
    });
    let scene = loud(Scene::variable_for(&template));
    let world = scene.world.world().display().to_string();
    scene.builds();
    template.assert_asked_by(USER, TOKEN);

    let seen = seen.lock().unwrap();
    let ours: Vec<_> = seen
        .iter()
        .filter(|sighting| String::from_utf8_lossy(&sighting.arguments).contains(&world))
        .cloned()
        .collect();
    let environment = ours
        .iter()
        .filter_map(|sighting| sighting.environment.as_deref());
    let environment = environment.map(String::from_utf8_lossy).collect::<String>();
    assert!(
        environment.contains("CNB_LAYERS_DIR="),
        "the host was not seen at work: {ours:?}"
    );
    let found = Canary::new(TOKEN).in_processes(&ours);
    assert!(found.is_empty(), "{found:?}");
}

/// A way to fail, caused by the server.
struct Failing {
    name: &'static str,
    fault: fn(&GitServer),
    /// The text that the message must contain.
    says: &'static str,
}

const FAILING: &[Failing] = &[
    Failing {
        name: "403",
        fault: |server| server.fault(When::Any, usize::MAX, Fault::status(403)),
        says: "403",
    },
    Failing {
        name: "404",
        fault: |server| server.fault(When::Any, usize::MAX, Fault::status(404)),
        says: "404",
    },
    Failing {
        name: "403 later",
        fault: |server| server.fault(When::Command("fetch"), usize::MAX, Fault::status(403)),
        says: "403",
    },
    Failing {
        name: "500 until the time is over",
        fault: |server| server.fault(When::Any, usize::MAX, Fault::status(500)),
        says: "500",
    },
    Failing {
        name: "cut in the head",
        fault: |server| server.fault(When::Any, usize::MAX, Fault::cut(0)),
        says: "127.0.0.1",
    },
    Failing {
        name: "cut in the pack",
        fault: |server| server.fault(When::Command("fetch"), usize::MAX, Fault::cut(400)),
        says: "127.0.0.1",
    },
    Failing {
        name: "a pack with a wrong bit",
        fault: |server| {
            server.fault(
                When::Command("fetch"),
                usize::MAX,
                Fault::flip_pack_bit(20, 3),
            );
        },
        says: "job-template",
    },
    Failing {
        name: "no git server",
        fault: |server| server.fault(When::Any, usize::MAX, Fault::content_type("text/html")),
        says: "text/html",
    },
    Failing {
        name: "the server repeats the credential as its content type",
        fault: |server| {
            server.fault(
                When::Any,
                usize::MAX,
                Fault::AnswerWith(Box::new(|request| {
                    let given = request.header("Authorization").unwrap_or_default();
                    tests::git_server::http::Response::text(200, "").with("Content-Type", given)
                })),
            );
        },
        says: "127.0.0.1",
    },
    Failing {
        name: "the server repeats the token as its error",
        fault: |server| {
            let line = packet::line(format!("ERR no access for {TOKEN}\n").as_bytes());
            server.fault(When::Command("ls-refs"), usize::MAX, Fault::body(line));
        },
        says: "127.0.0.1",
    },
    Failing {
        name: "a redirect whose path has the token in it",
        fault: |server| {
            let to = format!("/{TOKEN}.git/info/refs?service=git-upload-pack");
            server.fault(When::Any, usize::MAX, Fault::redirect(302, &to));
        },
        says: "127.0.0.1",
    },
    Failing {
        name: "a redirect to a host that is called like the token",
        fault: |server| {
            let to = format!("https://{TOKEN}.example.com/info/refs?service=git-upload-pack");
            server.fault(When::Any, usize::MAX, Fault::redirect(302, &to));
        },
        says: "127.0.0.1",
    },
    Failing {
        name: "a redirect with user info",
        fault: |server| {
            let to = server.origin().replace("//", &format!("//{USER}:{TOKEN}@"));
            let to = format!("{to}/elsewhere.git/info/refs?service=git-upload-pack");
            server.fault(When::Any, usize::MAX, Fault::redirect(302, &to));
        },
        says: "127.0.0.1",
    },
];

#[test]
fn builds_that_fail_by_the_server_leave_the_token_nowhere() {
    for case in FAILING {
        let template = Template::served();
        (case.fault)(&template.server);
        for scene in [Scene::variable_for(&template), Scene::bound_to(&template)] {
            let scene = loud(scene);
            scene
                .world
                .edit_descriptor(
                    "[metadata.credentials.gitlab]",
                    "[metadata.limits]\nfetch-seconds = 1\n\n[metadata.credentials.gitlab]",
                )
                .unwrap();
            let said = scene.fails();
            assert!(said.contains(case.says), "{}: {said}", case.name);
        }
        assert!(
            !template.credentials().is_empty(),
            "{}: the token was not even sent",
            case.name
        );
        template.assert_asked_by(USER, TOKEN);
    }
}

#[test]
fn a_refused_token_is_not_shown_and_not_tried_again() {
    let template = Template::with(|options| options.token(USER, OTHER));
    let scene = loud(Scene::variable_for(&template));
    let said = scene.refused("fetch-unauthorized");
    assert!(said.contains(VARIABLE), "{said}");
    assert_eq!(template.server.requests().len(), 1);
}

#[test]
fn a_moved_origin_gets_no_credential() {
    let (template, attacker) = (Template::served(), Template::served());
    let to = attacker.server.origin();
    // All requests are redirected, and then only those for refs; each of them twice, before the capability request
    // and after it.
    for when in [When::Any, When::Command("ls-refs")] {
        template
            .server
            .fault(when, 4, Fault::redirect_to_origin(302, &to));
        for scene in [Scene::variable_for(&template), Scene::bound_to(&template)] {
            loud(scene).fails();
        }
    }
    attacker.assert_not_asked();
    template.assert_asked_by(USER, TOKEN);
}

#[test]
fn a_missing_revision_a_hostile_repository_and_a_full_disk_leave_the_token_nowhere() {
    let template = Template::served();
    let scene = loud(Scene::variable_for(&template));
    scene.set("BP_JOB_TEMPLATE_REF", "no-such-branch");
    scene.refused("fetch-revision-not-found");

    let repository = hostile::ENTRIES[0].repository().unwrap();
    let hostile = Template::of(repository, |options| options.token(USER, TOKEN));
    loud(Scene::bound_to(&hostile)).fails();
    hostile.assert_asked_by(USER, TOKEN);

    let scene = loud(Scene::bound_to(&template));
    let read_only = fs::Permissions::from_mode(0o555);
    fs::set_permissions(scene.world.layers_dir(), read_only).unwrap();
    let said = scene.fails();
    assert!(said.contains("can't be written"), "{said}");
}

#[test]
fn a_guest_that_fails_gets_no_credential_looked_for() {
    let template = Template::served();
    let mut scene = Scene::of_guest("traps");
    scene.world.watch();
    scene
        .world
        .edit_descriptor("https://template.invalid", &template.server.origin())
        .unwrap();
    scene.set("CASE", "build");
    scene.set("BP_TEST_TOKEN", format!("{TOKEN}\n"));
    scene.ends_with(80);
    template.assert_not_asked();
}
