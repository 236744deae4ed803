//! `requirements.txt` with digests: the host finds the wheels at an index.

use std::fmt::Write as _;
use std::fs;

use cnb::sha256::Sha256;
use tests::git_server::GitServer;
use tests::machine;

use crate::index::{Index, file};
use crate::scene::{Scene, Wanted, declared};
use crate::wheel::{greeting, wheel};

const PAGE: &str = "/simple/greeting/";

/// A page in JSON with these files, which are beside the folder of the pages.
fn json(files: &[(&str, &[u8])]) -> String {
    let mut page =
        "{\"meta\": {\"api-version\": \"1.1\"}, \"name\": \"x\", \"files\": [".to_owned();
    for (at, (name, content)) in files.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let digest = Sha256::of(content);
        write!(
            page,
            "{comma}{{\"filename\": \"{name}\", \"url\": \"../../{name}\", \"hashes\": {{\"sha256\": \"{digest}\"}}}}"
        )
        .unwrap();
    }
    page + "]}"
}

/// The same as HTML.
fn html(files: &[(&str, &[u8])]) -> String {
    let links = files.iter().map(|(name, content)| {
        format!(
            "<a href=\"../../{name}#sha256={}\">{name}</a><br/>\n",
            Sha256::of(content)
        )
    });
    format!(
        "<!DOCTYPE html>\n<html><body>\n{}</body></html>\n",
        links.collect::<String>()
    )
}

fn requirements(index: &str, packages: &[(&str, &[u8])]) -> String {
    let mut text = format!("# made by a tool\n{index}");
    for (package, content) in packages {
        // The first digest is that of another platform's file.
        let digests = [Sha256::of(b"another"), Sha256::of(content)];
        writeln!(
            text,
            "{package} \\\n    --hash=sha256:{} \\\n    --hash=sha256:{}",
            digests[0], digests[1]
        )
        .unwrap();
    }
    text
}

/// An index with one package, whose page is this, and a project that needs it.
fn greeting_at(page: &str) -> Index {
    let index = Index::serving(&[("greeting", "1.0", greeting())], |options| {
        options.file(PAGE, page.as_bytes().to_vec())
    });
    let option = format!("--index-url {}/simple/\n", index.server.origin());
    let text = requirements(&option, &[("greeting==1.0", &greeting())]);
    index.write("requirements.txt", &text);
    index
}

#[test]
fn the_wheels_with_the_listed_digests_are_found_in_both_forms_of_a_page() {
    let name = file("greeting", "1.0");
    let files: [(&str, &[u8]); 2] = [("greeting-1.0.tar.gz", b"source"), (&name, &greeting())];
    for page in [json(&files), html(&files)] {
        let index = greeting_at(&page);
        let built = index.build();
        assert!(built.passed(), "{}", built.output());
        assert_eq!(index.asked(), [format!("/{name}"), PAGE.to_owned()]);
        let layers = index.lifecycle.layers_dir();
        let packages = layers.join("packages/site-packages");
        assert!(packages.join("greeting/__init__.py").is_file());
        let requests = index.server.requests();
        let page = requests
            .iter()
            .find(|request| request.path() == PAGE)
            .unwrap();
        let accepted = page.header("accept").unwrap();
        assert!(
            accepted.contains("application/vnd.pypi.simple.v1+json"),
            "{accepted}"
        );
        let said = built.output();
        assert!(
            said.contains("1 package of the index from https://"),
            "{said}"
        );
        assert!(
            said.contains("signing in with the token from binding"),
            "{said}"
        );
    }
}

#[test]
fn unchanged_requirements_keep_the_layer_and_its_bill_without_a_request() {
    let name = file("greeting", "1.0");
    let index = greeting_at(&json(&[(&name, &greeting())]));
    let built = index.build();
    assert!(built.passed(), "{}", built.output());
    let bill = || {
        let layers = index.lifecycle.layers_dir();
        fs::read_to_string(layers.join("launch.sbom.cdx.json")).unwrap()
    };
    let first = bill();
    for words in [
        "pkg:pypi/greeting@1.0",
        "\"MIT\"",
        &Sha256::of(&greeting()).to_string(),
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    index.lifecycle.export().unwrap();
    index.lifecycle.restore().unwrap();
    let asked = index.asked().len();
    let built = index.build();
    let said = built.output();
    assert!(said.contains("kept, nothing has changed"), "{said}");
    assert_eq!(index.asked().len(), asked);
    // All but how the layer came about, and who says so, is the same.
    let second = bill();
    assert!(
        !first.contains("previous-image") && second.contains("previous-image"),
        "{second}"
    );
    for words in [
        "pkg:pypi/greeting@1.0",
        "\"MIT\"",
        &Sha256::of(&greeting()).to_string(),
    ] {
        assert!(second.contains(words), "{words}: {second}");
    }
}

#[test]
fn a_previous_image_that_names_another_file_is_not_trusted() {
    let name = file("greeting", "1.0");
    let index = greeting_at(&json(&[(&name, &greeting())]));
    assert!(index.build().passed());
    index.lifecycle.export().unwrap();
    index.lifecycle.restore().unwrap();
    let toml = index.lifecycle.layers_dir().join("packages.toml");
    let text = fs::read_to_string(&toml).unwrap();
    let digest = Sha256::of(&greeting()).to_string();
    assert!(text.contains(&digest) && text.contains(&name), "{text}");
    for forged in [
        text.replace(&digest, &Sha256::of(b"forged").to_string()),
        text.replace(&name, "other-1.0-py3-none-any.whl"),
        text.replace(&name, "greeting-1.0-cp27-none-win32.whl"),
        text.replace(
            &name,
            &format!("greeting-{}-py3-none-any.whl", "1".repeat(300)),
        ),
    ] {
        fs::write(&toml, forged).unwrap();
        let built = index.build();
        let said = built.output();
        assert!(built.passed(), "{said}");
        assert!(said.contains("made, another program"), "{said}");
        index.lifecycle.export().unwrap();
        index.lifecycle.restore().unwrap();
    }
}

#[test]
fn an_index_without_a_usable_wheel_is_refused_by_the_cause() {
    let name = file("greeting", "1.0");
    let windows = "greeting-1.0-cp312-cp312-win_amd64.whl";
    let (wheel, other) = (greeting(), wheel("greeting", "2.0", &[]));
    for (page, id, cause) in [
        (json(&[]), "index-without-digest", "none of its files"),
        (
            json(&[(&name, &other)]),
            "index-without-digest",
            "none of its files",
        ),
        (
            "{\"files\": 1}".to_owned(),
            "index-page",
            "not the JSON of an index",
        ),
        (
            "<html>Sign in</html>".to_owned(),
            "index-without-digest",
            "none of its files",
        ),
        (
            json(&[("greeting-1.0.tar.gz", &wheel)]),
            "index-without-wheel",
            "is not a wheel",
        ),
        (
            json(&[(windows, &wheel)]),
            "index-without-fitting-wheel",
            "win_amd64",
        ),
        (
            json(&[(&name, &wheel)]).replace("\", \"hashes", "?x=1\", \"hashes"),
            "index-file-address",
            "without a query",
        ),
    ] {
        let index = greeting_at(&page);
        let built = index.build();
        let said = built.output();
        assert_eq!(built.refusal().as_deref(), Some(id), "{said}");
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(cause), "{words}");
        let left = tests::folder::snapshot(&index.lifecycle.layers_dir()).unwrap();
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(index.asked(), [PAGE]);
    }
}

#[test]
fn a_page_that_lies_about_a_digest_gives_nothing() {
    let name = file("greeting", "1.0");
    let page = json(&[(&name, &greeting())]);
    let index = Index::serving(&[], |options| {
        options
            .file(PAGE, page.into_bytes())
            .file(&format!("/{name}"), b"another".to_vec())
    });
    let option = format!("--index-url {}/simple/\n", index.server.origin());
    index.write(
        "requirements.txt",
        &requirements(&option, &[("greeting==1.0", &greeting())]),
    );
    let built = index.build();
    assert_eq!(
        built.refusal().as_deref(),
        Some("file-digest"),
        "{}",
        built.output()
    );
}

#[test]
fn a_page_sends_the_host_to_no_private_server() {
    let name = file("greeting", "1.0");
    let page = json(&[(&name, &greeting())]);
    for inside in [
        "https://10.0.0.7",
        "https://localhost",
        "https://index.internal",
    ] {
        let index = greeting_at(&page.replace("../..", inside));
        let built = index.build();
        let said = built.output();
        assert_eq!(
            built.refusal().as_deref(),
            Some("file-on-a-private-host"),
            "{said}"
        );
        assert_eq!(index.asked(), [PAGE]);
    }
}

#[test]
fn the_token_goes_to_the_index_and_to_no_server_that_a_page_names() {
    let name = file("greeting", "1.0");
    let other = GitServer::options().file(&format!("/{name}"), greeting());
    let other = other.tls().start().unwrap();
    let index = greeting_at(&json(&[(&name, &greeting())]).replace("../..", &other.origin()));
    let authority = other.authority().unwrap();
    let authority = [("type", "ca-certificates"), ("other.pem", authority)];
    index
        .lifecycle
        .binding("other-authority", &authority)
        .unwrap();
    let policy = format!(
        "[sources.\"{}\"]\n[sources.\"{}\"]\n",
        host(&other),
        host(&index.server)
    );
    let tried = machine::with_etc_file("wasm-buildpacks/policy.toml", &policy, |_| {
        let built = index.build();
        assert!(built.passed(), "{}", built.output());
        let signed_in = |server: &GitServer| {
            let requests = server.requests();
            assert_eq!(requests.len(), 1);
            requests[0].header("authorization").is_some()
        };
        assert!(signed_in(&index.server) && !signed_in(&other));
    });
    if let Err(error) = tried {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}

/// The host and port of a server.
fn host(server: &GitServer) -> String {
    server.origin().split_once("://").unwrap().1.to_owned()
}

#[test]
fn requirements_without_an_index_are_declined_and_the_policys_index_makes_them_pass() {
    let name = file("greeting", "1.0");
    let index = Index::serving(&[("greeting", "1.0", greeting())], |options| {
        options.file(PAGE, json(&[(&name, &greeting())]).into_bytes())
    });
    let text = requirements("", &[("greeting==1.0", &greeting())]);
    index.write("requirements.txt", &text);
    let detected = index.lifecycle.detect().unwrap();
    assert!(!detected.passed());
    assert!(
        detected.output().contains("names no index"),
        "{}",
        detected.output()
    );
    let policy = format!("index = \"{}/simple/\"\n", index.server.origin());
    let tried = machine::with_etc_file("wasm-buildpacks/policy.toml", &policy, |_| {
        let built = index.build();
        assert!(built.passed(), "{}", built.output());
        let said = built.output();
        assert!(
            said.contains("1 package of the index of the operator's policy from https://"),
            "{said}"
        );
    });
    if let Err(error) = tried {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}

const LISTED: &str = "listed-in = [\"uv.lock\", \"requirements.txt\"]";

/// A component that asks for this package, whatever the application lists.
fn asking(source: &str, wanted: Wanted<'_>, files: &[(&str, &str)]) -> Scene {
    Scene::new(
        |options| options.file("/simple/a/", b"{}".to_vec()),
        source,
        &[wanted],
        files,
    )
}

#[test]
fn a_component_names_no_package_and_no_digest_that_the_list_does_not_have_for_it() {
    let listed = format!(
        "-i ORIGIN/simple\na==1 --hash=sha256:{}\nb==1 --hash=sha256:{}\n",
        Sha256::of(b"a"),
        Sha256::of(b"b")
    );
    for wanted in [
        Wanted::package("c", b"a"),
        Wanted::package("a", b"b"),
        Wanted::package("secret-of-the-application", b"a"),
    ] {
        let scene = asking(LISTED, wanted, &[("requirements.txt", &listed)]);
        let said = scene.refuses("file-not-listed");
        assert!(said.contains("requirements.txt does not list"), "{said}");
        assert!(scene.asked().is_empty());
    }
}

#[test]
fn packages_need_a_list_without_addresses_and_an_index() {
    let wanted = || Wanted::package("a", b"a");
    let listed = format!("a==1 --hash=sha256:{}\n", Sha256::of(b"a"));
    let files = [("requirements.txt", &*listed)];
    asking(LISTED, wanted(), &files).refuses("index-missing");
    let in_descriptor = declared(&[("a", b"a")]);
    asking(&in_descriptor, wanted(), &files).refuses("list-without-packages");
    let in_package = format!("{LISTED}\nvendored = {{ sha256 = [] }}");
    let scene = asking(&in_package, wanted(), &files);
    fs::create_dir_all(scene.lifecycle.buildpack_dir().join("vendor/files")).unwrap();
    scene.refuses("packages-in-package");
}

#[test]
fn an_index_by_an_address_that_leads_elsewhere_is_not_asked() {
    let digest = Sha256::of(b"a");
    for index in [
        "ORIGIN/team/..%2fother/simple",
        "${INDEX}",
        "http://index.example.com/simple",
        "ORIGIN/simple?x=1",
    ] {
        let listed = format!("-i {index}\na==1 --hash=sha256:{digest}\n");
        let scene = asking(
            LISTED,
            Wanted::package("a", b"a"),
            &[("requirements.txt", &listed)],
        );
        scene.refuses("index-address");
        assert!(scene.asked().is_empty());
    }
}

#[test]
fn requirements_that_nobody_asks_for_may_be_broken() {
    let lock = format!(
        "[[w]]\nurl = \"https://10.0.0.1/a\"\nhash = \"sha256:{}\"\n",
        Sha256::of(b"a")
    );
    for broken in ["-i http://index.example.com\n", "-i ${INDEX}\n"] {
        let files = [("uv.lock", &*lock), ("requirements.txt", broken)];
        let wanted = Wanted::file("https://10.0.0.1/a", b"a");
        // The lock was read, and its entry is judged.
        asking(LISTED, wanted, &files).refuses("file-on-a-private-host");
    }
}

#[test]
fn the_index_of_the_policy_makes_no_private_server_of_a_lock_file_allowed() {
    let lock = format!(
        "[[w]]\nurl = \"https://127.0.0.1:4433/a\"\nhash = \"sha256:{}\"\n",
        Sha256::of(b"a")
    );
    let wanted = Wanted::file("https://127.0.0.1:4433/a", b"a");
    let scene = asking(LISTED, wanted, &[("uv.lock", &lock)]);
    let policy = "index = \"https://127.0.0.1:4433/simple/\"\n";
    let tried = machine::with_etc_file("wasm-buildpacks/policy.toml", policy, |_| {
        scene.refuses("file-on-a-private-host");
    });
    if let Err(error) = tried {
        eprintln!("skipped, for no file can be put into /etc here: {error:#}");
    }
}
