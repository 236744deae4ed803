//! Tests that `cargo xtask verify` accepts a good package, and names what was changed in any other.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use package::arch::Arch;
use package::cargo::Profile;
use package::trial;
use package::verify::{Digests, Known, Report, verify};

use crate::packaging::packaged;

/// The digests of the files that the tests build, in the form of a release.
fn listed() -> Digests {
    let (_folder, dir) = packaged(None);
    let arch = Arch::here().unwrap().name();
    let line = |file: &str| {
        let digest = package::aot::sha256(&fs::read(dir.join(file)).unwrap());
        format!("{digest}  0.1.0/linux/{arch}/{file}\n")
    };
    let list = [
        "bin/detect",
        "buildpack.toml",
        "guest.wasm",
        "sbom/cdx.json",
        "sbom/spdx.json",
    ]
    .map(line);
    Digests::parse(&list.concat()).unwrap()
}

/// Verifies a package by those digests. Each component is compiled once for all tests.
pub(crate) fn look(path: &Path) -> anyhow::Result<Report> {
    verify(path, &Known::Released(&listed()), &trial::compile)
}

/// Verifies the job template's buildpack after a change.
fn after(change: impl FnOnce(&Path)) -> Report {
    let (_folder, dir) = packaged(None);
    change(&dir);
    look(&dir).unwrap()
}

/// Asserts that a change gives no findings.
#[track_caller]
fn assert_good(change: impl FnOnce(&Path)) -> Report {
    let report = after(change);
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    report
}

/// Asserts that a change gives exactly these findings.
#[track_caller]
fn assert_found(change: impl FnOnce(&Path), words: &[&str]) {
    let found = after(change).findings;
    assert_eq!(found.len(), words.len(), "{found:#?}");
    for (text, words) in found.iter().zip(words) {
        assert!(text.contains(words), "{text:?} does not say {words:?}");
    }
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_good_package_passes_and_its_policy_is_said_line_by_line() {
    let (_folder, dir) = packaged(None);
    let report = verify(
        &dir,
        &Known::Checkout(Profile::of_trials().unwrap()),
        &package::aot::compile,
    )
    .unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let text = report.lines.join("\n");
    for words in [
        ", the one that this checkout builds\n  component:",
        "compiled from the component (wasmtime ",
        "buildpack.toml of planqk-buildpacks/job-template@0.1.0",
        ", the one of this checkout\n",
        "sandbox: prefer\n",
        "passed to the component: none\n",
        "source 'job-template': https://gitlab.com/StoneOne/planqk/serverless-template.git, the folder job-template at main, or at the revision in BP_JOB_TEMPLATE_REF\n",
        "credential 'gitlab': from a binding of type 'gitlab' or variable BP_GITLAB_TOKEN (as oauth2); sent to https://gitlab.com, or to the server that its binding names\n",
        "limits: memory-mib 256, seconds 60, ",
    ] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[test]
fn a_host_of_one_other_byte_is_found_and_a_copy_is_not() {
    assert_found(
        |dir| {
            let file = dir.join("bin/detect");
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
        },
        &["bin/detect is not the right host: it has the SHA-256 digest"],
    );
    assert_good(|dir| {
        let (file, copy) = (dir.join("bin/detect"), dir.join("copy"));
        fs::copy(&file, &copy).unwrap();
        fs::rename(&copy, &file).unwrap();
    });
}

#[test]
fn an_artifact_of_another_component_is_found_though_its_record_agrees() {
    let (_other, other) = packaged(Some("behaves_well"));
    assert_found(
        |dir| {
            let bytes = |dir: &Path| fs::read(dir.join("guest.cwasm")).unwrap();
            let (own, others) = (bytes(dir), bytes(&other));
            fs::copy(other.join("guest.cwasm"), dir.join("guest.cwasm")).unwrap();
            let length = |bytes: &[u8]| format!("artifact-bytes = {}\n", bytes.len());
            let recorded: [fn(&[u8]) -> String; 3] =
                [package::aot::sha256, package::aot::crc32, length];
            for of in recorded {
                edit(&dir.join("artifact.toml"), &of(&own), &of(&others));
            }
        },
        &["guest.cwasm is not what guest.wasm compiles to"],
    );
    // Another component with its own artifact makes a valid buildpack, and the report says that it is another.
    let report = look(&other).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let text = report.lines.join("\n");
    assert!(
        text.contains(", not in the list; the host trusts no component"),
        "{text}"
    );
    assert!(
        text.contains("buildpack.toml of tests/guest@0.0.1"),
        "{text}"
    );
}

#[test]
fn a_changed_record_is_found_by_its_key_and_a_comment_is_not() {
    let record = |dir: &Path| dir.join("artifact.toml");
    let arch = Arch::here().unwrap().name();
    for (from, to, words) in [
        (
            "engine = \"",
            "engine = \"1",
            "artifact.toml records engine = '1",
        ),
        (arch, "riscv64", "artifact.toml records arch = 'riscv64'"),
        (
            "artifact-sha256 = \"",
            "artifact-sha256 = \"0",
            "records artifact-sha256",
        ),
        (
            "artifact-crc32 = \"",
            "artifact-crc32 = \"0",
            "records artifact-crc32",
        ),
        (
            "artifact-bytes = ",
            "artifact-bytes = 1",
            "records artifact-bytes",
        ),
        (
            "component-sha256 = \"",
            "component-sha256 = \"0",
            "records component-sha256",
        ),
        ("engine", "motor", "artifact.toml can't be understood"),
    ] {
        let (_folder, dir) = packaged(None);
        edit(&record(&dir), from, to);
        let package = in_package(&dir);
        let found = look(package.path()).unwrap().findings;
        let found: Vec<_> = found
            .iter()
            .filter(|text| text.contains("artifact.toml"))
            .collect();
        assert!(found.len() == 1 && found[0].contains(words), "{found:#?}");
    }
    assert_good(|dir| edit(&record(dir), "engine", "# What compiled it.\nengine"));
}

/// A package with a buildpack for this machine's architecture only.
fn in_package(dir: &Path) -> tempfile::TempDir {
    let package = tempfile::tempdir().unwrap();
    let linux = package.path().join("linux");
    fs::create_dir(&linux).unwrap();
    let place = linux.join(Arch::here().unwrap().name());
    tests::folder::copy(dir, &place).unwrap();
    package
}

#[test]
fn a_package_lacks_no_architecture_and_holds_nothing_else() {
    let (_folder, dir) = packaged(None);
    let package = in_package(&dir);
    let missing = Arch::ALL
        .into_iter()
        .find(|arch| *arch != Arch::here().unwrap());
    let missing = missing.unwrap().name();
    let found = look(package.path()).unwrap().findings;
    assert_eq!(found, [format!("linux/{missing}: the folder is missing")]);
    fs::write(package.path().join("notes"), "").unwrap();
    symlink(
        Arch::here().unwrap().name(),
        package.path().join("linux").join(missing),
    )
    .unwrap();
    let found = look(package.path()).unwrap().findings;
    let stray = |path: &str| format!("{path}: it does not belong in a package");
    let arch = format!("linux/{missing}");
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found.contains(&stray("notes")) && found.contains(&stray(&arch)),
        "{found:#?}"
    );
}

#[test]
fn what_does_not_belong_is_found_and_what_is_missing() {
    assert_found(
        |dir| fs::write(dir.join("bin/helper"), "#!/bin/sh\n").unwrap(),
        &["bin/helper does not belong in a buildpack directory"],
    );
    assert_found(
        |dir| fs::create_dir(dir.join("lib")).unwrap(),
        &["lib does not belong in a buildpack directory"],
    );
    assert_found(
        |dir| fs::remove_file(dir.join("bin/build")).unwrap(),
        &["bin/build is missing"],
    );
    assert_found(
        |dir| {
            fs::remove_file(dir.join("bin/build")).unwrap();
            fs::copy(dir.join("bin/detect"), dir.join("bin/build")).unwrap();
        },
        &["bin/build must be a link to detect"],
    );
}

#[test]
fn a_bill_of_materials_of_another_host_is_found() {
    assert_found(
        |dir| {
            edit(
                &dir.join("sbom/spdx.json"),
                "wasm-buildpacks",
                "wasm-buildpackt",
            );
        },
        &["sbom/spdx.json does not belong to the right host"],
    );
    // A document that is written again is the same.
    assert_good(|dir| {
        let bills = package::sbom::documents(Arch::here().unwrap()).unwrap();
        package::sbom::write(dir, &bills).unwrap();
    });
}

#[test]
fn a_link_that_leads_out_is_told_from_one_that_leads_elsewhere() {
    let link = |target: &'static str| {
        move |dir: &Path| {
            fs::remove_file(dir.join("bin/build")).unwrap();
            symlink(target, dir.join("bin/build")).unwrap();
        }
    };
    let out = ["bin/build is a link out of the buildpack directory, to "];
    assert_found(link("/bin/sh"), &out);
    assert_found(link("../../../bin/sh"), &out);
    assert_found(
        link("../guest.wasm"),
        &["bin/build must be a link to detect"],
    );
    assert_good(link("detect"));
}

#[test]
fn wrong_modes_are_found() {
    let mode = |file: &'static str, mode: u32| {
        move |dir: &Path| {
            fs::set_permissions(dir.join(file), Permissions::from_mode(mode)).unwrap();
        }
    };
    assert_found(
        mode("bin/detect", 0o4755),
        &["bin/detect is setuid, setgid or sticky (4755)"],
    );
    assert_found(
        mode("guest.wasm", 0o666),
        &["guest.wasm has the mode 0666 and must have 0644"],
    );
    assert_found(
        mode("bin", 0o777),
        &["bin has the mode 0777 and must have 0755"],
    );
    assert_good(mode("bin/detect", 0o755));
}

#[test]
fn another_policy_is_said_and_one_that_the_host_would_refuse_is_found() {
    let descriptor = |dir: &Path| dir.join("buildpack.toml");
    let report = assert_good(|dir| edit(&descriptor(dir), "/StoneOne/", "/Others/"));
    let text = report.lines.join("\n");
    assert!(text.contains("gitlab.com/Others/planqk"), "{text}");
    assert!(text.contains(", not in the list\n"), "{text}");
    assert_found(
        |dir| edit(&descriptor(dir), "clear-env = true", "clear-env = false"),
        &["clear-env"],
    );
    let arch = format!("arch = \"{}\"", Arch::here().unwrap().name());
    assert_found(
        |dir| edit(&descriptor(dir), &arch, "arch = \"riscv64\""),
        &["buildpack.toml has no target for "],
    );
}

#[test]
fn a_host_that_is_not_listed_for_its_place_is_found() {
    let (_folder, dir) = packaged(None);
    let digest = package::aot::sha256(&fs::read(trial::host().unwrap()).unwrap());
    let here = Arch::here().unwrap().name();
    for (name, good) in [
        (format!("v1/linux/{here}/bin/detect"), true),
        (format!("linux/{here}/bin/detect"), true),
        ("linux/riscv64/bin/detect".to_owned(), false),
        (format!("linux/{here}/guest.wasm"), false),
    ] {
        let bill = |file: &str| {
            let digest = package::aot::sha256(&fs::read(dir.join(file)).unwrap());
            format!("{digest}  linux/{here}/{file}\n")
        };
        let bills = ["sbom/cdx.json", "sbom/spdx.json"].map(bill).concat();
        let list = Digests::parse(&format!("{digest}  {name}\n{bills}")).unwrap();
        let found = verify(&dir, &Known::Released(&list), &trial::compile)
            .unwrap()
            .findings;
        assert_eq!(found.is_empty(), good, "{name}: {found:#?}");
    }
}
