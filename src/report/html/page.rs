//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::advice::advice;
use super::assumptions::assumption_section;
use super::budgets::budgets;
use super::cold_starts::cold_start_section;
use super::concurrency::concurrency;
use super::cost::cost_section;
use super::cross_checks::cross_checks;
use super::deployments::deployments;
use super::events::event_section;
use super::facts::Facts;
use super::first::{first, warnings};
use super::functions::functions;
use super::headroom::headroom;
use super::latency::latency_section;
use super::provisioned::provisioned_section;
use super::replications::replications;
use super::section::Section;
use super::sensitivity::sensitivity;
use super::throttling::throttling;
use crate::report::ReportInput;
use crate::report::numbers::counted;

const STYLE: &str = include_str!("../../../assets/report.css");
const SCRIPT: &str = include_str!("../../../assets/report.js");
const UPLOT: &str = include_str!("../../../assets/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../../assets/uplot/uPlot.min.css");
const UPLOT_LICENCE: &str = include_str!("../../../assets/uplot/LICENSE");

/// Bytes of a scenario that are shown: that of five hundred functions, each on its line, has fewer.
const MOST_SCENARIO: usize = 200_000;

/// Nothing is fetched, whatever a scenario contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page. `summary` is what `summary.json` holds; `drawn` says whether charts are drawn as SVG too, for paper and for
/// readers without a script.
pub(in crate::report) fn report_html(input: &ReportInput, summary: &Value, drawn: bool) -> String {
    let facts = Facts { input, summary, drawn };
    let mut sections = sections(&facts);
    sections.retain(|section| !section.is_empty());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&input.plan.name))
            body {
                a.skip href="#main" { "Skip to the answer" }
                div.page {
                    main id="main" {
                        header.first { (first(&facts)) }
                        (warnings(input))
                        @for section in &sections { (section.render()) }
                        (scenario(&facts))
                        (footer())
                    }
                    (contents(&sections))
                }
                script { (PreEscaped(UPLOT)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

/// All sections in the order in which they are shown.
fn sections(facts: &Facts) -> Vec<Section> {
    vec![
        replications(facts),
        concurrency(facts),
        throttling(facts),
        Section::new("advice", "Advice that was tried", advice(facts.input)),
        latency_section(facts),
        cold_start_section(facts),
        provisioned_section(facts),
        event_section(facts),
        cost_section(facts),
        deployments(facts),
        budgets(facts),
        Section::new("headroom", "Headroom", headroom(facts)),
        Section::new("cross-checks", "Beside theory", cross_checks(facts)),
        functions(facts),
        assumption_section(facts),
        Section::new("sensitivity", "Sensitivity", sensitivity(facts.input)),
    ]
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            style { (PreEscaped(UPLOT_STYLE)) (PreEscaped(STYLE)) }
        }
    }
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav.contents aria-label="Contents" {
            ul {
                li { a href="#main" { "The answer" } }
                @for section in sections { li { a href={ "#" (section.id) } { (section.title) } } }
                li { a href="#scenario" { "The scenario" } }
            }
        }
    }
}

fn scenario(facts: &Facts) -> Markup {
    let input = facts.input;
    let shown = beginning(input.source_text, MOST_SCENARIO);
    html! {
        section id="scenario" aria-labelledby="scenario-heading" {
            h2 id="scenario-heading" { "The scenario" }
            p.soft {
                "As it was written, before " code { "--set" } " and the like; run with seed "
                (facts.show_as(&["seed"], input.plan.seed)) "."
            }
            @if shown.len() < input.source_text.len() {
                p.soft { "Its first " (counted(shown.lines().count() as u64, "line")) "; scenario.json beside this page has all that was run." }
            }
            pre tabindex="0" { (shown) }
        }
    }
}

/// As many whole lines as there is room for; of a single longer one its beginning.
fn beginning(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let room = &text[..text.floor_char_boundary(room)];
    room.rfind('\n').map_or(room, |end| &room[..=end])
}

fn footer() -> Markup {
    html! {
        footer {
            details {
                summary { "Licence of uPlot, which draws the charts" }
                pre tabindex="0" { (UPLOT_LICENCE) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::report::summary_json;

    fn page_of(sample: &Sample, drawn: bool) -> String {
        let input = sample.input();
        report_html(&input, &summary_json(&input), drawn)
    }

    #[test]
    fn the_question_comes_first_and_nothing_is_loaded_from_elsewhere() {
        let page = page_of(&Sample::busy(), true);
        let question = page.find("Does the shop stay inside").unwrap();
        assert!(question < page.find("throttled").unwrap());
        for loader in [
            " src=",
            "<link",
            "url(",
            "@import",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ] {
            assert!(!page.contains(loader), "{loader}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn sections_and_charts_without_matter_are_left_out() {
        let page = page_of(&Sample::blank(), true);
        assert!(!page.contains("<figure") && page.contains("Nothing arrived."), "{page}");
        for id in [
            "concurrency",
            "throttling",
            "latency",
            "cold-starts",
            "provisioned",
            "deployments",
        ] {
            assert!(!page.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        let page = page_of(&Sample::busy(), true);
        for id in [
            "concurrency",
            "throttling",
            "latency",
            "cold-starts",
            "cost",
            "functions",
            "assumptions",
            "scenario",
        ] {
            assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        assert!(page.contains("<figure class=\"chart\" id=\"throttles-by-cause\">") && page.contains("<svg"));
        assert!(!page_of(&Sample::busy(), false).contains("<svg"));
    }

    #[test]
    fn every_chart_has_a_table() {
        let page = page_of(&Sample::busy(), true);
        let (charts, tables) = (
            page.matches("<figure").count(),
            page.matches("<summary>Table: ").count(),
        );
        assert!(charts > 5 && charts == tables, "{charts} charts, {tables} tables");
    }

    #[test]
    fn of_a_long_scenario_whole_lines_are_shown() {
        assert_eq!(beginning("one\ntwo\n", 9), "one\ntwo\n");
        assert_eq!(beginning("one\ntwo\n", 7), "one\n");
        assert_eq!(beginning("é", 1), "");
    }

    #[test]
    fn every_link_inside_the_page_leads_somewhere() {
        let page = page_of(&Sample::busy(), false);
        let links: Vec<&str> = page
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(links.len() > 8);
        for link in links {
            assert!(page.contains(&format!(" id=\"{link}\"")), "{link}");
        }
    }

    #[test]
    fn texts_of_the_scenario_cannot_become_markup() {
        let mut sample = Sample::busy();
        sample.plan.name = "<b>&".to_owned();
        sample.plan.function_mut(0).name = "</script><script>alert(1)</script>".to_owned();
        let page = page_of(&sample, true);
        assert!(page.contains("&lt;b&gt;&amp;") && !page.contains("<script>alert"));
        // Three scripts of ours, and the numbers of each chart.
        assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
        assert_eq!(page.matches("<script>").count(), 2);
    }

    #[test]
    fn the_answer_names_shares_causes_costs_and_verdicts() {
        let page = page_of(&Sample::busy(), false);
        // 41,250 of 4,351,250 requests; 40,000 of them by reserved concurrency; 2,210 of 4,310,000 cold.
        for wanted in [
            "41,250",
            "0.95 %",
            "97 %",
            "CONC-6",
            "0.051 %",
            "Cost of a month",
            "Missed: ",
            "312 samples",
        ] {
            assert!(page.contains(wanted), "{wanted} is missing");
        }
    }
}
