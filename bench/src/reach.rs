//! The benchmark's goals, and whether the results meet them.

use serde::Serialize;

use crate::case::Facts;
use crate::groups::{AGAIN, BRANCH, BUILD, COMMIT, DETECT, FAR, REBUILD, SCALE, TAR};
use crate::machine::Sizes;
use crate::peers::{BASH, CLONE, NATIVE, OURS};
use crate::rounds::Found;

/// One goal and its result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reach {
    pub(crate) what: String,
    pub(crate) at_most: f64,
    pub(crate) found: f64,
    pub(crate) unit: &'static str,
    pub(crate) met: bool,
}

/// All results.
pub(crate) struct Measured<'a> {
    pub(crate) found: &'a [Found],
    pub(crate) sizes: &'a Sizes,
}

const SMALL: &str = "small";
const LARGE: &str = "large";
const WIDE: &str = "wide";
const MB: f64 = 1e6;
const KB: f64 = 1e3;

impl Measured<'_> {
    fn get(&self, facts: Facts) -> Option<&Found> {
        self.found.iter().find(|found| found.facts == facts)
    }

    fn wall(&self, facts: Facts) -> Option<f64> {
        Some(self.get(facts)?.wall.median)
    }

    fn ratio(&self, facts: Facts, other: Facts) -> Option<f64> {
        Some(self.wall(facts)? / self.wall(other)?)
    }

    /// Compares each goal with its measurement, if there is one.
    pub(crate) fn reached(&self) -> Vec<Reach> {
        let rows = [
            self.detect(),
            self.builds(),
            self.rebuilds(),
            self.memory(),
            self.many_files(),
            self.size(),
        ];
        rows.into_iter().flatten().flatten().collect()
    }

    fn detect(&self) -> Vec<Option<Reach>> {
        let ours = Facts::new(DETECT, OURS);
        let row = |what: &str, at_most, other| {
            times(what, at_most, self.ratio(ours, Facts::new(DETECT, other)))
        };
        vec![
            row("detect, of bash", 0.6, BASH),
            row("detect, of native libcnb", 1.5, NATIVE),
        ]
    }

    fn builds(&self) -> Vec<Option<Reach>> {
        let row = |what: &str, at_most, repository, revision, delay| {
            let facts = |peer| {
                Facts::new(BUILD, peer)
                    .of(repository)
                    .at(revision)
                    .after(delay)
            };
            let what = format!("cold build, {what}, of git clone");
            times(&what, at_most, self.ratio(facts(OURS), facts(CLONE)))
        };
        vec![
            row("small, a branch", 0.85, SMALL, BRANCH, 0),
            row("small, a commit id", 0.7, SMALL, COMMIT, 0),
            row(
                "small, a branch, 40 ms per request",
                1.0,
                SMALL,
                BRANCH,
                FAR,
            ),
            row(
                "small, a commit id, 40 ms per request",
                0.75,
                SMALL,
                COMMIT,
                FAR,
            ),
            row("long history", 0.05, "history", BRANCH, 0),
            row("large tree", 0.02, LARGE, BRANCH, 0),
        ]
    }

    fn rebuilds(&self) -> Vec<Option<Reach>> {
        let facts = |peer, revision| Facts::new(REBUILD, peer).of(SMALL).at(revision).after(FAR);
        let requests = |what: &str, at_most, revision| {
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            let asked = self
                .get(facts(AGAIN, revision))
                .and_then(|found| Some(found.requests? as f64));
            row(what, at_most, asked, "requests")
        };
        let again = self.ratio(facts(AGAIN, BRANCH), facts(OURS, BRANCH));
        vec![
            times(
                "rebuild on a branch, 40 ms per request, of own cold build",
                0.6,
                again,
            ),
            requests("rebuild on a branch", 2.0, BRANCH),
            requests("rebuild at a commit id that the layer has", 0.0, COMMIT),
        ]
    }

    fn memory(&self) -> Vec<Option<Reach>> {
        let row = |what: &str, at_most, repository| {
            let found = self.get(Facts::new(BUILD, OURS).of(repository).at(BRANCH));
            #[expect(clippy::cast_precision_loss, reason = "bytes of a machine's memory")]
            let peak = found.map(|found| found.memory.both() as f64 / MB);
            self::row(what, at_most, peak, "MB")
        };
        vec![
            row(
                "peak memory, broker and runner together, large tree",
                16.0,
                LARGE,
            ),
            row("peak memory, one wanted file of 100 MB", 40.0, "heavy"),
        ]
    }

    fn many_files(&self) -> Vec<Option<Reach>> {
        let wide = Facts::new(BUILD, OURS).of(WIDE).at(BRANCH);
        let of_tar = || {
            let server = self.get(wide)?.server?.median;
            Some(self.wall(wide)? / (self.wall(Facts::new(BUILD, TAR).of(WIDE))? + server))
        };
        // The cost of each further file, with ten files as the start.
        let per_file = || {
            let wall = |name| self.wall(Facts::new(SCALE, OURS).of(name).at(BRANCH));
            let first = wall("wanted-10")?;
            Some((wall(WIDE)? - first) / 9990.0 / ((wall("wanted-1000")? - first) / 990.0))
        };
        vec![
            times(
                "10,000 wanted files, of tar x and the server's time",
                1.2,
                of_tar(),
            ),
            times(
                "each of 10,000 wanted files, of each of 1,000",
                1.2,
                per_file(),
            ),
        ]
    }

    fn size(&self) -> Vec<Option<Reach>> {
        #[expect(clippy::cast_precision_loss, reason = "a program's size")]
        let size = |what: &str, at_most, bytes: Option<u64>, unit: (f64, &'static str)| {
            row(
                what,
                at_most,
                bytes.map(|bytes| bytes as f64 / unit.0),
                unit.1,
            )
        };
        let sizes = self.sizes;
        vec![
            size("host, amd64", 5.0, sizes.host_amd64, (MB, "MB")),
            size("host, arm64", 5.0, sizes.host_arm64, (MB, "MB")),
            size("guest.wasm", 120.0, sizes.component, (KB, "KB")),
            size("guest.cwasm", 400.0, sizes.artifact, (KB, "KB")),
        ]
    }
}

pub(crate) fn times(what: &str, at_most: f64, found: Option<f64>) -> Option<Reach> {
    row(what, at_most, found, "times")
}

pub(crate) fn row(
    what: &str,
    at_most: f64,
    found: Option<f64>,
    unit: &'static str,
) -> Option<Reach> {
    let found = found?;
    Some(Reach {
        what: what.to_owned(),
        at_most,
        found,
        unit,
        met: found <= at_most,
    })
}
