//! What would help against throttling, by the runs that tried it.

use maud::{Markup, html};
use serde_json::Value;

use super::facts::figure;
use super::tables::{Cells, section, text};
use crate::report::advice::{Effect, Tried, bearing_in_words, headline};
use crate::report::causes::title;
use crate::report::numbers::{dollars_of, milliseconds, percent, short_name};
use crate::report::{ReportInput, fragment};

/// Each cause with what was tried against it, and how much more traffic the scenario bears.
pub(super) fn advice(input: &ReportInput) -> Markup {
    let Some(advice) = input.advice else {
        return html! {};
    };
    let file = advice.json(input.plan);
    html! {
        @if let Some(why) = &advice.skipped {
            h3 { "What would help" }
            p.soft { (why) }
        }
        div data-file="advice.json" {
            @for (place, tried) in advice.tried.iter().enumerate() { (cause(input, &file, tried, place)) }
            @if let Some(bearing) = &advice.bearing {
                @if advice.tried.is_empty() { h3 { "How much more traffic" } }
                p { (figure(&file, &["traffic_multiple", "bears"], bearing_in_words(input.plan, bearing))) }
            }
        }
    }
}

fn cause(input: &ReportInput, file: &Value, tried: &Tried, place: usize) -> Markup {
    let complaint = &tried.complaint;
    let before = &tried.before;
    let above = ["throttling".to_owned(), place.to_string()];
    let at = |rest: &[&str]| {
        above
            .iter()
            .cloned()
            .chain(rest.iter().map(|key| (*key).to_owned()))
            .collect::<Vec<_>>()
    };
    let mut rows: Vec<Cells> = vec![row(file, &at(&["before"]), html! { "as it is" }, Some(before), before)];
    for (number, (change, after)) in complaint.changes.iter().zip(&tried.after).enumerate() {
        let what = html! {
            (change.what)
            details { summary { "in the scenario" } pre { (fragment(&change.settings)) } }
        };
        rows.push(row(
            file,
            &at(&["tried", &number.to_string(), "after"]),
            what,
            after.as_ref(),
            before,
        ));
    }
    let name = short_name(&input.plan.functions[complaint.function.index()].name);
    let note = "Each line is the same scenario with the same luck, run again with that one change.";
    let heads = [
        ("Tried", ""),
        ("Throttled", "share of the requests of the function that is hit most"),
        ("All throttled", "share of all requests"),
        (
            "p99",
            "99 % of the function’s answers, or of its events, took at most this",
        ),
        ("A month", "cost of a month like the run"),
    ];
    let heading = match place {
        0 => "What would help".to_owned(),
        _ => format!("What would help against {} of {name}", title(complaint.cause)),
    };
    html! {
        (section(&heading, &format!("Against {}. {note}", headline(input.plan, complaint)), &heads, 1, &rows))
    }
}

/// `above` leads to the effect in `advice.json`.
fn row(file: &Value, above: &[String], what: Markup, effect: Option<&Effect>, before: &Effect) -> Cells {
    let Some(effect) = effect else {
        let refused = || text("–");
        return vec![
            html! { (what) span.soft { "not possible here: the scenario refuses it" } },
            refused(),
            refused(),
            refused(),
            refused(),
        ];
    };
    // A difference that the digits do not show is none.
    let compared = |key: &str, now: f64, then: f64, show: &dyn Fn(f64) -> String| {
        let (shown, same) = (show(now), show(now) == show(then));
        let words = html! {
            @if same { (shown) } @else if now < then { span.good { (shown) } } @else { span.bad { (shown) } }
        };
        let path: Vec<&str> = above.iter().map(String::as_str).chain([key]).collect();
        figure(file, &path, words)
    };
    let p99 = |effect: &Effect| effect.p99.unwrap_or(f64::NAN);
    let answer = |ms: f64| {
        if ms.is_nan() {
            "–".to_owned()
        } else {
            milliseconds(ms)
        }
    };
    vec![
        what,
        compared(
            "function_throttled_share",
            effect.of_function,
            before.of_function,
            &percent,
        ),
        compared("throttled_share", effect.of_all, before.of_all, &percent),
        compared("p99", p99(effect), p99(before), &answer),
        compared("monthly_estimate", effect.monthly, before.monthly, &dollars_of),
    ]
}
