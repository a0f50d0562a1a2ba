//! What came out, in words.

use maud::{Markup, html};

use crate::facts::Cause;
use crate::metrics::{FunctionSummary, LatencySummary};
use crate::pricing::FreeTier;
use crate::report::ReportInput;
use crate::report::causes::{sentence, title};
use crate::report::inference::{p99_interval, share_interval};
use crate::report::numbers::{counted, dollars, grouped, milliseconds, percent, share, significant};
use crate::report::warnings::all_warnings;

/// As many functions as are spoken of by name.
const NAMED: usize = 3;
const WARNINGS_SHOWN: usize = 12;

/// The answer to the scenario's question.
pub(super) fn answer(input: &ReportInput) -> Markup {
    html! {
        div.answer {
            ul {
                li { (outcomes(input)) }
                li { (throttles(input)) }
                @for line in latencies(input) { li { (line) } }
                li { (cold_starts(input)) }
                @if let Some(line) = events(input) { li { (line) } }
                li { (cost(input)) }
            }
            (verdicts(input))
            (warnings(input))
        }
    }
}

/// The four numbers to remember.
pub(super) fn tiles(input: &ReportInput) -> Markup {
    let counts = &input.result.summary.totals;
    let throttled = share(counts.throttles, counts.invocations + counts.throttles);
    let busiest = callers(input).into_iter().next();
    html! {
        div.tiles {
            div.tile { b { (percent(throttled)) } span { "of requests throttled" } }
            @if let Some((name, times)) = busiest {
                div.tile { b { (milliseconds(times.p99)) } span { "p99 latency of " (name) } }
            } @else {
                div.tile { b { "–" } span { "p99 latency: no synchronous call succeeded" } }
            }
            div.tile {
                b { (percent(share(counts.cold_starts, counts.invocations))) } span { "of invocations were cold starts" }
            }
            div.tile { b { (dollars(input.result.monthly_estimate.total)) } span { "a month like this" } }
        }
    }
}

fn outcomes(input: &ReportInput) -> String {
    let counts = &input.result.summary.totals;
    if counts.arrivals == 0 {
        return "Nothing arrived.".to_owned();
    }
    let terms = [
        ("failed", counts.failed),
        ("ended throttled", counts.throttled),
        ("were dropped", counts.dropped),
        ("were dry runs", counts.dry_run),
        ("were still under way at the end", counts.in_flight_at_end),
    ];
    let mut text = format!(
        "Of {} {} succeeded",
        counted(counts.arrivals, "arrival"),
        percent(share(counts.succeeded, counts.arrivals))
    );
    for (what, count) in terms.into_iter().filter(|(_, count)| *count > 0) {
        text += &format!(
            ", {} {what} ({})",
            grouped(count),
            percent(share(count, counts.arrivals))
        );
    }
    text + "."
}

/// Throttles of the whole account by cause, most frequent first.
pub(super) fn causes(input: &ReportInput) -> Vec<(Cause, u64)> {
    let functions = &input.result.summary.functions;
    let sum = |number: usize| {
        functions
            .iter()
            .map(|function| function.throttles_by_cause[number])
            .sum()
    };
    let mut causes: Vec<(Cause, u64)> = Cause::ALL
        .into_iter()
        .enumerate()
        .map(|(n, cause)| (cause, sum(n)))
        .collect();
    causes.retain(|(_, count)| *count > 0);
    causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    causes
}

fn throttles(input: &ReportInput) -> Markup {
    let counts = &input.result.summary.totals;
    // MET-20
    let judged = counts.invocations + counts.throttles;
    let top = causes(input).into_iter().next();
    let Some((cause, count)) = top else {
        return html! { "No request was throttled." };
    };
    html! {
        b { (percent(share(counts.throttles, judged))) " of requests were throttled" }
        " (" (grouped(counts.throttles)) " of " (grouped(judged)) "), "
        @if count == counts.throttles { "all" } @else { (percent(share(count, counts.throttles))) }
        " of these by " (title(cause)) ". "
        (sentence(cause)) " (" (cause.rule()) ")"
    }
}

/// Functions that callers got answers from, most answers first.
fn callers<'a>(input: &ReportInput<'a>) -> Vec<(&'a str, &'a LatencySummary)> {
    let functions = input.functions().map(|(name, function)| (name, &function.latency));
    let mut callers: Vec<_> = functions.filter(|(_, times)| times.count > 0).collect();
    callers.sort_by_key(|(_, times)| std::cmp::Reverse(times.count));
    callers
}

fn latencies(input: &ReportInput) -> Vec<Markup> {
    let callers = callers(input);
    let mut lines: Vec<Markup> = callers
        .iter()
        .take(NAMED)
        .map(|(name, times)| latency(name, times))
        .collect();
    if callers.len() > NAMED {
        let hidden = (callers.len() - NAMED) as u64;
        lines.push(html! { (counted(hidden, "more function")) " answered callers: see the tables below." });
    }
    lines
}

fn latency(name: &str, times: &LatencySummary) -> Markup {
    html! {
        "Of " (name) "’s answers 99 % came within " b { (milliseconds(times.p99)) }
        @if let Some((low, high)) = p99_interval(times) {
            " (95 % interval about " (milliseconds(low)) " to " (milliseconds(high)) ")"
        }
        ", half of them within " (milliseconds(times.p50)) "."
    }
}

fn cold_starts(input: &ReportInput) -> Markup {
    let counts = &input.result.summary.totals;
    let Some((low, high)) = share_interval(counts.cold_starts, counts.invocations) else {
        return html! { "Nothing ran, so nothing started cold." };
    };
    html! {
        b { (percent(share(counts.cold_starts, counts.invocations))) } " of "
        (counted(counts.invocations, "invocation")) " had to wait for a new environment"
        @if percent(low) != percent(high) {
            " (95 % interval " (percent(low)) " to " (percent(high)) ", were they independent of each other)"
        }
        "."
    }
}

fn events(input: &ReportInput) -> Option<String> {
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
    let waited = functions().map(|events| events.latency.max).fold(0.0, f64::max);
    (received > 0).then(|| {
        format!(
            "Lambda accepted {} and gave up on {} of them; the slowest took {} to its final outcome.",
            counted(received, "asynchronous event"),
            grouped(dropped),
            milliseconds(waited)
        )
    })
}

fn cost(input: &ReportInput) -> Markup {
    let result = input.result;
    let free_tier = match input.plan.billing.free_tier {
        FreeTier::Off => "without",
        FreeTier::On => "with",
    };
    let estimated = result.bill.lines.iter().any(|line| line.estimated);
    html! {
        "The run costs " b { (dollars(result.bill.total)) } ", a month like it "
        b { (dollars(result.monthly_estimate.total)) } ", " (free_tier) " free tier"
        @if estimated { "; some prices are estimated, see the bill" }
        "."
    }
}

fn verdicts(input: &ReportInput) -> Markup {
    html! {
        @if !input.expectations.is_empty() {
            p { b { "Expected" } }
            ul {
                @for result in input.expectations {
                    li {
                        @if result.ok { span.good { "ok" } } @else { span.bad { "FAILED" } }
                        " " code { (result.text) }
                        @if let Some(value) = result.value { ": it is " (significant(value)) }
                        @else { ": there is no such value" }
                    }
                }
            }
        }
    }
}

fn warnings(input: &ReportInput) -> Markup {
    let all = all_warnings(input);
    html! {
        @if !all.is_empty() {
            p { b { "Read with care" } }
            ul {
                @for warning in all.iter().take(WARNINGS_SHOWN) { li { (warning) } }
                @if all.len() > WARNINGS_SHOWN {
                    li { "and " (all.len() - WARNINGS_SHOWN) " more in summary.json" }
                }
            }
        }
    }
}

/// The functions with the most requests, with their place in the plan.
pub(super) fn busiest<'a>(input: &ReportInput<'a>, most: usize) -> Vec<(usize, &'a str, &'a FunctionSummary)> {
    let mut all: Vec<_> = input
        .functions()
        .enumerate()
        .map(|(place, (name, f))| (place, name, f))
        .collect();
    if all.len() > most {
        all.sort_by_key(|(_, _, function)| std::cmp::Reverse(function.counts.requests));
        all.truncate(most);
    }
    all
}
