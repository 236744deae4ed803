use super::*;
use crate::Grants;
use std::collections::BTreeMap;

const BUILDPACK: &str = "api = \"0.10\"\n\
    [buildpack]\nid = \"a/b\"\nversion = \"1\"\n\
    [metadata]\n\
    variables = [\"BP_MODE\", \"BP_GITLAB_TOKEN\"]\n\
    build-variables = [\"JOB_HOME\", \"PATH\"]\n\
    [metadata.sources.job]\ngit = \"https://git.example/x.git\"\nref = \"main\"\nref-variable = \"BP_API_KEY\"\nsubpath = \"a\"\n";

fn grants(policy: Option<&str>) -> Grants {
    let descriptor = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
    Grants::of(
        descriptor,
        policy.map(|text| OperatorPolicy::parse(text).unwrap()),
    )
}

fn told(grants: &Grants) -> Vec<String> {
    texts(&grants.descriptor.variables)
}

fn reference(grants: &Grants) -> Option<&str> {
    let source = grants.descriptor.sources.git.values().next().unwrap();
    source.ref_variable.as_ref().map(VariableName::as_str)
}

fn said(grants: &Grants) -> Vec<String> {
    grants.denials.iter().map(Denial::to_string).collect()
}

fn may_set(grants: &Grants, name: &str) -> Result<(), LaterError> {
    let by = "layer 'x'".to_owned();
    grants.may_set(&BTreeMap::from([(name.to_owned(), by)]))
}

#[test]
fn a_name_like_a_credentials_is_told_from_others() {
    let is = |name: &str| is_like_a_credential(&name.parse().unwrap());
    for name in [
        "BP_GITLAB_TOKEN",
        "NPM_TOKENS",
        "bp_token",
        "GITLABTOKEN",
        "DB_PASSWORD",
        "PGPASSWORD",
        "MYSQL_PWD",
        "SMTP_PASS",
        "AWS_SECRET_ACCESS_KEY",
        "APIKEY",
        "BP_SSH_KEYS",
        "SIGNING_PASSPHRASE",
        "GIT_CREDENTIALS",
        "GITHUB_PAT",
        "NPM_AUTH",
        "SENTRY_DSN",
        "HTTPS_PROXY",
    ] {
        assert!(is(name), "{name}");
    }
    for name in [
        "BP_MODE",
        "BP_JOB_TEMPLATE_REF",
        "CASE",
        "KEYBOARD",
        "COMPASS",
        "BYPASS_CACHE",
        "PATTERN",
        "AUTHOR",
        "BP_KEYED",
    ] {
        assert!(!is(name), "{name}");
    }
}

#[test]
fn a_variable_that_is_like_a_credential_is_read_only_where_the_policy_names_it() {
    for policy in [None, Some("")] {
        let without = grants(policy);
        assert_eq!(told(&without), ["BP_MODE"]);
        assert_eq!(reference(&without), None);
        let words = |name| {
            format!(
                "{name} is not read: its name is like a credential's, and no 'variables' in an operator's policy names it"
            )
        };
        assert_eq!(
            said(&without),
            [words("BP_GITLAB_TOKEN"), words("BP_API_KEY")]
        );
    }
    let with = grants(Some(
        "variables = [\"BP_MODE\", \"BP_GITLAB_TOKEN\", \"BP_API_KEY\"]",
    ));
    assert_eq!(told(&with), ["BP_MODE", "BP_GITLAB_TOKEN"]);
    assert_eq!(reference(&with), Some("BP_API_KEY"));
    assert!(with.denials.is_empty(), "{:?}", said(&with));
}

#[test]
fn a_policy_that_lists_variables_grants_no_other() {
    let some = grants(Some("variables = [\"BP_GITLAB_TOKEN\"]"));
    assert_eq!(told(&some), ["BP_GITLAB_TOKEN"]);
    assert_eq!(
        said(&some)[0],
        "BP_MODE is not read: for variables, the operator's policy grants BP_GITLAB_TOKEN"
    );
    let none = grants(Some("variables = []"));
    assert!(told(&none).is_empty());
    assert!(
        said(&none)[0].ends_with("the operator's policy grants none"),
        "{:?}",
        said(&none)
    );
}

#[test]
fn only_what_is_declared_is_set_for_later_buildpacks() {
    let grants = grants(None);
    for name in ["JOB_HOME", "PATH"] {
        may_set(&grants, name).unwrap();
    }
    assert_eq!(
        may_set(&grants, "JOB_MODE").unwrap_err().to_string(),
        "layer 'x' sets JOB_MODE for later buildpacks; in build-variables, buildpack.toml declares \
         JOB_HOME, PATH"
    );
    let bare = BUILDPACK.replace("build-variables = [\"JOB_HOME\", \"PATH\"]\n", "");
    let bare = Grants::of(Descriptor::parse(&bare, "buildpack.toml").unwrap(), None);
    let error = may_set(&bare, "JOB_HOME").unwrap_err().to_string();
    assert!(error.ends_with("buildpack.toml declares none"), "{error}");
}

#[test]
fn what_the_policy_does_not_grant_is_denied_by_its_name() {
    let narrowed = grants(Some("build-variables = [\"JOB_HOME\", \"OTHER\"]"));
    may_set(&narrowed, "JOB_HOME").unwrap();
    let error = may_set(&narrowed, "PATH").unwrap_err();
    assert!(matches!(error, LaterError::Denied(_)), "{error}");
    assert_eq!(
        error.to_string(),
        "PATH may not be set for later buildpacks: the operator's policy grants JOB_HOME, OTHER"
    );
    // The policy grants declared variables, and adds none.
    let error = may_set(&narrowed, "OTHER").unwrap_err();
    assert!(matches!(error, LaterError::Undeclared { .. }), "{error}");
}
