use super::*;
use crate::places::steps;

const FILE: Mode = Mode::File { executable: false };

/// The contents of the fetched folder in these tests.
const HELD: [(&str, Mode); 9] = [
    ("app", Mode::Dir),
    ("app/link", Mode::Link),
    ("app/main.py", FILE),
    ("app/sub", Mode::Dir),
    ("dir", Mode::Dir),
    ("dir/a", Mode::Dir),
    ("dir/a/link", Mode::Link),
    ("link", Mode::Link),
    ("top", FILE),
];

fn link(from: &str, to: &str) -> Result<(), LinkReason> {
    let mut places = Places::new();
    for (path, mode) in HELD {
        places.insert(path.split('/').map(str::as_bytes), mode);
    }
    let path = from
        .split('/')
        .fold(EntryPath::root(), |path, part| path.join(part.as_bytes()));
    let _before = steps::take();
    judge_link(&path, to.as_bytes(), &places)
}

/// With whole paths, built anew for each step, this would be forty million names.
#[test]
fn a_target_of_thousands_of_names_is_judged_name_by_name() {
    let judge = |target: &str| link("dir/link", target);
    let bounce = "a/../".repeat(800);
    assert_eq!(judge(&bounce), Ok(()));
    assert_eq!(
        steps::take(),
        "dirlink".len() + 800,
        "each name is looked for once"
    );
    assert_eq!(judge(&format!("{bounce}a/link")), Ok(()));
    assert_eq!(
        judge(&format!("{bounce}a/link/x")),
        Err(LinkReason::ThroughLink)
    );
    assert_eq!(judge(&format!("{bounce}../..")), Err(LinkReason::Outward));
    let deep = "b/".repeat(2000);
    assert_eq!(judge(&format!("{deep}c")), Ok(()));
    assert_eq!(
        steps::take(),
        "dirlink".len() + 1,
        "what lies beneath nothing isn't looked for"
    );
    let back = format!("{}{}a/link/x", "b/".repeat(500), "../".repeat(500));
    assert_eq!(judge(&back), Err(LinkReason::ThroughLink));
}

#[test]
fn a_link_stays_within_the_folder_and_passes_no_other() {
    let long = format!("{}a", "./".repeat(2048));
    let table = [
        ("here", "top", Ok(())),
        ("here", "./top", Ok(())),
        ("here", "app/main.py", Ok(())),
        ("here", "app//main.py", Ok(())),
        ("here", "app/../top", Ok(())),
        ("here", "app/sub/../main.py", Ok(())),
        ("here", "app/", Ok(())),
        ("here", ".", Ok(())),
        ("here", "app/..", Ok(())),
        ("here", "missing", Ok(())),
        ("here", "missing/../top", Ok(())),
        ("here", "..top", Ok(())),
        ("here", "...", Ok(())),
        ("here", "link", Ok(())),
        ("here", "app/link", Ok(())),
        ("app/here", "../top", Ok(())),
        ("app/here", "..", Ok(())),
        ("app/here", "../link", Ok(())),
        ("app/sub/here", "../../top", Ok(())),
        ("here", "", Err(LinkReason::Empty)),
        ("here", "a\0b", Err(LinkReason::Empty)),
        ("here", "/etc/passwd", Err(LinkReason::Absolute)),
        ("here", "/", Err(LinkReason::Absolute)),
        ("here", "//app", Err(LinkReason::Absolute)),
        ("here", "..", Err(LinkReason::Outward)),
        ("here", "../", Err(LinkReason::Outward)),
        ("here", "./..", Err(LinkReason::Outward)),
        ("here", "../job-template/top", Err(LinkReason::Outward)),
        ("here", "app/../../x", Err(LinkReason::Outward)),
        ("here", "missing/../../x", Err(LinkReason::Outward)),
        ("app/here", "../..", Err(LinkReason::Outward)),
        ("app/here", "../../app/main.py", Err(LinkReason::Outward)),
        ("here", "link/x", Err(LinkReason::ThroughLink)),
        ("here", "link/", Err(LinkReason::ThroughLink)),
        ("here", "link/.", Err(LinkReason::ThroughLink)),
        ("here", "link/..", Err(LinkReason::ThroughLink)),
        ("here", "./app/../link/../x", Err(LinkReason::ThroughLink)),
        ("app/here", "link/../../..", Err(LinkReason::ThroughLink)),
        ("here", &long, Err(LinkReason::Long)),
    ];
    for (from, to, judged) in table {
        assert_eq!(link(from, to), judged, "{from} -> {to}");
    }
}
