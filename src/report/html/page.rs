//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::advice::advice;
use super::answer::{answer, tiles};
use super::cross_checks::cross_checks;
use super::headroom::headroom;
use super::queues::queues;
use super::sensitivity::sensitivity;
use super::streams::streams;
use super::{senders, sources, tables};
use crate::report::ReportInput;
use crate::report::json::fingerprint;
use crate::report::plot::Chart;
use crate::units::SimTime;

const STYLE: &str = include_str!("style.css");

/// The page. `charts` are SVG documents in the order in which they are shown; there may be none.
pub(in crate::report) fn report_html(input: &ReportInput, charts: &[(Chart, String)]) -> String {
    let name = &input.plan.name;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(input))
                (answer(input))
                (tiles(input))
                (tables::replications(input))
                (figures(input, charts))
                (queues(input))
                (streams(input))
                (sources::sources(input))
                (tables::all(input))
                (senders::all(input))
                (advice(input))
                (headroom(input))
                (cross_checks(input))
                (sensitivity(input))
                h2 { "The scenario" }
                pre { (input.source_text) }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

fn head(input: &ReportInput) -> Markup {
    let plan = input.plan;
    html! {
        h1 { (input.question.unwrap_or(&plan.name)) }
        p.soft {
            "Scenario " b { (plan.name) } ", " (plan.horizon() - SimTime::ZERO) " of simulated time, seed " (plan.seed)
            ", Lambda as of " (plan.model_date) ", " (plan.billing.region) ". lambdasim " (input.version)
            ", fingerprint " code { (fingerprint(&input.result.summary)) } "."
        }
    }
}

/// Charts that show something; of the others it is said why they are missing.
fn figures(input: &ReportInput, charts: &[(Chart, String)]) -> Markup {
    let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
    for (chart, _) in charts {
        let Some(reason) = chart.emptiness(input) else { continue };
        match missing.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, titles)) => titles.push(chart.title()),
            None => missing.push((reason, vec![chart.title()])),
        }
    }
    html! {
        @for (chart, svg) in charts {
            @if chart.emptiness(input).is_none() { (figure(*chart, svg)) }
        }
        @for (reason, titles) in missing {
            p.soft { "Not drawn, as " (reason) ": “" (titles.join("”, “")) "”." }
        }
    }
}

fn figure(chart: Chart, svg: &str) -> Markup {
    html! {
        figure role="img" aria-label=(chart.title()) { (PreEscaped(svg)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn the_question_comes_first_and_nothing_is_loaded_from_elsewhere() {
        let sample = Sample::busy();
        let page = report_html(&sample.input(), &[]);
        let question = page.find("Does the shop stay inside").unwrap();
        assert!(question < page.find("throttled").unwrap());
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("<link"));
        assert!(!page.contains("http://") && !page.contains("https://"));
    }

    #[test]
    fn empty_charts_are_left_out_with_a_reason() {
        let charts = Chart::ALL.map(|chart| (chart, format!("<svg>{}</svg>", chart.name())));
        let page = report_html(&Sample::blank().input(), &charts);
        assert!(!page.contains("<figure"));
        assert!(page.contains("Not drawn, as no request was throttled: “Throttles by cause”."));
        assert!(page.contains(
            "Not drawn, as no synchronous call succeeded: “Latency as callers saw it”, \
             “How many answers came within what time”."
        ));
        let page = report_html(&Sample::busy().input(), &charts);
        assert!(page.contains("<svg>throttles</svg>") && !page.contains("Not drawn"));
    }

    #[test]
    fn texts_of_the_scenario_cannot_become_markup() {
        let mut sample = Sample::blank();
        sample.plan.name = "<b>&".to_owned();
        sample.plan.functions[0].name = "<script>".to_owned();
        let page = report_html(&sample.input(), &[]);
        assert!(page.contains("&lt;b&gt;&amp;") && !page.contains("<script>"));
    }

    #[test]
    fn the_answer_names_shares_causes_costs_and_verdicts() {
        let page = report_html(&Sample::busy().input(), &[]);
        // 41,250 of 4,351,250 requests; 40,000 of them by reserved concurrency; 2,210 of 4,310,000 cold.
        for wanted in [
            "41,250",
            "0.95 %",
            "97 %",
            "CONC-6",
            "0.051 %",
            "a month like it",
            "FAILED",
            "312 samples",
        ] {
            assert!(page.contains(wanted), "{wanted} is missing");
        }
    }
}
