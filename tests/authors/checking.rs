//! `check`: the statuses by which a script tells the verdicts apart, whatever the file is.

use std::fs;

use package::trial;

use crate::tool::call;

#[test]
fn a_broken_file_is_not_judged_and_a_whole_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(trial::component("behaves_well").unwrap()).unwrap();
    let half = &whole[..whole.len() / 2];
    let files = [
        ("whole", &whole[..]),
        ("half", half),
        ("-text", b"(component)"),
    ];
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let check = |file: &str| call(folder.path(), &["check", "--", file]);
    check("whole").ends_with(0).says("a component");
    check("half").ends_with(2).says("damaged");
    check("-text").ends_with(2).says("WebAssembly as text");
    check("missing")
        .ends_with(2)
        .complains("cannot read the file 'missing'");
    let json = call(folder.path(), &["check", "--format", "json", "half"]).ends_with(2);
    assert!(
        json.stdout().contains("\"verdict\": \"not-judged\""),
        "{}",
        json.stdout()
    );
}
