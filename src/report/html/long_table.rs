//! A table of as many rows as an account has things: the first ones as markup, the others as data that the script makes
//! rows of, since a page of ten thousand written cells would be too large to open quickly.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::chart::embedded;
use super::facts::Facts;
use super::tables::{Head, head_cell, name_cell};
use crate::report::headline::Unit;
use crate::report::numbers::{grouped, short_name};

/// Rows beyond which the page would become too large to open.
const MOST_ROWS: usize = 1_500;
/// Rows that are there without a script.
const WRITTEN: usize = 20;
/// From so many rows on a reader will want to search.
const SEARCHED: usize = 10;

/// A table under a heading.
pub(super) struct LongTable<'a> {
    /// Unique in the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What is to be seen; empty for nothing.
    pub note: &'a str,
    /// What stands above the names.
    pub head: &'static str,
    /// What rows are, in the plural: `functions`.
    pub things: &'static str,
    /// What [`largest_first`] ordered them by, in words.
    pub size: &'static str,
    /// What stands above the cells behind the name.
    pub heads: &'a [Head],
    /// Rows in their order.
    pub rows: Vec<Row>,
    /// How many there would be without a bound.
    pub all: usize,
}

/// A name and what stands behind it.
pub(super) struct Row {
    /// What it is about, whole.
    pub name: String,
    /// The first keys of its figures' paths, joined by dots.
    pub base: String,
    /// One for each head.
    pub cells: Vec<Cell>,
}

/// What stands in a cell.
pub(super) enum Cell {
    /// Words, for which `summary.json` has no number.
    Words(String),
    /// A number of `summary.json` below the row's base: its path, the number, and how it is shown.
    Figure(String, Value, String),
}

impl Cell {
    /// The number of the summary below `base`; a dash where there is none.
    pub(super) fn of(facts: &Facts, base: &[&str], rest: &[&str]) -> Cell {
        let path = [base, rest].concat();
        let Some(value) = facts.value(&path) else {
            return Cell::Words("–".to_owned());
        };
        let words = Unit::of(&path.join(".")).show(value.as_f64().unwrap_or(0.0));
        Cell::Figure(rest.join("."), value.clone(), words)
    }

    fn markup(&self) -> Markup {
        html! {
            @match self {
                Cell::Words(words) => td { (words) },
                Cell::Figure(path, value, words) => td data-path=(path) data-value=(value) { (words) },
            }
        }
    }

    /// For the script: words, a number that is shown with its digits in groups, or a number with its words; the path in
    /// front where it is not the one of the first row.
    fn json(&self, usual: &Cell) -> Value {
        match self {
            Cell::Words(words) => json!(words),
            Cell::Figure(path, value, words) => {
                let same_path = matches!(usual, Cell::Figure(usual, ..) if usual == path);
                let as_it_is = value.as_u64().is_some_and(|count| grouped(count) == *words);
                match (same_path, as_it_is) {
                    (true, true) => value.clone(),
                    (true, false) => json!([value, words]),
                    (false, _) => json!([value, words, path]),
                }
            }
        }
    }
}

/// The whole of it; nothing without rows.
pub(super) fn long_table(table: &LongTable) -> Markup {
    let Some(first) = table.rows.first() else {
        return html! {};
    };
    let (written, data) = table.rows.split_at(table.rows.len().min(WRITTEN));
    html! {
        h3 { (table.title) }
        @if !table.note.is_empty() { p.soft { (table.note) } }
        @if !data.is_empty() {
            p.soft {
                "Those with the most " (table.size) " first."
                @if table.all > table.rows.len() {
                    " The first " (grouped(table.rows.len() as u64)) "; all " (grouped(table.all as u64)) " are in the other files of the run."
                }
            }
            noscript { p.soft { "Without a script only the first " (WRITTEN) " are shown." } }
        }
        @if table.rows.len() >= SEARCHED {
            p.filter hidden {
                label { "Find " (table.things) ": " input type="search" data-filter=(table.id) data-things=(table.things) autocomplete="off"; }
                " " output { (grouped(table.rows.len() as u64)) " " (table.things) }
            }
        }
        div.scroll.tall tabindex="0" role="region" aria-label=(table.title) {
            table.plain id=(table.id) {
                thead { tr { th { (table.head) } @for head in table.heads { th { (head_cell(*head)) } } } }
                tbody { @for row in written { (markup(row)) } }
            }
        }
        @if !data.is_empty() {
            script type="application/json" data-rows=(table.id) { (PreEscaped(embedded(&rows_json(first, data)))) }
        }
    }
}

fn markup(row: &Row) -> Markup {
    html! {
        tr data-base=(row.base) {
            th scope="row" { (name_cell(&row.name)) }
            @for cell in &row.cells { (cell.markup()) }
        }
    }
}

/// A list for each row: its base, its name, the short one where that differs, and its cells.
fn rows_json(first: &Row, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let short = short_name(&row.name);
        let name = match short == row.name {
            true => json!([row.base, row.name]),
            false => json!([row.base, row.name, short]),
        };
        let cells = row.cells.iter().zip(&first.cells);
        Value::from_iter([name].into_iter().chain(cells.map(|(cell, usual)| cell.json(usual))))
    };
    Value::from_iter(rows.iter().map(row))
}

/// Few things in their order, of many those with the largest size first, as many as there is room for.
pub(super) fn largest_first<T>(mut things: Vec<T>, size: impl Fn(&T) -> u64) -> Vec<T> {
    if things.len() > WRITTEN {
        things.sort_by_key(|thing| std::cmp::Reverse(size(thing)));
        things.truncate(MOST_ROWS);
    }
    things
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        let row = |number: usize| Row {
            name: format!("a-function-with-a-rather-long-name-{number}"),
            base: format!("functions.f{number}"),
            cells: vec![
                Cell::Figure(
                    "Throttles".to_owned(),
                    json!(1_000 + number),
                    grouped(1_000 + number as u64),
                ),
                Cell::Figure("latency.p50".to_owned(), json!(1.5), "1.5 ms".to_owned()),
                Cell::Words("–".to_owned()),
            ],
        };
        let table = LongTable {
            id: "all",
            title: "All",
            note: "",
            head: "Function",
            things: "functions",
            size: "requests",
            heads: &[("Throttles", ""), ("p50", ""), ("p99", "")],
            rows: (0..rows).map(row).collect(),
            all: rows,
        };
        long_table(&table).into_string()
    }

    #[test]
    fn few_rows_are_all_written_and_many_are_data_behind_the_first() {
        assert!(!table(20).contains("application/json") && table(20).matches("<tr data-base").count() == 20);
        assert!(!table(9).contains("data-filter") && table(0).is_empty());
        let page = table(500);
        assert_eq!(page.matches("<tr data-base").count(), WRITTEN);
        let (_, data) = page.split_once("data-rows=\"all\">").unwrap();
        let rows: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 480);
        let name = json!([
            "functions.f20",
            "a-function-with-a-rather-long-name-20",
            "a-function…-name-20"
        ]);
        assert_eq!(rows[0], json!([name, 1_020, [1.5, "1.5 ms"], "–"]));
    }
}
