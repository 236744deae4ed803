//! Checks the build plan that `detect` returned.
//!
//! Nothing here knows the build's output.

use toml::Table;

use super::place::{OutputPlace, Room, Seen};
use super::{CheckError, MOST_ITEMS, MOST_PARTS};
use crate::names::shown;
use crate::written;
use contract::types;

/// The limit on the header and the key of one name, in bytes.
const ENTRY: usize = 64;

/// The names that the buildpack provides and requires, with alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedPlan {
    /// The lifecycle tries this one first.
    pub first: CheckedAlternative,
    /// The lifecycle tries these after `first`.
    pub or: Vec<CheckedAlternative>,
}

/// One alternative of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedAlternative {
    pub provides: Vec<String>,
    pub requires: Vec<CheckedRequirement>,
}

/// A dependency that the buildpack requires.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedRequirement {
    pub name: String,
    /// Free data for the buildpack that provides the dependency.
    pub metadata: Table,
}

/// Checks the output of `detect`.
pub fn check_plan(plan: types::BuildPlan) -> Result<CheckedPlan, CheckError> {
    let place = OutputPlace::new("the build plan".to_owned());
    place.count("alternatives", plan.or.len(), MOST_PARTS)?;
    let mut room = Room::new("the build plan");
    let first = alternative(plan.first, &place, &mut room)?;
    let or = plan.or.into_iter().enumerate();
    let or = or.map(|(index, or)| {
        let place = place.within(&format!("alternative {}", index + 1));
        alternative(or, &place, &mut room)
    });
    Ok(CheckedPlan {
        first,
        or: or.collect::<Result<_, _>>()?,
    })
}

fn alternative(
    alternative: types::PlanAlternative,
    place: &OutputPlace,
    room: &mut Room,
) -> Result<CheckedAlternative, CheckError> {
    let types::PlanAlternative { provides, requires } = alternative;
    place.count("provided names", provides.len(), MOST_ITEMS)?;
    place.count("requirements", requires.len(), MOST_ITEMS)?;
    let mut seen = Seen::exact();
    let mut names = Vec::new();
    for name in provides {
        let name = place.line("a provided name", name)?;
        room.take(place, ENTRY + written::text(&name))?;
        seen.add(place, "the provided name", &name)?;
        names.push(name);
    }
    // A name may be required twice: each requirement has its own data.
    let requires = requires.into_iter().map(|requirement| {
        let place = place.within(&format!("requirement '{}'", shown(&requirement.name)));
        let metadata = place.metadata(&requirement.metadata, room)?;
        let name = place.line("the name", requirement.name)?;
        room.take(&place, ENTRY + written::text(&name))?;
        Ok(CheckedRequirement { name, metadata })
    });
    Ok(CheckedAlternative {
        provides: names,
        requires: requires.collect::<Result<_, _>>()?,
    })
}
