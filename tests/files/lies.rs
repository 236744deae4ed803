//! Lock files that try to be too much, or to lead elsewhere.

use cnb::sha256::Sha256;

use crate::scene::{Scene, Wanted};

const CONTENT: &[u8] = b"the content";
const URL: &str = "https://files.example.com/a/data.txt";

fn scene(lock: &str) -> Scene {
    Scene::new(
        |options| options.file("/a/data.txt", CONTENT),
        "listed-in = [\"uv.lock\"]",
        &[Wanted::file(URL, CONTENT)],
        &[("uv.lock", lock)],
    )
}

#[test]
fn a_lock_file_that_would_fill_the_memory_is_refused() {
    let values = "x = [1]\n".repeat(250_000);
    let tables = format!("x{} = 1\n", ".x".repeat(150_000));
    for lock in [values, tables] {
        let said = scene(&lock).refuses("list-unreadable");
        assert!(
            said.contains("more values than a lock file needs"),
            "{said}"
        );
    }
    let long = format!("# {}\n", "x".repeat(8 << 20));
    scene(&long).refuses("list-unreadable");
    let deep = format!("x = {}{}", "[".repeat(5000), "]".repeat(5000));
    scene(&deep).refuses("list-unreadable");
}

#[test]
fn an_entry_counts_only_as_a_whole() {
    let digest = Sha256::of(CONTENT);
    for lock in [
        format!("[a]\nurl = \"{URL}\"\n[b]\nhash = \"sha256:{digest}\"\n"),
        format!("[a]\nurl = \"{URL}\"\nhash = \"sha512:{digest}\"\n"),
        format!("# url = \"{URL}\", hash = \"sha256:{digest}\"\n"),
        format!("text = 'url = \"{URL}\", hash = \"sha256:{digest}\"'\n"),
        format!("[a]\nurl = \"{URL}?x\"\nhash = \"sha256:{digest}\"\n"),
    ] {
        let scene = scene(&lock);
        scene.refuses("file-not-listed");
        assert!(scene.asked().is_empty());
    }
}

#[test]
fn a_password_in_a_lock_file_is_not_repeated_though_its_line_is_wrong() {
    for text in [
        "url = https://user:canary@files.example.com/a",
        "url = \"https://user:canary@files.example.com/a",
    ] {
        let said = scene(&format!("[a]\n{text}\n")).refuses("list-unreadable");
        assert!(said.contains("Line 2 of 'uv.lock'"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
