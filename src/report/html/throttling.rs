//! Who was refused, when and why.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::chart::{chart, step};
use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, FUNCTIONS_SHOWN, count, section, text};
use crate::facts::{Cause, ErrorCode};
use crate::report::ReportInput;
use crate::report::causes::{sentence, title};
use crate::report::headline::Unit;
use crate::report::numbers::{counted, grouped, percent, share, short_name};
use crate::report::plot::{Domain, Ink, Series, SeriesChart, Stroke};

/// As many functions as are spoken of by name.
const NAMED: usize = 4;

/// Throttles by cause over time, each cause with its rule, and who was hit.
pub(super) fn throttling(facts: &Facts) -> Section {
    let input = facts.input;
    let rejections = rejections(input);
    if input.result.summary.totals.throttles == 0 && rejections.is_none() {
        return Section::absent();
    }
    let body = html! {
        @if input.result.summary.totals.throttles > 0 { (throttles(input)) }
        @if let Some(line) = rejections { p { (line) } }
        (chart(facts, &by_cause(facts)))
        (chart(facts, &by_function(facts)))
        (table(facts))
    };
    Section::new("throttling", "Throttling", body)
}

fn by_cause(facts: &Facts) -> SeriesChart {
    let inks = [0, 1, 3, 5, 2, 4];
    let series = |cause: Cause| {
        let number = cause as usize;
        let name = format!("{} ({})", title(cause), cause.rule());
        facts.by_step(name, Ink::Data(inks[number]), Stroke::Area, |bucket| {
            bucket.throttles[number] as f64
        })
    };
    let series = Cause::ALL.into_iter().map(series);
    SeriesChart {
        id: "throttles-by-cause",
        title: "Throttles by cause",
        note: format!(
            "Requests refused with status 429 in each {}, by the check that refused them.",
            step(facts)
        ),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "throttles",
        series: series.filter(|series| series.highest() > 0.0).collect(),
    }
}

fn by_function(facts: &Facts) -> SeriesChart {
    let input = facts.input;
    let timeline = &input.result.timeline;
    let mut rest: Vec<u64> = timeline
        .buckets
        .iter()
        .map(|bucket| bucket.throttles.iter().sum())
        .collect();
    let mut drawn: Vec<_> = timeline
        .functions
        .iter()
        .filter(|steps| steps.throttles.iter().any(|count| *count > 0))
        .collect();
    drawn.sort_by_key(|steps| std::cmp::Reverse(steps.throttles.iter().sum::<u64>()));
    let mut series: Vec<Series> = Vec::new();
    for (number, steps) in drawn.into_iter().enumerate() {
        rest.iter_mut()
            .zip(&steps.throttles)
            .for_each(|(rest, count)| *rest = rest.saturating_sub(*count));
        let name = short_name(&input.plan.functions[steps.function.index()].name);
        let values = steps.throttles.iter().map(|count| *count as f64);
        series.push(Series::whole(name, Ink::Data(number), Stroke::Area, values));
    }
    let others = Series::whole(
        "all others",
        Ink::Rest,
        Stroke::Area,
        rest.into_iter().map(|count| count as f64),
    );
    if others.highest() > 0.0 {
        series.push(others);
    }
    // With one function it would say what the chart above says.
    if series.len() < 2 {
        series.clear();
    }
    SeriesChart {
        id: "throttles-by-function",
        title: "Throttles by function",
        note: format!("Who was refused in each {}.", step(facts)),
        domain: Domain::Time,
        unit: Unit::Count,
        quantity: "throttles",
        series,
    }
}

/// Throttles of the functions that were hit, by cause.
fn table(facts: &Facts) -> Markup {
    let input = facts.input;
    let mut hit: Vec<_> = input
        .functions()
        .filter(|(_, function)| function.counts.throttles > 0)
        .collect();
    hit.sort_by_key(|(_, function)| std::cmp::Reverse(function.counts.throttles));
    let more = hit.len().saturating_sub(FUNCTIONS_SHOWN);
    hit.truncate(FUNCTIONS_SHOWN);
    let rows: Vec<Cells> = hit
        .into_iter()
        .map(|(name, function)| {
            let at = |key| facts.show(&["functions", name, key]);
            let judged = function.counts.invocations + function.counts.throttles;
            let mut cells = vec![
                super::tables::name_cell(name),
                at("Throttles"),
                text(percent(share(function.counts.throttles, judged))),
            ];
            cells.extend(Cause::ALL.map(|cause| facts.show(&["functions", name, "throttles_by_cause", cause.name()])));
            cells
        })
        .collect();
    let heads = [
        ("Function", ""),
        ("Throttles", ""),
        ("Share", "of its requests"),
        ("Account conc.", "account concurrency (CONC-7)"),
        ("Reserved conc.", "reserved concurrency (CONC-6)"),
        ("Reserved 0", "reserved concurrency of 0 (CONC-5)"),
        ("Scaling rate", "environments added too fast (SCALE-2)"),
        ("Account rate", "account request rate (RPS-1)"),
        ("Reserved rate", "reserved request rate (RPS-2)"),
    ];
    let note = match more {
        0 => String::new(),
        more => format!(
            "The {FUNCTIONS_SHOWN} that were refused most; {} more were.",
            counted(more as u64, "function")
        ),
    };
    html! {
        (section("Who was refused", &note, &heads, 1, &rows))
        (causes_table(input))
    }
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
    html! {
        p {
            b { (percent(share(counts.throttles, judged))) " of requests were throttled" }
            ", that is refused with status 429 (" (grouped(counts.throttles)) " of " (grouped(judged))
            ", where each retry is a request of its own)."
        }
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

fn causes_table(input: &ReportInput) -> Markup {
    let all = input.result.summary.totals.throttles;
    let row = |(cause, number): (Cause, u64)| {
        vec![
            text(title(cause)),
            text(cause.rule()),
            count(number),
            text(percent(share(number, all))),
        ]
    };
    let rows: Vec<Cells> = causes(input).into_iter().map(row).collect();
    let heads = [("Cause", ""), ("Rule", ""), ("Throttles", ""), ("Share", "")];
    section("By cause", "", &heads, 2, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

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
}
