//! Downstream budgets: what functions use together.

use maud::Markup;

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, count, name_cell, section, text};
use crate::lambda::BudgetLimit;
use crate::metrics::BudgetCounts;
use crate::report::numbers::{grouped, percent, precise};

/// Who used up what lies downstream.
pub(super) fn budgets(facts: &Facts) -> Section {
    let input = facts.input;
    let mut rows: Vec<Cells> = Vec::new();
    for (config, budget) in input.plan.account.budgets.iter().zip(&input.result.summary.budgets) {
        let whole = match config.limit {
            BudgetLimit::Connections(count) => format!("{} connections", grouped(u64::from(count))),
            BudgetLimit::Rate { calls, per } => format!("{} calls in {per}", grouped(calls)),
        };
        let row = |user: Markup, most: Markup, counts: &BudgetCounts, mean: f64| {
            let part = if budget.mean > 0.0 { mean / budget.mean } else { 0.0 };
            vec![
                name_cell(&config.name),
                text(&whole),
                user,
                most,
                text(precise(mean)),
                text(percent(part)),
                count(counts.calls),
                count(counts.slowed + counts.queued + counts.failed),
            ]
        };
        rows.push(row(text("all"), count(budget.max), &budget.counts, budget.mean));
        for (function, counts, mean) in &budget.functions {
            let name = &input.plan.functions[function.index()].name;
            rows.push(row(name_cell(name), text(""), counts, *mean));
        }
    }
    let heads = [
        ("Budget", ""),
        ("Limit at the start", ""),
        ("Function", ""),
        ("Max.", "most in use at once, or most calls in one period"),
        ("Mean", "mean in use, or mean number of calls in a period"),
        ("Part", "who used it up"),
        ("Calls", "invocations that met the budget"),
        ("Beyond", "slowed, queued or failed, as there was no room"),
    ];
    let note =
        "What functions use together downstream. Beyond it invocations slow down, wait inside their duration, or fail.";
    Section::new(
        "budgets",
        "Downstream budgets",
        section("Who uses them", note, &heads, 3, &rows),
    )
}
