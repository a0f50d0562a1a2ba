/// Who does the parts of a run that do not depend on each other. No result tells how many they were.
pub trait Crew {
    /// How many work at once; at least 1.
    fn hands(&self) -> usize;

    /// Does all of these, in any order; returns when all are done.
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
