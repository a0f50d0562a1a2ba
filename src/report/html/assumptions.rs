//! What the run rests on: configuration of the whole, and every parameter that AWS does not document.

use maud::{Markup, html};

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, Head, count, section, text};
use crate::report::Effect;
use crate::report::ReportInput;
use crate::report::assumptions::{Assumed, assumed, unused};
use crate::report::numbers::{counted, dollars_of, grouped, milliseconds, percent};
use crate::report::sensitivity::{Sensitivity, Swing};

/// Rows beyond which only the summary has them: functions may each have parameters of their own.
const SHOWN: usize = 150;

/// Assumptions and their values.
pub(super) fn assumption_section(facts: &Facts) -> Section {
    let body = html! {
        (configuration(facts.input))
        (undocumented(facts))
    };
    Section::new("assumptions", "Assumptions", body)
}

fn configuration(input: &ReportInput) -> Markup {
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
    let heads = [("Of the whole", ""), ("Value", "")];
    section("What this rests on", "", &heads, 1, &rows)
}

/// Every undocumented parameter in play; what other values change where they were tried.
fn undocumented(facts: &Facts) -> Markup {
    let all = assumed(facts.input);
    let rows: Vec<Cells> = all
        .iter()
        .enumerate()
        .take(SHOWN)
        .map(|(place, assumed)| row(facts, place, assumed))
        .collect();
    let set = all.iter().filter(|assumed| assumed.set).count() as u64;
    let note = format!(
        "AWS does not document these, and this run has used them: {}, {} of which the scenario sets.{} Other values are set under \
         parameters.",
        counted(all.len() as u64, "value"),
        if set == 0 { "none".to_owned() } else { grouped(set) },
        match all.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" The first {SHOWN}; {more} more are in summary.json."),
        },
    );
    let mut heads: Vec<Head> = vec![
        ("Parameter", ""),
        ("Value in use", ""),
        ("From", "the default, or the scenario"),
        ("What it stands for", "with the rule that it belongs to"),
    ];
    if facts.input.sensitivity.is_some() {
        heads.push((
            "Other values",
            "what the run says with a lower and a higher one; – where none was tried",
        ));
    }
    let unused = unused(facts.input);
    html! {
        (section("Undocumented parameters in play", &note, &heads, heads.len(), &rows))
        @if !unused.is_empty() {
            p.soft {
                "Set, but without a part in this run: "
                @for (place, (name, value)) in unused.iter().take(SHOWN).enumerate() {
                    @if place > 0 { ", " }
                    code { (name) ": " (value) }
                }
                "."
            }
        }
    }
}

fn row(facts: &Facts, place: usize, assumed: &Assumed) -> Cells {
    let place = place.to_string();
    let at = |key, words: Markup| facts.show_as(&["assumptions", &place, key], words);
    let mut cells = vec![
        at("parameter", html! { code { (assumed.parameter) } }),
        at("value", html! { code { (assumed.value) } }),
        text(if assumed.set { "scenario" } else { "default" }),
        text(assumed.meaning.replace('`', "")),
    ];
    if let Some(sensitivity) = facts.input.sensitivity {
        cells.push(measured(sensitivity, &assumed.parameter));
    }
    cells
}

/// What each other value changes.
fn measured(sensitivity: &Sensitivity, parameter: &str) -> Markup {
    let mut swings = sensitivity.swings.iter();
    let Some(Swing { assumption, low, high }) = swings.find(|swing| swing.assumption.name == parameter) else {
        return text("–");
    };
    html! {
        @for (value, effect) in [(assumption.low, low), (assumption.high, high)] {
            div { code { (value) } ": " (difference(&sensitivity.base, effect.as_ref())) }
        }
    }
}

fn difference(base: &Effect, effect: Option<&Effect>) -> String {
    let Some(effect) = effect else {
        return "refused".to_owned();
    };
    let p99 = |effect: &Effect| effect.p99.map_or("–".to_owned(), milliseconds);
    let told = [
        ("throttled", percent(base.of_all), percent(effect.of_all)),
        ("p99", p99(base), p99(effect)),
        ("a month", dollars_of(base.monthly), dollars_of(effect.monthly)),
    ];
    let told = told.iter().filter(|(_, before, after)| before != after);
    let told: Vec<String> = told
        .map(|(what, before, after)| format!("{what} {before} → {after}"))
        .collect();
    match told.is_empty() {
        true => "no effect".to_owned(),
        false => told.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FunctionId;
    use crate::report::assumptions_in_play;
    use crate::report::sample::Sample;
    use crate::report::summary_json;

    fn shown(sample: &Sample, sensitivity: Option<&Sensitivity>) -> String {
        let mut input = sample.input();
        input.sensitivity = sensitivity;
        let summary = summary_json(&input);
        let facts = Facts {
            input: &input,
            summary: &summary,
            drawn: false,
        };
        undocumented(&facts).into_string()
    }

    #[test]
    fn every_parameter_in_play_is_listed_with_value_and_rule() {
        let sample = Sample::busy();
        let page = shown(&sample, None);
        for assumption in assumptions_in_play(&sample.plan, &sample.result) {
            assert!(
                page.contains(&format!("<code>{}</code>", assumption.name)),
                "{}",
                assumption.name
            );
        }
        assert!(page.contains("110 min, 130 min") && page.contains("LIFE-14"), "{page}");
        assert!(!page.contains("Other values</abbr>"));
    }

    #[test]
    fn the_effect_of_other_values_has_a_column_where_they_were_tried() {
        let sample = Sample::busy();
        let base = Effect {
            of_function: 0.01,
            of_all: 0.01,
            p99: Some(500.0),
            monthly: 30.0,
        };
        let slower = Effect {
            p99: Some(900.0),
            ..base
        };
        let all = assumptions_in_play(&sample.plan, &sample.result).into_iter();
        let swings = all.map(|assumption| Swing {
            assumption,
            low: Some(base),
            high: (assumption.name == "idle").then_some(slower),
        });
        let sensitivity = Sensitivity {
            function: FunctionId(0),
            base,
            swings: swings.collect(),
        };
        let page = shown(&sample, Some(&sensitivity));
        assert!(page.contains("Other values</abbr>"));
        assert!(page.contains("<code>120 s</code>: no effect"), "{page}");
        assert!(page.contains("<code>900 s</code>: p99 500 ms → 900 ms"), "{page}");
    }
}
