//! Tests hostile and broken guests: the host refuses each by name, and leaves nothing behind.

#[cfg(test)]
mod advisories;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod by_hand;
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
