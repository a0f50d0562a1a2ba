use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::numbers::{counted, precise_percent};
use crate::experiment::{Estimate, Interval, Precision, Sample, warm_up_length};
use crate::metrics::{Bucket, TimelineSummary};
use crate::units::{SimTime, Span};

/// How often an interval holds the truth.
pub const CONFIDENCE: f64 = 0.95;

/// Parts of a summary that say what was run, not what came out.
const NOT_MEASURED: [&str; 4] = ["seed", "simulated_seconds", "expect", "changes"];

/// What one replication says.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Every number of its summary by its path; `None` for the time of what has not happened.
    pub values: Vec<(String, Option<f64>)>,
    /// Whether each expectation holds, in the order of the scenario.
    pub holds: Vec<bool>,
    timeline: TimelineSummary,
}

impl Observation {
    /// Of a summary and what else there is of its run.
    pub(super) fn new(summary: &Value, holds: Vec<bool>, timeline: TimelineSummary) -> Observation {
        Observation {
            values: numbers(summary),
            holds,
            timeline,
        }
    }
}

/// What independent replications of one scenario say together. The first is replication 0, the run that all other files of a
/// run folder show.
#[derive(Clone, Debug, Default)]
pub struct Replicated {
    count: u64,
    samples: Vec<(String, Sample)>,
    places: BTreeMap<String, usize>,
    held: Vec<u64>,
    steps: Steps,
    goals: Vec<Precision>,
}

/// The timelines of replications, step by step.
#[derive(Clone, Debug, Default)]
struct Steps {
    step: Span,
    samples: Vec<StepSample>,
}

/// What is drawn with a band.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepSample {
    pub(super) concurrency_max: Sample,
    pub(super) concurrency_mean: Sample,
    pub(super) latency_p50_ms: Sample,
    pub(super) latency_p99_ms: Sample,
}

impl Replicated {
    /// None yet; `goals` say when there are enough.
    pub fn new(goals: Vec<Precision>) -> Replicated {
        Replicated {
            goals,
            ..Replicated::default()
        }
    }

    /// Whether there are goals, and all of them are reached.
    pub fn is_precise(&self) -> bool {
        let reached = |goal: &Precision| {
            self.estimate(&goal.path)
                .is_some_and(|estimate| goal.is_reached(&estimate))
        };
        !self.goals.is_empty() && self.goals.iter().all(reached)
    }

    /// A warning for each goal that is not reached.
    pub fn missed(&self) -> Vec<String> {
        let missed = self.goals.iter().filter_map(|goal| {
            let estimate = self
                .estimate(&goal.path)
                .filter(|estimate| !goal.is_reached(estimate))?;
            let width = estimate.relative_half_width().filter(|width| width.is_finite());
            let so_far = width.map_or("no precision".to_owned(), |width| {
                format!("± {}", precise_percent(width))
            });
            let needed = goal.needed(&estimate).map_or(String::new(), |needed| {
                format!(
                    "; ± {} takes about {}",
                    precise_percent(goal.at_most),
                    counted(needed, "replication")
                )
            });
            let after = counted(self.count, "replication");
            Some(format!("{} has {so_far} after {after}{needed}", goal.path))
        });
        missed.collect()
    }

    /// One more replication. They come in the order of their numbers.
    pub fn add(&mut self, observation: &Observation) {
        for (path, value) in &observation.values {
            let place = match self.places.get(path) {
                Some(place) => *place,
                None => self.open(path),
            };
            if let Some(value) = value {
                self.samples[place].1.add(*value);
            }
        }
        self.held.resize(observation.holds.len(), 0);
        for (held, holds) in self.held.iter_mut().zip(&observation.holds) {
            *held += u64::from(*holds);
        }
        self.steps.add(&observation.timeline);
        self.count += 1;
    }

    /// A path that no earlier replication had: errors are listed once they occur, so it was 0 in those.
    fn open(&mut self, path: &str) -> usize {
        let zeros = std::iter::repeat_n(0.0, self.count as usize).collect();
        self.places.insert(path.to_owned(), self.samples.len());
        self.samples.push((path.to_owned(), zeros));
        self.samples.len() - 1
    }

    /// How many replications.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What they say of the number at a path of the summary.
    pub fn estimate(&self, path: &str) -> Option<Estimate> {
        let place = self.places.get(path)?;
        Some(Estimate::of(path, self.samples[*place].1, CONFIDENCE))
    }

    /// How many of them met each expectation, in the order of the scenario.
    pub fn held(&self) -> &[u64] {
        &self.held
    }

    /// The steps of their timelines.
    pub(super) fn steps(&self) -> &[StepSample] {
        &self.steps.samples
    }

    /// `replications` of `summary.json`: every number that was not the same in all of them.
    pub(super) fn json(&self) -> Value {
        let varying = self.samples.iter().filter(|(_, sample)| {
            sample.lowest() != sample.highest() || (sample.count() > 0 && sample.count() < self.count)
        });
        let metrics: Map<String, Value> = varying
            .map(|(path, sample)| (path.clone(), metric_json(&Estimate::of(path, *sample, CONFIDENCE))))
            .collect();
        let precision: Vec<Value> = self.goals.iter().map(|goal| self.goal_json(goal)).collect();
        json!({
            "count": self.count,
            "confidence": CONFIDENCE,
            "steady_from": self.steady_from().map(|time| time.as_micros() as f64 / 1e3),
            "precision": precision,
            "metrics": metrics,
        })
    }

    fn goal_json(&self, goal: &Precision) -> Value {
        let estimate = self.estimate(&goal.path);
        let width = estimate.and_then(|estimate| estimate.relative_half_width());
        let ok = estimate.is_some_and(|estimate| goal.is_reached(&estimate));
        json!({ "path": goal.path, "at_most": goal.at_most, "value": width.map(shortened), "ok": ok })
    }

    /// From when on mean concurrency keeps its level, by MSER-5 over the mean of all timelines. `None` where it keeps none.
    pub(super) fn steady_from(&self) -> Option<SimTime> {
        let levels: Vec<f64> = self
            .steps
            .samples
            .iter()
            .map(|step| step.concurrency_mean.mean())
            .collect();
        let cut = warm_up_length(&levels)?;
        Some(SimTime::from_micros(cut as u64 * self.steps.step.as_micros()))
    }
}

fn metric_json(estimate: &Estimate) -> Value {
    let sample = &estimate.sample;
    let end = |end: fn(&Interval) -> f64| estimate.interval.as_ref().map(|(interval, _)| shortened(end(interval)));
    json!({
        "mean": shortened(sample.mean()),
        "low": end(|interval| interval.low),
        "high": end(|interval| interval.high),
        "method": estimate.interval.map(|(_, method)| method.name()),
        "deviation": shortened(sample.deviation()),
        "lowest": sample.lowest(),
        "highest": sample.highest(),
        "count": sample.count(),
    })
}

/// To nine significant digits: the last bits of a quantile of Student's t depend on the platform's mathematics.
pub(super) fn shortened(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

impl Steps {
    fn add(&mut self, timeline: &TimelineSummary) {
        if self.samples.is_empty() {
            self.step = timeline.step;
            self.samples = vec![StepSample::default(); timeline.buckets.len()];
        }
        // With `until_empty` replications may end at different times; longer ones have longer steps.
        if timeline.step == self.step {
            let pairs = self.samples.iter_mut().zip(&timeline.buckets);
            pairs.for_each(|(sample, bucket)| sample.add(bucket));
        }
    }
}

impl StepSample {
    fn add(&mut self, bucket: &Bucket) {
        self.concurrency_max.add(bucket.concurrency_max as f64);
        self.concurrency_mean.add(bucket.concurrency_mean);
        bucket
            .latency_p50_ms
            .into_iter()
            .for_each(|ms| self.latency_p50_ms.add(ms));
        bucket
            .latency_p99_ms
            .into_iter()
            .for_each(|ms| self.latency_p99_ms.add(ms));
    }
}

/// Every number below `summary`, lists left out, by its path.
fn numbers(summary: &Value) -> Vec<(String, Option<f64>)> {
    let mut found = Vec::new();
    for (key, value) in summary.as_object().into_iter().flatten() {
        if !NOT_MEASURED.contains(&key.as_str()) {
            collect(value, &mut key.clone(), &mut found);
        }
    }
    found
}

fn collect(value: &Value, path: &mut String, found: &mut Vec<(String, Option<f64>)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let length = path.len();
                path.push('.');
                path.push_str(key);
                collect(value, path, found);
                path.truncate(length);
            }
        }
        Value::Number(number) => found.push((path.clone(), number.as_f64())),
        Value::Bool(truth) => found.push((path.clone(), Some(f64::from(u8::from(*truth))))),
        Value::Null => found.push((path.clone(), None)),
        Value::String(_) | Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample as RunSample;
    use crate::report::summary_json;

    fn observation(values: &[(&str, Option<f64>)]) -> Observation {
        Observation {
            values: values
                .iter()
                .map(|(path, value)| ((*path).to_owned(), *value))
                .collect(),
            holds: Vec::new(),
            timeline: TimelineSummary::default(),
        }
    }

    #[test]
    fn every_number_of_a_summary_is_seen_under_its_path() {
        let run = RunSample::busy();
        let summary = summary_json(&run.input());
        let numbers = numbers(&summary);
        let value = |path: &str| {
            numbers
                .iter()
                .find(|(known, _)| known == path)
                .and_then(|(_, value)| *value)
        };
        assert_eq!(value("functions.checkout.Throttles"), Some(41_250.0));
        assert_eq!(value("seed"), None, "the seed is no result");
        assert!(numbers.iter().all(|(path, _)| crate::report::exists(&summary, path)));
    }

    #[test]
    fn what_is_listed_once_it_occurs_was_zero_before() {
        let mut replicated = Replicated::default();
        replicated.add(&observation(&[("a", Some(1.0))]));
        replicated.add(&observation(&[("a", Some(1.0))]));
        replicated.add(&observation(&[("a", Some(1.0)), ("rejected.X", Some(6.0))]));
        let rejected = replicated.estimate("rejected.X").unwrap().sample;
        assert_eq!((rejected.count(), rejected.mean(), rejected.lowest()), (3, 2.0, 0.0));
        let metrics = &replicated.json()["metrics"];
        assert!(metrics.get("a").is_none(), "what never differs says nothing new");
        assert_eq!(metrics["rejected.X"]["mean"], 2.0);
    }

    #[test]
    fn times_of_what_did_not_happen_are_left_out_of_the_mean_and_counted() {
        let mut replicated = Replicated::default();
        replicated.add(&observation(&[("alarms.a.first_alarm", None)]));
        replicated.add(&observation(&[("alarms.a.first_alarm", Some(500.0))]));
        let told = &replicated.json()["metrics"]["alarms.a.first_alarm"];
        assert_eq!((&told["mean"], &told["count"]), (&500.0.into(), &1.into()));
    }

    #[test]
    fn nine_digits_of_a_number_are_kept() {
        assert_eq!(shortened(1.0 / 3.0), 0.333333333);
        assert_eq!(shortened(2.0e-7 / 3.0), 6.66666667e-8);
        assert_eq!(shortened(0.0), 0.0);
    }
}
