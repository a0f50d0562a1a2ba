use std::ops::Range;

/// Who does the parts of a run that do not depend on each other. No result tells how many they were.
pub trait Crew: Sync {
    /// How many work at once; at least 1.
    fn hands(&self) -> usize;

    /// Does all of these, in any order; returns when all are done. A job may have work for the crew itself.
    fn work(&self, jobs: Vec<Job<'_>>);
}

/// A part of the work.
pub type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// One after another.
impl Crew for () {
    fn hands(&self) -> usize {
        1
    }

    fn work(&self, jobs: Vec<Job<'_>>) {
        jobs.into_iter().for_each(|job| job());
    }
}

/// Parts of the work for each hand: nobody knows ahead how long one takes, and who is done early finds another one.
pub const PARTS_PER_HAND: usize = 4;
/// Things that are worth a job of their own: to begin one takes as long as some hundred of them.
const LEAST_STRETCH: usize = 1 << 10;

/// Does `job` for each; the results in order.
pub fn each<T: Send, R: Send>(
    crew: &dyn Crew,
    items: impl IntoIterator<Item = T>,
    job: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let mut results: Vec<(Option<T>, Option<R>)> = items.into_iter().map(|item| (Some(item), None)).collect();
    let job = &job;
    let work = |(item, result): &mut (Option<T>, Option<R>)| *result = item.take().map(job);
    let work = &work;
    crew.work(
        results
            .iter_mut()
            .map(|one| Box::new(move || work(one)) as Job<'_>)
            .collect(),
    );
    results.into_iter().filter_map(|(_, result)| result).collect()
}

/// Does `job` for stretches of `0..count` that follow each other; the results in order. One hand takes all at once.
pub fn in_stretches<R: Send>(crew: &dyn Crew, count: usize, job: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let stretches = match crew.hands() {
        1 => 1,
        hands => (hands * PARTS_PER_HAND).min(count / LEAST_STRETCH).max(1),
    };
    let length = count.div_ceil(stretches).max(1);
    let stretch = |from: usize| from..(from + length).min(count);
    each(crew, (0..count).step_by(length).map(stretch), job)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many hands, of whom the last ones are first.
    struct Backwards(usize);

    impl Crew for Backwards {
        fn hands(&self) -> usize {
            self.0
        }

        fn work(&self, jobs: Vec<Job<'_>>) {
            jobs.into_iter().rev().for_each(|job| job());
        }
    }

    #[test]
    fn stretches_follow_each_other_whoever_does_them_and_however_many_there_are() {
        for count in [0, 1, LEAST_STRETCH, 10 * LEAST_STRETCH + 1] {
            for hands in [1, 2, 3, 50] {
                let all = in_stretches(&Backwards(hands), count, |stretch| stretch.collect::<Vec<_>>());
                assert_eq!(all.concat(), (0..count).collect::<Vec<_>>());
                assert!(all.len() <= hands * PARTS_PER_HAND && (hands > 1 || all.len() <= 1));
            }
        }
        assert_eq!(
            in_stretches(&Backwards(2), 3 * LEAST_STRETCH, |stretch| stretch.len()).len(),
            3
        );
    }
}
