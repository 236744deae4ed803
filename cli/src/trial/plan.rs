//! Resolves a build plan for a group of one buildpack, as the lifecycle does.
//!
//! <https://github.com/buildpacks/spec/blob/buildpack/v0.10/buildpack.md#phase-1-detection>

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default)]
struct Plan {
    #[serde(flatten)]
    first: Alternative,
    #[serde(default)]
    or: Vec<Alternative>,
}

#[derive(Deserialize, Serialize, Default, Clone)]
pub(super) struct Alternative {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) provides: Vec<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) requires: Vec<Requirement>,
}

#[derive(Deserialize, Serialize, Clone)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize, Serialize, Clone)]
pub(super) struct Requirement {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub(super) metadata: toml::Table,
}

impl Alternative {
    fn provides(&self, name: &str) -> bool {
        self.provides.iter().any(|one| one.name == name)
    }

    /// Whether a group of this buildpack alone passes: each requirement has a provider, and the other way round.
    fn stands_alone(&self) -> bool {
        let required = |name: &str| self.requires.iter().any(|one| one.name == name);
        self.requires.iter().all(|one| self.provides(&one.name))
            && self.provides.iter().all(|one| required(&one.name))
    }
}

/// The alternatives of a plan in the order in which the lifecycle tries them.
pub(super) fn alternatives(plan: &str) -> anyhow::Result<Vec<Alternative>> {
    let Plan { first, or } = toml::from_str(plan).context("The build plan cannot be read")?;
    Ok([vec![first], or].concat())
}

/// A resolved plan.
pub(super) struct Resolved {
    /// The text of the Buildpack Plan.
    pub(super) entries: String,
    /// The requirements that another buildpack of the group would have to provide.
    pub(super) of_others: Vec<String>,
}

/// Chooses the first alternative with which a group of this buildpack alone passes. If there is none, takes the first
/// one, as in a group where other buildpacks provide and require the rest.
pub(super) fn resolve(plan: &str) -> anyhow::Result<Resolved> {
    #[derive(Serialize)]
    struct Entries<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        entries: Vec<&'a Requirement>,
    }
    let alternatives = alternatives(plan)?;
    let alone = alternatives.iter().find(|one| one.stands_alone());
    let chosen = alone.or(alternatives.first());
    let chosen = chosen.context("The build plan is empty")?;
    let (own, others): (Vec<_>, Vec<_>) = chosen
        .requires
        .iter()
        .partition(|one| chosen.provides(&one.name));
    Ok(Resolved {
        entries: toml::to_string(&Entries { entries: own })?,
        of_others: others.into_iter().map(|one| one.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_alternative_that_needs_no_other_buildpack_is_taken() {
        let plan = "provides = [{ name = \"a\" }]\nrequires = [{ name = \"python\" }]\n\
            [[or]]\nprovides = [{ name = \"b\" }]\nrequires = [{ name = \"b\", metadata = { version = 3 } }]\n";
        let resolved = resolve(plan).unwrap();
        assert_eq!(
            resolved.entries,
            "[[entries]]\nname = \"b\"\n\n[entries.metadata]\nversion = 3\n"
        );
        assert!(resolved.of_others.is_empty());
    }

    #[test]
    fn without_one_the_first_is_taken_and_what_it_needs_of_others_is_named() {
        let plan = "requires = [{ name = \"python\" }]\n[[or]]\nprovides = [{ name = \"a\" }]\n";
        let resolved = resolve(plan).unwrap();
        assert_eq!(resolved.entries, "");
        assert_eq!(resolved.of_others, ["python"]);
    }

    #[test]
    fn an_empty_plan_needs_nothing() {
        let resolved = resolve("").unwrap();
        assert_eq!((&*resolved.entries, resolved.of_others.len()), ("", 0));
    }
}
