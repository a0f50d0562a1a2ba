//! All functions in a table that can be searched, and all traffic.

use maud::{Markup, html};

use super::facts::Facts;
use super::long_table::{Cell, LongTable, Row, largest_first, long_table};
use super::section::Section;
use super::tables::Head;
use crate::lambda::TrafficConfig;
use crate::metrics::TrafficSummary;
use crate::report::cost::by_function;
use crate::report::numbers::{dollars, percent, share};

/// Every function and every traffic entry.
pub(super) fn functions(facts: &Facts) -> Section {
    let body = html! {
        (table(facts))
        (traffic(facts))
    };
    Section::new("functions", "All functions and traffic", body)
}

/// What stands below a function in the summary, and what it is.
const COLUMNS: [(&[&str], &str, &str); 10] = [
    (&["Invocations"], "Inv.", "Invocations: attempts that ran"),
    (&["Errors"], "Errors", "invocations that failed"),
    (&["Throttles"], "Throttles", "requests refused with status 429"),
    (
        &["cold_start_share"],
        "Cold",
        "share of invocations that waited for a new environment",
    ),
    (
        &["Duration", "p50"],
        "Dur. p50",
        "Duration of the handler: half of the invocations take at most this",
    ),
    (
        &["latency", "p50"],
        "Lat. p50",
        "latency as callers saw it: half of the answers took at most this",
    ),
    (
        &["latency", "p99"],
        "Lat. p99",
        "latency as callers saw it: 99 % of the answers took at most this",
    ),
    (
        &["ConcurrentExecutions", "max"],
        "Conc. max",
        "concurrent executions, maximum",
    ),
    (
        &["ConcurrentExecutions", "mean"],
        "Conc. mean",
        "concurrent executions, mean over time",
    ),
    (&["environments", "created"], "Envs", "execution environments created"),
];

fn table(facts: &Facts) -> Markup {
    let input = facts.input;
    let costs = by_function(input.plan, &input.result.bill);
    let row = |(place, name): (usize, &str)| {
        let figures = COLUMNS.map(|(path, ..)| Cell::of(facts, &["functions", name], path));
        Row {
            name: name.to_owned(),
            base: format!("functions.{name}"),
            cells: figures
                .into_iter()
                .chain([Cell::Words(dollars(costs[place]))])
                .collect(),
        }
    };
    let heads = COLUMNS.map(|(_, head, meaning)| (head, meaning)).into_iter();
    let heads: Vec<Head> = heads.chain([("Cost", "")]).collect();
    let all: Vec<_> = input.functions().enumerate().collect();
    let shown = largest_first(all, |(_, (_, function))| function.counts.requests);
    long_table(&LongTable {
        id: "all-functions",
        title: "All functions",
        note: "",
        head: "Function",
        things: "functions",
        size: "requests",
        heads: &heads,
        rows: shown.into_iter().map(|(place, (name, _))| row((place, name))).collect(),
        all: input.plan.functions.len(),
    })
}

fn traffic(facts: &Facts) -> Markup {
    let input = facts.input;
    let entries: Vec<_> = input.plan.entries().zip(&input.result.summary.traffic).collect();
    let all = entries.len();
    let shown = largest_first(entries, |(_, summary)| summary.counts.requests);
    let heads = [
        ("Arrivals", "calls and events that it asked for"),
        ("Succeeded", ""),
        ("Share", "of its arrivals"),
        ("Failed", ""),
        ("Throttled", "refused to the end with status 429"),
        (
            "Dropped",
            "events that were never run: too old, or reserved concurrency 0",
        ),
        ("In flight", "still running or waiting at the end"),
        ("Requests", "attempts, retries included"),
        ("p50", "half of the latencies are at most this"),
        ("p99", "99 % of the latencies are at most this"),
    ];
    long_table(&LongTable {
        id: "all-traffic",
        title: "Traffic",
        note: "Latency: synchronous calls that succeeded, first attempt to final answer.",
        head: "Traffic",
        things: "traffic entries",
        size: "requests",
        heads: &heads,
        rows: shown.into_iter().map(|entry| traffic_row(facts, entry)).collect(),
        all,
    })
}

fn traffic_row(facts: &Facts, (entry, summary): (&TrafficConfig, &TrafficSummary)) -> Row {
    let name = entry.name.as_str();
    let at = |path: &[&str]| Cell::of(facts, &["traffic", name], path);
    let counts = &summary.counts;
    let time = |key| match summary.latency.count {
        0 => Cell::Words("–".to_owned()),
        _ => at(&["latency", key]),
    };
    Row {
        name: name.to_owned(),
        base: format!("traffic.{name}"),
        cells: vec![
            at(&["arrivals"]),
            at(&["succeeded"]),
            Cell::Words(percent(share(counts.succeeded, counts.arrivals))),
            at(&["failed"]),
            at(&["throttled"]),
            at(&["dropped"]),
            at(&["in_flight_at_end"]),
            at(&["requests"]),
            time("p50"),
            time("p99"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::summary_json;

    fn shown(sample: &Sample) -> String {
        let (sample_input, summary) = (sample.input(), summary_json(&sample.input()));
        let facts = Facts {
            input: &sample_input,
            summary: &summary,
            drawn: false,
        };
        table(&facts).into_string()
    }

    #[test]
    fn a_long_name_is_shortened_and_whole_in_its_title() {
        let page = shown(&Sample::crowded(3));
        let cell = "title=\"function-with-a-rather-long-name-0002\">function-w…ame-0002<";
        assert!(page.contains(cell), "{page}");
    }

    #[test]
    fn abbreviated_heads_say_what_they_mean() {
        let page = shown(&Sample::busy());
        assert!(
            page.contains("<abbr title=\"concurrent executions, maximum\">Conc. max</abbr>"),
            "{page}"
        );
    }

    #[test]
    fn all_functions_of_a_large_account_have_a_row_and_can_be_searched() {
        let page = shown(&Sample::crowded(500));
        assert_eq!(
            page.matches("\"functions.function-with-a-rather-long-name-").count(),
            500
        );
        assert!(page.contains("data-filter=\"all-functions\""));
        assert!(!shown(&Sample::crowded(3)).contains("data-filter"));
    }
}
