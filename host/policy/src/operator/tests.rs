use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

const BUILDER: u32 = 1000;

/// A root directory with a policy. The policy belongs to root if the tests run as root.
fn machine(text: &str) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join(FOLDERS[0]).join(FOLDERS[1]);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(NAME);
    fs::write(&file, text).unwrap();
    for (path, mode) in [
        (folder.parent().unwrap(), 0o755),
        (&folder, 0o755),
        (&file, 0o644),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    (root, file)
}

fn read(root: &TempDir, user: u32) -> Result<Option<OperatorPolicy>, PolicyError> {
    OperatorPolicy::read_beneath(Dir::open_ambient(root.path()).unwrap(), user)
}

/// Only root can make files that belong to root.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped for want of root: the operator's policy in files that are root's");
    }
    is_root
}

#[test]
fn where_no_policy_is_there_is_none() {
    let (root, file) = machine("");
    fs::remove_file(&file).unwrap();
    assert_eq!(read(&root, 0).unwrap(), None);
    fs::remove_dir(file.parent().unwrap()).unwrap();
    assert_eq!(read(&root, BUILDER).unwrap(), None);
}

#[test]
fn the_path_for_messages_is_the_one_that_is_read() {
    assert_eq!(PATH, format!("/{}/{NAME}", FOLDERS.join("/")));
}

#[test]
fn roots_policy_is_honoured_for_another_user_and_not_for_root() {
    let (root, _) = machine("sandbox = \"require\"");
    let for_root = read(&root, 0).unwrap_err().to_string();
    assert!(for_root.contains("runs as root"), "{for_root}");
    if is_root() {
        let policy = read(&root, BUILDER).unwrap().unwrap();
        assert_eq!(policy.sandbox, Some(Sandbox::Require));
    }
}

#[test]
fn a_policy_that_others_can_write_is_refused_and_named() {
    if !is_root() {
        return;
    }
    for (up, mode) in [(0, 0o664), (0, 0o646), (1, 0o775), (1, 0o757), (2, 0o777)] {
        let (root, file) = machine("");
        assert!(read(&root, BUILDER).unwrap().is_some());
        let path = file.ancestors().nth(up).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let text = read(&root, BUILDER).unwrap_err().to_string();
        let name = path
            .strip_prefix(root.path())
            .unwrap()
            .display()
            .to_string();
        assert!(
            text.contains(&format!("/{name} can be changed by users other than root")),
            "{text}"
        );
        assert!(text.contains(&format!("permissions {mode:o}")), "{text}");
    }
}

#[test]
fn a_folder_from_which_others_could_have_taken_the_policy_is_refused_and_named() {
    if !is_root() {
        return;
    }
    for (up, mode) in [(1, 0o775), (1, 0o757), (2, 0o777)] {
        let (root, file) = machine("");
        fs::remove_file(&file).unwrap();
        assert!(read(&root, BUILDER).unwrap().is_none());
        let path = file.ancestors().nth(up).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let text = read(&root, BUILDER).unwrap_err().to_string();
        assert!(
            text.contains("can be changed by users other than root"),
            "{text}"
        );
        assert!(text.contains(&format!("permissions {mode:o}")), "{text}");
    }
}

#[test]
fn a_policy_of_another_owner_is_refused_and_named() {
    if !is_root() {
        return;
    }
    for up in [0, 1, 2] {
        let (root, file) = machine("");
        chown(file.ancestors().nth(up).unwrap(), Some(BUILDER), None).unwrap();
        let text = read(&root, BUILDER).unwrap_err().to_string();
        assert!(text.contains("of user 1000"), "{text}");
    }
}

#[test]
fn a_link_in_the_place_of_the_policy_is_refused() {
    let (root, file) = machine("");
    let elsewhere = root.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(read(&root, BUILDER).is_err());

    let (root, file) = machine("");
    let folder = file.parent().unwrap();
    let elsewhere = root.path().join("elsewhere");
    fs::rename(folder, &elsewhere).unwrap();
    symlink(&elsewhere, folder).unwrap();
    assert!(read(&root, BUILDER).is_err());
}

#[test]
fn a_policy_says_what_it_grants() {
    let policy = OperatorPolicy::parse(
        "sandbox = \"prefer\"\n\
         [sources.\"gitlab.example.com\"]\nrefs = [\"main\", \"v*\"]\ncredentials = [\"binding\"]\n\
         [sources.\"localhost:8443\"]\n\
         [limits]\nseconds = 30\n",
    )
    .unwrap();
    assert_eq!(policy.sandbox, Some(Sandbox::Prefer));
    let sources = policy.sources.unwrap();
    assert_eq!(
        sources.keys().collect::<Vec<_>>(),
        ["gitlab.example.com", "localhost:8443"]
    );
    let grant = &sources["gitlab.example.com"];
    assert_eq!(grant.credentials, Some(vec![CredentialPlace::Binding]));
    let covered = |text: &str| {
        let revision = text.parse().unwrap();
        grant
            .refs
            .as_ref()
            .unwrap()
            .iter()
            .any(|pattern| pattern.covers(&revision))
    };
    assert!(covered("main") && covered("v1") && covered("v"));
    assert!(!covered("main2") && !covered("mai") && !covered("av1"));
    assert_eq!(sources["localhost:8443"], HostGrant::default());
    assert_eq!(
        OperatorPolicy::parse("").unwrap(),
        OperatorPolicy::default()
    );
    // An empty table grants no host; a missing table grants all.
    assert!(
        OperatorPolicy::parse("[sources]")
            .unwrap()
            .sources
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_list_of_variables_that_is_empty_grants_none_and_no_list_is_no_list() {
    let parse = |text: &str| OperatorPolicy::parse(text).unwrap();
    let policy = parse("variables = [\"BP_A\"]\nbuild-variables = []");
    assert_eq!(policy.variables, Some(vec!["BP_A".parse().unwrap()]));
    assert_eq!(policy.build_variables, Some(Vec::new()));
    assert_eq!(
        (parse("").variables, parse("").build_variables),
        (None, None)
    );
}

#[test]
fn what_a_policy_may_not_say_is_refused_by_name() {
    for (text, name) in [
        ("variables = \"BP_A\"", "variables"),
        ("build-variables = [\"a.b\"]", "build-variables"),
        ("sandboxx = \"require\"", "sandboxx"),
        ("sandbox = \"on\"", "sandbox"),
        ("system-authorities = \"no\"", "system-authorities"),
        ("[limits]\nsecond = 1", "limits.second"),
        ("[limits]\nseconds = 0", "limits.seconds"),
        ("[sources.\"Example.com\"]", "Example.com"),
        ("[sources.\"https://example.com\"]", "https://example.com"),
        ("[sources.\"example.com/x\"]", "example.com/x"),
        ("[sources.\"example.com:443\"]", "example.com:443"),
        ("[sources.\"user@example.com\"]", "user@example.com"),
        ("[sources.\"example.com\"]\nref = []", "ref"),
        ("[sources.\"example.com\"]\nrefs = \"main\"", "refs"),
        (
            "[sources.\"example.com\"]\ncredentials = [\"file\"]",
            "credentials",
        ),
        ("sources = 1", "sources"),
        ("[", "TOML"),
    ] {
        let text = OperatorPolicy::parse(text).unwrap_err().to_string();
        assert!(text.contains(name) && text.contains(PATH), "{text}");
    }
}

#[test]
fn a_mirror_needs_an_address_and_may_have_a_credential() {
    let parse = |body: &str| OperatorPolicy::parse(&format!("[mirrors.\"git.example\"]\n{body}"));
    let url = "url = \"https://mirror.example\"\n";
    let open = parse(url).unwrap();
    assert_eq!(open.mirrors["git.example"].credential, None);
    let signed = parse(&format!("{url}binding = \"mirror\"")).unwrap();
    let credential = signed.mirrors["git.example"].credential.clone().unwrap();
    assert_eq!(credential.binding, Some("mirror".parse().unwrap()));
    for (body, why) in [
        ("", "lacks the key mirrors.\"git.example\".url"),
        (
            "url = \"http://mirror.example\"",
            "mirrors.\"git.example\".url",
        ),
        (
            "url = \"https://me:x@mirror.example\"",
            "mirrors.\"git.example\".url",
        ),
        (
            "url = \"https://mirror.example\"\nusername = \"robot\"",
            "it names neither env nor binding",
        ),
        (
            "url = \"https://mirror.example\"\nenv = \"TOKEN\"",
            "must begin with BP_",
        ),
        (
            "url = \"https://mirror.example\"\ntoken = \"x\"",
            "is unknown; is it misspelt?",
        ),
    ] {
        let error = parse(body).unwrap_err().to_string();
        assert!(error.contains(why), "{body}: {error}");
    }
    OperatorPolicy::parse("[mirrors.\"https://git.example\"]\nurl = \"https://m.example\"")
        .unwrap_err();
}
