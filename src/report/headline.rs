//! The numbers that people compare, decide by and stop at.

use std::borrow::Cow;

use serde_json::Value;

use super::numbers::{dollars_of, milliseconds, precise, precise_percent, short_name};
use crate::simulation::Plan;

/// A number of `summary.json` with words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// Its path.
    pub path: String,
    /// The function, queue or stream that it is about; empty for the account.
    pub name: String,
    /// What it is, in few words.
    pub term: Cow<'static, str>,
}

impl Headline {
    /// A number for which nobody has found words.
    pub fn plain(path: &str) -> Headline {
        Headline {
            path: path.to_owned(),
            name: String::new(),
            term: Cow::Owned(path.to_owned()),
        }
    }

    /// What it is and of what, in few words.
    pub fn title(&self) -> String {
        match self.name.as_str() {
            "" => self.term.to_string(),
            name => format!("{}: {}", short_name(name), self.term),
        }
    }
}

/// A name and the words for it.
type Term = (&'static str, &'static str);

const OF_ACCOUNT: [Term; 12] = [
    ("totals.arrivals", "arrivals"),
    ("totals.failed", "failed"),
    ("totals.throttled", "throttled to the end"),
    ("totals.throttled_share", "throttled share"),
    ("totals.dropped", "dropped"),
    ("totals.Errors", "errors"),
    ("totals.Throttles", "throttles"),
    ("totals.cold_starts", "cold starts"),
    ("account.ConcurrentExecutions.mean", "concurrency, mean"),
    ("account.ConcurrentExecutions.max", "concurrency, maximum"),
    ("cost.total", "cost of the run"),
    ("cost.monthly_estimate", "cost of a month"),
];
const OF_ADJOINING: [Term; 1] = [("cost.adjoining.monthly_estimate", "services beside, a month")];
const OF_FUNCTION: [Term; 9] = [
    ("Invocations", "invocations"),
    ("Errors", "errors"),
    ("Throttles", "throttles"),
    ("throttled_share", "throttled share"),
    ("cold_start_share", "cold starts"),
    ("latency.mean", "mean latency"),
    ("latency.p50", "p50"),
    ("latency.p99", "p99"),
    ("async.latency.p99", "p99 of events"),
];
const OF_QUEUE: [Term; 3] = [
    ("processed", "processed"),
    ("dead_lettered", "dead-lettered"),
    ("age_max", "greatest age"),
];
const OF_STREAM: [Term; 3] = [
    ("processed", "processed"),
    ("discarded", "given up"),
    ("IteratorAge.p99", "iterator age p99"),
];

/// What a number of `summary.json` is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Count,
    Share,
    Milliseconds,
    Dollars,
}

const TIMES: [&str; 10] = [
    "latency",
    "latency_all",
    "time_to_first_byte",
    "init",
    "restore",
    "Duration",
    "PostRuntimeExtensionsDuration",
    "AsyncEventAge",
    "IteratorAge",
    "wait",
];

impl Unit {
    /// Of what stands at a path.
    pub(super) fn of(path: &str) -> Unit {
        let mut steps = path.rsplit('.');
        let last = steps.next().unwrap_or_default();
        let above = steps.next().unwrap_or_default();
        let in_cost = path.starts_with("cost.");
        match last {
            _ if last.ends_with("_share") || last == "share" || last.starts_with("utilization") => Unit::Share,
            "time_above_break_even" => Unit::Share,
            "x86_64" | "arm64" if above == "break_even_utilization" => Unit::Share,
            "at" if in_cost => Unit::Milliseconds,
            "alerted" => Unit::Count,
            _ if in_cost || (last == "cost" && path.starts_with("tags.")) => Unit::Dollars,
            "age_max" | "longest" | "time_in_alarm" | "first_alarm" | "started" | "ended" => Unit::Milliseconds,
            "first_scale_out" | "first_scale_in" => Unit::Milliseconds,
            _ if TIMES.contains(&above) || above == "reached" => Unit::Milliseconds,
            _ => Unit::Count,
        }
    }

    /// A value of this unit, for people.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Unit::Count => precise(value),
            Unit::Share => precise_percent(value),
            Unit::Milliseconds => milliseconds(value),
            Unit::Dollars => dollars_of(value),
        }
    }
}

/// The headlines of a plan: the account, cost, then each function, queue and stream.
pub fn headlines(plan: &Plan) -> Vec<Headline> {
    let functions = plan.functions.iter().map(|function| function.name.as_str());
    let queues = plan.queues.iter().map(|queue| queue.name.as_str());
    let streams = plan.streams.iter().map(|stream| stream.name.as_str());
    let adjoining = !plan.billing.adjoining.services.is_empty();
    all(adjoining, functions, queues, streams)
}

/// The same of a run, by its `summary.json`.
pub fn headlines_of(summary: &Value) -> Vec<Headline> {
    let names = |part: &str| summary[part].as_object().into_iter().flat_map(|map| map.keys());
    let names = |part: &str| names(part).map(String::as_str).collect::<Vec<_>>().into_iter();
    let beside = summary["cost"]["adjoining"]["items"].as_object();
    all(
        beside.is_some_and(|items| !items.is_empty()),
        names("functions"),
        names("queues"),
        names("streams"),
    )
}

fn all<'n>(
    adjoining: bool,
    functions: impl Iterator<Item = &'n str>,
    queues: impl Iterator<Item = &'n str>,
    streams: impl Iterator<Item = &'n str>,
) -> Vec<Headline> {
    let account = |(path, term): &Term| Headline {
        path: (*path).to_owned(),
        name: String::new(),
        term: Cow::Borrowed(term),
    };
    let mut found: Vec<Headline> = OF_ACCOUNT.iter().map(account).collect();
    if adjoining {
        found.extend(OF_ADJOINING.iter().map(account));
    }
    found.extend(functions.flat_map(|name| of_each("functions", name, &OF_FUNCTION)));
    found.extend(queues.flat_map(|name| of_each("queues", name, &OF_QUEUE)));
    found.extend(streams.flat_map(|name| of_each("streams", name, &OF_STREAM)));
    found
}

fn of_each(part: &str, name: &str, terms: &[Term]) -> Vec<Headline> {
    let term = |(path, term): &Term| Headline {
        path: format!("{part}.{name}.{path}"),
        name: name.to_owned(),
        term: Cow::Borrowed(term),
    };
    terms.iter().map(term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::{blank_summary, exists};

    #[test]
    fn every_headline_stands_in_the_summary() {
        let plan = Sample::busy().plan;
        let blank = blank_summary(&plan);
        for headline in headlines(&plan) {
            assert!(exists(&blank, &headline.path), "{}", headline.path);
        }
        assert_eq!(headlines_of(&blank), headlines(&plan), "a summary tells the same");
    }

    #[test]
    fn the_unit_of_a_number_follows_from_its_path() {
        for (path, value, shown) in [
            ("cost.total", 12.3, "$12.30"),
            ("cost.budgets.month.alerts.80.at", 60_000.0, "60 s"),
            ("cost.provisioned.break_even_utilization.arm64", 0.6, "60 %"),
            ("functions.f.cold_start_share", 0.012, "1.2 %"),
            ("functions.f.latency.p99", 407.0, "407 ms"),
            ("functions.f.async.AsyncEventAge.max", 61_000.0, "61 s"),
            ("functions.f.ConcurrentExecutions.mean", 2.34, "2.34"),
            ("queues.q.age_max", 250.0, "250 ms"),
            ("totals.Throttles", 41_250.0, "41,250"),
        ] {
            assert_eq!(Unit::of(path).show(value), shown, "{path}");
        }
    }
}
