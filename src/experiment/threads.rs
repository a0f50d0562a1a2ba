use std::collections::VecDeque;
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

    /// Each hand begins with jobs of its own, neighbours in the list: jobs that come again in the next piece of work, in the same
    /// order, find what they left in the caches of their core. Who is through helps the others, with what they would come to last.
    fn work(&self, jobs: Vec<Job<'_>>) {
        let hands = self.0.min(jobs.len()).max(1);
        let share = jobs.len().div_ceil(hands);
        let mut jobs = jobs.into_iter();
        let lists: Vec<Mutex<VecDeque<Job<'_>>>> = (0..hands)
            .map(|_| Mutex::new(jobs.by_ref().take(share).collect()))
            .collect();
        // A job that panics ends all: nobody looks at what it left.
        let list = |hand: usize| lists[hand % hands].lock().unwrap_or_else(PoisonError::into_inner);
        let next = |hand: usize| {
            let own = list(hand).pop_front();
            own.or_else(|| (1..hands).find_map(|other| list(hand + other).pop_back()))
        };
        let work = |hand: usize| {
            while let Some(job) = next(hand) {
                job();
            }
        };
        let work = &work;
        thread::scope(|scope| {
            for helper in 1..hands {
                // A host that grants no thread has its part done by the others.
                if thread::Builder::new()
                    .spawn_scoped(scope, move || work(helper))
                    .is_err()
                {
                    break;
                }
            }
            work(0);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn all_jobs_are_done_however_many_hands_there_are() {
        for crew in [&Threads::new(1) as &dyn Crew, &Threads::new(3), &Threads::new(0), &()] {
            let mut done = [0; 7];
            crew.work(done.iter_mut().map(|place| Box::new(|| *place += 1) as Job).collect());
            assert_eq!((done, crew.hands() > 0), ([1; 7], true));
        }
    }

    #[test]
    fn who_is_through_does_what_another_would_come_to_last() {
        let (done, others) = mpsc::channel();
        let one_of_them = || {
            let done = done.clone();
            Box::new(move || done.send(()).expect("the first one waits")) as Job
        };
        // The second job is of the first one's hand.
        let first = Box::new(move || {
            let all = (0..3).all(|_| others.recv_timeout(Duration::from_secs(60)).is_ok());
            assert!(all, "three others have been done meanwhile");
        }) as Job;
        Threads::new(2).work([first].into_iter().chain((0..3).map(|_| one_of_them())).collect());
    }
}
