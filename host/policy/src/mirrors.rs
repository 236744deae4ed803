//! Reserves a mirror's credential for the mirror. The credential belongs to the operator, even if a buildpack declares
//! the same variable or binding for its own credential.
//!
//! Pure.

use super::denial::Denial;
use super::operator::OperatorPolicy;
use cnb::address::RemoteUrl;
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use credential::CredentialPlace;

/// Removes the places of mirrors' credentials from the credentials that buildpack.toml declares for other servers.
pub(super) fn keep_apart(descriptor: &mut Descriptor, operator: &OperatorPolicy) -> Vec<Denial> {
    let mut denials = Vec::new();
    let declared = descriptor.credentials.clone();
    let sources = descriptor.sources.all().into_iter();
    // Neither a mirror nor content in the package uses the declared credential.
    let users = sources.filter(|source| {
        let mirrored = |server: &RemoteUrl| operator.mirrors.contains_key(&server.authority());
        !source.is_vendored && !source.server.is_some_and(mirrored)
    });
    let users: Vec<_> = users
        .filter_map(|source| Some((source.name.clone(), source.credential?.clone())))
        .collect();
    for (name, credential) in &users {
        let own = &declared[credential];
        for (host, mirror) in &operator.mirrors {
            let Some(theirs) = &mirror.credential else {
                continue;
            };
            let places = [
                (
                    CredentialPlace::Binding,
                    own.may_share_a_binding_with(theirs),
                ),
                (
                    CredentialPlace::Variable,
                    own.env.is_some() && own.env == theirs.env,
                ),
            ];
            for (place, _) in places.into_iter().filter(|(_, is_shared)| *is_shared) {
                if let Some(narrowed) = descriptor.credentials.get_mut(credential) {
                    take(narrowed, place);
                }
                denials.push(Denial::OfMirror {
                    source: name.clone(),
                    place,
                    host: host.clone(),
                });
            }
        }
    }
    denials
}

/// Removes a place from a credential.
pub(super) fn take(credential: &mut CredentialDeclaration, place: CredentialPlace) {
    match place {
        CredentialPlace::Variable => credential.env = None,
        CredentialPlace::Binding => credential.binding = None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grants;

    const BUILDPACK: &str = "api = \"0.10\"\n\
        [buildpack]\nid = \"a/b\"\nversion = \"1\"\nclear-env = true\n\
        [metadata.sources.own]\ngit = \"https://own.example/x.git\"\nref = \"main\"\nsubpath = \"a\"\ncredential = \"c\"\n\
        [metadata.credentials.c]\n";

    fn grants(host: &str, credential: &str, mirrors: &str) -> Grants {
        let text = format!("{BUILDPACK}{credential}").replace("own.example", host);
        let policy = format!("[mirrors.\"git.example\"]\nurl = \"https://m.example\"\n{mirrors}");
        let descriptor = Descriptor::parse(&text, "buildpack.toml").unwrap();
        Grants::of(descriptor, Some(OperatorPolicy::parse(&policy).unwrap()))
    }

    fn may_fetch(grants: &Grants) -> Result<(), Denial> {
        grants.may_fetch(&"own".parse().unwrap(), &"main".parse().unwrap())
    }

    #[test]
    fn a_mirrors_credential_is_not_that_of_a_source_on_another_host() {
        for (own, mirrors, place) in [
            ("env = \"BP_X\"", "env = \"BP_X\"", "variable"),
            ("binding = \"x\"", "binding = \"X\"", "binding"),
            (
                "binding = \"x\"\nprovider = \"p\"",
                "binding = \"x\"",
                "binding",
            ),
        ] {
            let grants = grants("own.example", own, mirrors);
            let message = format!(
                "source 'own' may not sign in with a {place} that, in the operator's policy, holds the credential for \
                 the mirror of git.example"
            );
            let denials: Vec<_> = grants.denials.iter().map(Denial::to_string).collect();
            assert_eq!(denials, [&*message], "{own}");
            assert_eq!(
                may_fetch(&grants).unwrap_err().to_string(),
                message,
                "{own}"
            );
            let left = grants.descriptor.credentials.values().next().unwrap();
            assert_eq!((&left.env, &left.binding), (&None, &None), "{own}");
        }
    }

    #[test]
    fn the_place_that_is_no_mirrors_is_left() {
        let grants = grants(
            "own.example",
            "env = \"BP_X\"\nbinding = \"x\"",
            "binding = \"x\"",
        );
        let left = grants.descriptor.credentials.values().next().unwrap();
        assert_eq!(left.env, Some("BP_X".parse().unwrap()));
        assert_eq!(left.binding, None);
        assert_eq!(grants.denials.len(), 1);
        may_fetch(&grants).unwrap();
    }

    #[test]
    fn where_the_mirror_is_asked_nothing_is_said_of_the_declared_credential() {
        let grants = grants("git.example", "env = \"BP_X\"", "env = \"BP_X\"");
        assert!(grants.denials.is_empty(), "{:?}", grants.denials);
        may_fetch(&grants).unwrap();
    }

    #[test]
    fn a_credential_that_no_mirror_has_is_left_as_it_is_declared() {
        for (own, mirrors) in [
            ("env = \"BP_X\"", "env = \"BP_Y\""),
            ("env = \"BP_X\"", "binding = \"x\""),
            ("env = \"BP_X\"", ""),
            ("binding = \"x\"", "binding = \"y\""),
            (
                "binding = \"x\"\nprovider = \"p\"",
                "binding = \"x\"\nprovider = \"q\"",
            ),
        ] {
            let grants = grants("own.example", own, mirrors);
            assert!(grants.denials.is_empty(), "{own}: {:?}", grants.denials);
            let left = grants.descriptor.credentials.values().next().unwrap();
            assert!(left.env.is_some() || left.binding.is_some(), "{own}");
            may_fetch(&grants).unwrap();
        }
    }
}
