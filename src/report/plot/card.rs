//! A run on one picture, made for pasting into a chat: question, answer, four figures, one timeline.

use super::axis::Axis;
use super::chart::source;
use super::figure::{Figure, LIMIT, Layer, Mark};
use super::steps::{places, staircase, time_axis};
use crate::facts::Cause;
use crate::metrics::{FunctionSummary, LatencySummary};
use crate::report::causes::title;
use crate::report::estimates::held;
use crate::report::expect::shown_value;
use crate::report::numbers::{counted, dollars, grouped, milliseconds, percent, share, short_name};
use crate::report::{ExpectationResult, ReportInput};
use crate::units::SimTime;

/// An account's limit beyond so many times the largest value is told, not drawn: it would press the data flat.
const WITHIN_REACH: f64 = 3.0;

/// What stands on the picture.
#[derive(Clone, Debug)]
pub(in crate::report) struct Card {
    /// The scenario's question, or its name.
    pub(super) heading: String,
    /// What was run.
    pub(super) source: String,
    /// What came out, a sentence each.
    pub(super) answers: Vec<Answer>,
    pub(super) tiles: [Tile; 4],
    /// From top to bottom, over one axis of time.
    pub(super) panels: Vec<Figure>,
}

/// A sentence of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) text: String,
    /// Whether it is good news.
    pub(super) fine: bool,
}

/// A number to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) detail: String,
}

impl Card {
    /// Of a run.
    pub(in crate::report) fn of(input: &ReportInput) -> Card {
        let length = input.plan.horizon() - SimTime::ZERO;
        let heading = input
            .question
            .map_or_else(|| short_name(&input.plan.name), str::to_owned);
        Card {
            heading,
            source: format!("{}: {length} simulated", source(input)),
            answers: expectations(input.expectations)
                .into_iter()
                .chain([outcome(input)])
                .collect(),
            tiles: [throttled(input), slowest(input), cold_starts(input), month(input)],
            panels: panels(input),
        }
    }
}

/// What became of the scenario's expectations, if it has any.
fn expectations(all: &[ExpectationResult]) -> Option<Answer> {
    let missed: Vec<&ExpectationResult> = all.iter().filter(|result| !result.ok).collect();
    let first = missed.first().copied().or(all.first())?;
    let found = match (held(first), shown_value(first)) {
        (Some(held), _) => format!("it holds {held}"),
        (None, Some(value)) => format!("it is {value}"),
        (None, None) => "there is no such value".to_owned(),
    };
    let text = match (missed.len(), all.len()) {
        (0, 1) => format!("Kept: {}; {found}.", first.text),
        (0, count) => format!("All {count} expectations are kept."),
        (1, 1) => format!("Missed: {}; {found}.", first.text),
        (missed, count) => format!("{missed} of {count} expectations missed: {}; {found}.", first.text),
    };
    Some(Answer {
        text,
        fine: missed.is_empty(),
    })
}

/// What went wrong, or that nothing did.
fn outcome(input: &ReportInput) -> Answer {
    let summary = &input.result.summary;
    let counts = &summary.totals;
    let lost = counts.failed + counts.throttled + counts.dropped;
    let dead: u64 = summary.queues.iter().map(|queue| queue.dead_lettered).sum();
    let readers = summary.streams.iter().flat_map(|stream| &stream.readers);
    let given_up: u64 = readers.map(|reader| reader.discarded).sum();
    let arrivals = counted(counts.arrivals, "arrival");
    let mut parts = Vec::new();
    if lost > 0 {
        parts.push(format!(
            "{} of {arrivals} not done",
            percent(share(lost, counts.arrivals))
        ));
    }
    for (count, thing, fate) in [
        (counts.throttles, "request", "throttled"),
        (counts.rejected, "request", "rejected"),
        (dead, "message", "dead-lettered"),
        (given_up, "record", "given up"),
    ] {
        if count > 0 {
            parts.push(format!("{} {fate}", counted(count, thing)));
        }
    }
    let fine = parts.is_empty();
    let text = match fine {
        true if counts.requests == 0 => "Nothing was called.".to_owned(),
        true => format!(
            "Nothing was throttled, rejected or lost of {}.",
            counted(counts.requests, "request")
        ),
        false => format!("{}.", parts.join("; ")),
    };
    Answer { text, fine }
}

fn throttled(input: &ReportInput) -> Tile {
    let counts = &input.result.summary.totals;
    // MET-20
    let judged = counts.invocations + counts.throttles;
    let functions = &input.result.summary.functions;
    let by_cause = |cause: &Cause| -> u64 { functions.iter().map(|of| of.throttles_by_cause[*cause as usize]).sum() };
    // The first of equals, as everywhere.
    let top = Cause::ALL.into_iter().rev().max_by_key(by_cause);
    let detail = match top.filter(|cause| by_cause(cause) > 0) {
        Some(cause) => format!("mostly {} ({})", title(cause), cause.rule()),
        None => format!("of {}", counted(judged, "request")),
    };
    Tile {
        name: "Requests throttled",
        value: percent(share(counts.throttles, judged)),
        detail,
    }
}

/// The 99 % quantile of what is asked for most: answers, or outcomes of events where nobody waits for an answer.
fn slowest(input: &ReportInput) -> Tile {
    let most = |times: fn(&FunctionSummary) -> &LatencySummary| {
        let all = input.functions().map(move |(name, function)| (name, times(function)));
        let seen = all.filter(|(_, times)| times.count > 0);
        // The first of equals, as everywhere.
        seen.min_by_key(|(_, times)| std::cmp::Reverse(times.count))
    };
    let answers = most(|function| &function.latency).map(|found| (found, "answers"));
    let outcomes = || most(|function| &function.asynchronous.latency).map(|found| (found, "events"));
    let (value, detail) = match answers.or_else(outcomes) {
        Some(((name, times), what)) => (milliseconds(times.p99), format!("{what} of {}", short_name(name))),
        None => ("–".to_owned(), "nothing was answered".to_owned()),
    };
    Tile {
        name: "p99 latency",
        value,
        detail,
    }
}

fn cold_starts(input: &ReportInput) -> Tile {
    let counts = &input.result.summary.totals;
    Tile {
        name: "Cold starts",
        value: percent(share(counts.cold_starts, counts.invocations)),
        detail: format!(
            "{} of {}",
            grouped(counts.cold_starts),
            counted(counts.invocations, "invocation")
        ),
    }
}

fn month(input: &ReportInput) -> Tile {
    Tile {
        name: "Cost of a month",
        value: dollars(input.result.monthly_estimate.total),
        detail: format!("this run: {}", dollars(input.result.bill.total)),
    }
}

/// Concurrency against the account's limit, and below it what was throttled, if anything was.
fn panels(input: &ReportInput) -> Vec<Figure> {
    let time = time_axis(input);
    let places = places(input, &time);
    let timeline = &input.result.timeline;
    let (each, limit) = (timeline.step, u64::from(input.plan.account.concurrent_executions));
    let most = timeline.buckets.iter().map(|bucket| bucket.concurrency_max).max();
    let most = most.unwrap_or(0) as f64;
    let drawn = limit as f64 <= most * WITHIN_REACH;
    let highest = if drawn { most.max(limit as f64) } else { most };
    let mut concurrency = Figure::blank(time.axis.clone(), Axis::few(highest));
    let beyond = if drawn {
        String::new()
    } else {
        format!(" (account limit: {})", grouped(limit))
    };
    concurrency.layers.push(Layer {
        label: format!("concurrent executions, maximum of each {each}{beyond}"),
        color: Figure::color(0),
        mark: staircase(
            &places,
            timeline.buckets.iter().map(|bucket| bucket.concurrency_max as f64),
        ),
    });
    if drawn {
        concurrency.layers.push(Layer {
            label: format!("account limit: {}", grouped(limit)),
            color: LIMIT,
            mark: Mark::Level(limit as f64),
        });
    }
    let counts: Vec<u64> = timeline
        .buckets
        .iter()
        .map(|bucket| bucket.throttles.iter().sum())
        .collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    let mut panels = vec![concurrency];
    if most > 0 {
        let mut throttles = Figure::blank(time.axis.clone(), Axis::few(most as f64));
        let bars = places.iter().zip(&counts).filter(|(_, count)| **count > 0);
        let bars = bars.map(|((left, _, right), count)| [*left, *right, 0.0, *count as f64]);
        throttles.layers.push(Layer {
            label: format!("throttles in each {each}"),
            color: Figure::color(1),
            mark: Mark::Boxes(bars.collect()),
        });
        panels.push(throttles);
    }
    panels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    fn result(ok: bool) -> ExpectationResult {
        ExpectationResult {
            text: "totals.Throttles == 0".to_owned(),
            value: Some(if ok { 0.0 } else { 3.0 }),
            ok,
            held: None,
        }
    }

    #[test]
    fn the_answer_begins_with_what_was_expected() {
        assert_eq!(expectations(&[]), None);
        let text = |all: &[ExpectationResult]| expectations(all).unwrap().text;
        assert_eq!(text(&[result(true)]), "Kept: totals.Throttles == 0; it is 0.");
        assert_eq!(text(&[result(true), result(true)]), "All 2 expectations are kept.");
        assert_eq!(text(&[result(false)]), "Missed: totals.Throttles == 0; it is 3.");
        assert_eq!(
            text(&[result(true), result(false), result(true)]),
            "1 of 3 expectations missed: totals.Throttles == 0; it is 3."
        );
    }

    #[test]
    fn figures_are_those_of_the_summary() {
        let sample = Sample::busy();
        let (input, totals) = (sample.input(), &sample.result.summary.totals);
        let card = Card::of(&input);
        let judged = totals.invocations + totals.throttles;
        let percents = |part: u64, whole: u64| percent(part as f64 / whole as f64);
        assert_eq!(card.tiles[0].value, percents(totals.throttles, judged));
        assert_eq!(card.tiles[2].value, percents(totals.cold_starts, totals.invocations));
        assert_eq!(card.tiles[3].value, dollars(sample.result.monthly_estimate.total));
        assert!(card.tiles[0].detail.starts_with("mostly "), "{:?}", card.tiles[0]);
        assert_eq!(card.heading, input.question.unwrap());
        assert_eq!(card.panels.len(), 2, "concurrency, and throttles below");
    }

    #[test]
    fn a_run_without_anything_has_figures_of_nothing() {
        let sample = Sample::blank();
        let card = Card::of(&sample.input());
        assert_eq!(card.tiles[1].value, "–");
        assert_eq!((card.panels.len(), card.answers.len()), (1, 1));
    }

    #[test]
    fn a_limit_far_above_what_ran_is_told_instead_of_drawn() {
        let mut sample = Sample::busy();
        // At most 304 run at once: three times that is 912.
        for (limit, layers) in [(912, 2), (913, 1)] {
            sample.plan.account.concurrent_executions = limit;
            let panels = panels(&sample.input());
            assert_eq!(panels[0].layers.len(), layers);
            assert!(
                panels[0].layers[layers - 1]
                    .label
                    .contains(&format!("account limit: {limit}"))
            );
        }
    }
}
