//! The build plan that `detect` returned.
//!
//! Nothing here knows the build's output.

use toml::Table;

use super::place::{Place, Room, Seen};
use super::{CheckError, MOST_ITEMS, MOST_PARTS};
use crate::names::shown;
use crate::written;
use contract::types;

/// The most that the header and the key of one name take.
const ENTRY: usize = 64;

/// What the buildpack provides and requires: one way, and others that do as well.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedPlan {
    /// The way that is tried first.
    pub first: CheckedAlternative,
    /// Those tried after it.
    pub or: Vec<CheckedAlternative>,
}

/// One way to take part.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedAlternative {
    /// The names that it can provide.
    pub provides: Vec<String>,
    /// What it needs.
    pub requires: Vec<CheckedRequirement>,
}

/// Something that is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedRequirement {
    /// The name of the dependency.
    pub name: String,
    /// Free data for the buildpack that provides it.
    pub metadata: Table,
}

/// Checks what `detect` returned.
pub fn check_plan(plan: types::BuildPlan) -> Result<CheckedPlan, CheckError> {
    let place = Place::new("the build plan".to_owned());
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
    place: &Place,
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
    // Two requirements of one name are right: each brings its own data.
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
