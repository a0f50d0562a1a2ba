//! What came out, in words.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::experiment::{Interval, probability_interval};
use crate::facts::{Cause, ErrorCode};
use crate::metrics::{FunctionSummary, LatencySummary};
use crate::pricing::FreeTier;
use crate::report::CONFIDENCE;
use crate::report::ReportInput;
use crate::report::causes::{sentence, title};
use crate::report::cost::{by_item, item_title};
use crate::report::estimates::held;
use crate::report::expect::shown_value;
use crate::report::inference::p99_interval;
use crate::report::numbers::{counted, dollars, grouped, milliseconds, percent, share, short_name};
use crate::report::warnings::warnings_in_short;
use crate::units::Money;

/// As many functions as are spoken of by name.
const NAMED: usize = 4;
const WARNINGS_SHOWN: usize = 12;

/// The answer to the scenario's question.
pub(super) fn answer(input: &ReportInput) -> Markup {
    html! {
        div.answer {
            ul {
                li { (outcomes(input)) }
                li { (throttles(input)) }
                @if let Some(line) = rejections(input) { li { (line) } }
                @for line in latencies(input) { li { (line) } }
                @for line in first_bytes(input) { li { (line) } }
                li { (cold_starts(input)) }
                @if let Some(line) = provisioned(input) { li { (line) } }
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
    html! {
        div.tiles {
            div.tile { b { (percent(throttled)) } span { "of requests throttled" } }
            (slowest_tile(input))
            div.tile {
                b { (percent(share(counts.cold_starts, counts.invocations))) } span { "of invocations were cold starts" }
            }
            div.tile { b { (dollars(input.result.monthly_estimate.total)) } span { "a month like this" } }
        }
    }
}

/// The 99 % quantile of what is asked for most: answers, or outcomes of events where nobody waits for an answer.
fn slowest_tile(input: &ReportInput) -> Markup {
    let answers = callers(input).into_iter().next();
    let outcomes = queued(input).into_iter().next();
    html! {
        div.tile {
            @if let Some((name, times)) = answers {
                b { (milliseconds(times.p99)) } span { "or less took 99 % of the answers of " (short_name(name)) " (p99)" }
            } @else if let Some((name, times)) = outcomes {
                b { (milliseconds(times.p99)) }
                span { "or less took 99 % of the events of " (short_name(name)) " to their outcome (p99)" }
            } @else {
                b { "–" } span { "no latency: nothing was answered" }
            }
        }
    }
}

fn outcomes(input: &ReportInput) -> String {
    let counts = &input.result.summary.totals;
    if counts.arrivals == 0 {
        let summary = &input.result.summary;
        let messages = summary.queues.iter().map(|queue| queue.sent);
        let records = summary.streams.iter().map(|stream| stream.sent);
        return match messages.sum::<u64>() + records.sum::<u64>() {
            0 => "Nothing arrived.".to_owned(),
            sent => format!(
                "No calls arrived; {} went to queues and streams.",
                counted(sent, "message")
            ),
        };
    }
    let terms = [
        ("failed", counts.failed),
        ("were throttled to the end", counts.throttled),
        ("were dropped from the queue", counts.dropped),
        ("were dry runs", counts.dry_run),
        ("were still under way at the end", counts.in_flight_at_end),
    ];
    let succeeded = match counts.succeeded == counts.arrivals {
        true => "all".to_owned(),
        false => percent(share(counts.succeeded, counts.arrivals)),
    };
    let arrivals = counted(counts.arrivals, "arrival");
    let mut text = format!("Of {arrivals} (calls and events that the traffic asked for) {succeeded} succeeded");
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
    if counts.throttles == 0 {
        return html! { "No request was throttled." };
    }
    html! {
        b { (percent(share(counts.throttles, judged))) " of requests were throttled" }
        ", that is refused with status 429 (" (grouped(counts.throttles)) " of " (grouped(judged))
        ", where each retry is a request of its own)."
        ul {
            @for (cause, count) in causes(input) {
                li {
                    b { (title(cause)) } " (" (cause.rule()) "): "
                    @if count == counts.throttles { "all of them. " }
                    @else { (grouped(count)) " (" (percent(share(count, counts.throttles))) "). " }
                    (sentence(cause))
                    @if input.plan.functions.len() > 1 { " Hit: " (most_hit(input, cause)) "." }
                }
            }
        }
    }
}

/// Requests that the API refused by another answer than 429, by that answer (INV-9).
fn rejections(input: &ReportInput) -> Option<Markup> {
    let mut codes: BTreeMap<ErrorCode, u64> = BTreeMap::new();
    for (_, function) in input.functions() {
        for (code, count) in &function.rejected_by_error {
            *codes.entry(*code).or_default() += count;
        }
    }
    let rejected: u64 = codes.values().sum();
    let parts: Vec<String> = codes
        .iter()
        .map(|(code, count)| format!("{} {} (status {})", grouped(*count), code.name(), code.status()))
        .collect();
    (rejected > 0)
        .then(|| html! { b { (counted(rejected, "request")) " rejected" } " by the API: " (parts.join(", ")) "." })
}

/// The functions that a cause refused most often, with the counts.
fn most_hit(input: &ReportInput, cause: Cause) -> String {
    let functions = input
        .functions()
        .map(|(name, function)| (name, function.throttles_by_cause[cause as usize]));
    let mut hit: Vec<_> = functions.filter(|(_, count)| *count > 0).collect();
    hit.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named = hit.iter().take(NAMED);
    let mut named: Vec<String> = named
        .map(|(name, count)| format!("{} ({})", short_name(name), grouped(*count)))
        .collect();
    if hit.len() > NAMED {
        named.push(counted((hit.len() - NAMED) as u64, "other function"));
    }
    named.join(", ")
}

/// Functions that callers got answers from, most answers first.
fn callers<'a>(input: &ReportInput<'a>) -> Vec<(&'a str, &'a LatencySummary)> {
    let functions = input.functions().map(|(name, function)| (name, &function.latency));
    let mut callers: Vec<_> = functions.filter(|(_, times)| times.count > 0).collect();
    callers.sort_by_key(|(_, times)| std::cmp::Reverse(times.count));
    callers
}

/// Functions whose events came to an outcome, most outcomes first.
fn queued<'a>(input: &ReportInput<'a>) -> Vec<(&'a str, &'a LatencySummary)> {
    let functions = input
        .functions()
        .map(|(name, function)| (name, &function.asynchronous.latency));
    let mut queued: Vec<_> = functions.filter(|(_, times)| times.count > 0).collect();
    queued.sort_by_key(|(_, times)| std::cmp::Reverse(times.count));
    queued
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
    let (half, most) = (milliseconds(times.p50), milliseconds(times.p99));
    html! {
        "Of " (short_name(name)) "’s successful answers "
        @if half != most { "half came within " (half) " and " }
        "99 % " @if half == most { "came " } "within " b { (most) }
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

fn cold_starts(input: &ReportInput) -> Markup {
    let counts = &input.result.summary.totals;
    if counts.invocations == 0 {
        return html! { "Nothing ran, so nothing started cold." };
    }
    let Interval { low, high } = probability_interval(counts.cold_starts, counts.invocations, CONFIDENCE);
    html! {
        b { (percent(share(counts.cold_starts, counts.invocations))) } " of "
        (counted(counts.invocations, "invocation")) " had to wait for a new environment (a cold start)"
        @if percent(low) != percent(high) {
            "; with other luck " (percent(low)) " to " (percent(high))
            " (95 % interval, taking them as independent of each other)"
        }
        "."
    }
}

/// What provisioned concurrency took and what it could not take (ADM-3).
fn provisioned(input: &ReportInput) -> Option<String> {
    let asked: Vec<_> = input
        .functions()
        .filter(|(_, function)| function.provisioned_invocations + function.provisioned_spillover > 0)
        .collect();
    let sum = |count: fn(&FunctionSummary) -> u64| asked.iter().map(|(_, function)| count(function)).sum::<u64>();
    let served = sum(|function| function.provisioned_invocations);
    let spilled = sum(|function| function.provisioned_spillover);
    // Where all of a function's invocations asked for provisioned ones, its cold starts are those of its spill-overs.
    let all_asked = asked.iter().all(|(_, function)| {
        function.provisioned_spillover == 0
            || function.provisioned_invocations + function.provisioned_spillover == function.counts.invocations
    });
    let whose = match asked.as_slice() {
        [] => return None,
        [(name, _)] => format!("{}’s ", short_name(name)),
        _ => String::new(),
    };
    let mut text = format!(
        "Provisioned environments, which are kept ready, served {} of {whose}{} that asked for one",
        percent(share(served, served + spilled)),
        counted(served + spilled, "invocation"),
    );
    if spilled > 0 {
        text += &format!(
            "; {} found all of them busy and spilled over to on-demand environments",
            grouped(spilled)
        );
    }
    if spilled > 0 && all_asked {
        let cold = asked
            .iter()
            .filter(|(_, function)| function.provisioned_spillover > 0)
            .map(|(_, function)| function.counts.cold_starts)
            .sum();
        text += &format!(", {} of these with a cold start", grouped(cold));
    }
    Some(text + ".")
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

fn cost(input: &ReportInput) -> Markup {
    let result = input.result;
    let free_tier = match input.plan.billing.free_tier {
        FreeTier::Off => "without",
        FreeTier::On | FreeTier::Prorated => "with",
    };
    let estimated = result.bill.lines.iter().any(|line| line.estimated);
    let mut items = by_item(&result.bill);
    items.retain(|(_, amount)| *amount > Money::ZERO);
    items.sort_by_key(|(_, amount)| std::cmp::Reverse(*amount));
    let items: Vec<String> = items
        .into_iter()
        .map(|(item, amount)| format!("{} for {}", dollars(amount), item_title(item)))
        .collect();
    html! {
        "The run costs " b { (dollars(result.bill.total)) }
        @if items.len() > 1 { " (" (items.join(", ")) ")" }
        ", a month like it " b { (dollars(result.monthly_estimate.total)) } ", " (free_tier) " AWS’s monthly free tier"
        @if estimated { "; some prices are estimated, see the bill" }
        "."
    }
}

fn verdicts(input: &ReportInput) -> Markup {
    html! {
        @if !input.expectations.is_empty() {
            p { b { "What the scenario expects" } }
            ul {
                @for result in input.expectations {
                    li {
                        @if result.ok { span.good { "ok" } } @else { span.bad { "FAILED" } }
                        " " code { (result.text) }
                        @if let Some(held) = held(result) { ": " (held) }
                        @else if let Some(value) = shown_value(result) { ": it is " (value) }
                        @else { ": there is no such value" }
                    }
                }
            }
        }
    }
}

fn warnings(input: &ReportInput) -> Markup {
    let all = warnings_in_short(input);
    let of_quantiles = all.iter().any(|line| line.contains("p99 of "));
    html! {
        @if !all.is_empty() {
            p { b { "Read with care" } }
            ul {
                @for warning in all.iter().take(WARNINGS_SHOWN) { li { (warning) } }
                @if all.len() > WARNINGS_SHOWN {
                    li { "and " (all.len() - WARNINGS_SHOWN) " more in summary.json" }
                }
            }
            @if of_quantiles {
                p.soft {
                    "p99 is the time that 99 % stay within. Of fewer than 1,000 samples fewer than ten lie beyond it, so "
                    "another seed may move it much."
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn provisioned_concurrency_is_answered_with_share_spill_over_and_its_cold_starts() {
        let mut sample = Sample::busy();
        // 1,000,000 of 1,020,000 is 98.04 %; other invocations of the function hide which cold starts are spill-overs.
        let text = provisioned(&sample.input()).unwrap();
        assert!(
            text.contains("served 98 % of checkout’s 1,020,000 invocations"),
            "{text}"
        );
        assert!(
            text.contains("20,000 found all of them busy") && !text.contains("cold"),
            "{text}"
        );
        sample.result.summary.functions[0].counts.invocations = 1_020_000;
        let text = provisioned(&sample.input()).unwrap();
        assert!(text.ends_with(", 2,210 of these with a cold start."), "{text}");
        assert_eq!(provisioned(&Sample::blank().input()), None);
    }

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
    fn rejected_requests_are_told_by_the_answer_of_the_api() {
        let mut sample = Sample::busy();
        assert!(rejections(&sample.input()).is_none());
        sample.result.summary.functions[0].rejected_by_error = [(ErrorCode::RequestTooLarge, 1_200)].into();
        let text = rejections(&sample.input()).map(Markup::into_string).unwrap_or_default();
        assert!(
            text.contains("1,200 requests rejected") && text.contains("1,200 RequestTooLarge (status 413)"),
            "{text}"
        );
    }

    #[test]
    fn every_cause_of_a_throttle_is_named_with_its_rule_and_a_sentence() {
        let text = throttles(&Sample::busy().input()).into_string();
        for cause in [Cause::ReservedConcurrency, Cause::ScalingRate] {
            assert!(text.contains(title(cause)) && text.contains(cause.rule()) && text.contains(sentence(cause)));
        }
        assert!(
            text.contains("40,000 (97 %)") && text.contains("1,250 (3.03 %)"),
            "{text}"
        );
    }

    #[test]
    fn where_nobody_waits_the_outcome_of_events_is_told() {
        let mut sample = Sample::busy();
        for function in &mut sample.result.summary.functions {
            function.latency = LatencySummary::default();
        }
        // 120 ms (1 + 7 * 2) = 1.8 s, see `times`.
        let tiles = tiles(&sample.input()).into_string();
        assert!(
            tiles.contains("1.8 s") && tiles.contains("99 % of the events of fulfil"),
            "{tiles}"
        );
        let events = events(&sample.input()).unwrap().into_string();
        assert!(
            events.contains("half of those of fulfil took 120 ms or less"),
            "{events}"
        );
    }
}
