use std::cell::Cell;

use super::address::Address;
use super::line::{AttemptRow, Line, Story};
use super::names::Names;
use super::price::price;
use super::telling::lines;
use super::told::{Told, What};
use super::watch::{Followed, Until, Watch};
use super::words::{counted, grouped};
use crate::facts::{Attempt, Refusal, StartKind};
use crate::simulation::{Pace, Plan, replay};

/// Why there is no story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoryError {
    /// The sender sends less than that.
    #[error("{sender} has {count}: there is no {ordinal}")]
    Beyond {
        /// The sender.
        sender: String,
        /// How many there are, in words.
        count: String,
        /// What was asked for.
        ordinal: u64,
    },
    /// The run was stopped.
    #[error("interrupted")]
    Stopped,
}

/// Runs a plan again and tells what became of each of these, in their order. `plan` is one whose drain is known
/// ([`crate::simulation::emptied`]), as a run has it.
///
/// # Errors
/// Where one of them never comes, or `pace` stops the run.
pub fn stories(plan: &Plan, addresses: &[Address], pace: &mut dyn Pace) -> Result<Vec<Story>, StoryError> {
    let done = Cell::new(false);
    let mut watch = Watch::new(plan, addresses.to_vec(), &done);
    let reached_end = replay(plan, &mut watch, &mut Until { done: &done, pace });
    if !reached_end && !done.get() {
        return Err(StoryError::Stopped);
    }
    watch
        .followed
        .iter()
        .map(|followed| story(plan, followed, reached_end))
        .collect()
}

fn story(plan: &Plan, followed: &Followed, reached_end: bool) -> Result<Story, StoryError> {
    let (address, told) = (&followed.address, &followed.told);
    if told.is_empty() {
        let count = match (followed.batches_made, address.flows.is_empty()) {
            (Some((count, first, last)), _) => {
                format!("{} batches in this run, numbered {first} to {last}", grouped(count))
            }
            (None, true) => format!("{} in this run, counted from 0", counted(followed.sent, "message")),
            (None, false) => format!("{} in this run, counted from 0", counted(followed.arrivals, "arrival")),
        };
        return Err(StoryError::Beyond {
            sender: address.sender.clone(),
            count,
            ordinal: address.ordinal,
        });
    }
    let names = Names { plan };
    let mut lines = lines(names, told);
    let is_over = lines.iter().any(|line| FINAL.contains(&line.kind));
    if reached_end && !is_over {
        let text = "the run ends, and it is still under way";
        lines.push(Line::new(plan.horizon(), "in_flight", text, &["INVAR-2"]));
    }
    let (price, total) = price(plan, told);
    Ok(Story {
        scenario: plan.name.clone(),
        seed: plan.seed,
        address: format!("{}/{}", address.sender, address.ordinal),
        title: title(names, address, told),
        attempts: told.iter().filter_map(|told| row(names, told)).collect(),
        lines,
        price,
        total,
    })
}

/// Kinds of lines after which nothing is under way.
const FINAL: [&str; 7] = [
    "ended",
    "deleted",
    "expired",
    "processed",
    "discarded",
    "rejected",
    "returned",
];

fn title(names: Names, address: &Address, told: &[Told]) -> String {
    let number = grouped(address.ordinal);
    let first = told.iter().find_map(|told| match &told.what {
        What::Arrived(call) => Some(format!(
            "arrival {number} of {}, for {}",
            names.sender_of(call.flow),
            names.address(call.function, call.qualifier)
        )),
        What::Batched { flow, .. } if !address.flows.is_empty() => {
            Some(format!("batch {number} of {}", names.sender_of(*flow)))
        }
        What::Sent(message) => Some(format!("message {number} from {}", names.link(message.link))),
        _ => None,
    });
    first.unwrap_or_else(|| format!("{}/{number}", address.sender))
}

fn row(names: Names, told: &Told) -> Option<AttemptRow> {
    match &told.what {
        What::Ran(attempt) => Some(of_attempt(names, attempt)),
        What::Refused(refusal) => Some(of_refusal(names, refusal)),
        _ => None,
    }
}

fn of_attempt(names: Names, attempt: &Attempt) -> AttemptRow {
    let completed = attempt.completes;
    AttemptRow {
        traffic: names.sender_of(attempt.flow).to_owned(),
        ordinal: attempt.ordinal,
        attempt: attempt.attempt,
        function: names.function(attempt.function).to_owned(),
        version: Some(names.plain_version(attempt.function, attempt.version).to_owned()),
        arrival_ms: attempt.arrived.as_millis_f64(),
        start_ms: attempt.start.as_millis_f64(),
        end_ms: completed.then(|| attempt.end.as_millis_f64()),
        outcome: if completed { attempt.verdict.name() } else { "running" },
        reason: None,
        start: attempt.start_kind.name(),
        init_ms: (!attempt.init_abandoned).then(|| attempt.init.as_millis_f64()),
        duration_ms: completed.then(|| attempt.duration.as_millis_f64()),
        billed_ms: completed.then_some(attempt.billed_ms),
        environment: Some(attempt.environment),
        latency_ms: completed.then(|| attempt.answered.since(attempt.arrived).as_millis_f64()),
    }
}

fn of_refusal(names: Names, refusal: &Refusal) -> AttemptRow {
    AttemptRow {
        traffic: names.sender_of(refusal.flow).to_owned(),
        ordinal: refusal.ordinal,
        attempt: refusal.attempt,
        function: names.function(refusal.function).to_owned(),
        version: None,
        arrival_ms: refusal.arrived.as_millis_f64(),
        start_ms: refusal.time.as_millis_f64(),
        end_ms: None,
        outcome: if refusal.throttle.is_some() {
            "throttled"
        } else {
            "rejected"
        },
        reason: Some(
            refusal
                .throttle
                .map_or(refusal.code.name(), |(reason, _)| reason.name()),
        ),
        start: StartKind::None.name(),
        init_ms: None,
        duration_ms: None,
        billed_ms: None,
        environment: None,
        latency_ms: None,
    }
}
