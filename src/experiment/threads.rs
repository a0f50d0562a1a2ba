use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::simulation::{Crew, Job};

/// Threads that work at several parts of one run.
///
/// They are made anew for each piece of work, which takes some 20 µs, because none of a pool's threads can wait for others without
/// beginning something else meanwhile.
pub struct Threads(usize);

impl Threads {
    /// So many of them; 0: one per core.
    pub fn new(threads: usize) -> Threads {
        Threads(match threads {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            _ => threads,
        })
    }
}

impl Crew for Threads {
    fn hands(&self) -> usize {
        self.0
    }

    fn work(&self, jobs: Vec<Job<'_>>) {
        let helpers = self.0.min(jobs.len()).saturating_sub(1);
        let jobs = Mutex::new(jobs.into_iter());
        // A job that panics ends all: nobody looks at what it left.
        let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some(job) = next() {
                job();
            }
        };
        thread::scope(|scope| {
            for _ in 0..helpers {
                // A host that grants no thread has its part done by the others.
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_jobs_are_done_however_many_hands_there_are() {
        for crew in [&Threads::new(1) as &dyn Crew, &Threads::new(3), &Threads::new(0), &()] {
            let mut done = [0; 7];
            crew.work(done.iter_mut().map(|place| Box::new(|| *place += 1) as Job).collect());
            assert_eq!((done, crew.hands() > 0), ([1; 7], true));
        }
    }
}
