use std::collections::BTreeMap;

use super::line::{Line, Story};
use super::words::clock;

/// Longest line of a story.
const WIDTH: usize = 100;

/// A story as people read it: times on the left, what happened beside them, the rules in brackets. No line is wider than
/// 100 characters unless a name is.
pub fn story_text(story: &Story) -> String {
    let mut text = format!("{} in {}, seed {}\n", story.title, story.scenario, story.seed);
    text.push_str(&lines_text(&without_repeats(&story.lines)));
    if story.price.is_empty() {
        text.push_str("\nprice: nothing, as none of it ran (ADM-2)\n");
        return text;
    }
    text.push_str(&format!("\nprice: {} USD at list price\n", story.total));
    for line in &story.price {
        let said = format!(
            "{} {} x {} USD = {} USD ({})",
            line.quantity,
            plural(line.unit, &line.quantity),
            line.unit_price,
            line.amount,
            line.rules.join(", ")
        );
        text.push_str(&format!("  {said}\n"));
    }
    text
}

/// Checks that say what they said at the attempt before are left out, unless it is they that decide.
fn without_repeats(lines: &[Line]) -> Vec<Line> {
    let mut said: BTreeMap<String, &str> = BTreeMap::new();
    let mut kept: Vec<Line> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let decides = lines.get(place + 1).is_none_or(|next| next.kind != "check");
        let step = line.numbers.get("check").filter(|_| line.kind == "check");
        let before = step.and_then(|step| said.insert(step.to_string(), &line.text));
        if before != Some(&line.text) || decides {
            kept.push(line.clone());
            continue;
        }
        let attempt = kept.iter_mut().rev().find(|line| line.kind == "attempt");
        if let Some(attempt) = attempt.filter(|attempt| !attempt.text.ends_with(AS_BEFORE)) {
            attempt.text.push_str(AS_BEFORE);
        }
    }
    kept
}

const AS_BEFORE: &str = "; what is not shown is as before";

/// `GB-second` for 1, else `GB-seconds`.
fn plural(unit: &str, quantity: &str) -> String {
    if quantity == "1" {
        unit.to_owned()
    } else {
        format!("{unit}s")
    }
}

/// Lines, each with its time unless it is that of the line before.
pub(super) fn lines_text(lines: &[Line]) -> String {
    let column = lines.iter().map(|line| clock(line.time).len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut before = None;
    for line in lines {
        let time = clock(line.time);
        let shown = if before.as_ref() == Some(&time) { "" } else { &time };
        let indent = if line.is_detail { 4 } else { 2 };
        let rules = if line.rules.is_empty() {
            String::new()
        } else {
            format!(" ({})", line.rules.join(", "))
        };
        let hanging = column + indent + if line.kind == "check" { 16 } else { 2 };
        let first = format!("{shown:>column$}{:indent$}", "");
        text.push_str(&wrapped(&first, &format!("{}{rules}", line.text), hanging));
        before = Some(time);
    }
    text
}

/// `first` and then the words of `said`, broken before they become too wide; further lines begin at `hanging`.
pub(super) fn wrapped(first: &str, said: &str, hanging: usize) -> String {
    let mut text = first.to_owned();
    let mut width = first.chars().count();
    let mut is_first = true;
    for word in said.split(' ') {
        let length = word.chars().count();
        if !is_first && width + 1 + length > WIDTH {
            text.push_str(&format!("\n{:hanging$}", ""));
            width = hanging;
        } else if !is_first {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
        is_first = false;
    }
    text.push('\n');
    text
}
