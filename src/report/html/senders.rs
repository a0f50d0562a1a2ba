//! What stands between callers and functions: front ends, and chains of invocations.

use maud::{Markup, html};

use super::tables::{Cells, count, name_cell, section, text};
use crate::lambda::{Through, TrafficConfig};
use crate::metrics::TrafficSummary;
use crate::report::ReportInput;
use crate::report::chains::Chains;
use crate::report::numbers::{grouped, percent, precise, share};

/// Both tables, each where it has something to say.
pub(super) fn all(input: &ReportInput) -> Markup {
    html! {
        (front_ends(input))
        (chains(input))
    }
}

fn front_ends(input: &ReportInput) -> Markup {
    let entries = input.plan.entries().zip(&input.result.summary.traffic);
    let row = |(config, entry): (&TrafficConfig, &TrafficSummary)| {
        let Some(Through::Front(front)) = &config.through else {
            return None;
        };
        let answers = |status: u16| entry.status.get(&status).copied().unwrap_or(0);
        let all = entry.status.iter();
        let all: Vec<String> = all
            .map(|(status, count)| format!("{status}: {}", grouped(*count)))
            .collect();
        Some(vec![
            name_cell(&config.name),
            text(
                front
                    .timeout
                    .map_or_else(|| "–".to_owned(), |timeout| timeout.to_string()),
            ),
            text(all.join(", ")),
            count(answers(200)),
            count(entry.status.values().sum::<u64>() - answers(200)),
            count(entry.counts.requests),
        ])
    };
    let rows: Vec<Cells> = entries.filter_map(row).collect();
    let heads = [
        ("Traffic", ""),
        ("Waits", "the front end's own timeout; the invocation goes on"),
        ("Answers", "by HTTP status"),
        ("200", ""),
        ("Others", "what callers were told otherwise, retried calls included"),
        (
            "Requests",
            "attempts that reached Lambda: the others were answered by the front end itself",
        ),
    ];
    section(
        "Front ends",
        "What callers behind a front end were answered.",
        &heads,
        3,
        &rows,
    )
}

fn chains(input: &ReportInput) -> Markup {
    let chains = Chains::of(input.plan, &input.result.summary);
    if chains.from_chains == 0 {
        return html! {};
    }
    let functions = input.plan.functions.iter().zip(&input.result.summary.functions);
    let rows: Vec<Cells> = functions
        .zip(&chains.by_function)
        .filter(|(_, chained)| **chained > 0)
        .map(|((config, summary), chained)| {
            vec![
                name_cell(&config.name),
                count(summary.counts.invocations),
                count(*chained),
                text(percent(share(*chained, summary.counts.invocations))),
            ]
        })
        .collect();
    let heads = [
        ("Function", ""),
        ("Invocations", ""),
        (
            "From chains",
            "caused by queues, topics, destinations and other functions",
        ),
        ("Part", ""),
    ];
    let note = match chains.from_traffic {
        0 => "All invocations come from queues, topics and other functions.".to_owned(),
        _ => format!(
            "Each invocation that traffic causes on the spot leads to {} in all.",
            precise(chains.amplification())
        ),
    };
    section("Chains", &note, &heads, 1, &rows)
}
