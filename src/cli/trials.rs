//! Runs beside the run: changes that may help, multiples of the traffic, other values of assumptions. All have the seed of
//! the run.

use super::alone::run_alone;
use super::failure::Failure;
use super::planner::traffic_times;
use super::progress::Bars;
use crate::experiment::{Trial, in_order, smallest};
use crate::facts::{Cause, FunctionId};
use crate::report::{
    Advice, Bearing, Change, Effect, Sensitivity, Swing, Tried, assumptions_in_play, busiest_function, complaints,
    first_refusal,
};
use crate::scenario::Template;
use crate::simulation::{Plan, RunResult};

/// Requests and messages up to which a run is repeated without being asked to.
const MOST_REQUESTS: u64 = 1_000_000;
/// Requests that take as long as reading one function of the scenario anew.
const REQUESTS_PER_FUNCTION: u64 = 500;
/// Requests of the largest multiple of the traffic that is tried.
const MOST_MULTIPLIED: u64 = 2_000_000;
/// Hundredths of the traffic.
const WHOLE: u64 = 100;

/// A run that is repeated with changes.
pub(super) struct Trials<'a> {
    pub template: &'a Template,
    pub plan: &'a Plan,
    pub result: &'a RunResult,
    pub threads: usize,
    pub bars: &'a Bars,
}

impl Trials<'_> {
    /// What helps against throttling, and how much traffic the scenario bears. Large runs are not repeated unless `forced`.
    pub fn advice(&self, forced: bool) -> Result<Advice, Failure> {
        if let Some(reason) = self.too_large().filter(|_| !forced) {
            let skipped = format!(
                "Advice was not tried, as {reason}: `lambdasim run --advice` runs the scenario again with changes that may help \
                 against throttling, and with more traffic."
            );
            return Ok(Advice {
                skipped: Some(skipped),
                ..Advice::default()
            });
        }
        Ok(Advice {
            tried: self.tried()?,
            bearing: self.bearing(forced)?,
            skipped: None,
        })
    }

    /// Why the run is not repeated without being asked to. By counts, not by a clock, so that every computer decides alike.
    fn too_large(&self) -> Option<String> {
        let functions = self.plan.functions.len() as u64;
        let requests = self.requests();
        if requests > MOST_REQUESTS {
            return Some("this run has more than a million requests and messages".to_owned());
        }
        (requests + functions * REQUESTS_PER_FUNCTION > MOST_REQUESTS).then(|| {
            format!(
                "each further run of {functions} functions takes as long as {} requests, and with those of this run they are more \
                 than a million",
                functions * REQUESTS_PER_FUNCTION
            )
        })
    }

    /// What a run has to do, roughly.
    fn requests(&self) -> u64 {
        let summary = &self.result.summary;
        let messages = summary.queues.iter().map(|queue| queue.sent);
        let records = summary.streams.iter().map(|stream| stream.sent);
        summary.totals.requests + messages.chain(records).sum::<u64>()
    }

    /// What comes of other values of each assumption that the run has used.
    pub fn sensitivity(&self) -> Result<Sensitivity, Failure> {
        let assumptions = assumptions_in_play(self.plan, self.result);
        let function = busiest_function(self.result);
        let values = assumptions
            .iter()
            .flat_map(|assumption| [assumption.low, assumption.high].map(|value| (assumption.name, value)));
        let values: Vec<(&str, &str)> = values.collect();
        let bar = self.bars.count("sensitivity", values.len() as u64, 0);
        let attempt = |(name, value): (&str, &str)| {
            let result = self.with(&[(format!("parameters.{name}"), value.to_owned())]);
            bar.add();
            Ok(result?.map(|result| Effect::of(&result, function)))
        };
        let effects = in_order(values, self.threads, attempt);
        let effects: Vec<Option<Effect>> = effects.into_iter().collect::<Result<_, Failure>>()?;
        let swings = assumptions
            .into_iter()
            .zip(effects.chunks(2))
            .map(|(assumption, effects)| Swing {
                assumption,
                low: effects[0],
                high: effects[1],
            });
        Ok(Sensitivity {
            function,
            base: Effect::of(self.result, function),
            swings: swings.collect(),
        })
    }

    /// The run with other values; `None` where the scenario refuses them.
    fn with(&self, settings: &[(String, String)]) -> Result<Option<RunResult>, Failure> {
        match self.template.resolve(settings, "a trial") {
            Ok(scenario) => run_alone(&scenario.plan).map(|(_, result)| Some(result)),
            Err(_) => Ok(None),
        }
    }

    fn tried(&self) -> Result<Vec<Tried>, Failure> {
        let complaints = complaints(self.plan, self.result);
        let changes = complaints.iter().map(|complaint| complaint.changes.len() as u64).sum();
        let bar = self.bars.count("advice", changes, 0);
        let tried = complaints.into_iter().map(|complaint| {
            let attempt = |change: &Change| {
                let result = self.with(&change.settings);
                bar.add();
                Ok(result?.map(|result| Effect::of(&result, complaint.function)))
            };
            let after = in_order(complaint.changes.iter().collect(), self.threads, attempt);
            Ok(Tried {
                before: Effect::of(self.result, complaint.function),
                after: after.into_iter().collect::<Result<_, Failure>>()?,
                complaint,
            })
        });
        tried.collect()
    }

    /// The first multiple of all traffic with which something is refused.
    fn bearing(&self, forced: bool) -> Result<Option<Bearing>, Failure> {
        let requests = self.requests();
        if requests == 0 {
            return Ok(None);
        }
        let refuses_now = first_refusal(self.plan, self.result);
        let most = if forced {
            u64::MAX
        } else {
            MOST_MULTIPLIED * WHOLE / requests
        };
        let multiples: Vec<u64> = match refuses_now {
            Some(_) => (1..20).map(|part| part * 5).collect(),
            None => larger_multiples().filter(|multiple| *multiple <= most).collect(),
        };
        let mut broken: Option<(u64, Cause, FunctionId)> = None;
        let attempt = |place: u64| -> Result<Trial, Failure> {
            let multiple = multiples[place as usize];
            let settings = traffic_times(self.template, self.plan, multiple as f64 / WHOLE as f64);
            let Some(result) = self.with(&settings)? else {
                return Ok(Trial::Refused);
            };
            let Some((cause, function)) = first_refusal(self.plan, &result) else {
                return Ok(Trial::TooLittle);
            };
            // Of all multiples that break something the search ends with the smallest.
            if broken.is_none_or(|(smaller, ..)| multiple < smaller) {
                broken = Some((multiple, cause, function));
            }
            Ok(Trial::Enough)
        };
        let last = (multiples.len() as u64).checked_sub(1);
        let found = match last {
            Some(last) => smallest(0, last, attempt)?,
            None => None,
        };
        let now = refuses_now.map(|(cause, function)| (WHOLE, cause, function));
        let (below, breaks) = match found {
            Some(place) => (multiples[..place as usize].last().copied(), broken),
            None => (multiples.last().copied(), now),
        };
        let holds_now = u64::from(refuses_now.is_none()) * WHOLE;
        let parts = |hundredths: u64| hundredths as f64 / WHOLE as f64;
        Ok(Some(Bearing {
            bears: parts(below.unwrap_or(0).max(holds_now)),
            breaks: breaks.map(|(multiple, cause, function)| (parts(multiple), cause, function)),
        }))
    }
}

/// Multiples of the traffic in hundredths: by a tenth up to 2, by a quarter up to 4, by a half up to 10.
fn larger_multiples() -> impl Iterator<Item = u64> {
    let tenths = (110..=200).step_by(10);
    tenths.chain((225..=400).step_by(25)).chain((450..=1_000).step_by(50))
}
