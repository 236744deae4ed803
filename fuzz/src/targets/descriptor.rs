//! Fuzzes buildpack.toml. Its author is trusted with sources, but must still obey the rules that protect credentials.

use cnb::address::RemoteUrl;
use cnb::descriptor::{Descriptor, Limits};

use super::address::{assert_sound_revision, assert_sound_subpath, assert_sound_url};
use crate::Verdict;

pub(crate) fn run(input: &[u8]) -> Verdict {
    let Ok(text) = str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let parsed = Descriptor::parse(text, "buildpack.toml");
    match &parsed {
        Ok(descriptor) => {
            assert_credentials_stay(descriptor);
            assert_guest_sees_its_own(descriptor, text);
            assert_limited(&descriptor.limits);
            assert_steers_nobody(descriptor);
        }
        Err(error) => assert!(error.to_string().contains("buildpack.toml")),
    }
    Verdict::of(&parsed)
}

/// Each token has one variable or binding and one origin, and neither the component nor the application can read it.
fn assert_credentials_stay(descriptor: &Descriptor) {
    let credentials = &descriptor.credentials;
    assert!(
        credentials.is_empty() || descriptor.clear_env,
        "without clear-env"
    );
    for (name, credential) in credentials {
        assert!(credential.env.is_some() || credential.binding.is_some());
        let sources = descriptor.sources.all().into_iter();
        let users = sources.filter(|source| source.credential == Some(name));
        let origins = users.map(|source| source.server.map(RemoteUrl::origin));
        let mut origins: Vec<_> = origins.collect();
        origins.dedup();
        assert!(origins.len() <= 1, "{name} goes to {origins:?}");
        for (other, twin) in credentials.iter().filter(|(other, _)| *other != name) {
            let one = credential
                .env
                .as_ref()
                .is_some_and(|env| twin.env.as_ref() == Some(env));
            assert!(!one, "{name} and {other} have one variable");
            let types = [&credential.binding, &twin.binding].map(|binding| {
                binding
                    .as_ref()
                    .map(|binding| binding.as_str().to_ascii_lowercase())
            });
            let providers = [&credential.provider, &twin.provider].map(|provider| {
                provider
                    .as_ref()
                    .map(|provider| provider.as_str().to_ascii_lowercase())
            });
            let told_apart = providers.iter().all(Option::is_some) && providers[0] != providers[1];
            assert!(
                types[0].is_none() || types[0] != types[1] || told_apart,
                "{name} and {other} have one binding"
            );
        }
        let Some(variable) = &credential.env else {
            continue;
        };
        assert!(variable.as_str().starts_with("BP_"));
        assert!(
            !descriptor.variables.contains(variable),
            "the guest sees {variable}"
        );
        for source in descriptor.sources.all() {
            assert!(source.ref_variable != Some(variable), "{variable} is shown");
        }
    }
    for source in descriptor.sources.git.values() {
        assert_sound_url(&source.git);
        assert_sound_revision(&source.reference);
        assert_sound_subpath(&source.subpath);
        let wanted = source.credential.as_ref();
        assert!(wanted.is_none_or(|wanted| credentials.contains_key(wanted)));
        let variable = source.ref_variable.as_ref();
        assert!(variable.is_none_or(|variable| variable.as_str().starts_with("BP_")));
    }
}

/// A component must not set variables that steer later buildpacks, except those that the lifecycle makes of its
/// folders.
fn assert_steers_nobody(descriptor: &Descriptor) {
    let folders = [
        "PATH",
        "CPATH",
        "LD_LIBRARY_PATH",
        "LIBRARY_PATH",
        "PKG_CONFIG_PATH",
    ];
    for name in &descriptor.build_variables {
        let name = name.as_str();
        let upper = name.to_uppercase();
        let obeyed =
            upper.ends_with("_PROXY") || upper.starts_with("CNB_") || upper.starts_with("LD_");
        assert!(
            folders.contains(&name) || !obeyed && !upper.ends_with("PATH"),
            "{name}"
        );
    }
}

/// The component gets the metadata as written, without the host's tables.
fn assert_guest_sees_its_own(descriptor: &Descriptor, text: &str) {
    let whole: toml::Table = text.parse().expect("it was read as TOML");
    let metadata = whole.get("metadata").and_then(toml::Value::as_table);
    let mut expected = metadata.cloned().unwrap_or_default();
    for key in [
        "build-variables",
        "credentials",
        "limits",
        "receipt",
        "sandbox",
        "settings-prefix",
        "sources",
        "variables",
    ] {
        expected.remove(key);
    }
    let shown = |table: &toml::Table| format!("{table:?}");
    assert_eq!(shown(&descriptor.guest_metadata), shown(&expected));
}

/// No number exceeds what a machine has, in whatever notation it is written.
fn assert_limited(limits: &Limits) {
    assert!((4..=2048).contains(&limits.memory_mib));
    assert!((1..=1800).contains(&limits.seconds));
    assert!((1..=3600).contains(&limits.fetch_seconds));
    assert!((1..=1024).contains(&limits.fetch_mib));
    assert!((16..=1024).contains(&limits.open_files));
    assert!((16..=65_536).contains(&limits.output_kib));
    for mebibytes in [limits.file_mib, limits.files_mib, limits.content_mib] {
        assert!(mebibytes <= 16_384);
    }
    assert!((1..=64).contains(&limits.memories));
    assert!((1..=1024).contains(&limits.core_instances));
    for count in [limits.table_elements, limits.files, limits.content_files] {
        assert!(count <= 1_000_000);
    }
}
