//! How much of every limit was used.

use maud::{Markup, html};

use super::facts::Facts;
use super::tables::{Cells, name_cell, section, text};
use crate::report::headroom::{Limit, limits};
use crate::report::numbers::{counted, grouped, percent};

/// Limits with rows of their own.
const SHOWN: usize = 20;

/// The limits that were used most.
pub(super) fn headroom(facts: &Facts) -> Markup {
    let all = limits(facts.input);
    let rows: Vec<Cells> = all
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(place, limit)| row(facts, place, limit))
        .collect();
    let note = match all.len().saturating_sub(SHOWN) {
        0 => "The most that was in use at any instant, of what was allowed then.".to_owned(),
        hidden => format!(
            "The most that was in use at any instant, of what was allowed then. {} were used less.",
            counted(hidden as u64, "more limit")
        ),
    };
    let heads = [
        ("Of", ""),
        ("Limit", ""),
        ("Rule", ""),
        ("Peak", "the most that was used"),
        ("Allowed", ""),
        ("Share", "the part that was used"),
        ("Left", "the part that was not"),
    ];
    section("How much of every limit was used", &note, &heads, 3, &rows)
}

fn row(facts: &Facts, place: usize, limit: &Limit) -> Cells {
    let place = place.to_string();
    let amount = |key: &str, amount: Option<u64>| {
        facts.show_as(&["headroom", &place, key], amount.map_or("–".to_owned(), grouped))
    };
    vec![
        name_cell(limit.of.strip_prefix("functions.").unwrap_or(&limit.of)),
        text(limit.title),
        text(limit.rule),
        amount("peak", limit.peak.map(|peak| peak.used)),
        amount("allowed", limit.peak.map(|peak| peak.limit)),
        html! {
            @if limit.share >= 1.0 { span.bad { (percent(limit.share)) } } @else { (percent(limit.share)) }
        },
        text(percent(1.0 - limit.share)),
    ]
}
