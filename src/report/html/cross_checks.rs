//! Figures of the run beside what theory says of them.

use maud::{Markup, html};

use super::tables::{Cells, name_cell, section, text};
use crate::report::ReportInput;
use crate::report::cross_checks::{CrossCheck, Formula};

/// The checks that apply, and when each formula holds.
pub(super) fn cross_checks(input: &ReportInput) -> Markup {
    let checks = crate::report::cross_checks::cross_checks(input.plan, input.result);
    let rows: Vec<Cells> = checks.iter().map(|check| row(input, check)).collect();
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

fn row(input: &ReportInput, check: &CrossCheck) -> Cells {
    let formula = check.formula;
    let (low, high) = (formula.show(check.low), formula.show(check.high));
    vec![
        name_cell(check.subject.place(input.plan).1),
        text(formula.figure()),
        text(formula.name()),
        html! {
            @if check.agrees() { span.good { (check.verdict()) } } @else { span.bad { (check.verdict()) } }
        },
        text(formula.show(check.theory)),
        text(format!("{low} to {high}")),
        text(formula.show(check.simulated)),
        text(check.shown_difference()),
    ]
}
