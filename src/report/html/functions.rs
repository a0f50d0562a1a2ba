//! All functions in a table that can be searched, and all traffic.

use maud::{Markup, html};

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, busiest, name_cell, section, text};
use crate::report::cost::by_function;
use crate::report::numbers::{counted, dollars, percent, share};

/// Rows beyond which the page would become too large to open.
const MOST_ROWS: usize = 2_000;
/// From so many functions on a reader will want to search.
const SEARCHED: usize = 10;

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
    let all = input.plan.functions.len();
    let shown = busiest(input, MOST_ROWS);
    html! {
        h3 { "All functions" }
        @if all > shown.len() {
            p.soft { "The " (MOST_ROWS) " with the most requests; all " (all) " are in summary.json." }
        }
        @if all >= SEARCHED {
            p.filter hidden {
                label { "Find functions: " input type="search" data-filter="all-functions" autocomplete="off"; }
                " " output { (counted(shown.len() as u64, "function")) }
            }
        }
        div.scroll.tall tabindex="0" role="region" aria-label="All functions" {
            table.plain id="all-functions" {
                thead { tr {
                    th { "Function" }
                    @for (_, head, meaning) in COLUMNS { th { abbr title=(meaning) { (head) } } }
                    th { "Cost" }
                } }
                tbody {
                    @for (place, name, _) in shown {
                        tr data-base={ "functions." (name) } {
                            th scope="row" { (name_cell(name)) }
                            @for (path, _, _) in COLUMNS { (facts.cell(&["functions", name], path)) }
                            td { (dollars(costs[place])) }
                        }
                    }
                }
            }
        }
    }
}

fn traffic(facts: &Facts) -> Markup {
    let input = facts.input;
    let rows: Vec<Cells> = input
        .plan
        .entries()
        .zip(&input.result.summary.traffic)
        .map(|(entry, summary)| {
            let name = entry.name.as_str();
            let at = |path: &[&str]| facts.show(&[&["traffic", name], path].concat());
            let counts = &summary.counts;
            let time = |key| {
                if summary.latency.count > 0 {
                    at(&["latency", key])
                } else {
                    text("–")
                }
            };
            vec![
                name_cell(name),
                at(&["arrivals"]),
                at(&["succeeded"]),
                text(percent(share(counts.succeeded, counts.arrivals))),
                at(&["failed"]),
                at(&["throttled"]),
                at(&["dropped"]),
                at(&["in_flight_at_end"]),
                at(&["requests"]),
                time("p50"),
                time("p99"),
            ]
        })
        .collect();
    let heads = [
        ("Traffic", ""),
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
    section(
        "Traffic",
        "Latency: synchronous calls that succeeded, first attempt to final answer.",
        &heads,
        1,
        &rows,
    )
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
        assert_eq!(page.matches("<tr data-base=\"functions.").count(), 500);
        assert!(page.contains("data-filter=\"all-functions\""));
        assert!(!shown(&Sample::crowded(3)).contains("data-filter"));
    }
}
