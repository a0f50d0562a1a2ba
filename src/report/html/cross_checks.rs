//! Figures of the run beside what theory says of them.

use maud::{Markup, html};

use super::facts::Facts;
use super::tables::{Cells, name_cell, section, text};
use crate::report::cross_checks::{CrossCheck, Formula};

/// The checks that apply, and when each formula holds.
pub(super) fn cross_checks(facts: &Facts) -> Markup {
    let input = facts.input;
    let checks = crate::report::cross_checks::cross_checks(input.plan, input.result);
    let rows: Vec<Cells> = checks
        .iter()
        .enumerate()
        .map(|(place, check)| row(facts, place, check))
        .collect();
    let heads = [
        ("Of", ""),
        ("Figure", ""),
        ("Formula", ""),
        ("Verdict", ""),
        ("Theory", "what the formula gives"),
        ("By chance", "where a run as long as this one lies in 99.7 of 100 cases"),
        ("Simulated", "what the run gives"),
        (
            "Difference",
            "of the simulated figure, as a part of the theoretical one",
        ),
        ("", ""),
    ];
    let note = "Figures of the run beside closed forms of queueing theory, each where it applies.";
    let mut formulas: Vec<Formula> = Vec::new();
    for check in &checks {
        if !formulas.iter().any(|known| known.holds() == check.formula.holds()) {
            formulas.push(check.formula);
        }
    }
    html! {
        (section("Closed forms", note, &heads, 4, &rows))
        @if !formulas.is_empty() {
            ul.soft { @for formula in formulas { li { b { (formula.name()) } ": " (formula.holds()) } } }
        }
    }
}

fn row(facts: &Facts, place: usize, check: &CrossCheck) -> Cells {
    let place = place.to_string();
    let figure = |key: &str, value: f64| facts.show_as(&["cross_checks", &place, key], check.formula.show(value));
    let formula = check.formula;
    let (low, high) = (formula.show(check.low), formula.show(check.high));
    vec![
        name_cell(check.subject.place(facts.input.plan).1),
        text(formula.figure()),
        text(formula.name()),
        html! {
            @if check.agrees() { span.good { (check.verdict()) } } @else { span.bad { (check.verdict()) } }
        },
        figure("theory", check.theory),
        text(format!("{low} to {high}")),
        figure("simulated", check.simulated),
        text(check.shown_difference()),
    ]
}
