//! What would help against throttling, by the runs that tried it.

use maud::{Markup, html};

use super::tables::{Cells, section, text};
use crate::report::advice::{Advice, Bearing, Effect, Tried, bearing_in_words, headline};
use crate::report::causes::title;
use crate::report::numbers::{dollars_of, milliseconds, percent, short_name};
use crate::report::{ReportInput, fragment};

/// Each cause with what was tried against it, and how much more traffic the scenario bears.
pub(super) fn advice(input: &ReportInput) -> Markup {
    let Some(advice) = input.advice else {
        return html! {};
    };
    html! {
        @if let Some(why) = &advice.skipped {
            h3 { "What would help" }
            p.soft { (why) }
        }
        @for (place, tried) in advice.tried.iter().enumerate() { (cause(input, tried, place == 0)) }
        @if let Some(bearing) = &advice.bearing { (bears(input, advice, bearing)) }
    }
}

fn cause(input: &ReportInput, tried: &Tried, first: bool) -> Markup {
    let complaint = &tried.complaint;
    let before = &tried.before;
    let mut rows: Vec<Cells> = vec![row(html! { "as it is" }, Some(before), before)];
    for (change, after) in complaint.changes.iter().zip(&tried.after) {
        let what = html! {
            (change.what)
            details { summary { "in the scenario" } pre { (fragment(&change.settings)) } }
        };
        rows.push(row(what, after.as_ref(), before));
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
    let heading = match first {
        true => "What would help".to_owned(),
        false => format!("What would help against {} of {name}", title(complaint.cause)),
    };
    html! {
        (section(&heading, &format!("Against {}. {note}", headline(input.plan, complaint)), &heads, 1, &rows))
    }
}

fn row(what: Markup, effect: Option<&Effect>, before: &Effect) -> Cells {
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
    let compared = |now: f64, then: f64, show: &dyn Fn(f64) -> String| {
        let (shown, same) = (show(now), show(now) == show(then));
        html! {
            @if same { (shown) } @else if now < then { span.good { (shown) } } @else { span.bad { (shown) } }
        }
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
        compared(effect.of_function, before.of_function, &percent),
        compared(effect.of_all, before.of_all, &percent),
        compared(p99(effect), p99(before), &answer),
        compared(effect.monthly, before.monthly, &dollars_of),
    ]
}

fn bears(input: &ReportInput, advice: &Advice, bearing: &Bearing) -> Markup {
    html! {
        @if advice.tried.is_empty() { h3 { "How much more traffic" } }
        p { (bearing_in_words(input.plan, bearing)) }
    }
}
