//! A chart on the page: numbers for the script, an SVG for paper and for readers without one, and always a table.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::facts::Facts;
use crate::report::csv::instant;
use crate::report::headline::Unit;
use crate::report::plot::{Domain, Series, SeriesChart, Stroke};
use crate::units::{SimTime, Span};

/// A chart that shows something, inside a section; nothing for one that does not.
pub(super) fn chart(facts: &Facts, chart: &SeriesChart) -> Markup {
    under(facts, chart, &html! { h3 { (chart.title) } })
}

/// The same as a part of the page of its own.
pub(super) fn leading_chart(facts: &Facts, chart: &SeriesChart) -> Markup {
    under(facts, chart, &html! { h2 { (chart.title) } })
}

fn under(facts: &Facts, chart: &SeriesChart, heading: &Markup) -> Markup {
    if chart.series.iter().all(|series| series.highest() <= 0.0) {
        return html! {};
    }
    let svg = facts.drawn.then(|| chart.svg(facts.input).ok()).flatten();
    html! {
        figure.chart id=(chart.id) {
            figcaption {
                (heading)
                @if !chart.note.is_empty() { p.soft { (chart.note) } }
            }
            @if let Some(svg) = svg {
                div.static role="img" aria-label=(described(chart)) { (PreEscaped(svg)) }
            }
            script type="application/json" { (PreEscaped(embedded(&model(facts, chart)))) }
            details {
                summary { "Table: " (chart.title) }
                div.scroll tabindex="0" role="region" aria-label={ "Table: " (chart.title) } { (table(facts, chart)) }
            }
        }
    }
}

/// For those who do not see it: what is drawn, and where the numbers are.
fn described(chart: &SeriesChart) -> String {
    let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
    let named = match names.len() {
        0..=6 => names.join(", "),
        more => format!("{} and {} more", names[..5].join(", "), more - 5),
    };
    format!(
        "Chart: {}. Shows {named}. The numbers are in the table below.",
        chart.title
    )
}

/// JSON that can stand in a script element whatever its texts are.
pub(super) fn embedded(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text += &format!("\\u{:04x}", u32::from(letter)),
            other => text.push(other),
        }
    }
    text
}

fn model(facts: &Facts, chart: &SeriesChart) -> Value {
    let series = |series: &Series| {
        let mut all = json!({
            "name": series.name,
            "color": series.ink.css(),
            "mark": mark(&series.stroke),
            "values": series.values.iter().map(|value| value.map(short)).collect::<Vec<_>>(),
        });
        if let Stroke::Band(above) = &series.stroke {
            all["above"] = above.iter().map(|value| value.map(short)).collect();
        }
        if !series.shown {
            all["hidden"] = true.into();
        }
        all
    };
    json!({
        "title": chart.title,
        "quantity": chart.quantity,
        "unit": unit(chart.unit),
        "log": chart.is_logarithmic(),
        "x": domain(facts, &chart.domain),
        "series": chart.series.iter().map(series).collect::<Vec<_>>(),
    })
}

fn domain(facts: &Facts, domain: &Domain) -> Value {
    let (plan, timeline) = (facts.input.plan, &facts.input.result.timeline);
    match domain {
        Domain::Time => json!({
            "kind": "time",
            "from": instant(plan, SimTime::ZERO),
            "step": timeline.step.as_secs_f64(),
            "count": timeline.buckets.len(),
            "end": (plan.horizon() - SimTime::ZERO).as_secs_f64(),
        }),
        Domain::Milliseconds(values) => json!({
            "kind": "ms",
            "values": values.iter().map(|value| short(*value)).collect::<Vec<_>>(),
        }),
    }
}

const fn mark(stroke: &Stroke) -> &'static str {
    match stroke {
        Stroke::Area => "area",
        Stroke::Steps => "steps",
        Stroke::Line => "line",
        Stroke::Dashes => "dashes",
        Stroke::Band(_) => "band",
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Share => "share",
        Unit::Milliseconds => "ms",
        Unit::Dollars => "usd",
    }
}

/// Six digits are more than a screen shows; whole numbers stay whole.
fn short(value: f64) -> Value {
    const EXACT: f64 = 9e15;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return json!(value as i64);
    }
    json!(format!("{value:.5e}").parse::<f64>().unwrap_or(0.0))
}

fn table(facts: &Facts, chart: &SeriesChart) -> Markup {
    let places = places(facts, chart);
    let columns: Vec<(&str, &[Option<f64>])> = chart.series.iter().flat_map(columns).collect();
    html! {
        table.plain {
            thead { tr {
                th { @match chart.domain { Domain::Time => "From", Domain::Milliseconds(_) => "Within" } }
                @for (name, _) in &columns { th { (name) } }
            } }
            tbody {
                @for (row, place) in places {
                    tr {
                        th scope="row" { (place) }
                        @for (_, values) in &columns { td { (cell(chart.unit, values.get(row).copied().flatten())) } }
                    }
                }
            }
        }
    }
}

/// What stands at the left, with the place in the values; of a curve a tenth of its places, and the last.
fn places(facts: &Facts, chart: &SeriesChart) -> Vec<(usize, String)> {
    const ROWS_OF_A_CURVE: usize = 40;
    match &chart.domain {
        Domain::Time => {
            let buckets = facts.input.result.timeline.buckets.iter();
            let since = |time: SimTime| (time - SimTime::ZERO).to_string();
            buckets.map(|bucket| since(bucket.start)).enumerate().collect()
        }
        Domain::Milliseconds(values) => {
            let every = values.len().div_ceil(ROWS_OF_A_CURVE).max(1);
            let last = values.len().saturating_sub(1);
            let shown = values.iter().enumerate();
            let shown = shown.filter(|(row, _)| row % every == 0 || *row == last);
            shown.map(|(row, ms)| (row, Unit::Milliseconds.show(*ms))).collect()
        }
    }
}

fn columns(series: &Series) -> Vec<(&str, &[Option<f64>])> {
    let mut columns = vec![(series.name.as_str(), series.values.as_slice())];
    if let Stroke::Band(above) = &series.stroke {
        columns.push(("to", above));
    }
    columns
}

fn cell(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.show(value))
}

/// The length of a step, in words.
pub(super) fn step(facts: &Facts) -> Span {
    facts.input.result.timeline.step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_cannot_end_the_element_they_stand_in() {
        let name = "</script><!--\u{2028}\"'&";
        let text = embedded(&json!({ "name": name }));
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["name"], name);
    }

    #[test]
    fn whole_numbers_stay_whole_and_others_keep_six_digits() {
        assert_eq!(short(1_234_567.0), json!(1_234_567));
        assert_eq!(short(1_234.567_8), json!(1_234.57));
        assert_eq!(short(0.1 + 0.2), json!(0.3));
    }
}
