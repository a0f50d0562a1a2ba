//! The first screen: question, answer, four figures, one timeline.

use std::borrow::Cow;

use maud::{Markup, html};

use super::chart::{leading_chart, step};
use super::facts::Facts;
use super::latency::{callers, queued};
use super::problems::problems;
use super::throttling::causes;
use crate::report::causes::title;
use crate::report::estimates::held;
use crate::report::expect::{shown_value, value_at};
use crate::report::headline::Unit;
use crate::report::json::fingerprint;
use crate::report::numbers::{counted, dollars, percent, share, short_name};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};
use crate::report::warnings::warnings_in_short;
use crate::report::{ExpectationResult, ReportInput};
use crate::units::SimTime;

/// Characters of a question that are its heading.
const LONGEST_QUESTION: usize = 180;
const WARNINGS_SHOWN: usize = 12;

/// What a reader with ten minutes sees first.
pub(super) fn first(facts: &Facts) -> Markup {
    html! {
        (head(facts))
        div.overview {
            (answer(facts))
            (tiles(facts))
        }
        (leading_chart(facts, &timeline(facts)))
    }
}

fn head(facts: &Facts) -> Markup {
    let input = facts.input;
    let plan = input.plan;
    let question = input.question.unwrap_or(&plan.name);
    let short = in_short(question);
    html! {
        h1 { (short) }
        @if short != question {
            details { summary { "The whole question" } p { (question) } }
        }
        p.soft {
            "Scenario " b { (plan.name) } ", " (facts.show_as(&["simulated_seconds"], (plan.horizon() - SimTime::ZERO).to_string()))
            " of simulated time, seed " (facts.show_as(&["seed"], plan.seed)) ", Lambda as of "
            (facts.show_as(&["model_date"], &plan.model_date)) ", " (plan.billing.region) ". lambdasim " (input.version)
            ", fingerprint " code { (facts.show_as(&["fingerprint"], fingerprint(&input.result.summary))) } "."
        }
    }
}

/// A question that would fill the screen as a heading is cut behind a word.
fn in_short(question: &str) -> Cow<'_, str> {
    let Some((end, _)) = question.char_indices().nth(LONGEST_QUESTION) else {
        return Cow::Borrowed(question);
    };
    let whole_words = question[..end]
        .trim_end_matches(|letter: char| !letter.is_whitespace())
        .trim_end();
    let kept = if whole_words.is_empty() {
        &question[..end]
    } else {
        whole_words
    };
    Cow::Owned(format!("{kept} …"))
}

/// One sentence for each expectation and each problem.
fn answer(facts: &Facts) -> Markup {
    let problems = problems(facts);
    html! {
        div.answer {
            ul {
                @for result in facts.input.expectations { (verdict(facts, result)) }
                @for problem in &problems { li.problem { span.mark aria-hidden="true" { "!" } span { (problem) } } }
                @if problems.is_empty() {
                    li.fine { span.mark aria-hidden="true" { "✓" } span { (fine(facts)) } }
                }
            }
        }
    }
}

fn verdict(facts: &Facts, result: &ExpectationResult) -> Markup {
    let shown = shown_value(result).map(|shown| figure(facts, result, &shown));
    html! {
        li class=(if result.ok { "fine" } else { "missed" }) {
            span.mark aria-hidden="true" { (if result.ok { "✓" } else { "✗" }) }
            span {
                b { (if result.ok { "Kept: " } else { "Missed: " }) }
                code { (result.text) }
                @if let Some(held) = held(result) { ", " (held) "." }
                @else if let Some(shown) = shown { ". It is " (shown) "." }
                @else { ". There is no such value." }
            }
        }
    }
}

/// The value of an expectation, with the path that it begins with.
fn figure(facts: &Facts, result: &ExpectationResult, shown: &str) -> Markup {
    let path = result.text.split_whitespace().next().unwrap_or_default();
    let value = value_at(facts.summary, path);
    html! {
        @if value.is_some() && value == result.value {
            b data-path=(path) data-value=[value] { (shown) }
        } @else { b { (shown) } }
    }
}

fn fine(facts: &Facts) -> Markup {
    let counts = &facts.input.result.summary.totals;
    let summary = &facts.input.result.summary;
    let messages = summary.queues.iter().map(|queue| queue.sent);
    let records = summary.streams.iter().map(|stream| stream.sent);
    let sent: u64 = messages.sum::<u64>() + records.sum::<u64>();
    html! {
        @if counts.arrivals > 0 {
            "No problem was found: nothing was throttled, rejected or lost of "
            (facts.show_as(&["totals", "arrivals"], counted(counts.arrivals, "arrival"))) "."
            @if counts.in_flight_at_end > 0 {
                " " (facts.show(&["totals", "in_flight_at_end"])) " were still under way at the end."
            }
        } @else if sent > 0 {
            "No problem was found. No calls arrived; " (counted(sent, "message")) " went to queues and streams."
        } @else { "Nothing arrived." }
    }
}

/// The four figures to remember.
fn tiles(facts: &Facts) -> Markup {
    let input = facts.input;
    let counts = &input.result.summary.totals;
    let judged = counts.invocations + counts.throttles;
    let top = causes(input).into_iter().next();
    html! {
        dl.tiles {
            div.tile {
                dt { "Requests throttled" }
                dd {
                    b { (percent(share(counts.throttles, judged))) }
                    span {
                        (facts.show(&["totals", "Throttles"])) " of " (counted(judged, "request"))
                        @if let Some((cause, _)) = top { ", mostly by " (title(cause)) " (" (cause.rule()) ")" }
                    }
                }
            }
            (slowest_tile(facts))
            div.tile {
                dt { "Cold starts" }
                dd {
                    b { (percent(share(counts.cold_starts, counts.invocations))) }
                    span {
                        (facts.show(&["totals", "cold_starts"])) " of "
                        (facts.show_as(&["totals", "Invocations"], counted(counts.invocations, "invocation")))
                    }
                }
            }
            div.tile {
                dt { "Cost of a month" }
                dd {
                    b { (facts.show_as(&["cost", "monthly_estimate"], dollars(input.result.monthly_estimate.total))) }
                    span { "at this rate; this run: " (facts.show(&["cost", "total"])) }
                }
            }
        }
    }
}

/// The 99 % quantile of what is asked for most: answers, or outcomes of events where nobody waits for an answer.
fn slowest_tile(facts: &Facts) -> Markup {
    let answers = callers(facts.input).into_iter().next();
    let outcomes = queued(facts.input).into_iter().next();
    html! {
        div.tile {
            dt { "p99 latency" }
            @if let Some((name, _)) = answers {
                dd {
                    b { (facts.show(&["functions", name, "latency", "p99"])) }
                    span { "99 % of the answers of " (short_name(name)) " came within" }
                }
            } @else if let Some((name, _)) = outcomes {
                dd {
                    b { (facts.show(&["functions", name, "async", "latency", "p99"])) }
                    span { "99 % of the events of " (short_name(name)) " were done within" }
                }
            } @else {
                dd { b { "–" } span { "nothing was answered" } }
            }
        }
    }
}

fn timeline(facts: &Facts) -> SeriesChart {
    let buckets = &facts.input.result.timeline.buckets;
    let area = |name: &str, ink: Ink, value: &dyn Fn(usize) -> u64| {
        let values = (0..buckets.len()).map(|place| value(place) as f64);
        Series::whole(name, ink, Stroke::Area, values)
    };
    let throttled = |place: usize| buckets[place].throttles.iter().sum::<u64>();
    let warm = |place: usize| {
        let bucket = &buckets[place];
        bucket.invocations.saturating_sub(bucket.errors + bucket.cold_starts)
    };
    let mut series = vec![
        area("ran at once", Ink::Data(0), &warm),
        area("ran after a cold start", Ink::Data(4), &|place| {
            buckets[place].cold_starts
        }),
        area("ended in an error", Ink::Data(5), &|place| buckets[place].errors),
        area("throttled", Ink::Data(1), &throttled),
    ];
    series.retain(|series| series.highest() > 0.0);
    SeriesChart {
        id: "timeline",
        title: "The run at a glance",
        note: format!("Requests to functions in each {}, retries included.", step(facts)),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "requests",
        series,
    }
}

/// What a reader should know before trusting a number.
pub(super) fn warnings(input: &ReportInput) -> Markup {
    let all = warnings_in_short(input);
    let of_quantiles = all.iter().any(|line| line.contains("p99 of "));
    html! {
        @if !all.is_empty() {
            aside.warnings aria-labelledby="warnings-heading" {
                h2 id="warnings-heading" { "Read with care" }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::LatencySummary;
    use crate::report::sample::Sample;
    use crate::report::summary_json;

    #[test]
    fn a_long_question_is_cut_behind_a_word_or_where_there_is_none() {
        assert_eq!(in_short("Is it fast?"), "Is it fast?");
        let words = "fast ".repeat(2_000);
        assert_eq!(in_short(&words), format!("{} …", words[..5 * 36].trim_end()));
        let letters = "é".repeat(10_000);
        assert_eq!(in_short(&letters), format!("{} …", "é".repeat(180)));
    }

    #[test]
    fn where_nobody_waits_the_outcome_of_events_is_told() {
        let mut sample = Sample::busy();
        for function in &mut sample.result.summary.functions {
            function.latency = LatencySummary::default();
        }
        let (sample_input, summary) = (sample.input(), summary_json(&sample.input()));
        let facts = Facts {
            input: &sample_input,
            summary: &summary,
            drawn: false,
        };
        // 120 ms (1 + 7 * 2) = 1.8 s, see `times` of the sample.
        let tiles = tiles(&facts).into_string();
        assert!(
            tiles.contains("1.8 s") && tiles.contains("99 % of the events of fulfil"),
            "{tiles}"
        );
    }
}
