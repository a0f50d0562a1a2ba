//! How long answers took, and where the time went.

use maud::{Markup, html};

use super::bands::over_replications;
use super::bars::{Bar, Part, bars};
use super::chart::{chart, step};
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, count, name_cell, section, text, time};
use crate::metrics::{Bucket, LatencyRow, LatencySummary, TimeSpent};
use crate::report::csv::qualifier_name;
use crate::report::headline::Unit;
use crate::report::inference::p99_interval;
use crate::report::numbers::{counted, grouped, milliseconds, short_name};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};
use crate::report::{Replicated, ReportInput};

/// As many functions as are spoken of by name.
const NAMED: usize = 4;
const ROWS_SHOWN: usize = 60;

/// Percentiles over time, their distribution, and what answers spent their time on.
pub(super) fn latency_section(facts: &Facts) -> Section {
    let input = facts.input;
    if callers(input).is_empty() && queued(input).is_empty() {
        return Section::absent();
    }
    let body = html! {
        ul {
            @for line in latencies(facts) { li { (line) } }
            @for line in first_bytes(input) { li { (line) } }
        }
        (chart(facts, &over_time(facts)))
        @if let Some(replicated) = input.replications { (chart(facts, &of_replications(replicated))) }
        (chart(facts, &distribution(input)))
        (spent(facts))
        (latency_by_start(facts))
    };
    Section::new("latency", "Latency", body)
}

fn over_time(facts: &Facts) -> SeriesChart {
    let buckets = &facts.input.result.timeline.buckets;
    let line = |name: &str, ink: usize, value: fn(&Bucket) -> Option<f64>| {
        Series::new(name, Ink::Data(ink), Stroke::Line, buckets.iter().map(value))
    };
    SeriesChart {
        id: "latency-over-time",
        title: "Latency as callers saw it",
        note: format!(
            "Good answers to callers that wait, retries included: the time that half, 90 %, 99 % and 99.9 % of those of each \
             {} stayed within.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Milliseconds,
        quantity: "latency",
        series: vec![
            line("p99.9", 3, |bucket| bucket.latency_p99_9_ms),
            line("p99", 1, |bucket| bucket.latency_p99_ms),
            line("p90", 2, |bucket| bucket.latency_p90_ms),
            line("p50", 0, |bucket| bucket.latency_p50_ms),
        ],
    }
}

/// Median and 99 % quantile over all replications.
fn of_replications(replicated: &Replicated) -> SeriesChart {
    over_replications(
        replicated,
        ("latency-over-replications", "Latency over all replications"),
        (Unit::Milliseconds, "latency"),
        &[
            ("p99", 1, |step| step.latency_p99_ms),
            ("p50", 0, |step| step.latency_p50_ms),
        ],
    )
}

/// How many answers came within what time, by what served them.
fn distribution(input: &ReportInput) -> SeriesChart {
    let kinds = [("cold start", 1), ("warm", 0), ("provisioned", 2)];
    let curves = input.result.timeline.latency_quantiles.iter().zip(kinds);
    let curves: Vec<_> = curves
        .filter(|((count, values), _)| *count > 0 && values.len() > 1)
        .collect();
    let mut grid: Vec<f64> = curves
        .iter()
        .flat_map(|((_, values), _)| values.iter().copied())
        .collect();
    // A single very fast answer would stretch the scale.
    grid.retain(|ms| *ms >= SHORTEST);
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    let series = curves.into_iter().map(|((count, values), (kind, ink))| {
        let name = format!("{kind} ({})", grouped(*count));
        Series::whole(
            name,
            Ink::Data(ink),
            Stroke::Line,
            grid.iter().map(|ms| share_within(values, *ms)),
        )
    });
    SeriesChart {
        id: "latency-cdf",
        title: "How many answers came within what time",
        note: "Good answers to callers that wait, by what served the last attempt: the share that took no longer."
            .to_owned(),
        series: series.collect(),
        domain: Domain::Milliseconds(grid),
        unit: Unit::Share,
        quantity: "share of answers",
    }
}

/// In ms.
const SHORTEST: f64 = 0.001;

/// The share of answers that took at most `ms`, between evenly spaced quantiles that include both ends.
fn share_within(quantiles: &[f64], ms: f64) -> f64 {
    let steps = (quantiles.len() - 1) as f64;
    let above = quantiles.partition_point(|value| *value <= ms);
    if above == 0 || above == quantiles.len() {
        return if above == 0 { 0.0 } else { 1.0 };
    }
    let (low, high) = (quantiles[above - 1], quantiles[above]);
    ((above - 1) as f64 + (ms - low) / (high - low)) / steps
}

fn spent(facts: &Facts) -> Markup {
    let timeline = &facts.input.result.timeline;
    let waiting = "The mean answer to a caller that waits, retries included: what it was spent on.";
    let events = "The mean event that succeeded, from its arrival to the end of the attempt that did it.";
    html! {
        (time_bars(facts, "Where the time of answers went", waiting, &timeline.answers, |function| function.latency.count))
        (time_bars(facts, "Where the time of events went", events, &timeline.events, |function| {
            let events = &function.asynchronous;
            events.latency.count.saturating_sub(events.dropped)
        }))
    }
}

/// One bar for each function, those with the most time first.
fn time_bars(
    facts: &Facts,
    title: &'static str,
    note: &str,
    spent: &[TimeSpent],
    count: fn(&crate::metrics::FunctionSummary) -> u64,
) -> Markup {
    let functions = facts.input.functions().zip(spent);
    let mut known: Vec<_> = functions
        .map(|((name, function), spent)| (name, count(function), spent))
        .filter(|(_, count, spent)| *count > 0 && spent.total() > 0)
        .collect();
    known.sort_by_key(|(_, _, spent)| std::cmp::Reverse(spent.total()));
    let all: Vec<Bar> = known
        .into_iter()
        .map(|(name, count, spent)| {
            let mean = |micros: u128| micros as f64 / 1e3 / count as f64;
            Bar {
                name: name.to_owned(),
                parts: [
                    spent.queueing,
                    spent.retries,
                    spent.placement,
                    spent.init,
                    spent.handler,
                ]
                .map(mean)
                .to_vec(),
            }
        })
        .collect();
    bars(title, note, Unit::Milliseconds, &PHASES, &all)
}

const PHASES: [Part; 5] = [
    Part {
        name: "queueing",
        ink: 4,
        meaning: "from the arrival to the first attempt",
    },
    Part {
        name: "retries",
        ink: 1,
        meaning: "earlier attempts and the waits between them",
    },
    Part {
        name: "placement",
        ink: 3,
        meaning: "placing a new environment (COLD-1)",
    },
    Part {
        name: "INIT",
        ink: 5,
        meaning: "INIT, or restoring a snapshot",
    },
    Part {
        name: "handler",
        ink: 0,
        meaning: "the handler, with what Lambda adds around it",
    },
];

/// Functions that callers got answers from, most answers first.
pub(super) fn callers<'a>(input: &ReportInput<'a>) -> Vec<(&'a str, &'a LatencySummary)> {
    let functions = input.functions().map(|(name, function)| (name, &function.latency));
    let mut callers: Vec<_> = functions.filter(|(_, times)| times.count > 0).collect();
    callers.sort_by_key(|(_, times)| std::cmp::Reverse(times.count));
    callers
}

/// Functions whose events came to an outcome, most outcomes first.
pub(super) fn queued<'a>(input: &ReportInput<'a>) -> Vec<(&'a str, &'a LatencySummary)> {
    let functions = input
        .functions()
        .map(|(name, function)| (name, &function.asynchronous.latency));
    let mut queued: Vec<_> = functions.filter(|(_, times)| times.count > 0).collect();
    queued.sort_by_key(|(_, times)| std::cmp::Reverse(times.count));
    queued
}

fn latencies(facts: &Facts) -> Vec<Markup> {
    let callers = callers(facts.input);
    let mut lines: Vec<Markup> = callers
        .iter()
        .take(NAMED)
        .map(|(name, times)| latency(facts, name, times))
        .collect();
    if callers.len() > NAMED {
        let hidden = (callers.len() - NAMED) as u64;
        lines.push(html! { (counted(hidden, "more function")) " answered callers: see the tables below." });
    }
    lines
}

fn latency(facts: &Facts, name: &str, times: &LatencySummary) -> Markup {
    let (half, most) = (milliseconds(times.p50), milliseconds(times.p99));
    html! {
        "Of " (short_name(name)) "’s successful answers "
        @if half != most { "half came within " (half) " and " }
        "99 % " @if half == most { "came " } "within " b { (facts.show_as(&["functions", name, "latency", "p99"], &most)) }
        @if let Some((low, high)) = p99_interval(times).map(|(low, high)| (milliseconds(low), milliseconds(high))) {
            @if low != high { " (with other luck about " (low) " to " (high) ": 95 % interval)" }
        }
        ", retries included."
    }
}

/// When callers got the first byte of streamed responses (INV-5).
fn first_bytes(input: &ReportInput) -> Vec<Markup> {
    let entries = input.plan.traffic.iter().zip(&input.result.summary.traffic);
    let streamed = entries.filter(|(_, summary)| summary.time_to_first_byte.count > 0);
    let line = |times: &LatencySummary, name: &str| {
        html! {
            "Of the streamed responses to " (short_name(name)) " half began within " (milliseconds(times.p50))
            " and 99 % within " b { (milliseconds(times.p99)) } "."
        }
    };
    streamed
        .take(NAMED)
        .map(|(entry, summary)| line(&summary.time_to_first_byte, &entry.name))
        .collect()
}

fn latency_by_start(facts: &Facts) -> Markup {
    let input = facts.input;
    let plan = input.plan;
    let mut shown: Vec<_> = input.result.summary.latency.iter().collect();
    if shown.len() > ROWS_SHOWN {
        shown.sort_by_key(|row| std::cmp::Reverse(row.latency.count));
        shown.truncate(ROWS_SHOWN);
    }
    let row = |row: &&LatencyRow| {
        let times = &row.latency;
        let function = &plan.functions[row.function.index()].name;
        let qualifier = qualifier_name(plan, row.function, row.qualifier);
        vec![
            name_cell(&plan.traffic[row.traffic.index()].name),
            html! { (name_cell(function)) @if let Some(qualifier) = qualifier { ":" (qualifier) } },
            text(row.invocation_type.name()),
            text(row.start.name()),
            count(times.count),
            time(times, times.mean),
            time(times, times.p50),
            time(times, times.p90),
            time(times, times.p99),
            time(times, times.max),
        ]
    };
    let rows: Vec<Cells> = shown.iter().map(row).collect();
    let heads = [
        ("Traffic", ""),
        ("To", ""),
        ("Type", ""),
        ("Start", "what served the last attempt"),
        ("Answers", ""),
        ("Mean", ""),
        ("p50", "half are at most this"),
        ("p90", "90 % are at most this"),
        ("p99", "99 % are at most this"),
        ("Max", ""),
    ];
    let note = "Every final answer by what served its last attempt; none: nothing ran. All rows are in latency.csv.";
    section("Latency by kind of start", note, &heads, 4, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn streamed_responses_tell_when_they_begin() {
        let mut sample = Sample::busy();
        assert!(first_bytes(&sample.input()).is_empty());
        let times = &mut sample.result.summary.traffic[0].time_to_first_byte;
        (times.count, times.p50, times.p99) = (10, 40.0, 90.0);
        let text: String = first_bytes(&sample.input())
            .into_iter()
            .map(Markup::into_string)
            .collect();
        assert!(
            text.contains("half began within 40 ms and 99 % within <b>90 ms</b>"),
            "{text}"
        );
    }

    #[test]
    fn a_curve_rises_from_the_shortest_to_the_longest_answer() {
        let quantiles = [10.0, 20.0, 40.0];
        assert_eq!(share_within(&quantiles, 9.0), 0.0);
        assert_eq!(share_within(&quantiles, 15.0), 0.25);
        assert_eq!(share_within(&quantiles, 30.0), 0.75);
        assert_eq!(share_within(&quantiles, 40.0), 1.0);
    }
}
