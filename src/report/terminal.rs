//! The summary on the terminal.

use std::fmt::Write as _;
use std::path::Path;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::advice::{Tried, bearing_in_words};
use super::causes::title;
use super::cost::{by_function, by_item, item_title};
use super::cross_checks::{Formula, cross_checks};
use super::estimates::{self, held};
use super::expect::shown_value;
use super::happenings::happenings;
use super::headroom::{Limit, limits};
use super::json::fingerprint;
use super::numbers::{counted, dollars, grouped, legible, milliseconds, percent, precise, share, short_name};
use super::warnings::warnings_in_short;
use super::{Replicated, ReportInput};
use crate::lambda::Through;
use crate::metrics::{FunctionSummary, LatencySummary};
use crate::simulation::Plan;

const WIDTH: u16 = 80;
const FUNCTIONS_SHOWN: usize = 15;
const FRONT_ENDS_SHOWN: usize = 8;
/// Functions with rows of their own in a table of replications, which has several for each.
const ESTIMATED_FUNCTIONS: usize = 5;
const SOURCES_SHOWN: usize = 15;
const HAPPENINGS_SHOWN: usize = 12;
const WARNINGS_SHOWN: usize = 10;
const CHECKS_SHOWN: usize = 4;
const LIMITS_SHOWN: usize = 3;

/// What a person wants to know after a run, at most 80 columns wide (but for the path). `folder` is where the files
/// are, if any were written.
pub fn terminal_summary(input: &ReportInput, folder: Option<&Path>) -> String {
    let mut text = String::new();
    let numbers = match input.replications {
        Some(replicated) => vec![estimates(input, replicated)],
        None => vec![
            totals(input),
            functions(input),
            front_ends(input),
            sources(input),
            bill(input),
            sparklines(input),
            adjoining(input),
            control(input),
            limits_in_short(input),
            advice_in_short(input),
            theory(input),
        ],
    };
    let rest = [
        expectations(input),
        warnings(input),
        folder.map(files).unwrap_or_default(),
    ];
    let sections: Vec<String> = std::iter::once(heading(input)).chain(numbers).chain(rest).collect();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in section.lines() {
            text.push_str(legible(line).trim_end());
            text.push('\n');
        }
    }
    text
}

fn heading(input: &ReportInput) -> String {
    let plan = input.plan;
    let mut text = String::new();
    if let Some(question) = input.question {
        text = paragraph("", question);
        text.push('\n');
    }
    let length = plan.horizon() - crate::units::SimTime::ZERO;
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        " {}: seed {}, {length} simulated, fingerprint {}",
        short_name(&plan.name),
        plan.seed,
        fingerprint(&input.result.summary)
    );
    if let Some(replicated) = input.replications {
        let others = counted(replicated.count(), "independent replication");
        let _ = writeln!(
            text,
            " {others}; this is the first, and the one that the other files show"
        );
    }
    text
}

/// What replications say of the headlines.
fn estimates(input: &ReportInput, replicated: &Replicated) -> String {
    let mut table = table(&estimates::HEADS, 1);
    for row in estimates::rows(input, replicated, ESTIMATED_FUNCTIONS) {
        table.add_row(row);
    }
    let mut text = format!("{table}\n");
    let hidden = input.plan.functions.len().saturating_sub(ESTIMATED_FUNCTIONS);
    if hidden > 0 {
        let _ = writeln!(
            text,
            " and {} more, the busiest are shown",
            counted(hidden as u64, "function")
        );
    }
    text
}

fn totals(input: &ReportInput) -> String {
    let counts = &input.result.summary.totals;
    let terms = [
        ("Arrivals", counts.arrivals),
        ("Succeeded", counts.succeeded),
        ("Failed", counts.failed),
        ("Throttled", counts.throttled),
        ("Dropped", counts.dropped),
        ("Dry run", counts.dry_run),
        ("In flight at end", counts.in_flight_at_end),
    ];
    let mut table = table(&terms.map(|(name, _)| name), 0);
    table.add_row(terms.map(|(_, count)| grouped(count)));
    if counts.arrivals > 0 {
        table.add_row(terms.map(|(_, count)| percent(share(count, counts.arrivals))));
    }
    format!("{table}\n")
}

fn functions(input: &ReportInput) -> String {
    let heads = [
        "Function",
        "Invoked",
        "Errors",
        "Throttles",
        "Cold",
        "p50",
        "p99",
        "Peak",
        "Cost",
    ];
    let costs = by_function(input.plan, &input.result.bill);
    let mut rows: Vec<_> = input.functions().zip(costs).collect();
    if rows.len() > FUNCTIONS_SHOWN {
        rows.sort_by_key(|((_, function), _)| std::cmp::Reverse(function.counts.requests));
    }
    let mut table = table(&heads, 1);
    for ((name, function), cost) in rows.iter().take(FUNCTIONS_SHOWN) {
        let (counts, times) = (&function.counts, shown_times(function));
        table.add_row([
            short_name(name),
            grouped(counts.invocations),
            grouped(counts.errors),
            grouped(counts.throttles),
            percent(share(counts.cold_starts, counts.invocations)),
            time(times, times.p50),
            time(times, times.p99),
            grouped(function.concurrent_executions.max),
            dollars(*cost),
        ]);
    }
    with_hidden(&table, rows.len(), FUNCTIONS_SHOWN)
}

/// A table with so many of all rows, and how many it leaves out.
fn with_hidden(table: &Table, all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => format!("{table}\n"),
        hidden => format!("{table}\n and {} more, the busiest are shown\n", grouped(hidden as u64)),
    }
}

/// What callers behind front ends were answered, how often they asked again, and who was throttled in the end; the busiest.
fn front_ends(input: &ReportInput) -> String {
    let entries = input.plan.entries().zip(&input.result.summary.traffic);
    let mut rows: Vec<_> = entries
        .filter(|(config, _)| matches!(config.through, Some(Through::Front(_))))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    if rows.len() > FRONT_ENDS_SHOWN {
        rows.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.counts.arrivals));
    }
    let heads = [
        "Front end of",
        "Arrivals",
        "200",
        "429",
        "other 4xx",
        "5xx",
        "Retries",
        "Throttled",
    ];
    let mut table = table(&heads, 1);
    for (config, entry) in rows.iter().take(FRONT_ENDS_SHOWN) {
        let answers = |from: u16, to: u16| entry.status.range(from..to).map(|(_, count)| count).sum::<u64>();
        let throttles = answers(429, 430);
        let retries = answers(0, u16::MAX).saturating_sub(entry.counts.ended());
        let counts = [
            entry.counts.arrivals,
            answers(200, 201),
            throttles,
            answers(400, 500) - throttles,
            answers(500, 600),
            retries,
            entry.counts.throttled,
        ];
        table.add_row(std::iter::once(short_name(&config.name)).chain(counts.map(grouped)));
    }
    with_hidden(&table, rows.len(), FRONT_ENDS_SHOWN)
}

/// What became of what was sent to queues and, for each of their readers, to streams; the busiest.
fn sources(input: &ReportInput) -> String {
    let (plan, summary) = (input.plan, &input.result.summary);
    let queues = plan.queues.iter().zip(&summary.queues).map(|(config, queue)| {
        let name = format!("sqs:{}", short_name(&config.name));
        (name, queue.sent, [queue.processed, queue.dead_lettered, queue.expired])
    });
    let streams = plan.streams.iter().zip(&summary.streams).flat_map(|(config, stream)| {
        let name = format!("{}:{}", config.kind.name(), short_name(&config.name));
        let readers = stream.readers.iter();
        readers.map(move |reader| {
            let ends = [reader.processed + reader.filtered, reader.discarded, reader.expired];
            (name.clone(), stream.sent, ends)
        })
    });
    let mut rows: Vec<_> = queues.chain(streams).collect();
    if rows.is_empty() {
        return String::new();
    }
    if rows.len() > SOURCES_SHOWN {
        rows.sort_by_key(|(_, sent, _)| std::cmp::Reverse(*sent));
    }
    let heads = ["Queue or stream", "Sent", "Processed", "Given up", "Expired", "Left"];
    let mut table = table(&heads, 1);
    for (name, sent, ends) in rows.iter().take(SOURCES_SHOWN) {
        let left = sent.saturating_sub(ends.iter().sum());
        let counts = [*sent].into_iter().chain(*ends).chain([left]).map(grouped);
        table.add_row(std::iter::once(name.clone()).chain(counts));
    }
    with_hidden(&table, rows.len(), SOURCES_SHOWN)
}

/// Callers' latency, or that of events where nobody waits.
fn shown_times(function: &FunctionSummary) -> &LatencySummary {
    if function.latency.count > 0 {
        &function.latency
    } else {
        &function.asynchronous.latency
    }
}

fn time(times: &LatencySummary, ms: f64) -> String {
    if times.count == 0 {
        "-".to_owned()
    } else {
        milliseconds(ms)
    }
}

fn bill(input: &ReportInput) -> String {
    let result = input.result;
    let account = &result.summary.account;
    format!(
        " Cost {} for this run, {} a month like it.\n Concurrency at most {} of {}, {} on average.\n",
        dollars(result.bill.total),
        dollars(result.monthly_estimate.total),
        grouped(account.concurrent_executions.max),
        grouped(u64::from(input.plan.account.concurrent_executions)),
        precise(account.concurrent_executions.mean),
    )
}

/// Concurrency and throttles over the run, each in one line.
fn sparklines(input: &ReportInput) -> String {
    let timeline = &input.result.timeline;
    let concurrency: Vec<u64> = timeline.buckets.iter().map(|step| step.concurrency_max).collect();
    let throttles: Vec<u64> = timeline
        .buckets
        .iter()
        .map(|step| step.throttles.iter().sum())
        .collect();
    let mut text = String::new();
    for (name, values, each) in [
        ("Concurrency", concurrency, ""),
        ("Throttles", throttles, " in a step of "),
    ] {
        let most = values.iter().copied().max().unwrap_or(0);
        if most > 0 {
            let each = if each.is_empty() {
                String::new()
            } else {
                format!("{each}{}", timeline.step)
            };
            let _ = writeln!(
                text,
                " {name:11} {} at most {}{each}",
                sparkline(&values),
                grouped(most)
            );
        }
    }
    text
}

/// At most so many bars, each as high as the highest value in its part; what is not zero can be seen.
fn sparkline(values: &[u64]) -> String {
    const WIDEST: usize = 32;
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let parts = values.len().min(WIDEST);
    let part = |number: usize| &values[number * values.len() / parts..(number + 1) * values.len() / parts];
    let bar = |number| match part(number).iter().copied().max().unwrap_or(0) {
        0 => ' ',
        value => BARS[((value * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
    };
    (0..parts).map(bar).collect()
}

/// Services beside Lambda, where some are billed.
fn adjoining(input: &ReportInput) -> String {
    let cost = &input.result.adjoining;
    if cost.bill.lines.is_empty() {
        return String::new();
    }
    let mut table = table(&["Beside Lambda", "Cost"], 1);
    for (item, amount) in by_item(&cost.bill) {
        table.add_row([item_title(item), dollars(amount)]);
    }
    table.add_row(["total".to_owned(), dollars(cost.bill.total)]);
    format!(
        "{table}\n {} in a month like it, not part of Lambda's bill.\n",
        dollars(cost.monthly_estimate.total)
    )
}

/// What acted, the first of it; the report has more.
fn control(input: &ReportInput) -> String {
    let mut table = bare(8);
    let happenings = happenings(input);
    for happening in happenings.iter().take(HAPPENINGS_SHOWN) {
        let what = format!("{}: {}", happening.subject, happening.what);
        table.add_row([happening.at.to_string(), what]);
    }
    if table.is_empty() {
        return String::new();
    }
    let more = (happenings.len().saturating_sub(HAPPENINGS_SHOWN)) as u64 + input.result.control.omitted;
    match more {
        0 => format!("{table}\n"),
        more => format!("{table}\n and {} more in report.html\n", counted(more, "happening")),
    }
}

/// The limits that were used most.
fn limits_in_short(input: &ReportInput) -> String {
    let told = limits(input);
    let told: Vec<String> = told.iter().take(LIMITS_SHOWN).map(limit_in_short).collect();
    match told.as_slice() {
        [] => String::new(),
        told => paragraph("", &format!("Most used limits: {}.", told.join("; "))) + "\n",
    }
}

fn limit_in_short(limit: &Limit) -> String {
    let name = limit.of.rsplit('.').next().unwrap_or(&limit.of);
    let amounts = limit
        .peak
        .map(|peak| format!(" ({} of {})", grouped(peak.used), grouped(peak.limit)));
    let amounts = amounts.unwrap_or_default();
    format!(
        "{} of {} {}{amounts}",
        percent(limit.share),
        short_name(name),
        limit.title
    )
}

/// What helps most against the most frequent cause of throttling, and how much more traffic the scenario bears.
fn advice_in_short(input: &ReportInput) -> String {
    let Some(advice) = input.advice else {
        return String::new();
    };
    let helps = advice.tried.first().and_then(|tried| best_change(input.plan, tried));
    let bears = advice
        .bearing
        .as_ref()
        .map(|bearing| bearing_in_words(input.plan, bearing));
    let told: Vec<String> = helps.into_iter().chain(bears).chain(advice.skipped.clone()).collect();
    match told.is_empty() {
        true => String::new(),
        false => paragraph("", &told.join(" ")) + "\n",
    }
}

/// The change with which the fewest of the function's requests are throttled, the cheapest of these.
fn best_change(plan: &Plan, tried: &Tried) -> Option<String> {
    let changes = tried.complaint.changes.iter().zip(&tried.after);
    let changes = changes.filter_map(|(change, after)| Some((change, after.as_ref()?)));
    let better = changes.filter(|(_, after)| after.of_function < tried.before.of_function);
    let (change, after) = better.min_by(|(_, one), (_, other)| {
        let order = one.of_function.total_cmp(&other.of_function);
        order.then(one.monthly.total_cmp(&other.monthly))
    })?;
    let name = short_name(&plan.functions[tried.complaint.function.index()].name);
    Some(format!(
        "Tried against {}: {} throttles {} of the requests of {name} instead of {}.",
        title(tried.complaint.cause),
        change.what,
        percent(after.of_function),
        percent(tried.before.of_function)
    ))
}

/// Figures beside closed forms: those that differ first, then those that say most; the report has all.
fn theory(input: &ReportInput) -> String {
    let mut checks = cross_checks(input.plan, input.result);
    if checks.is_empty() {
        return String::new();
    }
    checks.sort_by_key(|check| (check.agrees(), check.formula == Formula::Little));
    let mut table = table(&["Beside theory", "", "Theory", "Simulated", "Difference"], 2);
    let mut remarks = String::new();
    for check in checks.iter().take(CHECKS_SHOWN) {
        let (formula, name) = (check.formula, short_name(check.subject.place(input.plan).1));
        if !check.agrees() {
            let remark = format!("{name}: {} {}", formula.figure(), check.verdict());
            remarks += &(paragraph("", &remark) + "\n");
        }
        table.add_row([
            name,
            formula.title().to_owned(),
            formula.show(check.theory),
            formula.show(check.simulated),
            check.shown_difference(),
        ]);
    }
    let agreeing = checks.iter().filter(|check| check.agrees()).count();
    let all = counted(checks.len() as u64, "figure");
    let verdict = match checks.len() - agreeing {
        0 => format!(" {all} beside theory, no difference beyond chance"),
        differing => format!(" {all} beside theory, {differing} with a difference beyond chance"),
    };
    format!("{table}\n{remarks}{verdict}\n")
}

fn expectations(input: &ReportInput) -> String {
    let mut table = bare(8);
    for expectation in input.expectations {
        let verdict = if expectation.ok { "ok" } else { "FAILED" };
        let value = shown_value(expectation).map_or("no value".to_owned(), |value| format!("is {value}"));
        let found = held(expectation).unwrap_or(value);
        table.add_row([verdict.to_owned(), format!("{} ({found})", expectation.text)]);
    }
    if table.is_empty() {
        String::new()
    } else {
        format!("{table}\n")
    }
}

fn warnings(input: &ReportInput) -> String {
    let all = warnings_in_short(input);
    let mut text = String::new();
    for warning in all.iter().take(WARNINGS_SHOWN) {
        text.push_str(&paragraph("warning:", warning));
        text.push('\n');
    }
    if all.len() > WARNINGS_SHOWN {
        let _ = writeln!(
            text,
            " and {} more warnings in summary.json",
            all.len() - WARNINGS_SHOWN
        );
    }
    text
}

fn files(folder: &Path) -> String {
    format!(
        " Report: {}\n Everything else, for machines and notebooks, is in the same folder.\n",
        folder.join("report.html").display()
    )
}

/// Text wrapped beside a label.
fn paragraph(label: &str, text: &str) -> String {
    let mut table = bare(label.len() as u16 + u16::from(!label.is_empty()));
    if label.is_empty() {
        let mut plain = new_table();
        plain.add_row([text]);
        return plain.to_string();
    }
    table.add_row([label, text]);
    table.to_string()
}

fn new_table() -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH);
    table
}

/// Two columns without heads, the first of fixed width.
fn bare(first: u16) -> Table {
    let mut table = new_table();
    table.set_constraints([ColumnConstraint::LowerBoundary(Width::Fixed(first + 1))]);
    table
}

/// Numbers are aligned to the right, the first `texts` columns to the left.
fn table(heads: &[&str], texts: usize) -> Table {
    let mut table = new_table();
    table.set_header(heads.iter().copied());
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(place == 0), u16::from(place + 1 < heads.len())));
        if place >= texts {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kernel::Distribution;
    use crate::lambda::{FrontConfig, FrontService};
    use crate::metrics::Counts;
    use crate::report::ExpectationResult;
    use crate::report::sample::Sample;
    use crate::units::Span;

    #[test]
    fn no_line_is_wider_than_eighty_columns() {
        for sample in [Sample::busy(), Sample::blank(), Sample::crowded(40)] {
            let text = terminal_summary(&sample.input(), Some(Path::new("out/sample")));
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= 80, "{widest} columns:\n{text}");
        }
    }

    #[test]
    fn a_sparkline_keeps_peaks_and_shows_what_is_little_but_not_nothing() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(sparkline(&[1, 1_000]), "▁█");
        let mut long = vec![0; 3_200];
        long[1_650] = 5;
        // One step of 3,200 is in the 17th of 32 parts.
        assert_eq!(sparkline(&long), format!("{}█{}", " ".repeat(16), " ".repeat(15)));
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn verdicts_warnings_and_the_place_of_the_files_are_named() {
        let text = terminal_summary(&Sample::busy().input(), Some(Path::new("out/sample")));
        for wanted in [
            "FAILED",
            "ok",
            "warning:",
            "p99 of fulfil rests on 312 samples",
            "report.html",
            "$",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
    }

    #[test]
    fn queues_are_told_with_what_was_sent_to_them_and_what_is_left() {
        let text = terminal_summary(&Sample::busy().input(), None);
        let line = text.lines().find(|line| line.contains("sqs:dead")).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["sqs:dead", "6", "0", "0", "0", "6"]);
    }

    #[test]
    fn front_ends_are_told_with_answers_retries_and_who_was_throttled() {
        let mut sample = Sample::busy();
        assert!(!terminal_summary(&sample.input(), None).contains("Front end"));
        sample.plan.traffic[0].through = Some(Through::Front(FrontConfig {
            latency: Distribution::constant(Span::ZERO),
            timeout: None,
            timeout_status: 504,
            throttle_status: 429,
            error_status: 502,
            function_timeout_status: 502,
            service: FrontService::Other,
            largest_payload: None,
            largest_response: None,
        }));
        let entry = &mut sample.result.summary.traffic[0];
        entry.counts = Counts {
            arrivals: 100,
            succeeded: 90,
            failed: 4,
            throttled: 6,
            ..Counts::default()
        };
        // 20 answers more than arrivals that ended: so often somebody asked again.
        entry.status = BTreeMap::from([(200, 90), (413, 1), (429, 22), (502, 5), (504, 2)]);
        let text = terminal_summary(&sample.input(), None);
        let head = text.lines().position(|line| line.contains("Front end of")).unwrap();
        let words: Vec<&str> = text.lines().nth(head + 1).unwrap().split_whitespace().collect();
        assert_eq!(words[1..], ["100", "90", "22", "1", "7", "20", "6"]);
    }

    #[test]
    fn a_function_with_a_name_of_64_characters_takes_one_line() {
        let mut sample = Sample::busy();
        sample.plan.function_mut(0).name = format!("{:064x}", 0xABCDu32);
        let text = terminal_summary(&sample.input(), None);
        let line = text.lines().find(|line| line.contains("0000000000…0000abcd")).unwrap();
        assert!(line.contains("4,310,000") && line.contains("$2.87"), "{text}");
    }

    #[test]
    fn small_shares_are_told_apart_from_nothing() {
        let mut sample = Sample::busy();
        sample.expectations = vec![ExpectationResult {
            text: "functions.checkout.cold_start_share <= 1 %".to_owned(),
            value: Some(0.000_094_6),
            ok: true,
            held: None,
        }];
        let text = terminal_summary(&sample.input(), None);
        assert!(text.contains("<= 1 % (is 0.0095 %)"), "{text}");
    }

    #[test]
    fn of_many_functions_the_busiest_are_shown_and_the_rest_is_counted() {
        let text = terminal_summary(&Sample::crowded(40).input(), None);
        assert!(text.contains("and 25 more"), "{text}");
    }
}
