//! Runs cases side by side: each round runs all of them, in a random order.
//!
//! Other programs make a machine slower at one time and faster at another. Cases that are compared must share both.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use server::repository::Random;

use crate::case::{Case, Facts, Pace};
use crate::memory::{self, Peaks};
use crate::process;
use crate::spread::Spread;

/// The number of runs in which memory is measured.
const LOOKS: usize = 3;

/// The results of one case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Found {
    #[serde(flatten)]
    pub(crate) facts: Facts,
    pub(crate) rounds: usize,
    /// The time from start to end, in milliseconds.
    pub(crate) wall: Spread,
    /// Processor time in milliseconds, with child processes and without the server.
    pub(crate) processor: Spread,
    /// The server's working time in milliseconds, without sending.
    pub(crate) server: Option<Spread>,
    pub(crate) requests: Option<usize>,
    /// The bytes of all answers' bodies.
    pub(crate) bytes: Option<usize>,
    pub(crate) memory: Peaks,
}

#[derive(Default)]
struct Seen {
    wall: Vec<f64>,
    processor: Vec<f64>,
    server: Vec<f64>,
    requests: usize,
    bytes: usize,
    memory: Peaks,
}

/// Runs each case in `rounds` rounds, or in fewer if it is slow.
pub(crate) fn run(cases: &[Case], rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Found>> {
    let mut seen: Vec<Seen> = cases.iter().map(|_| Seen::default()).collect();
    let mut random = Random(RandomState::new().hash_one("order") | 1);
    // One round more comes first and does not count: it fills the page cache for all others.
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..cases.len()).collect();
        shuffle(&mut order, &mut random);
        for number in order {
            let (case, seen) = (&cases[number], &mut seen[number]);
            if round > 0 && !is_due(case.pace, round, rounds) {
                continue;
            }
            once(case, seen, round > 0).with_context(|| format!("{:?}", case.facts))?;
        }
        if round % 10 == 0 {
            say(&format!("round {round} of {rounds}"));
        }
    }
    for (case, seen) in cases.iter().zip(&mut seen) {
        for _ in 0..LOOKS {
            (case.before)()?;
            let peaks = memory::peaks((case.command)(), &case.printed);
            let peaks = peaks.with_context(|| format!("{:?}", case.facts))?;
            seen.memory = seen.memory.or_larger(peaks);
        }
    }
    cases
        .iter()
        .zip(seen)
        .map(|(case, seen)| found(case, seen))
        .collect()
}

/// A slow case runs in three rounds at least, and in the last one.
fn is_due(pace: Pace, round: usize, rounds: usize) -> bool {
    let every = match pace {
        Pace::Often => 1,
        Pace::Sometimes => (rounds / 3).clamp(1, 3),
        Pace::Seldom => (rounds / 3).clamp(1, 10),
    };
    (rounds - round).is_multiple_of(every)
}

fn once(case: &Case, seen: &mut Seen, counts: bool) -> Result<()> {
    (case.before)()?;
    let known = case.server.as_ref().map(|server| server.asked());
    let run = process::run((case.command)(), &case.printed)?;
    (case.after)()?;
    if !counts {
        return Ok(());
    }
    seen.wall.push(milliseconds(run.wall));
    seen.processor.push(milliseconds(run.processor));
    if let Some(server) = &case.server {
        let asked = server.asked().since(known.unwrap_or_default());
        seen.server.push(milliseconds(asked.took));
        seen.requests = asked.requests;
        seen.bytes = asked.bytes;
    }
    Ok(())
}

fn found(case: &Case, seen: Seen) -> Result<Found> {
    let asked = case.server.is_some();
    Ok(Found {
        facts: case.facts,
        rounds: seen.wall.len(),
        wall: Spread::of(seen.wall).context("no round")?,
        processor: Spread::of(seen.processor).context("no round")?,
        server: Spread::of(seen.server),
        requests: asked.then_some(seen.requests),
        bytes: asked.then_some(seen.bytes),
        memory: seen.memory,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

pub(crate) fn shuffle(order: &mut [usize], random: &mut Random) {
    for last in (1..order.len()).rev() {
        let other = random.number() % (last as u64 + 1);
        order.swap(last, usize::try_from(other).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_cases_come_thrice_at_least_and_quick_ones_always() {
        let count = |pace, rounds| {
            (1..=rounds)
                .filter(|round| is_due(pace, *round, rounds))
                .count()
        };
        for rounds in [3, 9, 10, 30, 200] {
            assert_eq!(count(Pace::Often, rounds), rounds);
            for pace in [Pace::Sometimes, Pace::Seldom] {
                assert!(
                    (3..=rounds).contains(&count(pace, rounds)),
                    "{pace:?} in {rounds}"
                );
            }
        }
        assert_eq!(count(Pace::Seldom, 30), 3);
        assert_eq!(count(Pace::Seldom, 1), 1);
    }

    #[test]
    fn an_order_holds_every_case_once() {
        let mut order: Vec<usize> = (0..20).collect();
        shuffle(&mut order, &mut Random(7));
        assert_ne!(order, (0..20).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..20).collect::<Vec<_>>());
    }
}
