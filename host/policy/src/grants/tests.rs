use super::*;
use cnb::sandbox::Sandbox;

const BUILDPACK: &str = "api = \"0.10\"\n\
    [buildpack]\nid = \"a/b\"\nversion = \"1\"\nclear-env = true\n\
    [metadata]\nsandbox = \"prefer\"\n\
    [metadata.sources.one]\ngit = \"https://git.example/x.git\"\nref = \"main\"\nsubpath = \"a\"\ncredential = \"c\"\n\
    [metadata.sources.two]\ngit = \"https://git.example/y.git\"\nref = \"v1\"\nsubpath = \"a\"\ncredential = \"c\"\n\
    [metadata.sources.open]\ngit = \"https://open.example/z.git\"\nref = \"main\"\nsubpath = \"a\"\n\
    [metadata.credentials.c]\nenv = \"BP_TOKEN\"\nbinding = \"git\"\n\
    [metadata.limits]\nseconds = 60\nmemory-mib = 64\n";

fn grants(policy: &str) -> Grants {
    let descriptor = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
    Grants::of(descriptor, Some(OperatorPolicy::parse(policy).unwrap()))
}

fn said(grants: &Grants) -> Vec<String> {
    grants.denials.iter().map(Denial::to_string).collect()
}

fn name(text: &str) -> SourceName {
    text.parse().unwrap()
}

fn revision(text: &str) -> Revision {
    text.parse().unwrap()
}

#[test]
fn without_a_policy_and_with_an_empty_one_all_holds_that_is_declared() {
    let declared = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
    for grants in [
        Grants::of(
            Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap(),
            None,
        ),
        grants(""),
    ] {
        assert!(grants.denials.is_empty());
        assert_eq!(format!("{:?}", grants.descriptor), format!("{declared:?}"));
        for source in ["one", "two", "open"] {
            grants.may_fetch(&name(source), &revision("any")).unwrap();
        }
    }
}

#[test]
fn the_authorities_of_the_image_are_believed_unless_the_policy_says_otherwise() {
    let descriptor = Descriptor::parse(BUILDPACK, "buildpack.toml").unwrap();
    assert!(Grants::of(descriptor, None).system_authorities());
    assert!(grants("").system_authorities());
    assert!(grants("system-authorities = true").system_authorities());
    assert!(!grants("system-authorities = false").system_authorities());
}

#[test]
fn a_limit_is_the_lower_of_the_two_and_a_denial_only_where_it_was_lowered() {
    let grants = grants("[limits]\nseconds = 30\nmemory-mib = 128\nlog-kib = 8\n");
    let limits = &grants.descriptor.limits;
    assert_eq!(
        (limits.seconds, limits.memory_mib, limits.log_kib),
        (30, 64, 8)
    );
    assert_eq!(
        said(&grants),
        [
            "seconds is 30, not 60: the operator's policy grants no more",
            "log-kib is 8, not 256: the operator's policy grants no more"
        ]
    );
}

#[test]
fn the_sandbox_is_the_stricter_of_the_two() {
    let strict = grants("sandbox = \"require\"");
    assert_eq!(strict.descriptor.sandbox, Sandbox::Require);
    assert_eq!(
        said(&strict),
        ["sandbox is \"require\", not \"prefer\": the operator's policy asks for it"]
    );
    let lax = grants("sandbox = \"off\"");
    assert_eq!(lax.descriptor.sandbox, Sandbox::Prefer);
    assert!(lax.denials.is_empty());
}

#[test]
fn a_host_that_is_not_granted_is_denied_and_the_others_are_not() {
    let grants = grants("[sources.\"git.example\"]");
    let denial = grants
        .may_fetch(&name("open"), &revision("main"))
        .unwrap_err();
    assert_eq!(
        denial.to_string(),
        "source 'open' is on open.example; the operator's policy grants git.example"
    );
    assert_eq!(grants.denials, [denial]);
    grants.may_fetch(&name("one"), &revision("main")).unwrap();
}

#[test]
fn a_revision_that_is_not_granted_is_denied_whoever_chose_it() {
    let grants = grants("[sources.\"git.example\"]\nrefs = [\"main\"]\n[sources.\"open.example\"]");
    assert_eq!(
        said(&grants),
        [
            "source 'two' is to be fetched at 'v1'; for git.example the operator's policy grants main"
        ]
    );
    grants.may_fetch(&name("one"), &revision("main")).unwrap();
    grants.may_fetch(&name("one"), &revision("v1")).unwrap_err();
    grants.may_fetch(&name("two"), &revision("v1")).unwrap_err();
    // An application may choose a granted revision.
    grants.may_fetch(&name("two"), &revision("main")).unwrap();
    grants.may_fetch(&name("open"), &revision("any")).unwrap();
}

#[test]
fn a_credentials_place_that_is_not_granted_is_taken_away() {
    let narrowed = grants(
        "[sources.\"git.example\"]\ncredentials = [\"binding\"]\n[sources.\"open.example\"]",
    );
    let credential = narrowed.descriptor.credentials.values().next().unwrap();
    assert!(credential.env.is_none() && credential.binding.is_some());
    let denials = said(&narrowed);
    assert_eq!(denials.len(), 2, "{denials:?}");
    assert!(
        denials[0].contains("source 'one' may not come from a variable"),
        "{denials:?}"
    );
    narrowed.may_fetch(&name("two"), &revision("v1")).unwrap();
}

#[test]
fn a_source_whose_credential_has_no_place_left_is_denied() {
    let narrowed =
        grants("[sources.\"git.example\"]\ncredentials = []\n[sources.\"open.example\"]");
    for source in ["one", "two"] {
        let denial = narrowed
            .may_fetch(&name(source), &revision("v1"))
            .unwrap_err();
        assert!(denial.to_string().contains("may not come from"), "{denial}");
    }
    narrowed.may_fetch(&name("open"), &revision("v1")).unwrap();
}

#[test]
fn where_a_binding_leads_is_judged_like_what_is_declared() {
    let grants = grants(
        "[sources.\"git.example\"]\n[sources.\"open.example\"]\n\
         [sources.\"mirror.example:8443\"]\nrefs = [\"main\"]\ncredentials = [\"variable\"]\n",
    );
    let ask = |url: &str, reference: &str, place| {
        grants.may_ask(
            &name("one"),
            &url.parse().unwrap(),
            &revision(reference),
            Some(place),
        )
    };
    let mirror = "https://mirror.example:8443/x.git";
    ask(mirror, "main", CredentialPlace::Variable).unwrap();
    for (url, reference, place, word) in [
        (
            "https://mirror.example/x.git",
            "main",
            CredentialPlace::Variable,
            "is on mirror.example;",
        ),
        (
            "https://evil.example/x.git",
            "main",
            CredentialPlace::Variable,
            "is on evil.example;",
        ),
        (mirror, "v1", CredentialPlace::Variable, "at 'v1'"),
        (mirror, "main", CredentialPlace::Binding, "from a binding"),
    ] {
        let denial = ask(url, reference, place).unwrap_err().to_string();
        assert!(denial.contains(word), "{denial}");
    }
}

#[test]
fn a_mirror_stands_for_its_host_and_leaves_the_declared_credential_where_it_is() {
    let mirror = "[mirrors.\"git.example\"]\nurl = \"https://mirror.example/git\"\n";
    let grants = grants(&format!(
        "[sources.\"git.example\"]\ncredentials = [\"binding\"]\n[sources.\"open.example\"]\n{mirror}"
    ));
    let declared = &grants.descriptor.sources.git;
    let one = &declared[&name("one")].git;
    let found = grants.mirror_of(&one.authority()).unwrap();
    assert_eq!(
        one.with_origin(&found.url).to_string(),
        "https://mirror.example/git/x.git"
    );
    assert!(
        grants
            .mirror_of(&declared[&name("open")].git.authority())
            .is_none()
    );
    // The variable is not declared, so its denial has no effect.
    assert!(said(&grants).is_empty(), "{:?}", said(&grants));
    grants.may_fetch(&name("one"), &revision("main")).unwrap();
}

#[test]
fn a_mirrors_credential_is_no_variable_of_the_guests_and_chooses_no_revision() {
    let text = BUILDPACK
        .replace(
            "[metadata]\n",
            "[metadata]\nvariables = [\"BP_MIRROR\", \"BP_OTHER\"]\n",
        )
        .replace("ref = \"v1\"", "ref = \"v1\"\nref-variable = \"BP_MIRROR\"");
    let policy = |variable: &str| {
        let text =
            format!("[mirrors.\"a.example\"]\nurl = \"https://b.example\"\nenv = \"{variable}\"\n");
        OperatorPolicy::parse(&text).unwrap()
    };
    let parsed = || Descriptor::parse(&text, "buildpack.toml").unwrap();
    let grants = Grants::of(parsed(), Some(policy("BP_MIRROR")));
    let names: Vec<_> = grants
        .descriptor
        .variables
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["BP_OTHER"]);
    assert_eq!(
        grants.descriptor.sources.git[&name("two")].ref_variable,
        None
    );
    assert_eq!(
        said(&grants),
        [
            "BP_MIRROR is not a setting of this buildpack: in the operator's policy it holds the credential for the \
             mirror of a.example"
        ]
    );
    let grants = Grants::of(parsed(), Some(policy("BP_ELSE")));
    assert_eq!(grants.descriptor.variables.len(), 2);
    assert!(said(&grants).is_empty());
}

#[test]
fn what_a_package_brings_along_comes_from_no_host() {
    let vendored = format!(
        "[metadata.sources.one.vendored]\nrevision = \"main\"\ncommit = \"{0}\"\ntree = \"{0}\"\n[metadata.sources.two]",
        "1".repeat(40)
    );
    let text = BUILDPACK.replace("[metadata.sources.two]", &vendored);
    let descriptor = Descriptor::parse(&text, "buildpack.toml").unwrap();
    let policy = OperatorPolicy::parse("[sources.\"other.example\"]").unwrap();
    let denied = said(&Grants::of(descriptor, Some(policy)));
    assert_eq!(denied.len(), 2);
    assert!(
        denied.iter().all(|denial| !denial.contains("'one'")),
        "{denied:?}"
    );
}
