//! The goals of packages, and whether the results meet them.

use super::clients::{BSDTAR, CURL, PIP, UV, UV_COPY};
use super::{CHANGED, LARGE, PACKAGES, PYTHON, WHEELS};
use crate::case::Facts;
use crate::groups::{AGAIN, FAR};
use crate::guests::aims::{Aim, aim};
use crate::peers::OURS;
use crate::reach::{row, times};
use crate::rounds::Found;

const MB: f64 = 1e6;

/// All results.
pub(crate) struct Measured<'a> {
    pub(crate) found: &'a [Found],
    /// The number of wheels.
    pub(crate) packages: usize,
    /// The size of the host that ships, if that was measured.
    pub(crate) host_bytes: Option<u64>,
}

/// One of the two times of a run.
type Time = fn(&Found) -> f64;

impl Measured<'_> {
    /// All goals.
    pub(crate) fn aims(&self) -> Vec<Aim> {
        let processor: Time = |found| found.processor.median;
        let wall: Time = |found| found.wall.median;
        let mut aims = Vec::new();
        for (name, time, delay, goals) in [
            (
                "processor time",
                processor,
                0,
                &[(PIP, 0.65), (UV, 0.8), (UV_COPY, 0.8), (BSDTAR, 1.1)][..],
            ),
            ("time", wall, 0, &[(PIP, 0.45), (UV, 0.8), (UV_COPY, 0.8)]),
            (
                "time, 40 ms per request",
                wall,
                FAR,
                &[(PIP, 0.35), (UV, 1.0), (UV_COPY, 1.0)],
            ),
        ] {
            for (other, at_most) in goals {
                let facts = |peer| Facts::new(PACKAGES, peer).of(WHEELS).after(delay);
                let found = self.ratio(facts(OURS), facts(other), time);
                let what = format!("{name}, of {other}");
                aims.push(aim(what, |what| times(what, *at_most, found)));
            }
        }
        aims.extend([WHEELS, LARGE].map(|name| self.memory(name)));
        let facts = |peer| Facts::new(PACKAGES, peer).of(PYTHON);
        let found = self.ratio(facts(OURS), facts(CURL), wall);
        let what = format!("Python, tar.gz, time, of {CURL}");
        aims.push(aim(what, |what| times(what, 1.1, found)));
        aims.extend(self.again());
        aims.push(self.size());
        aims
    }

    fn get(&self, facts: Facts) -> Option<&Found> {
        self.found.iter().find(|found| found.facts == facts)
    }

    fn ratio(&self, facts: Facts, other: Facts, time: Time) -> Option<f64> {
        Some(time(self.get(facts)?) / time(self.get(other)?))
    }

    fn memory(&self, name: &'static str) -> Aim {
        let found = self.get(Facts::new(PACKAGES, OURS).of(name));
        #[expect(clippy::cast_precision_loss, reason = "bytes of a machine's memory")]
        let peak = found.map(|found| found.memory.both() as f64 / MB);
        let what = format!("peak memory, host and runner together, {name}");
        aim(what, |what| row(what, 48.0, peak, "MB"))
    }

    fn again(&self) -> Vec<Aim> {
        let again = |name| Facts::new(PACKAGES, AGAIN).of(name);
        let cold = Facts::new(PACKAGES, OURS).of(WHEELS);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let requests = |name| Some(self.get(again(name))?.requests? as f64);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let packages = self.packages as f64;
        let wall = self.get(again(WHEELS)).map(|found| found.wall.median);
        let ratio = self.ratio(again(CHANGED), cold, |found| found.wall.median);
        let (same, other) = (requests(WHEELS), requests(CHANGED));
        vec![
            aim("rebuild, nothing changed".to_owned(), |what| {
                row(what, 20.0, wall, "ms")
            }),
            aim(
                "requests of a rebuild, nothing changed".to_owned(),
                |what| row(what, 0.0, same, "requests"),
            ),
            aim(
                "one package changed, of own cold build".to_owned(),
                |what| times(what, 1.05, ratio),
            ),
            aim("requests with one package changed".to_owned(), |what| {
                row(what, packages, other, "requests")
            }),
        ]
    }

    fn size(&self) -> Aim {
        #[expect(clippy::cast_precision_loss, reason = "a program's size")]
        let size = self.host_bytes.map(|bytes| bytes as f64 / MB);
        aim("host, stripped".to_owned(), |what| {
            row(what, 5.8, size, "MB")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guests::aims::apart;
    use crate::memory::Peaks;
    use crate::spread::Spread;

    fn found(facts: Facts, wall: f64, processor: f64, requests: usize) -> Found {
        let spread = |value| Spread::of(vec![value]).unwrap();
        Found {
            facts,
            rounds: 1,
            wall: spread(wall),
            processor: spread(processor),
            server: None,
            requests: Some(requests),
            bytes: None,
            memory: Peaks {
                first: 40_000_000,
                runner: 9_000_000,
                at_once: 41_000_000,
            },
        }
    }

    #[test]
    fn each_goal_compares_with_what_it_names() {
        let of = |peer, name| Facts::new(PACKAGES, peer).of(name);
        let found = [
            found(of(OURS, WHEELS), 1000.0, 1500.0, 25),
            found(of(PIP, WHEELS), 2000.0, 3000.0, 75),
            found(of(AGAIN, WHEELS), 10.0, 10.0, 0),
            found(of(AGAIN, CHANGED), 1100.0, 1500.0, 25),
        ];
        let measured = Measured {
            found: &found,
            packages: 25,
            host_bytes: Some(5_700_000),
        };
        let (reached, missing) = apart(measured.aims());
        let reached: Vec<_> = reached
            .iter()
            .map(|reach| (reach.what.as_str(), reach.met))
            .collect();
        assert_eq!(
            reached,
            [
                ("processor time, of pip", true),
                ("time, of pip", false),
                ("peak memory, host and runner together, wheels", false),
                ("rebuild, nothing changed", true),
                ("requests of a rebuild, nothing changed", true),
                ("one package changed, of own cold build", false),
                ("requests with one package changed", true),
                ("host, stripped", true),
            ]
        );
        assert!(missing.contains(&"time, 40 ms per request, of uv".to_owned()));
    }
}
