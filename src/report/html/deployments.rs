//! What acted during the run: deployments, alarms, scaling, and changes of the scenario.

use maud::{Markup, html};

use super::facts::Facts;
use super::section::Section;
use super::tables::{Cells, count, name_cell, section, text};
use crate::control::PlannedChange;
use crate::report::ReportInput;
use crate::report::changes::{reason, refusals};
use crate::report::happenings::{Happening, happenings};
use crate::report::numbers::{counted, short_name};
use crate::units::{SimTime, Span};

const HAPPENINGS_SHOWN: usize = 100;

/// Everything that acted, in order.
pub(super) fn deployments(facts: &Facts) -> Section {
    let body = html! {
        (rollouts(facts.input))
        (alarms(facts.input))
        (control(facts.input))
        (changes(facts.input))
    };
    Section::new("deployments", "Deployments, alarms and changes", body)
}

fn since_start(time: Option<SimTime>) -> Markup {
    text(time.map_or_else(|| "–".to_owned(), |time| (time - SimTime::ZERO).to_string()))
}

fn rollouts(input: &ReportInput) -> Markup {
    let all = input
        .plan
        .control
        .deployments
        .iter()
        .zip(&input.result.control.deployments);
    let rows: Vec<Cells> = all
        .map(|(config, deployment)| {
            vec![
                name_cell(&config.name),
                name_cell(&input.plan.functions[config.function.index()].name),
                text(deployment.status.name()),
                since_start(deployment.started),
                since_start(deployment.ended),
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

fn alarms(input: &ReportInput) -> Markup {
    let all = input.plan.control.alarms.iter().zip(&input.result.control.alarms);
    let rows: Vec<Cells> = all
        .map(|(config, alarm)| {
            vec![
                name_cell(&config.name),
                text(alarm.state.name()),
                count(alarm.alarms),
                since_start(alarm.first),
                text(if alarm.in_alarm == Span::ZERO {
                    "–".to_owned()
                } else {
                    alarm.in_alarm.to_string()
                }),
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

fn changes(input: &ReportInput) -> Markup {
    let when = |time: SimTime| text((time - SimTime::ZERO).to_string());
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
        vec![
            name_cell(&change.name),
            html! { @for (path, value) in &change.set { div { code { (path) } " = " (value) } } },
            html! { @for line in &refused { div { (line) } } },
            when(change.from),
            change.until.map_or_else(|| text("the end"), when),
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
