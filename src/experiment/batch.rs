use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// Does `job` for every item on up to `threads` threads (0: one per core) and returns the results in the order of the
/// items, so that nothing depends on which finished first.
pub fn in_order<T: Send, R: Send>(items: Vec<T>, threads: usize, job: impl Fn(T) -> R + Sync) -> Vec<R> {
    match ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(|| items.into_par_iter().map(&job).collect()),
        // A host that grants no threads still gets its results, one after another.
        Err(_) => items.into_iter().map(job).collect(),
    }
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
}
