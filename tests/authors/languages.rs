//! Every language's way from an empty folder to a package: `new`, `test`, `run` and `package`, outside of this checkout.
//!
//! A language whose tools are missing is skipped, and the reason is printed. `AUTHORS` names the languages that must not
//! be skipped, such as `rust c`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use package::arch::Arch;
use package::trial::languages::{bring_tools, can_build, npm_has};
use serde_json::{Value, json};

use crate::tool::call;

/// The packages of npm that make a component with `StarlingMonkey`, in the versions that sdk/js/README.md names.
const STARLINGMONKEY: &str =
    "@bytecodealliance/componentize-js@0.23.0 @bytecodealliance/preview2-shim@0.26.0";

#[test]
fn rust() {
    from_an_empty_folder_to_a_package("rust");
}

#[test]
fn c() {
    from_an_empty_folder_to_a_package("c");
}

#[test]
fn go() {
    from_an_empty_folder_to_a_package("go");
}

#[test]
fn python() {
    from_an_empty_folder_to_a_package("python");
}

#[test]
fn js() {
    from_an_empty_folder_to_a_package("js");
}

#[test]
fn ts() {
    from_an_empty_folder_to_a_package("ts");
}

#[test]
fn js_by_starlingmonkey() {
    by_starlingmonkey("js");
}

#[test]
fn ts_by_starlingmonkey() {
    by_starlingmonkey("ts");
}

/// The other engine for JavaScript, where an author asks for it in package.json.
fn by_starlingmonkey(language: &str) {
    if !npm_has(language, "componentize-js") {
        let lacks = format!(
            "examples/{language}/node_modules has no componentize-js. .ci/run does not install it, because a component \
             of 12 MB is compiled for half a minute for each architecture. In examples/{language}: npm install \
             --no-save {STARLINGMONKEY}"
        );
        return skip(&format!("starlingmonkey: {language}"), &lacks);
    }
    build_from_an_empty_folder(language, |project| {
        let path = project.join("package.json");
        let text = fs::read_to_string(&path).unwrap();
        let mut manifest: Value = serde_json::from_str(&text).unwrap();
        manifest["wasm-buildpack"] = json!({ "engine": "starlingmonkey" });
        fs::write(path, manifest.to_string()).unwrap();
    });
}

fn from_an_empty_folder_to_a_package(language: &str) {
    build_from_an_empty_folder(language, |_| ());
}

/// Makes a project, changes it, and calls the commands of its README.
fn build_from_an_empty_folder(language: &str, change: impl FnOnce(&Path)) {
    if let Err(lacks) = can_build(language) {
        return skip(language, &lacks);
    }
    let folder = tempfile::tempdir().unwrap();
    let name = format!("hello-{language}");
    call(folder.path(), &["new", &name, "--lang", language])
        .ends_with(0)
        .says(&format!("  cd {name}\n"))
        .says("  wasm-buildpack test\n");
    let project = folder.path().join(&name);
    change(&project);
    bring_tools(language, &project).unwrap();
    let tested = call(&project, &["test"]).ends_with(0);
    tested.says("hello: passed\n").says("1 passed, 0 failed\n");
    let run = ["run", "--app", "samples/hello/app", "--start"];
    call(&project, &run)
        .ends_with(0)
        .says("\nProcesses\n  web (default): bash -c ")
        .says("\nhello");
    call(&project, &["package"]).ends_with(0);
    assert!(project.join("package.toml").is_file());
    for arch in Arch::ALL {
        let folder = project.join("target/package/linux").join(arch.name());
        assert!(folder.join("guest.cwasm").is_file());
        assert!(folder.join("bin/detect").is_file());
    }
}

/// Prints on the real standard error, because the harness of the tests keeps what a test that passes prints.
pub(crate) fn skip(what: &str, reason: &str) {
    assert!(!must_run(what), "{what} must not be skipped here: {reason}");
    let reason = reason.lines().collect::<Vec<_>>().join("; ");
    // In one call, because other tests print at the same time.
    let line = format!("SKIPPED: {what}: {reason}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "CI names what must run in a variable"
)]
fn must_run(what: &str) -> bool {
    let all = std::env::var("AUTHORS").unwrap_or_default();
    let language = what.split(':').next();
    all.split_whitespace().any(|one| Some(one) == language)
}
