//! What an optimisation found, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::narrow::{narrow_table, within_80_columns};
use super::numbers::{counted, grouped, precise_percent, rounded};
use super::plot::shown;
use crate::experiment::{Candidate, Found, Grid, Sample, Search, goal_prices, meets, missed, pareto_front};
use crate::scenario::{Expectation, Optimization};

/// Lines of the Pareto front that are shown.
const MOST_LINES: usize = 12;

/// A finished optimisation.
pub struct OptimumReport<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// Seed of all runs.
    pub seed: u64,
    /// What was asked for.
    pub wanted: &'a Optimization,
    /// The candidates.
    pub grid: &'a Grid,
    /// How they were searched.
    pub search: &'a Search,
    /// What came of it.
    pub found: &'a Found,
}

impl OptimumReport<'_> {
    /// As JSON, with fixed keys.
    pub fn json(&self) -> Value {
        let candidate = |number: usize| self.candidate_json(number);
        let (runs, invocations) = self.effort();
        let (all_runs, all_invocations) = self.whole_effort();
        json!({
            "scenario": self.name,
            "seed": self.seed,
            "confidence": self.search.confidence,
            "replications": self.search.replications,
            "candidates": self.grid.points(),
            "refused": self.found.candidates.iter().filter(|candidate| candidate.refused).count(),
            "runs": runs,
            "invocations": invocations,
            "runs_of_all_candidates": all_runs,
            "invocations_of_all_candidates": all_invocations,
            "winner": self.found.winner.map(candidate),
            "runner_up": self.found.runner_up.map(candidate),
            "nearest": self.found.nearest.map(candidate),
            "goals": self.goals_json(),
            "pareto_front": pareto_front(self.search, self.found).into_iter().map(candidate).collect::<Vec<_>>(),
        })
    }

    fn candidate_json(&self, number: usize) -> Value {
        let candidate = &self.found.candidates[number];
        let settings = self.grid.settings(number as u64);
        let goals = self.wanted.goals.iter().enumerate();
        let goals = goals.map(|(goal, wanted)| (wanted.text.clone(), self.sample_json(&candidate.goal(goal))));
        json!({
            "set": settings.into_iter().map(|(path, value)| (path, Value::from(value))).collect::<serde_json::Map<_, _>>(),
            "replications": candidate.runs.len(),
            "objective": self.sample_json(&candidate.objective()),
            "goals": goals.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn sample_json(&self, sample: &Sample) -> Value {
        let interval = sample.interval(self.search.confidence);
        json!({
            "mean": rounded(sample.mean()),
            "low": interval.map(|interval| rounded(interval.low)),
            "high": interval.map(|interval| rounded(interval.high)),
        })
    }

    fn goals_json(&self) -> Vec<Value> {
        let prices = self
            .found
            .winner
            .map(|winner| (winner, goal_prices(self.search, self.found, winner)));
        let objective = |number: usize| self.found.objective(number);
        let goal = |(number, goal): (usize, &Expectation)| {
            let price = prices
                .as_ref()
                .map(|(winner, prices)| (objective(*winner), &prices[number]));
            let more = |candidate: Option<usize>| match (candidate, price) {
                (Some(candidate), Some((winner, _))) => json!(rounded(objective(candidate) - winner)),
                _ => Value::Null,
            };
            json!({
                "text": goal.text,
                "binds": price.map(|(_, price)| price.without.is_some()),
                "saved_without": more(price.and_then(|(_, price)| price.without)),
                "tightened_by_a_tenth": more(price.and_then(|(_, price)| price.tightened?.1)),
                "relaxed_by_a_tenth": more(price.and_then(|(_, price)| Some(price.relaxed?.1))),
            })
        };
        self.wanted.goals.iter().enumerate().map(goal).collect()
    }

    /// Runs and simulated invocations of the search.
    fn effort(&self) -> (u64, u64) {
        let runs = self.found.candidates.iter().flat_map(|candidate| &candidate.runs);
        runs.fold((0, 0), |(runs, invocations), run| {
            (runs + 1, invocations + run.invocations)
        })
    }

    /// What all candidates with all replications would take, going by the first replication of each.
    fn whole_effort(&self) -> (u64, u64) {
        let first = self
            .found
            .candidates
            .iter()
            .filter_map(|candidate| candidate.runs.first());
        let (candidates, invocations) =
            first.fold((0, 0), |(candidates, sum), run| (candidates + 1, sum + run.invocations));
        (
            candidates * self.search.replications,
            invocations * self.search.replications,
        )
    }

    /// For the terminal, within 80 columns.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}: {}, {}, {} confidence\n\n",
            self.name,
            counted(self.grid.points(), "candidate"),
            counted(self.wanted.goals.len() as u64, "goal"),
            precise_percent(self.search.confidence)
        );
        match (self.found.winner, self.found.nearest) {
            (Some(winner), _) => self.tell_winner(&mut text, winner),
            (None, Some(nearest)) => self.tell_nearest(&mut text, nearest),
            (None, None) => text.push_str("The scenario refuses every candidate.\n"),
        }
        self.tell_front(&mut text);
        let (runs, invocations) = self.effort();
        let (_, whole) = self.whole_effort();
        let _ = writeln!(
            text,
            "\n{} runs with {} invocations: {} of what all candidates with {} replications each would take",
            grouped(runs),
            grouped(invocations),
            precise_percent(invocations as f64 / whole.max(1) as f64),
            self.search.replications
        );
        within_80_columns(&text)
    }

    fn tell_winner(&self, text: &mut String, winner: usize) {
        let candidate = &self.found.candidates[winner];
        text.push_str("Best that meets all goals\n");
        self.tell_settings(text, winner);
        let _ = writeln!(
            text,
            "  {}: {}",
            self.objective_name(),
            self.estimate(&candidate.objective())
        );
        if !self.wanted.goals.is_empty() {
            text.push_str("\nGoals\n");
        }
        let prices = goal_prices(self.search, self.found, winner);
        for (number, (goal, price)) in self.wanted.goals.iter().zip(&prices).enumerate() {
            let _ = writeln!(
                text,
                "  {}",
                measured_goal(goal, &candidate.goal(number), self.search.confidence)
            );
            if let Some(without) = price.without {
                let _ = writeln!(
                    text,
                    "    binds: without it {} less would do",
                    self.between(winner, without)
                );
            }
            if let Some((limit, stricter)) = price.tightened {
                let limit = shown(&goal.path, limit);
                let _ = match stricter {
                    Some(stricter) if stricter == winner => {
                        writeln!(text, "    a limit of {limit} would be kept as well")
                    }
                    Some(stricter) => writeln!(
                        text,
                        "    a limit of {limit} costs {} more",
                        self.between(stricter, winner)
                    ),
                    None => writeln!(text, "    a limit of {limit} is out of reach"),
                };
            }
            if let Some((limit, laxer)) = price.relaxed {
                let _ = writeln!(
                    text,
                    "    a limit of {} saves {}",
                    shown(&goal.path, limit),
                    self.between(winner, laxer)
                );
            }
        }
        self.tell_runner_up(text, winner);
    }

    fn tell_runner_up(&self, text: &mut String, winner: usize) {
        let Some(second) = self.found.runner_up else {
            text.push_str("\nNo other candidate was found to meet all goals.\n");
            return;
        };
        text.push_str("\nRunner-up\n");
        self.tell_settings(text, second);
        let excess = self.found.candidates[second].excess(&self.found.candidates[winner]);
        let interval = excess.interval(self.search.confidence);
        let told_apart = match interval {
            Some(interval) if interval.low > 0.0 => "",
            _ => "; the two cannot be told apart",
        };
        let _ = writeln!(
            text,
            "  {}: {} more{told_apart}",
            self.objective_name(),
            self.estimate(&excess)
        );
    }

    fn tell_nearest(&self, text: &mut String, nearest: usize) {
        let candidate = &self.found.candidates[nearest];
        text.push_str("No candidate meets all goals with that confidence. The nearest:\n");
        self.tell_settings(text, nearest);
        let _ = writeln!(
            text,
            "  {}: {}",
            self.objective_name(),
            self.estimate(&candidate.objective())
        );
        for (number, goal) in self.wanted.goals.iter().enumerate() {
            let sample = candidate.goal(number);
            let value = measured_goal(goal, &sample, self.search.confidence);
            let by = missed(goal.operator, sample.mean(), goal.value);
            let verdict = if by > 0.0 && goal.value == 0.0 {
                format!("missed by {}", shown(&goal.path, (sample.mean() - goal.value).abs()))
            } else if by > 0.0 {
                format!(
                    "missed by {} ({})",
                    shown(&goal.path, (sample.mean() - goal.value).abs()),
                    precise_percent(by)
                )
            } else if meets(&sample, goal.operator, goal.value, self.search.confidence) {
                "met".to_owned()
            } else {
                "met on average, not with confidence".to_owned()
            };
            let _ = writeln!(text, "  {value}, {verdict}");
        }
    }

    fn tell_settings(&self, text: &mut String, number: usize) {
        for (path, value) in self.grid.settings(number as u64) {
            let _ = writeln!(text, "  {path}: {value}");
        }
    }

    fn tell_front(&self, text: &mut String) {
        let front = pareto_front(self.search, self.found);
        if front.len() < 2 {
            return;
        }
        text.push_str("\nPareto front: whoever is better in one column is worse in another\n");
        let goals = self.wanted.goals.iter().map(|goal| goal.path.clone());
        let heads = self.grid.paths().map(str::to_owned);
        let heads = heads
            .chain([self.objective_name()])
            .chain(goals)
            .chain(["runs".to_owned()]);
        let heads: Vec<String> = heads.collect();
        let mut rows = Vec::new();
        for number in front.iter().take(MOST_LINES) {
            let candidate: &Candidate = &self.found.candidates[*number];
            let mut cells: Vec<String> = self
                .grid
                .settings(*number as u64)
                .into_iter()
                .map(|(_, value)| value)
                .collect();
            cells.push(self.objective_shown(self.found.objective(*number)));
            let goals = self.wanted.goals.iter().enumerate();
            cells.extend(goals.map(|(goal, wanted)| shown(&wanted.path, candidate.goal(goal).mean())));
            cells.push(candidate.runs.len().to_string());
            rows.push(cells);
        }
        // Every column is needed to see what is paid for what.
        let (table, _) = narrow_table(&heads, &rows, heads.len());
        let _ = writeln!(text, "{table}");
        if front.len() > MOST_LINES {
            let _ = writeln!(text, "… and {} more", front.len() - MOST_LINES);
        }
    }

    fn objective_name(&self) -> String {
        match self.wanted.objective.as_slice() {
            [only] if only.weight == 1.0 => only.path.clone(),
            _ => "objective".to_owned(),
        }
    }

    fn objective_shown(&self, value: f64) -> String {
        shown(&self.objective_name(), value)
    }

    fn estimate(&self, sample: &Sample) -> String {
        with_half_width(&self.objective_name(), sample, self.search.confidence)
    }

    /// By how much the objective of one candidate exceeds that of another.
    fn between(&self, dearer: usize, cheaper: usize) -> String {
        self.objective_shown(self.found.objective(dearer) - self.found.objective(cheaper))
    }
}

/// A goal with its value over some runs.
pub fn measured_goal(goal: &Expectation, sample: &Sample, confidence: f64) -> String {
    format!("{}: {}", goal.text, with_half_width(&goal.path, sample, confidence))
}

fn with_half_width(path: &str, sample: &Sample, confidence: f64) -> String {
    let mean = shown(path, sample.mean());
    match sample.interval(confidence) {
        Some(interval) if interval.half_width() > 0.0 => format!("{mean} ± {}", shown(path, interval.half_width())),
        _ => mean,
    }
}
