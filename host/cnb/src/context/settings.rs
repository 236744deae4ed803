//! Variables of the platform that have no effect, although somebody probably expected one: misspelt settings, and
//! variables that control the connections of other programs.
//!
//! The host reads no value of them, because they may contain passwords.

use std::path::Path;

use super::ProcessSettings;
use crate::names::shown;

/// Variables of the platform for proxies, trusted authorities or bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheeded {
    pub names: Vec<&'static str>,
    /// The advice: the way that works.
    pub instead: &'static str,
}

/// A variable that is not a setting of the buildpack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSetting {
    /// Escaped and cut.
    pub name: String,
    /// The known setting with the most similar name.
    pub nearest: Option<String>,
}

/// Returns the names in `found` that have the prefix of settings and are not `known`.
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

/// Returns the ignored variables in this folder. An application can set them, so they have no effect. There is nothing
/// to report if the process environment sets the same, or if it is ignored too, which has its own message.
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
