//! The goals of the guests, and whether the results meet them.

use crate::case::Facts;
use crate::peers::BASH;
use crate::reach::{Reach, row, times};
use crate::rounds::Found;

use super::GUESTS;
use super::compiling::{Compiled, OF_TESTS, SHIPPED};
use super::made::{C, GO, PYTHON, QUICKJS, RUST, STARLINGMONKEY, Way};
use super::scripts::{NATIVE_NODE, NATIVE_PYTHON};

/// All results of the guests.
pub(crate) struct Measured<'a> {
    pub(crate) found: &'a [Found],
    pub(crate) compiled: &'a [Compiled],
    pub(crate) ways: &'a [Way],
}

/// A goal's name, and its result if it was measured.
pub(crate) type Aim = (String, Option<Reach>);

impl Measured<'_> {
    /// All goals.
    pub(crate) fn aims(&self) -> Vec<Aim> {
        [self.detect(), self.memory(), self.compiler(), self.way()].concat()
    }

    fn get(&self, peer: &'static str) -> Option<&Found> {
        let facts = Facts::new(GUESTS, peer);
        self.found.iter().find(|found| found.facts == facts)
    }

    fn wall(&self, peer: &'static str) -> Option<f64> {
        Some(self.get(peer)?.wall.median)
    }

    fn detect(&self) -> Vec<Aim> {
        // The earlier times are of an older host, each measured once on one machine.
        let before = |guest: &'static str, at_most, before: f64| {
            let what = format!("detect, {guest}, of {before} ms before");
            let found = self.wall(guest).map(|wall| wall / before);
            aim(what, |what| times(what, at_most, found))
        };
        let beside = |guest: &'static str, at_most, other: &'static str| {
            let what = format!("detect, {guest}, of {other}");
            let found = || Some(self.wall(guest)? / self.wall(other)?);
            aim(what, |what| times(what, at_most, found()))
        };
        vec![
            before(PYTHON, 0.45, 29.0),
            beside(PYTHON, 1.0, NATIVE_PYTHON),
            before(STARLINGMONKEY, 0.4, 28.0),
            beside(STARLINGMONKEY, 0.35, NATIVE_NODE),
            before(QUICKJS, 0.6, 5.7),
            before(GO, 0.6, 6.7),
            beside(RUST, 1.3, BASH),
            beside(C, 1.3, BASH),
        ]
    }

    fn memory(&self) -> Vec<Aim> {
        #[expect(clippy::cast_precision_loss, reason = "bytes of a machine's memory")]
        let peak = |peer| Some(self.get(peer)?.memory.at_once as f64);
        let found = || Some(peak(PYTHON)? / peak(NATIVE_PYTHON)?);
        let what = format!("memory of detect, {PYTHON}, of {NATIVE_PYTHON}");
        vec![aim(what, |what| times(what, 1.2, found()))]
    }

    fn compiler(&self) -> Vec<Aim> {
        let median = |compiler| {
            let mut all = self.compiled.iter();
            let found = all.find(|found| found.compiler == compiler)?;
            Some(found.wall.median)
        };
        let found = || Some(median(SHIPPED)? / median(OF_TESTS)?);
        let what = format!("compiling the component in {PYTHON}, of {OF_TESTS}");
        vec![aim(what, |what| times(what, 0.35, found()))]
    }

    fn way(&self) -> Vec<Aim> {
        let mut aims = Vec::new();
        for (guest, seconds) in [
            (RUST, 60.0),
            (C, 90.0),
            (GO, 90.0),
            (QUICKJS, 90.0),
            (PYTHON, 90.0),
        ] {
            let way = self.ways.iter().find(|way| way.guest == guest);
            let what = format!("new to package, {guest}");
            let wall = way.map(|way| way.wall);
            aims.push(aim(what, |what| row(what, seconds, wall, "s")));
            let what = format!("commands from new to package, {guest}");
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            let commands = way.map(|way| way.commands as f64);
            aims.push(aim(what, |what| row(what, 5.0, commands, "commands")));
        }
        aims
    }
}

pub(crate) fn aim(what: String, reach: impl FnOnce(&str) -> Option<Reach>) -> Aim {
    let reach = reach(&what);
    (what, reach)
}

/// The results of the goals that were measured, and the names of the others.
pub(crate) fn apart(aims: Vec<Aim>) -> (Vec<Reach>, Vec<String>) {
    let (mut reached, mut missing) = (Vec::new(), Vec::new());
    for (what, reach) in aims {
        match reach {
            Some(reach) => reached.push(reach),
            None => missing.push(what),
        }
    }
    (reached, missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Peaks;
    use crate::spread::Spread;

    fn spread(value: f64) -> Spread {
        Spread::of(vec![value]).unwrap()
    }

    fn found(peer: &'static str, wall: f64, at_once: u64) -> Found {
        Found {
            facts: Facts::new(GUESTS, peer),
            rounds: 1,
            wall: spread(wall),
            processor: spread(wall),
            server: None,
            requests: None,
            bytes: None,
            memory: Peaks {
                at_once,
                ..Peaks::default()
            },
        }
    }

    fn compiled(compiler: &'static str, seconds: f64) -> Compiled {
        Compiled {
            compiler,
            rounds: 1,
            wall: spread(seconds),
            processor: spread(seconds),
        }
    }

    #[test]
    fn each_goal_compares_with_what_it_names() {
        let found = [
            found(PYTHON, 14.5, 130),
            found(NATIVE_PYTHON, 14.0, 100),
            found(STARLINGMONKEY, 7.0, 1),
            found(NATIVE_NODE, 28.0, 1),
            found(RUST, 2.0, 1),
            found(BASH, 2.0, 1),
        ];
        let compiled = [compiled(SHIPPED, 6.0), compiled(OF_TESTS, 24.0)];
        let way = Way {
            guest: RUST,
            commands: 4,
            wall: 61.0,
            processor: 100.0,
        };
        let aims = Measured {
            found: &found,
            compiled: &compiled,
            ways: &[way],
        }
        .aims();
        let (reached, missing) = apart(aims);
        let reached: Vec<_> = reached
            .iter()
            .map(|reach| (reach.what.as_str(), reach.met))
            .collect();
        assert_eq!(
            reached,
            [
                ("detect, Python, of 29 ms before", false),
                ("detect, Python, of python3 -I, native", false),
                ("detect, JavaScript, StarlingMonkey, of 28 ms before", true),
                ("detect, JavaScript, StarlingMonkey, of node, native", true),
                ("detect, Rust, of bash", true),
                ("memory of detect, Python, of python3 -I, native", false),
                (
                    "compiling the component in Python, of the compiler of tests, 1 thread",
                    true
                ),
                ("new to package, Rust", false),
                ("commands from new to package, Rust", true),
            ]
        );
        assert!(missing.contains(&"detect, Go, of 6.7 ms before".to_owned()));
        assert!(missing.contains(&"detect, C, of bash".to_owned()));
        assert_eq!(missing.len(), 3 + 8);
    }
}
