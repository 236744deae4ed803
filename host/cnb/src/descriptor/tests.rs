use proptest::prelude::*;

use super::*;

const WHOLE: &str = r#"
api = "0.10"
[buildpack]
id = "example/job"
version = "1.2.3"
name = "Job"
clear-env = true
homepage = "https://example.org"
[[targets]]
os = "linux"
[metadata]
variables = ["BP_LOG_LEVEL", "OTHER"]
build-variables = ["JOB_HOME", "PATH"]
own = { of = "the guest" }
[metadata.sources.job-template]
git = "https://git.example.org/group/template.git"
ref = "main"
ref-variable = "BP_JOB_TEMPLATE_REF"
subpath = "job-template"
credential = "gitlab"
supplier = "Some Makers"
[metadata.sources.public]
git = "https://elsewhere.example.org/public.git"
ref = "v1"
subpath = "a/b"
[metadata.credentials.gitlab]
env = "BP_GITLAB_TOKEN"
binding = "gitlab"
username = "gitlab+deploy-token-1"
[metadata.limits]
memory-mib = 64
"#;

fn parse(text: &str) -> Result<Descriptor, DescriptorError> {
    Descriptor::parse(text, "buildpack.toml")
}

/// The complete descriptor with a part replaced.
fn with(from: &str, to: &str) -> Result<Descriptor, DescriptorError> {
    parse(&replaced(from, to))
}

fn replaced(from: &str, to: &str) -> String {
    assert_eq!(
        WHOLE.matches(from).count(),
        1,
        "'{from}' must stand there once"
    );
    WHOLE.replace(from, to)
}

/// An error with its causes.
fn text(error: &dyn std::error::Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(source) => format!("{error}: {}", text(source)),
    }
}

#[test]
fn a_whole_descriptor_is_read() {
    let descriptor = parse(WHOLE).unwrap();
    assert_eq!(descriptor.api, Api::V0_10);
    assert_eq!(descriptor.id, "example/job");
    assert_eq!(descriptor.version, "1.2.3");
    assert_eq!(descriptor.name.as_deref(), Some("Job"));
    assert!(descriptor.clear_env);
    let source = &descriptor.sources.git[&"job-template".parse().unwrap()];
    assert_eq!(
        source.git.to_string(),
        "https://git.example.org/group/template.git"
    );
    assert_eq!(source.reference.as_str(), "main");
    assert_eq!(
        source.ref_variable,
        Some("BP_JOB_TEMPLATE_REF".parse().unwrap())
    );
    assert_eq!(source.subpath.as_str(), "job-template");
    assert_eq!(source.credential, Some("gitlab".parse().unwrap()));
    assert_eq!(source.supplier, Some("Some Makers".parse().unwrap()));
    let public = &descriptor.sources.git[&"public".parse().unwrap()];
    assert_eq!((&public.ref_variable, &public.credential), (&None, &None));
    let credential = &descriptor.credentials[&"gitlab".parse().unwrap()];
    assert_eq!(credential.env, Some("BP_GITLAB_TOKEN".parse().unwrap()));
    assert_eq!(credential.binding, Some("gitlab".parse().unwrap()));
    assert_eq!(credential.username.as_str(), "gitlab+deploy-token-1");
    let variables: Vec<_> = descriptor
        .variables
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(variables, ["BP_LOG_LEVEL", "OTHER"]);
    let set = descriptor.build_variables.iter();
    assert_eq!(
        set.map(VariableName::as_str).collect::<Vec<_>>(),
        ["JOB_HOME", "PATH"]
    );
    assert_eq!(
        descriptor.limits,
        Limits {
            memory_mib: 64,
            ..Limits::default()
        }
    );
    assert_eq!(
        descriptor.guest_metadata.to_string().trim(),
        "[own]\nof = \"the guest\""
    );
}

#[test]
fn the_least_descriptor_has_defaults_for_the_rest() {
    let descriptor = parse("api = \"0.12\"\n[buildpack]\nid = \"a\"\nversion = \"1\"").unwrap();
    assert_eq!(descriptor.api, Api::V0_12);
    assert!(!descriptor.clear_env && descriptor.sources.all().is_empty());
    assert_eq!(descriptor.limits, Limits::default());
    assert_eq!(descriptor.receipt, Detail::Standard);
    assert!(descriptor.sbom_formats.is_empty());
    assert!(descriptor.guest_metadata.is_empty());
    let without = with("username = \"gitlab+deploy-token-1\"", "").unwrap();
    let credential = &without.credentials[&"gitlab".parse().unwrap()];
    assert_eq!(credential.username.as_str(), "oauth2");
}

#[test]
fn each_api_that_is_served_is_accepted_and_no_other() {
    assert!(Api::V0_10 < Api::V0_11 && Api::V0_11 < Api::V0_12);
    for (api, served) in [
        ("0.10", Api::V0_10),
        ("0.11", Api::V0_11),
        ("0.12", Api::V0_12),
    ] {
        let descriptor = with("api = \"0.10\"", &format!("api = \"{api}\"")).unwrap();
        assert_eq!(descriptor.api, served);
    }
    for api in ["0.9", "0.13", "0.1", "1.0", "0.10.0", " 0.10", "x"] {
        let error = with("api = \"0.10\"", &format!("api = \"{api}\""))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("'{api}'")) && error.contains("0.10, 0.11 and 0.12"),
            "{error}"
        );
    }
}

/// Each row: a part, its replacement, and a text of the error.
fn refuses(cases: &[(&str, &str, &str)]) {
    for (from, to, message) in cases {
        let error = text(&with(from, to).unwrap_err());
        assert!(error.contains(message), "{from} -> {to}: {error}");
        assert!(
            error.contains("buildpack.toml") && !error.contains("secret"),
            "{error}"
        );
    }
}

#[test]
fn each_mistake_is_named_with_its_key_and_file() {
    refuses(&[
        ("api = \"0.10\"", "", "buildpack.toml lacks the key api"),
        (
            "api = \"0.10\"",
            "api = 0.10",
            "api in buildpack.toml must be a string",
        ),
        (
            "id = \"example/job\"",
            "id = \"\"",
            "lacks the key buildpack.id",
        ),
        ("version = \"1.2.3\"", "", "lacks the key buildpack.version"),
        (
            "clear-env = true",
            "clear-env = 1",
            "buildpack.clear-env in buildpack.toml must be true or false",
        ),
        (
            "clear-env = true",
            "",
            "buildpack.clear-env in buildpack.toml: it must be true if there are credentials",
        ),
        (
            "subpath = \"job-template\"",
            "",
            "lacks the key metadata.sources.job-template.subpath",
        ),
        (
            "subpath = \"job-template\"",
            "subpath = \"../up\"",
            "metadata.sources.job-template.subpath in buildpack.toml is refused: ",
        ),
        (
            "subpath = \"job-template\"",
            "subpath = \"job-template\"\nreff = \"x\"",
            "metadata.sources.job-template.reff in buildpack.toml is unknown; is it misspelt?",
        ),
        (
            "supplier = \"Some Makers\"",
            "supplier = \"Some\\nMakers\"",
            "metadata.sources.job-template.supplier in buildpack.toml is refused",
        ),
        (
            "ref = \"main\"",
            "ref = \"a..b\"",
            "metadata.sources.job-template.ref in buildpack.toml is refused",
        ),
        (
            "ref = \"main\"",
            "",
            "lacks the key metadata.sources.job-template.ref",
        ),
        (
            "git = \"https://git.example.org/group/template.git\"",
            "git = \"https://me:secret@git.example.org/x\"",
            "metadata.sources.job-template.git in buildpack.toml is refused",
        ),
        (
            "git = \"https://git.example.org/group/template.git\"",
            "git = \"http://git.example.org/x\"",
            ".git in",
        ),
        (
            "ref-variable = \"BP_JOB_TEMPLATE_REF\"",
            "ref-variable = \"JOB_REF\"",
            "metadata.sources.job-template.ref-variable in buildpack.toml: JOB_REF must begin with BP_",
        ),
        (
            "ref-variable = \"BP_JOB_TEMPLATE_REF\"",
            "ref-variable = \"BP_GITLAB_TOKEN\"",
            "ref-variable in buildpack.toml: BP_GITLAB_TOKEN holds a credential already",
        ),
        (
            "credential = \"gitlab\"",
            "credential = \"github\"",
            "no credential 'github' is declared",
        ),
        (
            "[metadata.sources.public]",
            "[metadata.sources.\"../x\"]",
            "metadata.sources.\"../x\" in buildpack.toml is refused",
        ),
    ]);
}

#[test]
fn each_mistake_about_credentials_variables_and_limits_is_named() {
    refuses(&[
        (
            "env = \"BP_GITLAB_TOKEN\"",
            "env = \"GITLAB_TOKEN\"",
            "metadata.credentials.gitlab.env in buildpack.toml: GITLAB_TOKEN must begin",
        ),
        (
            "env = \"BP_GITLAB_TOKEN\"\nbinding = \"gitlab\"",
            "",
            "metadata.credentials.gitlab in buildpack.toml: it names neither env nor binding",
        ),
        (
            "username = \"gitlab+deploy-token-1\"",
            "username = \"a:b\"",
            "metadata.credentials.gitlab.username in",
        ),
        (
            "username = ",
            "user = ",
            "metadata.credentials.gitlab.user in buildpack.toml is unknown; is it misspelt?",
        ),
        (
            "[\"BP_LOG_LEVEL\", \"OTHER\"]",
            "\"OTHER\"",
            "metadata.variables in buildpack.toml must be a list of strings",
        ),
        (
            "[\"BP_LOG_LEVEL\", \"OTHER\"]",
            "[1]",
            "metadata.variables in buildpack.toml must be a list of strings",
        ),
        (
            "[\"BP_LOG_LEVEL\", \"OTHER\"]",
            "[\"A.b\"]",
            "metadata.variables in buildpack.toml is refused: the variable name 'A.b'",
        ),
        (
            "[\"BP_LOG_LEVEL\", \"OTHER\"]",
            "[\"A\", \"A\"]",
            "metadata.variables in buildpack.toml: A is listed twice",
        ),
        (
            "[\"BP_LOG_LEVEL\", \"OTHER\"]",
            "[\"BP_GITLAB_TOKEN\"]",
            "metadata.variables in buildpack.toml: BP_GITLAB_TOKEN holds a credential, which the component must not see",
        ),
        (
            "[\"JOB_HOME\", \"PATH\"]",
            "[\"JOB_HOME\", \"JOB_HOME\"]",
            "metadata.build-variables in buildpack.toml: JOB_HOME is listed twice",
        ),
        (
            "[\"JOB_HOME\", \"PATH\"]",
            "[\"JOB_HOME\", \"https_proxy\"]",
            "metadata.build-variables in buildpack.toml: https_proxy steers other programs, so no component may set it",
        ),
        (
            "[\"JOB_HOME\", \"PATH\"]",
            "[\"PYTHONPATH\"]",
            "metadata.build-variables in buildpack.toml: PYTHONPATH steers other programs",
        ),
        (
            "memory-mib = 64",
            "memory = 64",
            "metadata.limits.memory in buildpack.toml is unknown; is it misspelt?",
        ),
        (
            "memory-mib = 64",
            "memory-mib = 9999999",
            "metadata.limits.memory-mib in buildpack.toml is 9999999; it must be from 4 to 2048",
        ),
        (
            "memory-mib = 64",
            "memory-mib = \"64\"",
            "metadata.limits.memory-mib in buildpack.toml must be a whole number",
        ),
        (
            "[metadata.limits]",
            "[[metadata.limits]]",
            "metadata.limits in buildpack.toml must be a table",
        ),
        (
            "api = \"0.10\"",
            "api = ",
            "buildpack.toml is not valid TOML",
        ),
    ]);
}

#[test]
fn a_credential_is_for_one_origin_alone() {
    let sharing = |url: &str| {
        with(
            "git = \"https://elsewhere.example.org/public.git\"",
            &format!("git = \"{url}\"\ncredential = \"gitlab\""),
        )
    };
    sharing("https://git.example.org/other/repository.git").unwrap();
    sharing("https://git.example.org:443/other.git").unwrap();
    for other in [
        "https://elsewhere.example.org/x.git",
        "https://git.example.org:8443/x.git",
    ] {
        let error = sharing(other).unwrap_err().to_string();
        assert!(
            error.contains("for another origin; a credential is for one origin only"),
            "{error}"
        );
        assert!(
            error.contains("metadata.sources.job-template.credential")
                && error.contains("'public'"),
            "{error}"
        );
    }
}

#[test]
fn one_token_cannot_be_two_credentials_and_so_go_to_two_origins() {
    let second = |declaration: &str| {
        with(
            "[metadata.limits]",
            &format!("[metadata.credentials.second]\n{declaration}\n[metadata.limits]"),
        )
    };
    second("env = \"BP_OTHER\"\nbinding = \"other\"").unwrap();
    for same in ["env = \"BP_GITLAB_TOKEN\"", "binding = \"GitLab\""] {
        let error = second(same).unwrap_err().to_string();
        assert!(error.contains("uses the same token"), "{error}");
    }
}

#[test]
fn it_is_read_beneath_the_buildpack_directory_and_the_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(folder.path()).unwrap();
    let path = folder.path().join(FILE).display().to_string();
    assert!(text(&Descriptor::read(&dir).unwrap_err()).contains(&path));
    std::fs::write(&path, b"api = \"\xff\"").unwrap();
    assert_eq!(
        Descriptor::read(&dir).unwrap_err().to_string(),
        format!("{path} is not UTF-8")
    );
    std::fs::write(&path, WHOLE).unwrap();
    assert_eq!(Descriptor::read(&dir).unwrap().id, "example/job");
}

#[test]
fn what_a_package_brings_along_is_named_by_full_ids() {
    let source = "[metadata.sources.job-template]";
    let with = |body: &str| {
        let table = "[metadata.sources.job-template.vendored]";
        parse(&WHOLE.replacen(source, &format!("{table}\n{body}\n{source}"), 1))
    };
    let id = "0123456789abcdef0123456789abcdef01234567";
    let good = format!("revision = \"main\"\ncommit = \"{id}\"\ntree = \"{id}\"");
    let descriptor = with(&good).unwrap();
    let vendored = descriptor
        .sources
        .git
        .values()
        .find_map(|source| source.vendored.as_ref());
    let vendored = vendored.unwrap();
    for revision in ["main", id] {
        assert!(vendored.is(&revision.parse().unwrap()));
    }
    assert!(!vendored.is(&"v1".parse().unwrap()));
    for (bad, why) in [
        (good.replace("commit", "comit"), "lacks the key"),
        (good.replacen(id, "0123abc", 1), "must be an id of 40"),
        (
            format!("{good}\npack = \"x\""),
            "is unknown; is it misspelt?",
        ),
    ] {
        let error = with(&bad).unwrap_err().to_string();
        assert!(
            error.contains("job-template.vendored") && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn a_prefix_of_settings_is_for_the_platforms_variables() {
    let prefix = |text: &str| {
        parse(&WHOLE.replacen(
            "[metadata]\n",
            &format!("[metadata]\nsettings-prefix = \"{text}\"\n"),
            1,
        ))
    };
    assert!(prefix("BP_JOB_").unwrap().settings_prefix.is_some());
    let error = prefix("JOB_").unwrap_err().to_string();
    assert!(error.contains("must begin with BP_"), "{error}");
}

#[test]
fn a_provider_goes_with_a_binding() {
    let first = "[metadata.credentials.gitlab]\n";
    let with = |text: &str| parse(&WHOLE.replacen(first, &format!("{first}{text}\n"), 1));
    with("provider = \"gitlab\"").unwrap();
    let alone = WHOLE.replacen("binding = \"gitlab\"", "provider = \"gitlab\"", 1);
    let error = parse(&alone).unwrap_err().to_string();
    assert!(
        error.contains("it can't be set without 'binding'"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), cut in 0..WHOLE.len(), junk in "\\PC{0,8}") {
        drop(parse(&text));
        let mut whole = WHOLE.to_owned();
        whole.insert_str(cut, &junk);
        if let Ok(descriptor) = parse(&whole) {
            // For any descriptor that parses, the component sees no variable of a credential.
            for credential in descriptor.credentials.values() {
                let secret = credential.env.as_ref();
                prop_assert!(!descriptor.variables.iter().any(|name| Some(name) == secret));
            }
        }
    }
}

#[test]
fn formats_of_bills_of_materials_are_those_that_are_written_and_no_others() {
    let declared = |list: &str| with("name = \"Job\"", &format!("sbom-formats = {list}"));
    let [cyclonedx, spdx] = Format::ALL;
    for (list, formats) in [
        ("[]", vec![]),
        (r#"["application/spdx+json"]"#, vec![spdx]),
        (
            r#"["application/spdx+json", "application/vnd.cyclonedx+json; version=1.6"]"#,
            vec![cyclonedx, spdx],
        ),
    ] {
        let read = declared(list).unwrap().sbom_formats;
        assert_eq!(read.into_iter().collect::<Vec<_>>(), formats, "{list}");
    }
    for (list, words) in [
        (
            r#"["application/vnd.syft+json"]"#,
            "the key buildpack.sbom-formats in buildpack.toml: 'application/vnd.syft+json' is not a format that this host writes",
        ),
        (
            "\"x\"",
            "the key buildpack.sbom-formats in buildpack.toml must be a list of strings",
        ),
    ] {
        let error = declared(list).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn a_receipt_is_standard_or_full() {
    let receipt = |value: &str| with("[metadata]", &format!("[metadata]\nreceipt = {value}"));
    assert_eq!(receipt("\"standard\"").unwrap().receipt, Detail::Standard);
    let full = receipt("\"full\"").unwrap();
    assert_eq!(full.receipt, Detail::Full);
    assert!(!full.guest_metadata.contains_key("receipt"));
    for value in ["\"none\"", "\"\""] {
        let error = receipt(value).unwrap_err().to_string();
        let words =
            "the key metadata.receipt in buildpack.toml: it must be \"standard\" or \"full\"";
        assert_eq!(error, words);
    }
    receipt("true").unwrap_err();
}
