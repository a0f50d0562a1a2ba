use std::process::ExitCode;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde_json::{Value, json};

use super::args::RulesCommand;
use super::failure::Failure;
use super::output::print;
use crate::rules::{self, Rule};
use crate::scenario::{self, Parameter};

const WIDTH: u16 = 100;
/// Blanks on both sides of a cell.
const PADDING: u16 = 2;

/// `lambdasim rules [ID…]`: what the rules say, and what they are founded on.
pub(super) fn rules(command: &RulesCommand) -> Result<ExitCode, Failure> {
    let chosen = chosen(command)?;
    let parameters = scenario::parameters();
    let text = if command.parameters {
        let asked = !command.ids.is_empty() || command.topic.is_some();
        let concerns = |parameter: &&Parameter| {
            let of = |rule: &&Rule| parameter.rules.contains(&rule.id.as_str());
            !asked || chosen.iter().any(of)
        };
        let shown: Vec<&Parameter> = parameters.iter().filter(concerns).collect();
        if command.json {
            format!("{:#}\n", Value::from_iter(shown.into_iter().map(parameter_json)))
        } else {
            table(
                shown
                    .into_iter()
                    .map(|parameter| (parameter.name, parameter_text(parameter))),
            )
        }
    } else if command.json {
        format!(
            "{:#}\n",
            Value::from_iter(chosen.iter().map(|rule| rule_json(rule, &parameters)))
        )
    } else {
        table(
            chosen
                .iter()
                .map(|rule| (rule.id.as_str(), rule_text(rule, &parameters))),
        )
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The rules that are asked for: by id, by family (`CONC`), by topic, or all.
fn chosen(command: &RulesCommand) -> Result<Vec<&'static Rule>, Failure> {
    let mut chosen: Vec<&Rule> = Vec::new();
    for id in &command.ids {
        let family = |rule: &&Rule| {
            rule.id
                .rsplit_once('-')
                .is_some_and(|(family, _)| family.eq_ignore_ascii_case(id))
        };
        let before = chosen.len();
        chosen.extend(rules::find(id));
        chosen.extend(rules::all().iter().filter(family));
        if chosen.len() == before {
            return Err(Failure::Usage(unknown_rule(id)));
        }
    }
    if command.ids.is_empty() {
        chosen = rules::all().iter().collect();
    }
    if let Some(topic) = &command.topic {
        if !rules::all().iter().any(|rule| rule.topic == *topic) {
            return Err(Failure::Usage(unknown_topic(topic)));
        }
        chosen.retain(|rule| rule.topic == *topic);
    }
    Ok(chosen)
}

fn unknown_rule(id: &str) -> String {
    match rules::nearest(id).as_slice() {
        [] => format!("there is no rule {id}; `lambdasim rules` lists them all"),
        near => format!("there is no rule {id}; did you mean {}?", near.join(", ")),
    }
}

fn unknown_topic(topic: &str) -> String {
    let mut topics: Vec<&str> = rules::all().iter().map(|rule| rule.topic.as_str()).collect();
    topics.dedup();
    let near = scenario::nearest(topic, topics.iter().copied());
    let hint = near.map_or_else(String::new, |near| format!(" did you mean {near}?"));
    format!("there is no topic {topic};{hint} topics: {}", topics.join(", "))
}

fn names_of<'a>(rule: &Rule, parameters: &'a [Parameter]) -> Vec<&'a str> {
    let of = parameters
        .iter()
        .filter(|parameter| parameter.rules.contains(&rule.id.as_str()));
    of.map(|parameter| parameter.name).collect()
}

fn foundations(rule: &Rule) -> Vec<&'static str> {
    rule.foundations.iter().map(|foundation| foundation.name()).collect()
}

fn rule_text(rule: &Rule, parameters: &[Parameter]) -> String {
    let mut text = format!("{}\n{}: {}", rule.text, foundations(rule).join(", "), rule.source);
    let names = names_of(rule, parameters);
    if !names.is_empty() {
        text.push_str(&format!("\nparameters: {}", names.join(", ")));
    }
    text
}

fn parameter_text(parameter: &Parameter) -> String {
    let of = if parameter.of_functions {
        "; a function may hold its own"
    } else {
        ""
    };
    format!(
        "{}\ndefault: {}; takes: {}{of}",
        parameter.meaning, parameter.default, parameter.takes
    )
}

fn rule_json(rule: &Rule, parameters: &[Parameter]) -> Value {
    json!({
        "id": rule.id,
        "topic": rule.topic,
        "text": rule.text,
        "foundations": foundations(rule),
        "source": rule.source,
        "parameters": names_of(rule, parameters),
    })
}

fn parameter_json(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "takes": parameter.takes,
        "default": parameter.default,
        "meaning": parameter.meaning,
        "rules": parameter.rules,
        "of_functions": parameter.of_functions,
    })
}

/// Two columns, at most 100 wide, a blank line between rows.
fn table<'a>(rows: impl Iterator<Item = (&'a str, String)>) -> String {
    let rows: Vec<(&str, String)> = rows.collect();
    let longest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let name_width = ColumnConstraint::Absolute(Width::Fixed(longest as u16 + PADDING));
    let row = |(name, said): &(&str, String)| {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH);
        table.add_row([*name, said]);
        if let Some(column) = table.column_mut(0) {
            column.set_constraint(name_width);
        }
        table
            .lines()
            .fold(String::new(), |text, line| text + line.trim_end() + "\n")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
