//! From what was told to lines: what stands between the attempts, and how it ends.

use super::checks::{Outcome, checks};
use super::line::Line;
use super::messages::{batched, queue_step, record_step, sent};
use super::names::Names;
use super::phases::{budget, phases, streamed};
use super::told::{Told, What};
use super::words::{exact, ordinal, percent};
use crate::facts::{
    AsyncStep, Call, Cause, ClientRetry, Ended, Ending, ErrorCode, Failure, InvocationType, LinkId, Look, Message,
    Refusal, TrafficId, WaitCause, Waiting,
};
use crate::lambda::{FrontService, RetryMode, Through};
use crate::units::{SimTime, Span};

/// Every line of what was told, in order of time.
pub(super) fn lines(names: Names, told: &[Told]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut place = 0;
    while let Some(one) = told.get(place) {
        let together = taken_together(told, place);
        lines.extend(lines_of(
            names,
            one,
            &told[place..place + together],
            &told[place + together..],
        ));
        place += together;
    }
    // An end is told when it is settled, which may be before it comes.
    lines.sort_by_key(|line| line.time);
    lines
}

/// How many from `place` on are one step of several messages or records.
fn taken_together(told: &[Told], place: usize) -> usize {
    let is_same = |other: &&Told| match (&told[place].what, &other.what) {
        (
            What::Message { queue, step, .. },
            What::Message {
                queue: to,
                step: other_step,
                ..
            },
        ) => (queue, step) == (to, other_step),
        (
            What::Record { mapping, step, .. },
            What::Record {
                mapping: reader,
                step: other_step,
                ..
            },
        ) => (mapping, step) == (reader, other_step),
        _ => false,
    };
    let same_time = |other: &&Told| other.time == told[place].time;
    1 + told[place + 1..]
        .iter()
        .take_while(|other| same_time(other) && is_same(other))
        .count()
}

fn lines_of(names: Names, one: &Told, together: &[Told], rest: &[Told]) -> Vec<Line> {
    let time = one.time;
    match &one.what {
        What::Arrived(call) => vec![arrives(names, call)],
        What::Looked(look) => looked(names, look, rest),
        What::Ran(attempt) => phases(names, attempt),
        What::Refused(refusal) => refused(refusal),
        What::Budget(call) => vec![budget(names, call)],
        What::Streamed(response) => vec![streamed(response)],
        What::Decided(retry) => vec![decided(names, retry)],
        What::Waits(waiting) => waits(names, time, waiting).into_iter().collect(),
        What::Stepped(call, step) => stepped(names, time, call, *step).into_iter().collect(),
        What::Stored(..) => Vec::new(),
        What::Status { asked, call, status } => vec![front_answers(names, time.since(*asked), time, call, *status)],
        What::Ended(ended) => vec![ends(ended)],
        What::Sent(message) => vec![sent(names, time, message)],
        What::Message { queue, step, .. } => {
            let messages: Vec<Message> = together.iter().filter_map(message_of).collect();
            vec![queue_step(names, time, *queue, &messages, *step)]
        }
        What::Record {
            stream, mapping, step, ..
        } => {
            vec![record_step(names, time, (*stream, *mapping), together.len(), *step)]
        }
        What::Batched {
            flow,
            number,
            attempt,
            records,
        } => vec![batched(names, time, *flow, *number, *attempt, *records)],
    }
}

fn message_of(told: &Told) -> Option<Message> {
    match told.what {
        What::Message { message, .. } => Some(message),
        _ => None,
    }
}

fn arrives(names: Names, call: &Call) -> Line {
    let address = names.address(call.function, call.qualifier);
    let sender = names.sender_of(call.flow);
    let (how, rules): (&str, &[&str]) = match call.invocation_type {
        InvocationType::RequestResponse => ("and waits for the answer", &["INV-1"]),
        InvocationType::Event => ("with an event", &["INV-2"]),
        InvocationType::DryRun => ("for a dry run", &["INV-3"]),
    };
    let text = format!("{sender} calls {address} {how} ({})", call.invocation_type.name());
    Line::new(call.arrived, "arrives", text, rules)
        .with("function", names.function(call.function))
        .with("invocation_type", call.invocation_type.name())
}

/// An attempt at the checks, and what they decided.
fn looked(names: Names, look: &Look, rest: &[Told]) -> Vec<Line> {
    let is_its = |flow, ordinal, attempt| (flow, ordinal, attempt) == (look.flow, look.ordinal, look.attempt);
    let outcome = rest.iter().find_map(|told| match &told.what {
        What::Ran(ran) if is_its(ran.flow, ran.ordinal, ran.attempt) => Some(Outcome::Ran(ran)),
        What::Refused(refusal) if is_its(refusal.flow, refusal.ordinal, refusal.attempt) => {
            Some(Outcome::Refused(refusal))
        }
        _ => None,
    });
    let second = if look.attempt >= SECOND_DELIVERY {
        ", of a second delivery"
    } else {
        ""
    };
    let text = format!("attempt {}{second} comes to the checks of admission", look.attempt);
    let mut lines = vec![Line::new(look.time, "attempt", text, &["ADM-4"]).with("attempt", look.attempt)];
    lines.extend(outcome.map_or_else(Vec::new, |outcome| checks(names, look, outcome)));
    lines
}

/// From here on attempts count at the second delivery of an event.
const SECOND_DELIVERY: u32 = 1_000;

fn refused(refusal: &Refusal) -> Vec<Line> {
    let line = match refusal.throttle {
        Some((reason, cause)) => {
            let text = format!("429 TooManyRequestsException, Reason {}", reason.name());
            let rules: &[&str] = match cause {
                Cause::AccountConcurrency | Cause::ReservedConcurrency | Cause::ReservedZero => {
                    &["THR-1", "THR-3", "ADM-2"]
                }
                Cause::ScalingRate => &["THR-1", "THR-5", "ADM-2"],
                Cause::AccountRate | Cause::ReservedRate => &["THR-1", "THR-4", "ADM-2"],
            };
            Line::new(refusal.time, "throttled", text, rules)
                .with("reason", reason.name())
                .with("cause", cause.name())
        }
        None => {
            let text = format!(
                "refused: {} {}, no throttle",
                refusal.code.status(),
                refusal.code.name()
            );
            let rule = match refusal.code {
                ErrorCode::TooManyRequests => "ASYNC-9",
                ErrorCode::RecursiveInvocation => "INV-8",
                ErrorCode::RequestTooLarge => "INV-4",
                _ => "INV-9",
            };
            Line::new(refusal.time, "rejected", text, &[rule]).with("reason", refusal.code.name())
        }
    };
    vec![line.with("attempt", refusal.attempt)]
}

/// What a client's SDK, or the service that calls, decides.
fn decided(names: Names, retry: &ClientRetry) -> Line {
    let mode = names.plan.traffic[names.traffic_of(retry.flow).index()].retry.mode;
    let rule = rule_of(mode);
    let saw = match retry.failure {
        Failure::Throttle => "a throttle",
        Failure::Transient => "an error that may pass",
        Failure::Timeout => "no answer in time",
    };
    let Some(delay) = retry.delay else {
        let why = match (retry.max_attempts, retry.quota) {
            (0 | 1, _) => "the client does not try again".to_owned(),
            (most, _) if retry.attempt + 1 >= most => format!("the client gives up after {most} attempts"),
            (_, Some((cost, left))) => {
                format!("the client gives up: a retry costs {cost} tokens, its quota has {left}")
            }
            _ => "the client gives up".to_owned(),
        };
        return Line::new(retry.time, "gives_up", format!("{saw}: {why}"), &[rule]);
    };
    let drawn = match retry.longest {
        Some(longest) => format!(", drawn from 0 to {}", exact(longest)),
        None => String::new(),
    };
    let quota = retry.quota.map_or_else(String::new, |(cost, left)| {
        format!("; that takes {cost} tokens of its quota, {left} are left")
    });
    let text = format!(
        "{saw}: the client waits {} before attempt {}{drawn}{quota}",
        exact(delay),
        retry.attempt + 1
    );
    let mut line = Line::new(retry.time, "backs_off", text, &[rule]).with("delay_ms", delay.as_millis_f64());
    if let Some(longest) = retry.longest {
        line = line.with("longest_ms", longest.as_millis_f64());
    }
    match retry.quota {
        Some((cost, left)) => line.with("tokens_taken", cost).with("tokens_left", left),
        None => line,
    }
}

const fn rule_of(mode: RetryMode) -> &'static str {
    match mode {
        RetryMode::None => "SDK-1",
        RetryMode::Legacy => "SDK-2",
        RetryMode::Standard => "SDK-3",
        RetryMode::Adaptive | RetryMode::Adaptive2026 => "SDK-4",
        RetryMode::Standard2026 => "SDK-5",
        RetryMode::StepFunctions => "FE-7",
        RetryMode::Cognito => "SRC-5",
    }
}

/// What it waits for. What other lines tell already has none.
fn waits(names: Names, time: SimTime, waiting: &Waiting) -> Option<Line> {
    let wait = waiting.until.since(time);
    let whole = exact(wait);
    let (text, rules): (String, Vec<&'static str>) = match waiting.cause {
        WaitCause::BackOff | WaitCause::FrontEnd => return None,
        WaitCause::RateLimiter => (
            format!("its client's rate limiter holds it back for {whole}"),
            vec!["SDK-4"],
        ),
        WaitCause::ReadTimeout => (
            format!("its client stops waiting after {whole}; the invocation goes on"),
            vec!["INV-10"],
        ),
        WaitCause::Delivery => (format!("the service delivers it {whole} later"), vec!["SRC-1"]),
        WaitCause::Answer => ("its answer lies beyond the end of the run".to_owned(), vec!["INVAR-2"]),
        WaitCause::Dispatch if waiting.duplicate => {
            (format!("it is delivered a second time, {whole} later"), vec!["ASYNC-7"])
        }
        WaitCause::Dispatch => (format!("its first attempt follows {whole} later"), vec!["ASYNC-1"]),
        WaitCause::Throttled(in_row) => back_off(names, waiting, wait, in_row),
        WaitCause::Failed(failures) => {
            let count = ordinal(failures);
            (
                format!("it is tried again {whole} after its {count} function error"),
                vec!["ASYNC-3"],
            )
        }
        WaitCause::Expiry => {
            let text = format!("its next attempt would come too late: it reaches its maximum age in {whole}");
            (text, vec!["ASYNC-8"])
        }
    };
    Some(Line::new(time, "waits", text, &rules).with("wait_ms", wait.as_millis_f64()))
}

/// The longest wait of ASYNC-4, in seconds.
const LONGEST_WAIT: u64 = 300;

fn back_off(names: Names, waiting: &Waiting, wait: Span, in_row: u32) -> (String, Vec<&'static str>) {
    let events = &names.plan.functions[names.plan.flows[waiting.flow.index()].function.index()].events;
    let doubled = (1_u64 << in_row.saturating_sub(1).min(20)).min(LONGEST_WAIT);
    let mut rules = vec!["ASYNC-4"];
    let mut factors = String::new();
    if events.slowdown != 1_000 {
        factors = format!(", slowed down to {}", percent(f64::from(events.slowdown) / 1e3));
        rules.push("ASYNC-6");
    }
    if events.jitter.is_some() {
        let unjittered = doubled as f64 * 1e6 * f64::from(events.slowdown) / 1e3;
        factors = format!("{factors}, times a random {:.3}", wait.as_micros() as f64 / unjittered);
        rules.push("ASYNC-5");
    }
    let text = format!(
        "it goes back to its queue for {}: {doubled} s after the {} throttle in a row{factors}",
        exact(wait),
        ordinal(in_row)
    );
    (text, rules)
}

fn stepped(names: Names, time: SimTime, call: &Call, step: AsyncStep) -> Option<Line> {
    let config = &names.plan.functions[call.function.index()];
    let invoke = &config.qualifiers[call.qualifier.index()].event_invoke;
    let address = |link: Option<LinkId>| link.map_or("its destination", |link| &names.plan.links[link.index()].address);
    let (kind, text, rules): (_, String, &[&str]) = match step {
        AsyncStep::Received => (
            "accepted",
            "it is stored and answered with 202".into(),
            &["ASYNC-1", "INV-2"],
        ),
        AsyncStep::RetriedAfterThrottle | AsyncStep::RetriedAfterError => return None,
        AsyncStep::Attempted => {
            let age = exact(time.since(call.arrived));
            (
                "dispatched",
                format!("it is handed to the function, {age} old"),
                &["ASYNC-1"],
            )
        }
        AsyncStep::Expired => {
            let age = exact(invoke.maximum_event_age);
            (
                "expired",
                format!("it has reached its maximum age of {age}: dropped"),
                &["ASYNC-8"],
            )
        }
        AsyncStep::Refused => (
            "dropped",
            "reserved concurrency is 0: dropped, and no throttle".into(),
            &["ASYNC-9"],
        ),
        AsyncStep::Exhausted => {
            let retries = invoke.maximum_retry_attempts;
            (
                "exhausted",
                format!("no retry is left of {retries}: given up"),
                &["ASYNC-2", "ASYNC-3"],
            )
        }
        AsyncStep::DeadLettered => {
            let mut links = config.versions.iter().filter_map(|version| version.dead_letter);
            (
                "dead_lettered",
                format!("it goes to the dead-letter queue, {}", address(links.next())),
                &["ASYNC-10"],
            )
        }
        AsyncStep::DestinationSuccess => (
            "destination",
            format!("its record goes to on_success, {}", address(invoke.on_success)),
            &["ASYNC-10"],
        ),
        AsyncStep::DestinationFailure => (
            "destination",
            format!("its record goes to on_failure, {}", address(invoke.on_failure)),
            &["ASYNC-10"],
        ),
    };
    let line = Line::new(time, kind, text, rules);
    Some(line.with("age_ms", time.since(call.arrived).as_millis_f64()))
}

fn front_answers(names: Names, taken: Span, time: SimTime, call: &Call, status: u16) -> Line {
    let rules = front_rules(names, names.traffic_of(call.flow));
    let text = format!("the front end answers {status}, {} after it was asked", exact(taken));
    Line::new(time, "front_end", text, rules).with("status", status)
}

fn front_rules(names: Names, traffic: TrafficId) -> &'static [&'static str] {
    match &names.plan.traffic[traffic.index()].through {
        Some(Through::Front(front)) => match front.service {
            FrontService::ApiGateway => &["FE-1", "FE-8"],
            FrontService::FunctionUrl => &["FE-4", "FE-8"],
            FrontService::CloudFront => &["FE-5", "FE-8"],
            FrontService::Other => &["FE-8"],
        },
        _ => &["FE-8"],
    }
}

fn ends(ended: &Ended) -> Line {
    let call = &ended.call;
    let after = match ended.time.since(call.arrived) {
        Span::ZERO => "at once".to_owned(),
        taken => format!("after {}", exact(taken)),
    };
    let is_event = call.invocation_type == InvocationType::Event;
    let (text, rules): (String, &[&str]) = match (ended.ending, is_event) {
        (Ending::Succeeded, false) => (format!("the caller has its answer {after}: succeeded"), &["INV-1"]),
        (Ending::Succeeded, true) => (format!("the event is done {after}: succeeded"), &["INV-6"]),
        (Ending::Failed, false) => (format!("the caller has an error {after}: failed"), &["INV-6"]),
        (Ending::Failed, true) => (format!("the event is given up {after}: failed"), &["INV-6", "ASYNC-3"]),
        (Ending::Refused, _) => (
            format!("refused with a client error {after}: failed"),
            &["INV-4", "INV-8"],
        ),
        (Ending::Throttled, _) => (
            format!("the caller's last answer, {after}, is a throttle: throttled"),
            &["ADM-4"],
        ),
        (Ending::Dropped, _) => (format!("the event is gone {after}: dropped"), &["ASYNC-8", "ASYNC-9"]),
        (Ending::DryRun, _) => ("answered with 204; nothing ran".to_owned(), &["INV-3"]),
    };
    Line::new(ended.time, "ended", text, rules)
        .with("ending", ending_name(ended.ending))
        .with("latency_ms", ended.time.since(call.arrived).as_millis_f64())
}

/// The term of `summary.json` that counts it.
const fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Succeeded => "succeeded",
        Ending::Failed | Ending::Refused => "failed",
        Ending::Throttled => "throttled",
        Ending::Dropped => "dropped",
        Ending::DryRun => "dry_run",
    }
}
