//! Fuzzes the operator's policy: it can only narrow what a buildpack may do.

use cnb::descriptor::Descriptor;
use policy::{Grants, OperatorPolicy, PATH};

use super::assert_harmless;
use crate::Verdict;

/// A buildpack that declares one of each thing that a policy can narrow.
const BUILDPACK: &str = r#"
api = "0.10"
[buildpack]
id = "a/b"
version = "1"
clear-env = true
[metadata]
variables = ["BP_M", "BP_N", "BP_M_TOKEN"]
build-variables = ["JOB_O", "PATH"]
[metadata.sources.one]
git = "https://git.example/x.git"
ref = "main"
subpath = "a"
credential = "c"
[metadata.sources.two]
git = "https://git.example:8443/y.git"
ref = "v1"
subpath = "a"
[metadata.credentials.c]
env = "BP_TOKEN"
binding = "git"
"#;

pub(crate) fn run(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let parsed = OperatorPolicy::parse(text);
    match &parsed {
        Ok(policy) => assert_narrows(policy),
        Err(error) => {
            assert!(error.to_string().contains(PATH));
            assert_harmless_but_for_syntax(error);
        }
    }
    Verdict::of(&parsed)
}

/// A syntax error of the TOML parser quotes its input, which root wrote.
fn assert_harmless_but_for_syntax(error: &cnb::descriptor::DescriptorError) {
    if !matches!(error, cnb::descriptor::DescriptorError::Syntax { .. }) {
        assert_harmless(error);
    }
}

fn declared() -> Descriptor {
    Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap_or_else(|error| panic!("{error}"))
}

fn assert_narrows(policy: &OperatorPolicy) {
    let declared = declared();
    let grants = Grants::of(self::declared(), Some(policy.clone()));
    let held = &grants.descriptor;
    for ((key, held), (_, declared)) in held.limits.rows().zip(declared.limits.rows()) {
        assert!(
            held <= declared,
            "{key} is {held}, and {declared} is declared"
        );
    }
    assert!(!declared.sandbox.is_stricter_than(held.sandbox));
    assert_eq!(held.sources, declared.sources);
    for (name, credential) in &held.credentials {
        let declared = &declared.credentials[name];
        assert!(credential.env.is_none() || credential.env == declared.env);
        assert!(credential.binding.is_none() || credential.binding == declared.binding);
        assert_eq!(credential.username, declared.username);
    }
    // A mirror's credential is not a build variable.
    let mut mirrors = policy.mirrors.values();
    assert!(mirrors.all(|mirror| {
        let credential = mirror.credential.as_ref();
        let secret = credential.and_then(|credential| credential.env.as_ref());
        secret.is_none_or(|secret| !held.variables.contains(secret))
    }));
    for (listed, held, declared) in [
        (&policy.variables, &held.variables, &declared.variables),
        (
            &policy.build_variables,
            &held.build_variables,
            &declared.build_variables,
        ),
    ] {
        assert!(held.iter().all(|name| declared.contains(name)));
        let mut held = held.iter();
        assert!(
            listed
                .as_ref()
                .is_none_or(|listed| held.all(|name| listed.contains(name)))
        );
    }
    let token = "BP_M_TOKEN".parse().expect("it is a name");
    let listed = policy.variables.as_ref();
    assert!(
        !held.variables.contains(&token) || listed.is_some_and(|listed| listed.contains(&token))
    );
    // A source may be fetched only from a host in the policy, if the policy lists hosts.
    for (name, source) in &declared.sources.git {
        let may = grants.may_fetch(name, &source.reference).is_ok();
        let hosts = policy.sources.as_ref();
        let grant = hosts.map(|hosts| hosts.get(&source.git.authority()));
        let stands = match grant {
            None => true,
            Some(grant) => grant.is_some_and(|grant| {
                grant.refs.as_ref().is_none_or(|refs| {
                    refs.iter().any(|pattern| {
                        let text = pattern.as_str();
                        let beginning = text.strip_suffix('*');
                        beginning.map_or(text == source.reference.as_str(), |beginning| {
                            source.reference.as_str().starts_with(beginning)
                        })
                    })
                })
            }),
        };
        assert!(stands || !may, "'{name}' may be fetched");
    }
}
