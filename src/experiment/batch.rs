use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Does `job` for every item on up to `threads` threads (0: one per core) and returns the results in the order of the
/// items, so that nothing depends on which finished first.
pub fn in_order<T: Send, R: Send>(items: Vec<T>, threads: usize, job: impl Fn(T) -> R + Sync) -> Vec<R> {
    match pool(items.len() as u64, threads) {
        Some(pool) => pool.install(|| items.into_par_iter().map(&job).collect()),
        None => items.into_iter().map(job).collect(),
    }
}

/// Threads for so many jobs. `None` where this one does as well, which takes memory from the system faster than another, and
/// where the host grants none.
fn pool(jobs: u64, threads: usize) -> Option<ThreadPool> {
    if jobs <= 1 || threads == 1 {
        return None;
    }
    ThreadPoolBuilder::new().num_threads(threads).build().ok()
}

/// Does `job` for every number on up to `threads` threads (0: one per core) and hands the results to `take` on this thread,
/// by rising number while they come, until `take` breaks off. What `take` hears does not depend on the number of threads;
/// only jobs beyond the one at which it broke off may have run in vain. Nothing is kept but results that wait for a lower
/// number.
pub fn in_order_until<R: Send>(
    numbers: Range<u64>,
    threads: usize,
    job: impl Fn(u64) -> R + Sync,
    mut take: impl FnMut(u64, R) -> ControlFlow<()>,
) {
    let Some(pool) = pool(numbers.end.saturating_sub(numbers.start), threads) else {
        for number in numbers {
            if take(number, job(number)).is_break() {
                return;
            }
        }
        return;
    };
    let (next, enough) = (AtomicU64::new(numbers.start), AtomicBool::new(false));
    let work = |results: mpsc::Sender<(u64, R)>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let over = number >= numbers.end || enough.load(Ordering::Relaxed);
            // Nobody listens any more once `take` has broken off.
            if over || results.send((number, job(number))).is_err() {
                return;
            }
        }
    };
    pool.in_place_scope(|scope| {
        let (results, arrived) = mpsc::channel();
        for _ in 0..pool.current_num_threads() {
            let results = results.clone();
            scope.spawn(|_| work(results));
        }
        drop(results);
        let (mut due, mut early) = (numbers.start, BTreeMap::new());
        for (number, result) in arrived {
            early.insert(number, result);
            while let Some(result) = early.remove(&due) {
                if take(due, result).is_break() {
                    enough.store(true, Ordering::Relaxed);
                    return;
                }
                due += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for threads in [1, 2, 8] {
            let squares = in_order((0..1_000u64).collect(), threads, |n| n * n);
            assert!(squares.iter().enumerate().all(|(n, square)| *square == (n * n) as u64));
        }
    }

    #[test]
    fn results_are_taken_by_rising_number_until_there_are_enough() {
        // The lower the number, the longer it takes.
        let job = |number: u64| (0..(400 - number) * 200).fold(number, |sum, n| std::hint::black_box(sum ^ n));
        for threads in [1, 2, 8] {
            let mut taken = Vec::new();
            in_order_until(3..400, threads, job, |number, result| {
                taken.push((number, result));
                match number {
                    250 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            });
            let expected: Vec<(u64, u64)> = (3..=250).map(|number| (number, job(number))).collect();
            assert!(taken == expected, "{threads} threads");
        }
    }

    #[test]
    fn no_number_means_no_job() {
        in_order_until(4..4, 2, |_| panic!("nothing to do"), |_, ()| ControlFlow::Continue(()));
    }
}
