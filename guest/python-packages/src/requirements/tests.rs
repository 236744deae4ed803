use super::*;
use crate::platform::tests::platform;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn read(text: &str) -> Result<Requirements, String> {
    let text = text.replace("DIGEST", DIGEST);
    Requirements::read(&text).map_err(|error| error.to_string())
}

fn names(text: &str) -> Vec<String> {
    let Ok(indexed) = read(text).unwrap().on(&platform()) else {
        panic!("{text}");
    };
    let packages = indexed.lock.packages.iter();
    packages
        .map(|locked| format!("{} {}", locked.name, locked.version.as_ref().unwrap()))
        .collect()
}

const COMPILED: &str = "#\n# This file was made by a tool\n#\n--index-url https://packages.example.com/simple\n\n\
    NumPy==2.3.5 ; python_version >= '3.11' \\\n    --hash=sha256:DIGEST \\\n    --hash=sha256:DIGEST\n    # via qiskit\n\
    httpx[http2]==0.28.1 --hash=sha256:DIGEST # why\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:DIGEST\n";

#[test]
fn the_packages_of_this_platform_are_read_with_their_digests() {
    assert_eq!(names(COMPILED), ["httpx 0.28.1", "numpy 2.3.5"]);
    let read = read(COMPILED).unwrap();
    assert!(read.has_index && !read.has_own_package);
    let Ok(indexed) = read.on(&platform()) else {
        panic!();
    };
    let packages = indexed.into_packages(&platform().tags);
    assert_eq!(packages.packages[0].name, "numpy");
    assert_eq!(packages.packages[0].sha256, [DIGEST, DIGEST]);
    assert_eq!(packages.tags.last().unwrap(), "py30-none-any");
}

#[test]
fn the_project_itself_and_options_without_effect_are_passed_over() {
    for line in [
        "-e .",
        ".",
        "--editable ./",
        "--only-binary :all:",
        "--require-hashes",
    ] {
        let text = format!("{line}\na==1 --hash=sha256:DIGEST");
        assert_eq!(names(&text), ["a 1"], "{line}");
    }
    assert!(
        read("-e .\na==1 --hash=sha256:DIGEST")
            .unwrap()
            .has_own_package
    );
}

#[test]
fn what_cannot_be_taken_is_refused_by_its_cause() {
    for (text, cause) in [
        ("", "has no packages"),
        ("# a==1\n", "has no packages"),
        ("a==1", "no SHA-256 digest for 'a'"),
        ("a==1 --hash=sha512:00", "no SHA-256 digest for 'a'"),
        ("a==1 --hash=sha256:00", "no SHA-256 digest for 'a'"),
        (
            "a==1 --hash=sha256:DIGEST\nB.c==2",
            "no SHA-256 digest for 'b-c'",
        ),
        ("a==1 # --hash=sha256:DIGEST", "no SHA-256 digest for 'a'"),
        ("a --hash=sha256:DIGEST", "which version of 'a'"),
        ("a>=1 --hash=sha256:DIGEST", "which version of 'a'"),
        ("a==1.* --hash=sha256:DIGEST", "which version of 'a'"),
        ("a==1,!=2 --hash=sha256:DIGEST", "which version of 'a'"),
        (
            "a @ https://files.example.com/a.whl --hash=sha256:DIGEST",
            "which version of 'a'",
        ),
        ("-r other.txt", "the option -r"),
        ("-e ./lib", "the option -e"),
        (
            "--extra-index-url https://user:secret@x.example",
            "the option --extra-index-url,",
        ),
        (
            "--find-links=https://user:secret@x.example",
            "the option --find-links,",
        ),
        ("a==1 --config-settings=x", "the option --config-settings,"),
        ("\n./a b", "line 2 of requirements.txt"),
        (
            "\na==1 --hash=sha256:DIGEST # C:\\wheels\\\nb==1 --hash=sha256:DIGEST",
            "line 2 of requirements.txt has a comment that ends with a backslash",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(cause), "{text}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_comment_with_a_line_to_itself_may_end_with_a_backslash() {
    let text = "a==1 --hash=sha256:DIGEST # C:\\wheels\n# C:\\wheels\\\nb==1 --hash=sha256:DIGEST";
    assert_eq!(names(text), ["a 1", "b 1"]);
}

#[test]
fn an_index_is_named_by_the_file_or_by_the_operator() {
    let without = || read("a==1 --hash=sha256:DIGEST").unwrap();
    assert_eq!(without().with_index(false), Err(RequirementsError::NoIndex));
    assert!(without().with_index(true).is_ok());
    for option in ["-i https://x.example", "--index-url=https://x.example"] {
        let text = format!("{option}\na==1 --hash=sha256:DIGEST");
        assert!(read(&text).unwrap().with_index(false).is_ok(), "{option}");
    }
}

#[test]
fn two_versions_for_one_platform_are_refused() {
    let text = "a==1 --hash=sha256:DIGEST\na==2 --hash=sha256:DIGEST";
    let Err(error) = read(text).unwrap().on(&platform()) else {
        panic!();
    };
    assert!(
        error.to_string().contains("'a' in the versions 1 and 2"),
        "{error}"
    );
    let apart = "a==1 ; os_name == 'nt' --hash=sha256:DIGEST\na==2 --hash=sha256:DIGEST";
    assert_eq!(names(apart), ["a 2"]);
}
