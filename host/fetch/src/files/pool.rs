//! Lets several threads work on a list, until all is done or one item has failed.
//!
//! Nothing here knows the network.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::servers::lock;
use super::stop::Stop;

/// Calls `work` with each index below `count`, in up to `threads` threads, the caller's included. `State` is what a
/// thread keeps between its items.
///
/// Returns the results in order. After an error no further item is begun, and `work` learns from [`Stop`] that it may
/// end early, which it reports as `None`. Of several errors, returns the one with the lowest index.
pub(super) fn run<State: Default, T: Send, E: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize, &mut State, &Stop) -> Result<Option<T>, E> + Sync,
) -> Result<Vec<T>, E> {
    let (next, stop) = (AtomicUsize::new(0), Stop::default());
    let done = Mutex::new(Vec::with_capacity(count));
    let failed: Mutex<Option<(usize, E)>> = Mutex::new(None);
    let worker = || {
        let mut state = State::default();
        while stop.check().is_ok() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            match work(index, &mut state, &stop) {
                Ok(Some(result)) => lock(&done).push((index, result)),
                Ok(None) => return,
                Err(error) => {
                    stop.set();
                    let mut failed = lock(&failed);
                    if failed.as_ref().is_none_or(|(first, _)| index < *first) {
                        *failed = Some((index, error));
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            // A thread that can't be started is not an error: with fewer threads, the work only takes longer.
            if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
    if let Some((_, error)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_order_from_as_many_threads_as_are_asked_for() {
        let together = Barrier::new(4);
        let work = |index: usize, met: &mut bool, _: &Stop| {
            if !*met {
                together.wait();
                *met = true;
            }
            Ok::<_, ()>(Some(index * 2))
        };
        let results = run(100, 4, work).unwrap();
        assert_eq!(results, (0..100).map(|index| index * 2).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_and_one_item_need_no_thread() {
        let here = thread::current().id();
        let work = |index: usize, (): &mut (), _: &Stop| {
            assert_eq!(thread::current().id(), here);
            Ok::<_, ()>(Some(index))
        };
        assert_eq!(run(0, 8, work), Ok(vec![]));
        assert_eq!(run(1, 8, work), Ok(vec![0]));
        assert_eq!(run(3, 0, work), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn the_first_of_two_errors_is_returned_and_nothing_is_begun_after() {
        let (together, begun) = (Barrier::new(2), AtomicUsize::new(0));
        let work = |index: usize, (): &mut (), _: &Stop| {
            begun.fetch_add(1, Ordering::Relaxed);
            together.wait();
            Err::<Option<()>, _>(index)
        };
        assert_eq!(run(1000, 2, work), Err(0));
        assert_eq!(begun.into_inner(), 2);
    }

    #[test]
    fn an_item_that_runs_when_another_fails_may_end_early() {
        let together = Barrier::new(2);
        let work = |index: usize, (): &mut (), stop: &Stop| {
            together.wait();
            if index == 1 {
                return Err("it failed");
            }
            while stop.check().is_ok() {
                thread::yield_now();
            }
            Ok(None::<()>)
        };
        assert_eq!(run(2, 2, work), Err("it failed"));
    }
}
