//! Builds to which something happens: killed, cut off, without room, without permission. Whatever it is, nothing half
//! is left for a lifecycle to take, nobody is left running, and the next build makes it good.

#[cfg(test)]
mod cut_off;
#[cfg(test)]
mod disk_full;
#[cfg(test)]
mod host_killed;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod mounts;
#[cfg(test)]
mod read_only;
#[cfg(test)]
mod runner_killed;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod victim;
