use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::batch::in_order;
use super::grid::Grid;
use super::journal::{Journal, JournalError, Outcome, Row};
use crate::scenario::{Problems, Scenario, Template};

/// Values of one axis that are tried before anything runs.
const TRIED: usize = 1_000;

/// The part of a sweep's points that one machine runs: every `of`-th, beginning with `number` (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, below `of`.
    pub number: u64,
    /// How many parts there are, at least 1.
    pub of: u64,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number + 1, self.of)
    }
}

impl Shard {
    /// All points.
    pub const WHOLE: Shard = Shard { number: 0, of: 1 };

    /// Whether a point belongs to it.
    pub fn holds(self, point: u64) -> bool {
        point % self.of == self.number
    }

    /// How many of `points` belong to it.
    pub fn share_of(self, points: u64) -> u64 {
        points / self.of + u64::from(points % self.of > self.number)
    }
}

/// Many runs of one scenario with other values at some of its paths. All points have the seed of the scenario, so they
/// meet the same arrivals and differ only by what varies.
pub struct Sweep<'a> {
    /// The scenario.
    pub template: &'a Template,
    /// What varies.
    pub grid: &'a Grid,
    /// The points to run.
    pub shard: Shard,
    /// How many runs at once; 0: one per core.
    pub threads: usize,
}

/// What stopped a sweep; what was finished before is in the journal.
pub enum Stopped<E> {
    /// The journal could not be written.
    Journal(JournalError),
    /// A run said so.
    Run(E),
}

impl Sweep<'_> {
    /// Looks, before anything runs, whether every single value can be read: in the scenario as it is, or beside the
    /// first or the last values of the other axes. Combinations that contradict each other are left to the run.
    ///
    /// # Errors
    /// For each value that is wrong everywhere, all that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Problems>> {
        let axes = self.grid.axes();
        let last: Vec<usize> = axes.iter().map(|axis| axis.values.len() - 1).collect();
        let mut wrong = Vec::new();
        for (index, axis) in axes.iter().enumerate() {
            for step in 0..axis.values.len().min(TRIED) {
                let alone = axis.paths.iter().cloned().zip(axis.values[step].iter().cloned());
                let beside = |steps: Vec<usize>| {
                    let mut steps = steps;
                    steps[index] = step;
                    self.grid.at(&steps)
                };
                let refused = |settings: &[(String, String)]| self.template.resolve(settings, "--vary").err();
                let Some(problems) = refused(&alone.collect::<Vec<_>>()) else {
                    continue;
                };
                if [vec![0; axes.len()], last.clone()]
                    .into_iter()
                    .all(|steps| refused(&beside(steps)).is_some())
                {
                    wrong.push(problems);
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Points of this shard that are not in the journal yet, ascending.
    pub fn open_points(&self, journal: &Journal) -> Vec<u64> {
        let done = journal.points();
        let own = (0..self.grid.points()).filter(|point| self.shard.holds(*point));
        own.filter(|point| done.binary_search(point).is_err()).collect()
    }

    /// Runs `points` and adds what `measure` says of each to the journal as soon as it is known.
    ///
    /// # Errors
    /// The first failure; runs that have begun are still brought to their end.
    pub fn run<E: Send>(
        &self,
        points: Vec<u64>,
        journal: &Journal,
        measure: impl Fn(&Scenario) -> Result<Vec<Option<f64>>, E> + Sync,
    ) -> Result<(), Stopped<E>> {
        let stop = AtomicBool::new(false);
        let results = in_order(points, self.threads, |point| {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let outcome = match self.template.resolve(&self.grid.settings(point), "--vary") {
                Ok(scenario) => measure(&scenario).map(Outcome::Measured).map_err(Stopped::Run),
                Err(problems) => Ok(Outcome::Refused(in_a_line(&problems))),
            };
            let added = outcome.and_then(|outcome| journal.append(&Row { point, outcome }).map_err(Stopped::Journal));
            added.inspect_err(|_| stop.store(true, Ordering::Relaxed))
        });
        results.into_iter().collect()
    }
}

/// The first problem without its place.
fn in_a_line(problems: &Problems) -> String {
    let first = problems.list.first();
    first.map_or_else(String::new, |problem| {
        format!("{}; {}", problem.message, problem.remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_divide_the_points_without_rest_and_without_overlap() {
        for points in [0u64, 1, 7, 12] {
            let mut seen = vec![0; points as usize];
            for number in 0..5 {
                let shard = Shard { number, of: 5 };
                let mine: Vec<u64> = (0..points).filter(|point| shard.holds(*point)).collect();
                assert_eq!(mine.len() as u64, shard.share_of(points));
                mine.iter().for_each(|point| seen[*point as usize] += 1);
            }
            assert!(seen.iter().all(|times| *times == 1));
        }
    }
}
