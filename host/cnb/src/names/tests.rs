use proptest::prelude::*;

use super::*;

fn refused<N: FromStr<Err = NameError>>(name: &str) -> String {
    match name.parse::<N>() {
        Ok(_) => panic!("'{name}' was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn plain_names_are_short_and_of_one_alphabet() {
    for valid in [
        "a",
        "0",
        "job-template",
        "a.b_c-d",
        "A1.toml",
        &"x".repeat(64),
    ] {
        assert_eq!(valid.parse::<SourceName>().unwrap().as_str(), valid);
    }
    for (invalid, message) in [
        ("", "the source name can't be empty"),
        (".", "only letters, digits"),
        ("..", "only letters, digits"),
        (".a", "must begin with a letter or digit"),
        ("-a", "must begin with a letter or digit"),
        ("_a", "must begin with a letter or digit"),
        ("a/b", "the source name 'a/b' is refused"),
        ("a b", "only letters"),
        ("a\0", r"'a\0'"),
        ("ä", "'ä'"),
        ("a\u{202e}b", r"a\u{202e}b"),
        (&"x".repeat(65), "has more than 64 bytes"),
    ] {
        let text = refused::<SourceName>(invalid);
        assert!(text.contains(message), "{invalid}: {text}");
    }
}

#[test]
fn a_layer_has_no_name_that_the_lifecycle_reads_as_something_else() {
    for valid in [
        "builds", "launch-1", "a.b", "toml", "sbom", "a.sbomx", "env", "bin", "Store",
    ] {
        valid.parse::<LayerName>().unwrap();
    }
    for invalid in [
        "build",
        "launch",
        "store",
        "a.toml",
        "a.TOML",
        "a.sbom.cdx.json",
        "launch.sbom.spdx",
        "a.sbom",
    ] {
        let text = refused::<LayerName>(invalid);
        assert!(
            text.contains(invalid) && text.contains("the lifecycle reads"),
            "{text}"
        );
    }
}

#[test]
fn a_folder_has_no_name_that_is_read_at_a_layers_root() {
    for valid in [
        "job-template",
        "binary",
        "library",
        "exec",
        "profile",
        "src",
        "my-env",
        "lib128",
    ] {
        valid.parse::<FolderName>().unwrap();
    }
    for invalid in [
        "env",
        "env.build",
        "env.launch",
        "environment",
        "ENV",
        "exec.d",
        "profile.d",
        "Profile.D",
        "bin",
        "lib",
        "LIB",
        "lib32",
        "lib64",
        "libx32",
        "include",
        "pkgconfig",
    ] {
        let text = refused::<FolderName>(invalid);
        assert!(
            text.contains(invalid) && text.contains("reads it"),
            "{text}"
        );
    }
}

#[test]
fn a_variable_has_no_dot_for_what_follows_one_is_its_mode() {
    for valid in ["A", "_", "PATH", "lower_case", "A1", &"X".repeat(128)] {
        valid.parse::<VariableName>().unwrap();
    }
    for invalid in [
        "",
        "A.append",
        "A=B",
        "A/B",
        "A\0",
        "1A",
        "A-B",
        "A B",
        "Ä",
        &"X".repeat(129),
    ] {
        refused::<VariableName>(invalid);
    }
}

#[test]
fn a_user_name_cannot_end_itself_in_basic_authentication() {
    for valid in [
        "oauth2",
        "gitlab+deploy-token-1",
        "me@example.org",
        "gitlab-ci-token",
    ] {
        valid.parse::<UserName>().unwrap();
    }
    for invalid in ["", "a:b", "a b", "a\n", "a\r\nX: y", "ä", &"x".repeat(129)] {
        refused::<UserName>(invalid);
    }
}

#[test]
fn a_supplier_is_a_name_in_any_letters_and_nothing_else() {
    for valid in ["Example", "A & B, Inc.", "Bücher 2.0", "x"] {
        valid.parse::<SupplierName>().unwrap();
    }
    let long = "x".repeat(129);
    for invalid in ["", " x", "x ", "a\nb", "a (b)", "a:b", "a\u{202e}b", &long] {
        refused::<SupplierName>(invalid);
    }
}

#[test]
fn binding_types_are_the_same_whatever_their_case() {
    let kind: BindingType = "GitLab".parse().unwrap();
    assert!(kind.is("gitlab") && kind.is("GITLAB"));
    assert!(!kind.is("gitlab2"));
}

#[test]
fn a_name_survives_toml_and_a_wrong_one_is_refused_there_too() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Holder {
        name: LayerName,
    }
    let text = "name = \"a\"\n";
    let holder: Holder = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string(&holder).unwrap(), text);
    assert!(toml::from_str::<Holder>("name = \"launch\"").is_err());
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_one_plain_name_of_a_path(text in "\\PC{0,70}|[a-zA-Z0-9._/-]{0,70}") {
        let accepted = [
            text.parse::<LayerName>().is_ok(),
            text.parse::<FolderName>().is_ok(),
            text.parse::<ProcessType>().is_ok(),
            text.parse::<ExecDName>().is_ok(),
            text.parse::<VariableName>().is_ok(),
        ];
        if accepted.contains(&true) {
            let path = std::path::Path::new(&text);
            prop_assert_eq!(path.components().count(), 1);
            prop_assert_eq!(path.file_name(), Some(text.as_ref()));
            prop_assert!(!text.starts_with(dir::STAGED_PREFIX));
        }
    }
}
