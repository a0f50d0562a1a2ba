//! The numbers that people compare, decide by and stop at.

use super::numbers::{dollars_of, milliseconds, precise, precise_percent, short_name};
use crate::lambda::FunctionConfig;
use crate::simulation::Plan;

/// A number of `summary.json` with words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// Its path.
    pub path: String,
    /// What it is, in few words.
    pub title: String,
}

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
    let mut found = vec![
        headline("totals.arrivals", "arrivals"),
        headline("totals.failed", "failed"),
        headline("totals.throttled", "throttled to the end"),
        headline("totals.dropped", "dropped"),
        headline("totals.Throttles", "throttles"),
        headline("totals.cold_starts", "cold starts"),
        headline("account.ConcurrentExecutions.mean", "concurrency, mean"),
        headline("account.ConcurrentExecutions.max", "concurrency, maximum"),
        headline("cost.total", "cost of the run"),
        headline("cost.monthly_estimate", "cost of a month"),
    ];
    if !plan.billing.adjoining.services.is_empty() {
        found.push(headline("cost.adjoining.monthly_estimate", "services beside, a month"));
    }
    found.extend(plan.functions.iter().flat_map(of_function));
    for queue in &plan.queues {
        let terms = [
            ("processed", "processed"),
            ("dead_lettered", "dead-lettered"),
            ("age_max", "greatest age"),
        ];
        found.extend(of_each("queues", &queue.name, &terms));
    }
    for stream in &plan.streams {
        let terms = [
            ("processed", "processed"),
            ("discarded", "given up"),
            ("IteratorAge.p99", "iterator age p99"),
        ];
        found.extend(of_each("streams", &stream.name, &terms));
    }
    found
}

fn of_function(function: &FunctionConfig) -> Vec<Headline> {
    let terms = [
        ("Invocations", "invocations"),
        ("Errors", "errors"),
        ("Throttles", "throttles"),
        ("cold_start_share", "cold starts"),
        ("latency.mean", "mean latency"),
        ("latency.p50", "p50"),
        ("latency.p99", "p99"),
        ("async.latency.p99", "p99 of events"),
    ];
    of_each("functions", &function.name, &terms)
}

fn of_each(part: &str, name: &str, terms: &[(&str, &str)]) -> Vec<Headline> {
    let term = |(path, title): &(&str, &str)| Headline {
        path: format!("{part}.{name}.{path}"),
        title: format!("{}: {title}", short_name(name)),
    };
    terms.iter().map(term).collect()
}

fn headline(path: &str, title: &str) -> Headline {
    Headline {
        path: path.to_owned(),
        title: title.to_owned(),
    }
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
