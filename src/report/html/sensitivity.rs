//! What rests on assumptions, by the runs that tried other values.

use maud::{Markup, html};

use super::tables::{Cells, section, text};
use crate::report::numbers::{dollars_of, milliseconds, percent, short_name};
use crate::report::sensitivity::{Sensitivity, Swing};
use crate::report::{Effect, ReportInput};

/// Each assumption in play with the effect of a lower and a higher value; those without any effect by name.
pub(super) fn sensitivity(input: &ReportInput) -> Markup {
    let Some(sensitivity) = input.sensitivity else {
        return html! {};
    };
    let base = &sensitivity.base;
    let (matter, idle): (Vec<&Swing>, Vec<&Swing>) = sensitivity.swings.iter().partition(|swing| swing.matters(base));
    let mut rows: Vec<Cells> = vec![row(text("as it is"), "", Some(base), base)];
    for swing in &matter {
        let name = html! { code { (swing.assumption.name) } };
        rows.push(row(name, swing.assumption.low, swing.low.as_ref(), base));
        rows.push(row(text(""), swing.assumption.high, swing.high.as_ref(), base));
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
        (section("What rests on assumptions", &note(input, sensitivity), &heads, 2, &rows))
        @if !idle.is_empty() {
            p.soft {
                "Without effect on these numbers: "
                @for (place, swing) in idle.iter().enumerate() {
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

fn row(name: Markup, value: &str, effect: Option<&Effect>, base: &Effect) -> Cells {
    let Some(effect) = effect else {
        return vec![name, text(value), text("refused"), text(""), text("")];
    };
    let told = |now: String, then: String| html! { @if now == then { span.soft { (now) } } @else { b { (now) } } };
    let p99 = |effect: &Effect| effect.p99.map_or("–".to_owned(), milliseconds);
    vec![
        name,
        html! { code { (value) } },
        told(percent(effect.of_all), percent(base.of_all)),
        told(p99(effect), p99(base)),
        told(dollars_of(effect.monthly), dollars_of(base.monthly)),
    ]
}
