//! Variables of the platform that look like settings of this buildpack and are none: most likely misspelt.
//!
//! Pure.

use crate::cnb::names::shown;

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

#[cfg(test)]
mod tests {
    use super::*;

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
