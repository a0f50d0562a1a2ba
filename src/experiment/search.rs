//! The cheapest of many candidates that meets all goals: successive halving on common random numbers.

use super::interval::Sample;
use crate::scenario::Operator;

/// The first cut leaves one in so many candidates, each later one half of them.
const FIRST_CUT: usize = 8;
/// Fewer candidates than this are never cut by rank.
const FEWEST: usize = 8;
/// So few run all replications without further cuts.
const FINALISTS: usize = 4;
/// A goal missed by less than this share of its limit may be met by luck or missed by bad luck: part of each cut keeps such
/// candidates.
const NEARLY: f64 = 0.1;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// How many candidates there are.
    pub candidates: usize,
    /// How the value of each goal is compared, and with what.
    pub goals: Vec<(Operator, f64)>,
    /// Replications that a candidate runs before it can win, at least 2.
    pub replications: u64,
    /// Probability with which the winner is to meet each goal, between 0 and 1.
    pub confidence: f64,
}

/// What one replication of one candidate gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What is to be small.
    pub objective: f64,
    /// The value of each goal; not a number where there is none.
    pub goals: Vec<f64>,
    /// Simulated invocations.
    pub invocations: u64,
}

/// All that is known of one candidate. Replication k has the same draws for all of them.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    /// Its replications so far, by number.
    pub runs: Vec<Measured>,
    /// Whether the scenario refuses it.
    pub refused: bool,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The candidate with the smallest mean objective of those that meet all goals with confidence.
    pub winner: Option<usize>,
    /// The next one.
    pub runner_up: Option<usize>,
    /// Where none meets all goals: the candidate that misses them by least.
    pub nearest: Option<usize>,
    /// All candidates.
    pub candidates: Vec<Candidate>,
}

impl Candidate {
    /// Its objective over the replications.
    pub fn objective(&self) -> Sample {
        self.runs.iter().map(|run| run.objective).collect()
    }

    /// The value of a goal over the replications.
    pub fn goal(&self, goal: usize) -> Sample {
        self.runs.iter().map(|run| run.goals[goal]).collect()
    }

    /// By how much its objective exceeds another's, replication by replication.
    pub fn excess(&self, other: &Candidate) -> Sample {
        let pairs = self.runs.iter().zip(&other.runs);
        pairs.map(|(own, other)| own.objective - other.objective).collect()
    }
}

impl Found {
    /// The mean objective of a candidate as it would be over the runs of the winner (or of the nearest): from the difference
    /// in the runs that both have, so that few runs of one candidate compare with many of another.
    pub fn objective(&self, number: usize) -> f64 {
        let candidate = &self.candidates[number];
        match self.winner.or(self.nearest) {
            Some(reference) => {
                let reference = &self.candidates[reference];
                reference.objective().mean() + candidate.excess(reference).mean()
            }
            None => candidate.objective().mean(),
        }
    }
}

impl Search {
    /// Runs candidates until the winner has all its replications. `evaluate` runs pairs of a candidate and a replication
    /// and returns what came of each in the same order, `None` for a candidate that the scenario refuses.
    ///
    /// # Errors
    /// What `evaluate` returns.
    pub fn run<E>(
        &self,
        mut evaluate: impl FnMut(&[(usize, u64)]) -> Result<Vec<Option<Measured>>, E>,
    ) -> Result<Found, E> {
        let mut candidates = vec![Candidate::default(); self.candidates];
        let mut alive: Vec<usize> = (0..self.candidates).collect();
        let mut replications = 1;
        loop {
            extend(&mut candidates, &alive, replications, &mut evaluate)?;
            alive.retain(|candidate| !candidates[*candidate].refused);
            if replications >= self.replications {
                break;
            }
            alive = self.cut(&candidates, alive, replications);
            replications = if alive.len() <= FINALISTS {
                self.replications
            } else {
                (replications * 2).min(self.replications)
            };
        }
        self.widen(&mut candidates, &mut evaluate)?;
        Ok(self.judged(candidates))
    }

    /// Where fewer than two candidates that ran to the end meet the goals with confidence, others that may do so are
    /// brought there, the cheapest first.
    fn widen<E>(
        &self,
        candidates: &mut [Candidate],
        evaluate: &mut impl FnMut(&[(usize, u64)]) -> Result<Vec<Option<Measured>>, E>,
    ) -> Result<(), E> {
        while candidates.iter().filter(|candidate| self.qualifies(candidate)).count() < 2 {
            let open = (0..candidates.len()).filter(|number| {
                let candidate = &candidates[*number];
                !candidate.refused
                    && (candidate.runs.len() as u64) < self.replications
                    && self.shortfall(candidate) == 0.0
            });
            let mut open: Vec<usize> = open.collect();
            if open.is_empty() {
                return Ok(());
            }
            self.rank(candidates, &mut open);
            open.truncate(FINALISTS);
            extend(candidates, &open, self.replications, evaluate)?;
        }
        Ok(())
    }

    /// Candidates that may still win after `replications` runs of each.
    fn cut(&self, candidates: &[Candidate], mut alive: Vec<usize>, replications: u64) -> Vec<usize> {
        self.rank(candidates, &mut alive);
        let Some(best) = alive.first().copied() else {
            return alive;
        };
        if replications > 1 {
            alive.retain(|number| *number == best || !self.is_beaten(&candidates[*number], &candidates[best]));
        }
        let share = if replications > 1 { 2 } else { FIRST_CUT };
        let room = alive.len().div_ceil(share).max(FEWEST);
        self.select(candidates, alive, room)
    }

    /// The first of a ranked list, and as many that miss a goal by a little and are cheap.
    fn select(&self, candidates: &[Candidate], ranked: Vec<usize>, room: usize) -> Vec<usize> {
        if ranked.len() <= room {
            return ranked;
        }
        let (mut kept, rest) = (ranked[..room.div_ceil(2)].to_vec(), &ranked[room.div_ceil(2)..]);
        let is_near = |number: &&usize| self.shortfall(&candidates[**number]) <= NEARLY;
        let mut near: Vec<usize> = rest.iter().filter(is_near).copied().collect();
        near.sort_by(|a, b| {
            let of = |number: usize| candidates[number].objective().mean();
            of(*a).total_cmp(&of(*b)).then(a.cmp(b))
        });
        kept.extend(near.into_iter().take(room / 2));
        let others: Vec<usize> = ranked.iter().filter(|number| !kept.contains(number)).copied().collect();
        kept.extend(others.into_iter().take(room - kept.len()));
        kept
    }

    /// By rising shortfall, those without any by rising objective.
    fn rank(&self, candidates: &[Candidate], numbers: &mut [usize]) {
        let key = |number: usize| {
            let candidate = &candidates[number];
            (self.shortfall(candidate), candidate.objective().mean())
        };
        numbers.sort_by(|a, b| {
            let (one, other) = (key(*a), key(*b));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then(a.cmp(b))
        });
    }

    /// Whether a candidate is dearer than `best`, or misses a goal, with confidence.
    fn is_beaten(&self, candidate: &Candidate, best: &Candidate) -> bool {
        let dearer = candidate
            .excess(best)
            .interval(self.confidence)
            .is_some_and(|interval| interval.low > 0.0);
        let misses = |(goal, (operator, limit)): (usize, &(Operator, f64))| {
            let interval = candidate.goal(goal).interval(self.confidence);
            interval
                .is_some_and(|interval| !operator.holds(interval.low, *limit) && !operator.holds(interval.high, *limit))
        };
        (dearer && self.shortfall(best) == 0.0) || self.goals.iter().enumerate().any(misses)
    }

    /// By how much the means miss the goals, each as a share of its limit (of 1 for a limit of 0), added up.
    pub fn shortfall(&self, candidate: &Candidate) -> f64 {
        let goals = self.goals.iter().enumerate();
        goals
            .map(|(goal, (operator, limit))| missed(*operator, candidate.goal(goal).mean(), *limit))
            .sum()
    }

    /// Whether a candidate has all its replications and meets every goal with confidence.
    fn qualifies(&self, candidate: &Candidate) -> bool {
        candidate.runs.len() as u64 >= self.replications
            && self
                .goals
                .iter()
                .enumerate()
                .all(|(goal, (operator, limit))| meets(&candidate.goal(goal), *operator, *limit, self.confidence))
    }

    fn judged(&self, candidates: Vec<Candidate>) -> Found {
        let mut qualified: Vec<usize> = (0..candidates.len())
            .filter(|number| self.qualifies(&candidates[*number]))
            .collect();
        self.rank(&candidates, &mut qualified);
        let mut ran: Vec<usize> = (0..candidates.len())
            .filter(|number| !candidates[*number].runs.is_empty())
            .collect();
        self.rank(&candidates, &mut ran);
        Found {
            winner: qualified.first().copied(),
            runner_up: qualified.get(1).copied(),
            nearest: if qualified.is_empty() {
                ran.first().copied()
            } else {
                None
            },
            candidates,
        }
    }
}

/// Whether the mean of a sample keeps to a limit with `confidence` (above 0.5, below 1): one end of its interval decides for
/// a limit on one side, both for an equality.
pub fn meets(sample: &Sample, operator: Operator, limit: f64, confidence: f64) -> bool {
    // One end of an interval is passed half as often as either of them.
    let interval = sample.interval(2.0 * confidence - 1.0);
    interval.is_some_and(|interval| operator.holds(interval.low, limit) && operator.holds(interval.high, limit))
}

/// By how much `value` misses a goal, as a share of its limit; 0 where it is met, infinite without a value.
pub fn missed(operator: Operator, value: f64, limit: f64) -> f64 {
    if operator.holds(value, limit) {
        return 0.0;
    }
    if value.is_nan() {
        return f64::INFINITY;
    }
    let distance = (value - limit).abs() / if limit == 0.0 { 1.0 } else { limit.abs() };
    // `< 5` is missed by 5, if only just.
    distance.max(f64::EPSILON)
}

/// Brings all of `numbers` to `replications` runs.
fn extend<E>(
    candidates: &mut [Candidate],
    numbers: &[usize],
    replications: u64,
    evaluate: &mut impl FnMut(&[(usize, u64)]) -> Result<Vec<Option<Measured>>, E>,
) -> Result<(), E> {
    let missing = |number: &usize| {
        let number = *number;
        (candidates[number].runs.len() as u64..replications).map(move |replication| (number, replication))
    };
    let pairs: Vec<(usize, u64)> = numbers.iter().flat_map(missing).collect();
    let measured = evaluate(&pairs)?;
    for ((number, _), measured) in pairs.into_iter().zip(measured) {
        match measured {
            Some(measured) => candidates[number].runs.push(measured),
            None => candidates[number].refused = true,
        }
    }
    Ok(())
}
