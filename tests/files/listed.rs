//! Files that a lock file of the application lists.

use cnb::sha256::Sha256;
use tests::machine;

use crate::scene::{Scene, Wanted};

const CONTENT: &[u8] = b"the content";
const URL: &str = "https://files.example.com/a/data.txt";
const SOURCE: &str = "listed-in = [\"uv.lock\", \"pylock.toml\"]";

fn lock(url: &str, content: &[u8]) -> String {
    format!(
        "[[package]]\nname = \"data\"\nwheels = [{{ url = \"{url}\", hash = \"sha256:{}\" }}]\n",
        Sha256::of(content)
    )
}

fn scene(lock: &str, wanted: Wanted<'_>) -> Scene {
    Scene::new(
        |options| options.file("/a/data.txt", CONTENT),
        SOURCE,
        &[wanted],
        &[("uv.lock", lock)],
    )
}

/// Runs a test in a builder image whose policy makes the scene's server the mirror of the listed one.
fn with_mirror(scene: &Scene, more: &str, try_it: impl FnOnce() + Send) {
    let policy = format!(
        "[mirrors.\"files.example.com\"]\nurl = \"{}\"\n{more}",
        scene.server.origin()
    );
    let done = machine::with_etc_file("wasm-buildpacks/policy.toml", &policy, |_| try_it());
    if let Err(error) = done {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}

#[test]
fn a_file_that_the_lock_lists_is_fetched_from_the_mirror() {
    let scene = scene(&lock(URL, CONTENT), Wanted::file(URL, CONTENT));
    with_mirror(&scene, "", || {
        let said = scene.builds();
        assert!(
            said.contains("(the mirror of the operator's policy)"),
            "{said}"
        );
        assert_eq!(scene.file("data/data.txt"), CONTENT);
        assert_eq!(scene.asked(), ["/a/data.txt"]);
    });
}

#[test]
fn what_the_lock_does_not_list_in_this_form_is_refused() {
    let other = Wanted {
        sha256: Sha256::of(b"other"),
        ..Wanted::file(URL, CONTENT)
    };
    for wanted in [
        other,
        Wanted::file("https://files.example.com/a/data.txt?q=secret", CONTENT),
        Wanted::file("https://files.example.com/a/../a/other.txt", CONTENT),
        Wanted::file("https://secret.files.example.com/a/data.txt", CONTENT),
        Wanted::file("a/data.txt", CONTENT),
        Wanted::file("https://user:canary@files.example.com/a/data.txt", CONTENT),
    ] {
        let scene = scene(&lock(URL, CONTENT), wanted);
        let said = scene.refuses("file-not-listed");
        assert!(said.contains("uv.lock does not list"), "{said}");
        assert!(!said.contains("canary"), "{said}");
        assert!(scene.asked().is_empty());
    }
}

#[test]
fn an_address_that_is_not_public_is_not_asked() {
    for host in [
        "127.0.0.1",
        "10.0.0.7:8443",
        "[fd00::1]",
        "localhost",
        "index",
        "index.internal",
    ] {
        let url = format!("https://{host}/data.txt");
        let scene = scene(&lock(&url, CONTENT), Wanted::file(&url, CONTENT));
        let said = scene.refuses("file-on-a-private-host");
        assert!(said.contains("not a public host"), "{said}");
    }
}

#[test]
fn an_application_without_a_lock_or_with_a_broken_one_is_told_so() {
    let wanted = [Wanted::file(URL, CONTENT)];
    let none = Scene::new(|options| options, SOURCE, &wanted, &[]);
    assert!(
        none.refuses("list-missing")
            .contains("uv.lock, pylock.toml")
    );
    for broken in ["[[package", "a = \"\\x\""] {
        let scene = scene(broken, Wanted::file(URL, CONTENT));
        let said = scene.refuses("list-unreadable");
        assert!(said.contains("'uv.lock' is not valid TOML"), "{said}");
    }
}

#[test]
fn a_password_in_the_lock_is_warned_of_and_never_shown_or_sent() {
    let with_password = "https://user:hunter2@files.example.com/a/data.txt";
    let scene = scene(&lock(with_password, CONTENT), Wanted::file(URL, CONTENT));
    with_mirror(&scene, "", || {
        let said = scene.builds();
        assert!(
            said.contains("'uv.lock' holds a user name or a password"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
        let requests = scene.server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.header("authorization").is_none())
        );
    });
}

#[test]
fn the_policy_narrows_by_host_and_by_path() {
    let scene = scene(&lock(URL, CONTENT), Wanted::file(URL, CONTENT));
    let denied = [
        ("[sources.\"other.example.com\"]\n", "policy-host-denied"),
        (
            "[sources.\"files.example.com\"]\npaths = [\"/b/*\"]\n",
            "policy-path-denied",
        ),
    ];
    for (policy, id) in denied {
        with_mirror(&scene, policy, || {
            scene.refuses(id);
            assert!(scene.asked().is_empty());
        });
    }
    with_mirror(
        &scene,
        "[sources.\"files.example.com\"]\npaths = [\"/a/*\"]\n",
        || {
            scene.builds();
        },
    );
}

#[test]
fn a_credential_goes_to_the_server_that_its_binding_names_and_to_no_other() {
    let source = format!(
        "{SOURCE}\ncredential = \"index\"\n\n[metadata.credentials.index]\nbinding = \"index\"\n"
    );
    let wanted = [Wanted::file(URL, CONTENT)];
    let text = lock(URL, CONTENT);
    let files = [("uv.lock", &*text)];
    let scene = Scene::new(
        |options| options.file("/a/data.txt", CONTENT),
        &source,
        &wanted,
        &files,
    );
    let entries = [
        ("type", "index"),
        ("token", "tok-0123456789"),
        ("url", "https://index.example.com"),
    ];
    scene.lifecycle.binding("index", &entries).unwrap();
    with_mirror(&scene, "", || {
        scene.builds();
        let requests = scene.server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.header("authorization").is_none())
        );
    });
}
