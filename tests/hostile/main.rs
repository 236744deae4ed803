//! Guests and repositories that mean harm, or are broken: each refused, by name, with nothing left behind.

#[cfg(test)]
mod advisories;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod guests_that_behave;
#[cfg(test)]
mod guests_that_break;
#[cfg(test)]
mod guests_that_lie;
#[cfg(test)]
mod guests_that_look;
#[cfg(test)]
mod guests_that_plant;
#[cfg(test)]
mod guests_that_race;
#[cfg(test)]
mod guests_that_spell;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod walls;
