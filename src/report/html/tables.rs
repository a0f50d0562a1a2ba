//! Tables and what stands in their cells.

use maud::{Markup, html};

use crate::metrics::{FunctionSummary, LatencySummary};
use crate::report::ReportInput;
use crate::report::numbers::{grouped, milliseconds, short_name};

/// Rows of a table of functions that is not the one of all functions.
pub(super) const FUNCTIONS_SHOWN: usize = 20;

pub(super) type Cells = Vec<Markup>;

/// What stands above a column, and what that means where it is an abbreviation.
pub(super) type Head = (&'static str, &'static str);

/// A table under a heading; the first `texts` columns hold words, the others numbers.
pub(super) fn section(heading: &str, note: &str, heads: &[Head], texts: usize, rows: &[Cells]) -> Markup {
    let class = |place: usize| if place < texts { "words" } else { "number" };
    html! {
        @if !rows.is_empty() {
            h3 { (heading) }
            @if !note.is_empty() { p.soft { (note) } }
            div.scroll tabindex="0" role="region" aria-label=(heading) {
                table {
                    thead { tr { @for (place, head) in heads.iter().enumerate() { th class=(class(place)) { (head_cell(*head)) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for (place, cell) in row.iter().enumerate() { td class=(class(place)) { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

/// What stands above a column.
pub(super) fn head_cell((head, meaning): Head) -> Markup {
    html! {
        @if meaning.is_empty() { (head) } @else { abbr title=(meaning) { (head) } }
    }
}

/// A name, whole in its title where it had to be shortened.
pub(super) fn name_cell(name: &str) -> Markup {
    let short = short_name(name);
    html! {
        @if short == name { span.name { (name) } } @else { span.name title=(name) { (short) } }
    }
}

pub(super) fn text(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

pub(super) fn count(count: u64) -> Markup {
    text(grouped(count))
}

pub(super) fn time(times: &LatencySummary, ms: f64) -> Markup {
    text(if times.count == 0 {
        "–".to_owned()
    } else {
        milliseconds(ms)
    })
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

/// What is said where [`busiest`] leaves functions out.
pub(super) fn hidden(input: &ReportInput) -> String {
    match input.plan.functions.len().saturating_sub(FUNCTIONS_SHOWN) {
        0 => String::new(),
        more => {
            format!(" The {FUNCTIONS_SHOWN} functions with the most requests; {more} more stand in the table of all.")
        }
    }
}
