//! What rests on assumptions, by the runs that tried other values.

use maud::{Markup, html};
use serde_json::Value;

use super::facts::figure;
use super::tables::{Cells, section, text};
use crate::report::numbers::{dollars_of, milliseconds, percent, short_name};
use crate::report::sensitivity::Sensitivity;
use crate::report::{Effect, ReportInput};

/// Each assumption in play with the effect of a lower and a higher value; those without any effect by name.
pub(super) fn sensitivity(input: &ReportInput) -> Markup {
    let Some(sensitivity) = input.sensitivity else {
        return html! {};
    };
    let base = &sensitivity.base;
    let file = sensitivity.json(input.plan);
    let swings = sensitivity.swings.iter().enumerate();
    let (matter, idle): (Vec<_>, Vec<_>) = swings.partition(|(_, swing)| swing.matters(base));
    let mut rows: Vec<Cells> = vec![row(&file, &["base"], [text("as it is"), text("")], Some(base), base)];
    for (place, swing) in &matter {
        let place = place.to_string();
        let value = |value: &str| html! { code { (value) } };
        let at = |end| ["assumptions", &place, end, "effect"];
        let name = value(swing.assumption.name);
        let (low, high) = (value(swing.assumption.low), value(swing.assumption.high));
        rows.push(row(&file, &at("low"), [name, low], swing.low.as_ref(), base));
        rows.push(row(&file, &at("high"), [text(""), high], swing.high.as_ref(), base));
    }
    let heads = [
        ("Assumption", "a parameter that AWS does not document"),
        ("Value", ""),
        ("Throttled", "share of all requests"),
        (
            "p99",
            "99 % of the answers of the function with the most requests took at most this",
        ),
        ("A month", "cost of a month like the run"),
    ];
    html! {
        div data-file="sensitivity.json" {
            (section("What rests on assumptions", &note(input, sensitivity), &heads, 2, &rows))
        }
        @if !idle.is_empty() {
            p.soft {
                "Without effect on these numbers: "
                @for (place, (_, swing)) in idle.iter().enumerate() {
                    @if place > 0 { ", " }
                    code { (swing.assumption.name) }
                }
                "."
            }
        }
    }
}

fn note(input: &ReportInput, sensitivity: &Sensitivity) -> String {
    let name = short_name(&input.plan.functions[sensitivity.function.index()].name);
    format!(
        "The same scenario with the same luck, run again with a low and a high value of each undocumented parameter that it uses. \
         Latency of {name}; a function’s own parameters stay as they are."
    )
}

/// `above` leads to the effect in `sensitivity.json`.
fn row(file: &Value, above: &[&str], [name, value]: [Markup; 2], effect: Option<&Effect>, base: &Effect) -> Cells {
    let Some(effect) = effect else {
        return vec![name, value, text("refused"), text(""), text("")];
    };
    let told = |key, now: String, then: String| {
        let words = html! { @if now == then { span.soft { (now) } } @else { b { (now) } } };
        figure(file, &[above, &[key]].concat(), words)
    };
    let p99 = |effect: &Effect| effect.p99.map_or("–".to_owned(), milliseconds);
    vec![
        name,
        value,
        told("throttled_share", percent(effect.of_all), percent(base.of_all)),
        told("p99", p99(effect), p99(base)),
        told("monthly_estimate", dollars_of(effect.monthly), dollars_of(base.monthly)),
    ]
}
