//! What a finished search says beside its winner: which goals bind, what their limits cost, what else is worth having.

use super::search::{Found, Search, missed};
use crate::scenario::Operator;

/// By how much a limit is moved to see what it costs.
const TENTH: f64 = 0.1;

/// What one goal means for the winner.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalPrice {
    /// The cheapest candidate without this goal, where it is cheaper than the winner: then the goal binds.
    pub without: Option<usize>,
    /// A limit a tenth stricter, and the cheapest candidate that keeps to it, if any does. `None` where the limit has no tenth.
    pub tightened: Option<(f64, Option<usize>)>,
    /// A limit a tenth laxer, and the cheapest candidate that keeps to it, where it is cheaper than the winner.
    pub relaxed: Option<(f64, usize)>,
}

/// What each goal costs, in their order, by all candidates that ran.
pub fn goal_prices(search: &Search, found: &Found, winner: usize) -> Vec<GoalPrice> {
    let cheaper = |number: &usize| found.objective(*number) < found.objective(winner);
    let goal = |goal: usize| {
        let with = |limit: Option<f64>| {
            let mut goals: Vec<(usize, (Operator, f64))> = search.goals.iter().copied().enumerate().collect();
            match limit {
                Some(limit) => goals[goal].1.1 = limit,
                None => drop(goals.remove(goal)),
            }
            cheapest(found, &goals)
        };
        let moved = tenth(search.goals[goal]);
        GoalPrice {
            without: with(None).filter(cheaper),
            tightened: moved.map(|(strict, _)| (strict, with(Some(strict)))),
            relaxed: moved.and_then(|(_, lax)| Some((lax, with(Some(lax)).filter(cheaper)?))),
        }
    };
    (0..search.goals.len()).map(goal).collect()
}

/// The stricter and the laxer limit.
fn tenth((operator, limit): (Operator, f64)) -> Option<(f64, f64)> {
    let step = limit.abs() * TENTH;
    match operator {
        _ if step == 0.0 => None,
        Operator::AtMost | Operator::Below => Some((limit - step, limit + step)),
        Operator::AtLeast | Operator::Above => Some((limit + step, limit - step)),
        Operator::Equal | Operator::Unequal => None,
    }
}

fn cheapest(found: &Found, goals: &[(usize, (Operator, f64))]) -> Option<usize> {
    let keeps = |number: &usize| {
        let candidate = &found.candidates[*number];
        let met = |(goal, (operator, limit)): &(usize, (Operator, f64))| {
            missed(*operator, candidate.goal(*goal).mean(), *limit) == 0.0
        };
        !candidate.runs.is_empty() && goals.iter().all(met)
    };
    (0..found.candidates.len())
        .filter(keeps)
        .min_by(|a, b| found.objective(*a).total_cmp(&found.objective(*b)))
}

/// Candidates that no other one beats in the objective and all goals' values at once, by rising objective.
pub fn pareto_front(search: &Search, found: &Found) -> Vec<usize> {
    let scores = |number: usize| {
        let candidate = &found.candidates[number];
        let goals = search.goals.iter().enumerate().map(|(goal, (operator, limit))| {
            let value = candidate.goal(goal).mean();
            match operator {
                Operator::AtMost | Operator::Below => value,
                Operator::AtLeast | Operator::Above => -value,
                Operator::Equal | Operator::Unequal => (value - limit).abs(),
            }
        });
        std::iter::once(found.objective(number))
            .chain(goals)
            .collect::<Vec<f64>>()
    };
    let mut ran: Vec<(usize, Vec<f64>)> = (0..found.candidates.len())
        .filter(|number| !found.candidates[*number].runs.is_empty())
        .map(|number| (number, scores(number)))
        .collect();
    ran.sort_by(|a, b| {
        let differing =
            a.1.iter()
                .zip(&b.1)
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne());
        differing.unwrap_or_else(|| a.0.cmp(&b.0))
    });
    let mut front: Vec<(usize, Vec<f64>)> = Vec::new();
    for (number, scores) in ran {
        // Sorted by every score in turn, so that whoever beats this one stands before it.
        let beaten = |(_, other): &(usize, Vec<f64>)| other.iter().zip(&scores).all(|(other, own)| other <= own);
        if !front.iter().any(beaten) {
            front.push((number, scores));
        }
    }
    front.into_iter().map(|(number, _)| number).collect()
}
