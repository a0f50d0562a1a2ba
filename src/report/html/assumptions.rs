//! What the run rests on: configuration of the whole, and every parameter that AWS does not document.

use maud::{Markup, html};

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, count, section, text};
use crate::report::ReportInput;

/// Assumptions and their values.
pub(super) fn assumption_section(facts: &Facts) -> Section {
    Section::new("assumptions", "Assumptions", html! { (assumptions(facts.input)) })
}

fn assumptions(input: &ReportInput) -> Markup {
    let plan = input.plan;
    let mut rows: Vec<Cells> = vec![
        vec![
            text("account concurrency"),
            count(u64::from(plan.account.concurrent_executions)),
        ],
        vec![text("behaviour of Lambda as of"), text(&plan.model_date)],
        vec![text("prices of"), text(&plan.billing.region)],
    ];
    for (name, span) in [
        ("warm-up, not counted", plan.warm_up),
        ("draining after the traffic", plan.drain),
    ] {
        if !span.is_zero() {
            rows.push(vec![text(name), text(span.to_string())]);
        }
    }
    let changed = input.changed_parameters.iter();
    rows.extend(changed.map(|(name, value)| vec![html! { "parameter " code { (name) } ", changed" }, text(value)]));
    let note = match input.changed_parameters {
        [] => "What AWS does not document follows the default parameters; none was changed.",
        _ => "What AWS does not document follows parameters; those changed from their default are listed.",
    };
    section(
        "What this rests on",
        note,
        &[("Assumption", ""), ("Value", "")],
        1,
        &rows,
    )
}
