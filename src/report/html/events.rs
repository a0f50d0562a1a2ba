//! What nobody waits for: asynchronous events, queues and streams, and what repeating cost.

use maud::{Markup, html};

use super::chart::{chart, step};
use super::facts::Facts;
use super::latency::queued;
use super::queues::queues;
use super::section::Section;
use super::senders;
use super::sources::sources;
use super::streams::streams;
use super::tables::{Cells, FUNCTIONS_SHOWN, busiest, hidden, name_cell, section};
use crate::metrics::{Bucket, SourceId, SourceSteps};
use crate::report::ReportInput;
use crate::report::headline::Unit;
use crate::report::numbers::{counted, grouped, milliseconds, short_name};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};

/// Events and event sources over time, and the retry economy.
pub(super) fn event_section(facts: &Facts) -> Section {
    let input = facts.input;
    let summary = &input.result.summary;
    let received = summary
        .functions
        .iter()
        .any(|function| function.asynchronous.received > 0);
    let body = html! {
        @if let Some(line) = events(input) { p { (line) } }
        @if received {
            (chart(facts, &over_time(facts)))
            (chart(facts, &backlog(facts)))
            (chart(facts, &event_age(facts)))
        }
        (chart(facts, &waiting(facts)))
        (chart(facts, &ages(facts)))
        (asynchronous(facts))
        (queues(facts))
        (streams(facts))
        (sources(facts))
        (senders::all(input))
    };
    Section::new("events", "Asynchronous events and event sources", body)
}

fn over_time(facts: &Facts) -> SeriesChart {
    let series = |name: &str, ink: usize, value: fn(&Bucket) -> u64| {
        facts.by_step(name, Ink::Data(ink), Stroke::Steps, |bucket| value(bucket) as f64)
    };
    let all = [
        series("received", 0, |bucket| bucket.events.received),
        series("tried again after a throttle", 1, |bucket| {
            bucket.events.retried_after_throttle
        }),
        series("tried again after an error", 5, |bucket| {
            bucket.events.retried_after_error
        }),
        series("given up", 3, |bucket| bucket.events.given_up),
        series("kept in a dead-letter queue or destination", 2, |bucket| {
            bucket.events.kept
        }),
    ];
    SeriesChart {
        id: "events-over-time",
        title: "Asynchronous events",
        note: format!(
            "What Lambda stored, tried again and gave up in each {} (ASYNC-2 to ASYNC-6).",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "events",
        series: all.into_iter().filter(|series| series.highest() > 0.0).collect(),
    }
}

fn backlog(facts: &Facts) -> SeriesChart {
    let waiting = facts.by_step("events", Ink::Data(0), Stroke::Area, |bucket| bucket.backlog as f64);
    SeriesChart {
        id: "event-backlog",
        title: "Events that wait or run",
        note: format!(
            "In Lambda’s queues of all functions, at the end of each {}.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "events",
        series: vec![waiting],
    }
}

fn event_age(facts: &Facts) -> SeriesChart {
    let buckets = facts.input.result.timeline.buckets.iter();
    SeriesChart {
        id: "event-age",
        title: "Age of events when they are tried",
        note: "The oldest event that was tried in each step (MET-13).".to_owned(),
        domain: Domain::Time,
        unit: Unit::Milliseconds,
        quantity: "age of the oldest",
        series: vec![Series::new(
            "oldest",
            Ink::Data(0),
            Stroke::Line,
            buckets.map(|bucket| bucket.event_age_ms),
        )],
    }
}

fn waiting(facts: &Facts) -> SeriesChart {
    SeriesChart {
        id: "queue-depth",
        title: "Messages waiting in queues",
        note: format!(
            "The most that waited at once in each {}, and from the fewest up to that.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "messages",
        series: ranges(facts.input)
            .into_iter()
            .chain(of_sources(facts.input, Stroke::Steps, |source| counts(&source.waiting)))
            .collect(),
    }
}

fn counts(counts: &[u64]) -> Vec<Option<f64>> {
    counts.iter().map(|count| Some(*count as f64)).collect()
}

/// From the fewest to the most that waited in each step.
fn ranges(input: &ReportInput) -> Vec<Series> {
    let most = of_sources(input, Stroke::Steps, |source| counts(&source.waiting));
    let fewest = of_sources(input, Stroke::Steps, |source| counts(&source.waiting_min));
    let range = |most: Series| {
        let fewest = fewest.iter().find(|fewest| fewest.name == most.name);
        let fewest = fewest.map_or_else(|| vec![Some(0.0); most.values.len()], |fewest| fewest.values.clone());
        let Ink::Data(ink) = most.ink else { return None };
        let name = format!("{}: fewest to most", most.name);
        Some(Series::new(name, Ink::Data(ink + 7), Stroke::Band(most.values), fewest))
    };
    most.into_iter().filter_map(range).collect()
}

fn ages(facts: &Facts) -> SeriesChart {
    SeriesChart {
        id: "source-age",
        title: "Age of messages and records when they are handled",
        note: "Of queues the oldest message that was received, deleted, moved or lost, of streams the largest IteratorAge.".to_owned(),
        domain: Domain::Time,
        unit: Unit::Milliseconds,
        quantity: "age of the oldest",
        series: of_sources(facts.input, Stroke::Line, |source| source.age_ms.clone()),
    }
}

fn of_sources(input: &ReportInput, stroke: Stroke, values: impl Fn(&SourceSteps) -> Vec<Option<f64>>) -> Vec<Series> {
    let sources = input.result.timeline.sources.iter().enumerate();
    let series = sources.map(|(number, source)| {
        let name = match source.source {
            SourceId::Queue(queue) => format!("sqs:{}", short_name(&input.plan.queues[queue.index()].name)),
            SourceId::Stream(stream) => {
                let config = &input.plan.streams[stream.index()];
                format!("{}:{}", config.kind.name(), short_name(&config.name))
            }
        };
        Series::new(name, Ink::Data(number), stroke.clone(), values(source))
    });
    series.filter(|series| series.highest() > 0.0).collect()
}

fn events(input: &ReportInput) -> Option<Markup> {
    let functions = || {
        input
            .result
            .summary
            .functions
            .iter()
            .map(|function| &function.asynchronous)
    };
    let received: u64 = functions().map(|events| events.received).sum();
    let dropped: u64 = functions().map(|events| events.dropped).sum();
    let slowest = functions().map(|events| events.latency.max).fold(0.0, f64::max);
    let busiest = queued(input).into_iter().next();
    (received > 0).then(|| {
        html! {
            "Lambda queued " (counted(received, "asynchronous event")) " (nobody waits for their result) and gave up on "
            @if dropped == 0 { "none" } @else { (grouped(dropped)) } " of them."
            @if let Some((name, times)) = busiest {
                " From event to final outcome half of those of " (short_name(name)) " took " (milliseconds(times.p50))
                " or less, 99 % " b { (milliseconds(times.p99)) } " or less; the slowest of all took "
                (milliseconds(slowest)) "."
            }
        }
    })
}

fn asynchronous(facts: &Facts) -> Markup {
    let input = facts.input;
    let heads = [
        ("Function", ""),
        ("Received", "events that Lambda queued"),
        (
            "Retries, throttled",
            "attempts made because the one before was throttled",
        ),
        ("Retries, error", "attempts made because the one before failed"),
        ("Expired", "events that grew too old in the queue"),
        ("Exhausted", "events that failed with no retry left"),
        ("DLQ", "sent to the dead-letter queue"),
        ("Success dest.", "sent to the on-success destination"),
        ("Failure dest.", "sent to the on-failure destination"),
        ("Age p99", "age at an attempt: 99 % are at most this"),
        ("p50", "event to final outcome: half take at most this"),
        ("p99", "event to final outcome: 99 % take at most this"),
        ("Max", "event to final outcome: the slowest"),
    ];
    let row = |name: &str| {
        let at = |path: &[&str]| facts.show(&[&["functions", name, "async"], path].concat());
        vec![
            name_cell(name),
            at(&["AsyncEventsReceived"]),
            at(&["retries_throttled"]),
            at(&["retries_error"]),
            at(&["expired"]),
            at(&["exhausted"]),
            at(&["dead_lettered"]),
            at(&["destination_success"]),
            at(&["destination_failure"]),
            at(&["AsyncEventAge", "p99"]),
            at(&["latency", "p50"]),
            at(&["latency", "p99"]),
            at(&["latency", "max"]),
        ]
    };
    let all = busiest(input, FUNCTIONS_SHOWN);
    let asked = all.iter().filter(|(_, _, function)| function.asynchronous.received > 0);
    let rows: Vec<Cells> = asked.map(|(_, name, _)| row(name)).collect();
    let note = format!(
        "Events wait in the function’s queue; age is counted at each attempt, outcome from event to final outcome.{}",
        hidden(input)
    );
    section("Asynchronous events by function", &note, &heads, 1, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn where_nobody_waits_the_outcome_of_events_is_told() {
        let events = events(&Sample::busy().input()).unwrap().into_string();
        assert!(
            events.contains("half of those of fulfil took 120 ms or less"),
            "{events}"
        );
    }
}
