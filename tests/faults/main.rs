//! Tests builds that are killed, cut off, or denied space or permission. Each must leave no incomplete file that a
//! lifecycle reads and no process, and the next build must succeed.

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
