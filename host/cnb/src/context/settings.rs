//! Variables of the platform that do nothing, though someone likely meant them to: misspelt settings, and those that
//! lead other programs' connections.
//!
//! None is read here: they may hold passwords.

use std::path::Path;

use super::ProcessSettings;
use crate::names::shown;

/// Variables of the platform that would say through whom to connect or whom to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheeded {
    /// Their names.
    pub names: Vec<&'static str>,
    /// The advice, which says what to do instead.
    pub instead: &'static str,
}

/// A variable that means nothing to the buildpack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSetting {
    /// Its name, escaped and cut.
    pub name: String,
    /// The name that it was likely to be.
    pub nearest: Option<String>,
}

/// Those of `found` that begin like a setting and are not among the `known` ones.
pub(super) fn unknown(prefix: &str, found: &[String], known: &[&str]) -> Vec<UnknownSetting> {
    let unknown = found
        .iter()
        .filter(|name| name.starts_with(prefix) && !known.contains(&name.as_str()));
    let unknown = unknown.map(|name| {
        let nearest = known
            .iter()
            .min_by_key(|known| (strsim::levenshtein(name, known), **known));
        UnknownSetting {
            name: shown(name),
            nearest: nearest.map(ToString::to_string),
        }
    });
    unknown.collect()
}

/// Those in this folder. An application can set them, so they don't count. Where the same was said by someone who may
/// say it, there is nothing to tell; nor where the process environment doesn't count either, which is told by itself.
pub(super) fn unheeded(folder: &Path, settings: &ProcessSettings) -> Vec<Unheeded> {
    let kinds: [(&[&'static str], bool, &'static str); 3] = [
        (
            &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
            settings.https_proxy.is_some(),
            "A proxy is taken from https_proxy or HTTPS_PROXY of the lifecycle's own environment; with pack, set it where pack runs.",
        ),
        (
            &["SSL_CERT_FILE", "GIT_SSL_CAINFO"],
            settings.ssl_cert_file.is_some(),
            "An authority is taken from a binding of type 'ca-certificates', or from the build image's own store.",
        ),
        (
            &["SERVICE_BINDING_ROOT"],
            settings.service_binding_root.is_some(),
            "Bindings are taken from the platform's folder 'bindings'.",
        ),
    ];
    let is_set = |name: &&'static str| {
        let file = folder.join(name).metadata();
        file.is_ok_and(|file| file.len() > 0)
    };
    let is_told = !settings.passed_over.is_empty();
    let kinds = kinds
        .into_iter()
        .filter(|(_, is_said, _)| !is_said && !is_told);
    let found = kinds.map(|(names, _, instead)| Unheeded {
        names: names.iter().copied().filter(is_set).collect(),
        instead,
    });
    found.filter(|one| !one.names.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::HttpsProxy;

    #[test]
    fn what_would_lead_a_connection_is_told_unless_the_process_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let told = |settings: &ProcessSettings| -> Vec<_> {
            let told = unheeded(folder.path(), settings).into_iter();
            told.flat_map(|one| one.names).collect()
        };
        let mut settings = ProcessSettings::default();
        assert_eq!(unheeded(&folder.path().join("absent"), &settings), []);
        for name in ["HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "BP_OTHER"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::write(folder.path().join("https_proxy"), "").unwrap();
        assert_eq!(told(&settings), ["HTTPS_PROXY", "SSL_CERT_FILE"]);
        settings.https_proxy = Some(HttpsProxy {
            variable: "https_proxy",
            address: "http://proxy".to_owned(),
        });
        assert_eq!(told(&settings), ["SSL_CERT_FILE"]);
    }

    const KNOWN: [&str; 3] = ["BP_JOB_REF", "BP_JOB_MODE", "BP_TOKEN"];

    fn told(found: &[&str]) -> Vec<(String, Option<String>)> {
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        let unknown = unknown("BP_JOB_", &found, &KNOWN).into_iter();
        unknown.map(|one| (one.name, one.nearest)).collect()
    }

    #[test]
    fn a_misspelt_setting_is_told_with_the_nearest_right_one() {
        for (name, nearest) in [
            ("BP_JOB_REFS", "BP_JOB_REF"),
            ("BP_JOB_BRANCH", "BP_JOB_REF"),
            ("BP_JOB_MOD", "BP_JOB_MODE"),
        ] {
            let expected = (name.to_owned(), Some(nearest.to_owned()));
            assert_eq!(told(&[name]), [expected]);
        }
    }

    #[test]
    fn what_is_known_or_is_for_another_buildpack_is_not_told() {
        assert_eq!(
            told(&["BP_JOB_REF", "BP_JOB", "BP_OTHER_REF", "bp_job_x"]),
            []
        );
    }
}
