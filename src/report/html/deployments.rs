//! What acted during the run: deployments, alarms, scaling, and changes of the scenario.

use maud::{Markup, html};

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, name_cell, section, text};
use crate::control::{PlannedChange, ScalingConfig};
use crate::report::ReportInput;
use crate::report::changes::{reason, refusals};
use crate::report::control::address;
use crate::report::happenings::{Happening, happenings};
use crate::report::numbers::{counted, grouped, short_name};
use crate::units::SimTime;

const HAPPENINGS_SHOWN: usize = 100;

/// Everything that acted, in order.
pub(super) fn deployments(facts: &Facts) -> Section {
    let body = html! {
        (rollouts(facts))
        (alarms(facts))
        (scaling(facts))
        (control(facts.input))
        (changes(facts))
    };
    Section::new("deployments", "Deployments, alarms and changes", body)
}

fn since_start(time: Option<SimTime>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| (time - SimTime::ZERO).to_string())
}

fn rollouts(facts: &Facts) -> Markup {
    let input = facts.input;
    let all = input
        .plan
        .control
        .deployments
        .iter()
        .zip(&input.result.control.deployments);
    let rows: Vec<Cells> = all
        .map(|(config, deployment)| {
            let at = |key, words: String| facts.show_as(&["deployments", &config.name, key], words);
            vec![
                name_cell(&config.name),
                name_cell(&input.plan.functions[config.function.index()].name),
                at("status", deployment.status.name().to_owned()),
                at("started", since_start(deployment.started)),
                at("ended", since_start(deployment.ended)),
            ]
        })
        .collect();
    let heads = [
        ("Deployment", ""),
        ("Function", ""),
        ("Status", ""),
        ("Began", ""),
        ("Ended", ""),
    ];
    section("Deployments", "", &heads, 3, &rows)
}

fn alarms(facts: &Facts) -> Markup {
    let input = facts.input;
    let all = input.plan.control.alarms.iter().zip(&input.result.control.alarms);
    let rows: Vec<Cells> = all
        .map(|(config, alarm)| {
            let at = |key, words: String| facts.show_as(&["alarms", &config.name, key], words);
            vec![
                name_cell(&config.name),
                at("state", alarm.state.name().to_owned()),
                at("alarms", grouped(alarm.alarms)),
                at("first_alarm", since_start(alarm.first)),
                at("time_in_alarm", alarm.in_alarm.to_string()),
            ]
        })
        .collect();
    let heads = [
        ("Alarm", ""),
        ("State at the end", ""),
        ("Went off", "how often it went into ALARM"),
        ("First", ""),
        ("In ALARM", "for how long in all"),
    ];
    section("Alarms", "", &heads, 2, &rows)
}

/// What Application Auto Scaling did to each target.
fn scaling(facts: &Facts) -> Markup {
    let row = |config: &ScalingConfig| {
        let address = address(facts.input.plan, config.function, config.qualifier);
        let at = |path: &[&str]| facts.show(&[&["scaling", &address], path].concat());
        vec![
            name_cell(&address),
            at(&["scale_out"]),
            at(&["scale_in"]),
            at(&["scheduled"]),
            at(&["refused"]),
            at(&["capacity", "min"]),
            at(&["capacity", "max"]),
            at(&["capacity", "last"]),
        ]
    };
    let rows: Vec<Cells> = facts.input.plan.control.scaling.iter().map(row).collect();
    let heads = [
        ("Target", ""),
        ("Out", "how often it was scaled out (AAS-5)"),
        ("In", "how often it was scaled in (AAS-6)"),
        ("Scheduled", "how often a scheduled action moved it (AAS-10)"),
        ("Refused", "changes that Lambda refused (PC-9)"),
        ("Least", "the smallest amount that was asked for and taken"),
        ("Most", "the largest"),
        ("At the end", ""),
    ];
    section("Scaling of provisioned concurrency", "", &heads, 1, &rows)
}

fn changes(facts: &Facts) -> Markup {
    let input = facts.input;
    let row = |change: &PlannedChange| {
        let refused = refusals(input, change).map(|refusal| {
            let function = short_name(&input.plan.functions[refusal.function.index()].name);
            format!(
                "at {}, {function}: {}",
                refusal.at - SimTime::ZERO,
                reason(refusal.reason)
            )
        });
        let refused: Vec<String> = refused.collect();
        let at = |key, words: String| facts.show_as(&["changes", &change.name, key], words);
        vec![
            name_cell(&change.name),
            html! { @for (path, value) in &change.set { div { code { (path) } " = " (value) } } },
            html! { @for line in &refused { div { (line) } } },
            at("from", since_start(Some(change.from))),
            match change.until {
                Some(until) => at("until", since_start(Some(until))),
                None => text("the end"),
            },
        ]
    };
    let rows: Vec<Cells> = input.plan.changes.iter().map(row).collect();
    let heads = [
        ("Change", ""),
        ("What it sets", ""),
        ("Refused", "what Lambda would not have done as the account stood then"),
        ("From", ""),
        ("Until", ""),
    ];
    let note = "Dotted lines in the charts. Lowered limits never end what runs; new code or configuration uses new environments.";
    section("Changes during the run", note, &heads, 3, &rows)
}

fn control(input: &ReportInput) -> Markup {
    let all = happenings(input);
    let row = |happening: &Happening| {
        vec![
            text(happening.at.to_string()),
            text(&happening.subject),
            text(&happening.what),
        ]
    };
    let rows: Vec<Cells> = all.iter().take(HAPPENINGS_SHOWN).map(row).collect();
    let more = (all.len() - rows.len()) as u64 + input.result.control.omitted;
    let note = match more {
        0 => String::new(),
        more => format!("The first of them; {} followed.", counted(more, "thing")),
    };
    let heads = [("Time", "from the start of the run"), ("What", ""), ("Happened", "")];
    section("What happened, in order", &note, &heads, 3, &rows)
}
