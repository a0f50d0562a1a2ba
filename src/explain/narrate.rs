use std::cell::Cell;

use serde_json::{Value, json};

use super::checks::{Outcome, checks};
use super::json::line_json;
use super::line::Line;
use super::names::Names;
use super::story::StoryError;
use super::telling;
use super::text::{lines_text, wrapped};
use super::told::{Told, What};
use super::watch::{Until, Watch};
use super::words::{exact, grouped};
use crate::facts::{Attempt, FlowId, LinkId, Look, Refusal};
use crate::scenario::Lesson;
use crate::simulation::{Pace, Plan, replay};
use crate::units::Span;

/// The first events of a run.
#[derive(Clone, Debug)]
pub struct Narration {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// The events, in order of time.
    pub lines: Vec<Line>,
    /// How many were asked for; the run has no more where these are fewer.
    pub wanted: usize,
    /// What is to be learned, if the scenario is a lesson.
    pub lesson: Option<Lesson>,
}

/// Runs a plan again and tells its first events, one line each: what arrives, what is admitted and why, what is refused and
/// why, what waits, what ends.
///
/// # Errors
/// Where `pace` stops the run.
pub fn narrate(
    plan: &Plan,
    wanted: usize,
    lesson: Option<Lesson>,
    pace: &mut dyn Pace,
) -> Result<Narration, StoryError> {
    let done = Cell::new(false);
    let mut watch = Watch::of_first(plan, wanted, &done);
    let reached_end = replay(plan, &mut watch, &mut Until { done: &done, pace });
    if !reached_end && !done.get() {
        return Err(StoryError::Stopped);
    }
    let names = Names { plan };
    let told = &watch.followed[0].told;
    let mut lines: Vec<Line> = Vec::new();
    for (place, one) in told.iter().enumerate() {
        lines.extend(lines_of(names, one, &told[place + 1..]));
    }
    lines.sort_by_key(|line| line.time);
    lines.truncate(wanted);
    Ok(Narration {
        scenario: plan.name.clone(),
        seed: plan.seed,
        lines,
        wanted,
        lesson,
    })
}

/// The events of what was told, each with whose it is.
fn lines_of(names: Names, one: &Told, rest: &[Told]) -> Vec<Line> {
    match &one.what {
        What::Looked(look) => admitted(names, look, rest).into_iter().collect(),
        What::Ran(attempt) => ends(names, attempt).into_iter().collect(),
        // Their checks tell it.
        What::Refused(refusal) if is_looked_at(refusal) => Vec::new(),
        what => {
            let whose = whose(names, what);
            let mut lines = telling::lines(names, std::slice::from_ref(one));
            for line in &mut lines {
                line.text = match &whose {
                    Some(whose) => format!("{whose}: {}", line.text),
                    None => std::mem::take(&mut line.text),
                };
            }
            lines
        }
    }
}

/// Whether a refusal comes from a check, not before them.
fn is_looked_at(refusal: &Refusal) -> bool {
    use crate::facts::ErrorCode::{RecursiveInvocation, RequestTooLarge};
    !matches!(refusal.code, RecursiveInvocation | RequestTooLarge)
}

fn address(names: Names, flow: FlowId, ordinal: u64) -> String {
    format!("{}/{}", names.sender_of(flow), grouped(ordinal))
}

fn message(names: Names, link: LinkId, ordinal: u64) -> String {
    format!("{}/{}", names.plan.links[link.index()].name, grouped(ordinal))
}

fn whose(names: Names, what: &What) -> Option<String> {
    if let What::Message { message: one, .. } = what {
        return Some(message(names, one.link, one.ordinal));
    }
    let (flow, ordinal) = what.whose()?;
    Some(address(names, flow, ordinal))
}

/// An attempt and the checks that decided, in one line.
fn admitted(names: Names, look: &Look, rest: &[Told]) -> Option<Line> {
    let is_its = |flow, ordinal, attempt| (flow, ordinal, attempt) == (look.flow, look.ordinal, look.attempt);
    let outcome = rest.iter().find_map(|told| match &told.what {
        What::Ran(ran) if is_its(ran.flow, ran.ordinal, ran.attempt) => Some(Outcome::Ran(ran)),
        What::Refused(no) if is_its(no.flow, no.ordinal, no.attempt) => Some(Outcome::Refused(no)),
        _ => None,
    })?;
    let checks = checks(names, look, outcome);
    let whose = address(names, look.flow, look.ordinal);
    let mut rules = Vec::new();
    let mut said: Vec<String> = Vec::new();
    let last = checks.len().saturating_sub(1);
    for (place, check) in checks.iter().enumerate() {
        let step = check.numbers.get("step").and_then(Value::as_u64).unwrap_or(0);
        let is_provisioned = step == 9 && check.numbers.contains_key("ready");
        if place == last || is_provisioned || matches!(step, 10 | 11) {
            said.push(check.text.get(CHECK_WIDTH..).unwrap_or(&check.text).to_owned());
            rules.extend(&check.rules);
        }
    }
    let (kind, became) = match outcome {
        Outcome::Ran(attempt) => ("admitted", phases(attempt)),
        Outcome::Refused(refusal) => ("refused", refused(refusal)),
    };
    let text = format!("{whose}, attempt {}: {}{became}", look.attempt, said.join("; "));
    Some(Line::new(look.time, kind, text, &rules).with("attempt", look.attempt))
}

/// What stands before the words of a check: step and name.
const CHECK_WIDTH: usize = 16;

fn refused(refusal: &Refusal) -> String {
    match refusal.throttle {
        Some((reason, _)) => format!(", 429 {}", reason.name()),
        None => String::new(),
    }
}

/// `: placement 100 ms, INIT 200 ms, Duration 50 ms`.
fn phases(attempt: &Attempt) -> String {
    let parts = [
        ("placement", attempt.placement),
        ("INIT", attempt.init),
        ("restore", attempt.restore),
        (
            "Duration",
            if attempt.completes {
                attempt.duration
            } else {
                Span::ZERO
            },
        ),
    ];
    let shown = parts.iter().filter(|(_, length)| !length.is_zero());
    let shown: Vec<String> = shown
        .map(|(name, length)| format!("{name} {}", exact(*length)))
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!("; {}", shown.join(", "))
    }
}

/// The end of an attempt.
fn ends(names: Names, attempt: &Attempt) -> Option<Line> {
    attempt.completes.then(|| {
        let text = format!(
            "{}, attempt {}: {} in environment {}, which is free again; billed {} ms",
            address(names, attempt.flow, attempt.ordinal),
            attempt.attempt,
            attempt.verdict.name(),
            attempt.environment,
            grouped(attempt.billed_ms),
        );
        Line::new(attempt.end, "ends", text, &["INV-6", "PRICE-2"])
            .with("outcome", attempt.verdict.name())
            .with("environment", attempt.environment)
            .with("billed_ms", attempt.billed_ms)
    })
}

/// A narration as people read it: the question of the lesson first, then the events, and the answer if it is to be revealed.
pub fn narration_text(narration: &Narration, reveals: bool) -> String {
    let count = narration.lines.len();
    let mut text = String::new();
    if let Some(lesson) = &narration.lesson {
        text.push_str(&wrapped("Question: ", &lesson.question, 0));
        text.push('\n');
    }
    text.push_str(&format!(
        "The first {count} events of {}, seed {}\n{}",
        narration.scenario,
        narration.seed,
        lines_text(&narration.lines)
    ));
    if count < narration.wanted {
        text.push_str("There are no more.\n");
    }
    match &narration.lesson {
        Some(lesson) if reveals => text.push_str(&wrapped("\nAnswer: ", &lesson.answer, 0)),
        Some(_) => text.push_str("\nPredict the answer first, then reveal it with --reveal.\n"),
        None => {}
    }
    text
}

/// The same for machines; the answer is there if it is to be revealed.
pub fn narration_json(narration: &Narration, reveals: bool) -> Value {
    let mut json = json!({
        "scenario": narration.scenario,
        "seed": narration.seed,
        "events": narration.lines.iter().map(line_json).collect::<Vec<_>>(),
    });
    if let Some(lesson) = &narration.lesson {
        json["question"] = lesson.question.clone().into();
        if reveals {
            json["answer"] = lesson.answer.clone().into();
        }
    }
    json
}
