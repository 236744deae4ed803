use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::*;

struct World {
    folder: tempfile::TempDir,
    platform: Platform,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["app", "platform/bindings"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let platform = Platform::new(&folder.path().join("platform"), &folder.path().join("app"));
        let platform = platform.unwrap();
        Self { folder, platform }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn binding(&self, path: &str, entries: &[(&str, &str)]) {
        let dir = self.path(path);
        fs::create_dir_all(&dir).unwrap();
        for (key, value) in entries {
            fs::write(dir.join(key), value).unwrap();
        }
    }

    fn read(&self) -> Bindings {
        Bindings::read(&self.platform, None).unwrap()
    }
}

fn kind(name: &str) -> BindingType {
    name.parse().unwrap()
}

fn text(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", text(source)),
    }
}

#[test]
fn a_binding_is_found_by_its_type_whatever_the_case_and_the_line_end() {
    let world = World::new();
    world.binding(
        "platform/bindings/one",
        &[("type", "GitLab\n"), ("token", "t\n")],
    );
    world.binding("platform/bindings/two", &[("type", "postgres")]);
    let bindings = world.read();
    let found = bindings.find_one(&kind("gitlab"), None).unwrap().unwrap();
    assert_eq!(found.name, "one");
    assert_eq!(
        found.entry(&world.platform, "token").unwrap().unwrap(),
        b"t\n"
    );
    assert_eq!(found.line(&world.platform, "token").unwrap().unwrap(), "t");
    assert!(found.line(&world.platform, "url").unwrap().is_none());
    assert!(bindings.find_one(&kind("git"), None).unwrap().is_none());
}

#[test]
fn no_directory_of_bindings_means_no_bindings() {
    let world = World::new();
    fs::remove_dir(world.path("platform/bindings")).unwrap();
    assert!(
        world
            .read()
            .find_one(&kind("gitlab"), None)
            .unwrap()
            .is_none()
    );
    let absent = world.path("absent");
    let bindings = Bindings::read(&world.platform, Some(&absent)).unwrap();
    assert!(bindings.find_one(&kind("gitlab"), None).unwrap().is_none());
}

#[test]
fn the_root_of_the_process_environment_goes_before_that_of_the_platform() {
    let world = World::new();
    world.binding("platform/bindings/one", &[("type", "gitlab")]);
    world.binding("root/other", &[("type", "gitlab")]);
    let root = world.path("root");
    let bindings = Bindings::read(&world.platform, Some(&root)).unwrap();
    assert_eq!(
        bindings
            .find_one(&kind("gitlab"), None)
            .unwrap()
            .unwrap()
            .name,
        "other"
    );
}

#[test]
fn several_bindings_of_the_wanted_type_are_named_and_others_do_not_matter() {
    let world = World::new();
    world.binding("platform/bindings/a", &[("type", "gitlab")]);
    world.binding("platform/bindings/b", &[("type", "GITLAB")]);
    let bindings = world.read();
    let error = bindings
        .find_one(&kind("gitlab"), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("'gitlab'") && error.contains("'a', 'b'"),
        "{error}"
    );
    assert!(bindings.find_one(&kind("other"), None).unwrap().is_none());
}

#[test]
fn a_mounted_secret_is_made_of_links_and_is_read() {
    let world = World::new();
    world.binding(
        "platform/bindings/one/..2026",
        &[("type", "gitlab"), ("token", "t")],
    );
    let dir = world.path("platform/bindings/one");
    symlink("..2026", dir.join("..data")).unwrap();
    for key in ["type", "token"] {
        symlink(format!("..data/{key}"), dir.join(key)).unwrap();
    }
    let bindings = world.read();
    let found = bindings.find_one(&kind("gitlab"), None).unwrap().unwrap();
    assert_eq!(found.line(&world.platform, "token").unwrap().unwrap(), "t");
    assert!(bindings.passed_over.is_empty());
}

#[test]
fn bindings_beneath_the_application_are_refused_wherever_the_link_is() {
    let world = World::new();
    world.binding("app/bindings/evil", &[("type", "gitlab"), ("token", "t")]);
    let root = world.path("app/bindings");
    let error = text(&Bindings::read(&world.platform, Some(&root)).unwrap_err());
    assert!(
        error.contains("app/bindings lies beneath the application directory"),
        "{error}"
    );

    let linked = world.path("platform/bindings/linked");
    symlink(world.path("app/bindings/evil"), &linked).unwrap();
    let error = text(&Bindings::read(&world.platform, None).unwrap_err());
    assert!(
        error.contains("linked/type lies beneath the application"),
        "{error}"
    );

    fs::remove_file(&linked).unwrap();
    world.binding("platform/bindings/linked", &[("type", "gitlab")]);
    symlink(world.path("app/bindings/evil/token"), linked.join("token")).unwrap();
    let bindings = world.read();
    let found = bindings.find_one(&kind("gitlab"), None).unwrap().unwrap();
    let error = text(&found.line(&world.platform, "token").unwrap_err());
    assert!(
        error.contains("linked/token lies beneath the application"),
        "{error}"
    );
}

#[test]
fn what_is_no_binding_is_passed_over_and_remembered_with_its_reason() {
    let world = World::new();
    fs::write(world.path("platform/bindings/file"), "").unwrap();
    world.binding("platform/bindings/..data", &[("type", "gitlab")]);
    world.binding("platform/bindings/forgot-it", &[("token", "t")]);
    world.binding("platform/bindings/odd", &[]);
    fs::write(world.path("platform/bindings/odd/type"), b"canary\xff").unwrap();
    world.binding("platform/bindings/strange", &[("type", "gitlab")]);
    fs::create_dir(world.path("platform/bindings/strange/provider")).unwrap();
    let long = "x".repeat(64 * 1024 + 1);
    world.binding("platform/bindings/with-much", &[("type", &long)]);
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    fs::create_dir(world.path("platform/bindings").join(name)).unwrap();
    world.binding("platform/bindings/good", &[("type", "gitlab")]);
    let bindings = world.read();
    let found = bindings.find_one(&kind("gitlab"), None).unwrap().unwrap();
    assert_eq!(found.name, "good");
    let expected = [
        ("file", "it is not a folder that can be opened"),
        ("forgot-it", "it has no file 'type'"),
        ("odd", "'type' of binding 'odd' is not UTF-8"),
        ("strange", "provider is not a regular file"),
        ("with-much", "type has more than 65536 bytes"),
        ("\u{fffd}", "it is not a folder that can be opened"),
    ];
    assert_eq!(bindings.passed_over.len(), expected.len());
    for ((name, why), (expected, reason)) in bindings.passed_over.iter().zip(expected) {
        assert_eq!(name, expected);
        assert!(why.ends_with(reason), "{name}: {why}");
    }
}

#[test]
fn one_who_misses_a_binding_is_told_what_there_is() {
    let world = World::new();
    assert_eq!(world.read().to_string(), "");
    let absent = world.path("absent");
    let told = Bindings::read(&world.platform, Some(&absent)).unwrap();
    let text = format!(
        "SERVICE_BINDING_ROOT is {}, which contains no bindings",
        absent.display()
    );
    assert_eq!(told.to_string(), text);
    world.binding("platform/bindings/a", &[("type", "\u{feff}gitlab")]);
    world.binding("platform/bindings/b", &[("token", "canary")]);
    let text = format!(
        "In {}, 'a' is of type '\\u{{feff}}gitlab'; 'b' is not a binding: it has no file 'type'",
        world.path("platform/bindings").display()
    );
    assert_eq!(world.read().to_string(), text);
}

#[test]
fn a_certificate_that_leads_nowhere_is_not_passed_over() {
    let world = World::new();
    world.binding("platform/bindings/ca", &[("type", "ca-certificates")]);
    symlink("nowhere", world.path("platform/bindings/ca/a.pem")).unwrap();
    let error = text(&world.read().certificates(&world.platform).unwrap_err());
    assert!(error.contains("ca/a.pem"), "{error}");
}

#[test]
fn an_entry_that_is_no_text_is_refused_without_its_value() {
    let world = World::new();
    world.binding("platform/bindings/one", &[("type", "gitlab")]);
    fs::write(world.path("platform/bindings/one/token"), b"canary\xff").unwrap();
    let bindings = world.read();
    let found = bindings.find_one(&kind("gitlab"), None).unwrap().unwrap();
    let error = found.line(&world.platform, "token").unwrap_err();
    assert_eq!(error.to_string(), "'token' of binding 'one' is not UTF-8");
    assert!(!format!("{error:?}").contains("canary"));
}

#[test]
fn certificates_are_all_entries_of_all_bindings_of_their_type() {
    let world = World::new();
    world.binding(
        "platform/bindings/ca",
        &[
            ("type", "CA-certificates"),
            ("provider", "me"),
            ("b.pem", "B"),
            ("a.pem", "A\n"),
        ],
    );
    world.binding(
        "platform/bindings/more",
        &[("type", "ca-certificates"), ("c", "C")],
    );
    world.binding("platform/bindings/other", &[("type", "gitlab"), ("d", "D")]);
    let found = world.read().certificates(&world.platform).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.origin.as_str(), &one.pem[..]))
        .collect();
    assert_eq!(
        found,
        [
            ("'a.pem' of binding 'ca'", &b"A\n"[..]),
            ("'b.pem' of binding 'ca'", b"B"),
            ("'c' of binding 'more'", b"C"),
        ]
    );
}

#[test]
fn a_provider_tells_bindings_of_one_type_apart() {
    let world = World::new();
    world.binding(
        "platform/bindings/a",
        &[("type", "git"), ("provider", "GitLab\n")],
    );
    world.binding(
        "platform/bindings/b",
        &[("type", "git"), ("provider", "other")],
    );
    world.binding("platform/bindings/c", &[("type", "git")]);
    let bindings = world.read();
    let of = |provider: &str| bindings.find_one(&kind("git"), Some(&kind(provider)));
    assert_eq!(of("gitlab").unwrap().unwrap().name, "a");
    assert!(of("nobody").unwrap().is_none());
    world.binding(
        "platform/bindings/d",
        &[("type", "git"), ("provider", "gitlab")],
    );
    let bindings = world.read();
    let several = bindings.find_one(&kind("git"), Some(&kind("gitlab")));
    assert_eq!(
        several.unwrap_err().to_string(),
        "there must be one binding of type 'git' and provider 'gitlab', but there are several: 'a', 'd'"
    );
}
