//! What went wrong, one sentence each.

use maud::{Markup, html};

use super::facts::Facts;
use super::throttling::causes;
use crate::control::DeploymentStatus;
use crate::facts::QueueId;
use crate::lambda::MappingSource;
use crate::report::ReportInput;
use crate::report::causes::title;
use crate::report::numbers::{counted, grouped, percent, share, short_name};

/// Problems of a run, each with the section that says more.
pub(super) fn problems(facts: &Facts) -> Vec<Markup> {
    let input = facts.input;
    let mut found = Vec::new();
    found.extend(throttles(facts));
    found.extend(failures(facts));
    found.extend(rejections(facts));
    found.extend(lost_events(facts));
    found.extend(queues(facts));
    found.extend(streams(facts));
    found.extend(control(input));
    found.extend(budgets(input));
    found
}

fn more(id: &str, words: &str) -> Markup {
    html! { " " a href={ "#" (id) } { (words) } }
}

fn throttles(facts: &Facts) -> Option<Markup> {
    let input = facts.input;
    let counts = &input.result.summary.totals;
    let all = causes(input);
    let (cause, most) = all.first()?;
    let judged = counts.invocations + counts.throttles;
    let functions = input.functions();
    let hit = functions.max_by_key(|(_, function)| function.throttles_by_cause[*cause as usize]);
    Some(html! {
        b { (percent(share(counts.throttles, judged))) " of requests were throttled" }
        " (" (facts.show_as(&["totals", "Throttles"], grouped(counts.throttles))) " of " (grouped(judged)) "), "
        @if *most == counts.throttles { "all" } @else { (percent(share(*most, counts.throttles))) } " of them by "
        (title(*cause)) " (" (cause.rule()) ")"
        @if let Some((name, _)) = hit { @if input.plan.functions.len() > 1 { ", most at " (short_name(name)) } }
        "." (more("throttling", "Why?"))
    })
}

fn failures(facts: &Facts) -> Option<Markup> {
    let counts = &facts.input.result.summary.totals;
    let lost = counts.failed + counts.throttled + counts.dropped;
    let part = |key: &str, count: u64, words: &str| {
        html! { @if count > 0 { (facts.show_as(&["totals", key], grouped(count))) " " (words) } }
    };
    let parts = [
        ("failed", counts.failed, "failed"),
        ("throttled", counts.throttled, "were throttled to the end"),
        ("dropped", counts.dropped, "were dropped unrun"),
    ];
    let parts: Vec<Markup> = parts
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(key, count, words)| part(key, count, words))
        .collect();
    (lost > 0).then(|| {
        html! {
            b { (percent(share(lost, counts.arrivals))) " of what arrived was not done" } ": of "
            (facts.show_as(&["totals", "arrivals"], counted(counts.arrivals, "arrival"))) " "
            @for (place, part) in parts.iter().enumerate() { @if place > 0 { ", " } (part) }
            "." (more("functions", "By function"))
        }
    })
}

fn rejections(facts: &Facts) -> Option<Markup> {
    let rejected = facts.input.result.summary.totals.rejected;
    (rejected > 0).then(|| {
        html! {
            b { (facts.show_as(&["totals", "rejected"], counted(rejected, "request"))) " rejected" }
            " by the API otherwise than by a throttle." (more("throttling", "How?"))
        }
    })
}

fn lost_events(facts: &Facts) -> Option<Markup> {
    let functions = facts.input.functions();
    let given_up = functions.map(|(_, function)| &function.asynchronous);
    let (dropped, kept) = given_up.fold((0, 0), |(dropped, kept), events| {
        (
            dropped + events.dropped,
            kept + events.dead_lettered + events.destination_failure,
        )
    });
    (dropped > 0).then(|| {
        html! {
            b { (counted(dropped, "asynchronous event")) " given up" } ", "
            @match kept {
                0 => "kept nowhere",
                kept => { (counted(kept, "record")) " of that kept in a dead-letter queue or destination" },
            }
            "." (more("events", "When?"))
        }
    })
}

/// Queues that lost messages, and those that are read but not empty at the end.
fn queues(facts: &Facts) -> Vec<Markup> {
    let plan = facts.input.plan;
    let queues = (0..)
        .map(QueueId)
        .zip(&plan.queues)
        .zip(&facts.input.result.summary.queues);
    let read = |id: QueueId| {
        let mut mappings = plan.mappings.iter();
        mappings.any(|mapping| matches!(&mapping.source, MappingSource::Queue(queue) if queue.queue == id))
    };
    let told = queues.filter_map(|((id, config), queue)| {
        let left = if read(id) { queue.waiting } else { 0 };
        let terms = [
            ("dead_lettered", queue.dead_lettered, "dead-lettered"),
            ("expired", queue.expired, "expired"),
            ("waiting", left, "still waiting at the end"),
        ];
        let terms: Vec<_> = terms.into_iter().filter(|(_, count, _)| *count > 0).collect();
        (!terms.is_empty()).then(|| queue_line(facts, &config.name, &terms))
    });
    told.take(NAMED).collect()
}

fn queue_line(facts: &Facts, name: &str, terms: &[(&str, u64, &str)]) -> Markup {
    html! {
        "Queue " b { (short_name(name)) } ": "
        @for (place, (key, count, words)) in terms.iter().enumerate() {
            @if place > 0 { ", " }
            (facts.show_as(&["queues", name, key], counted(*count, "message"))) " " (words)
        }
        "; the oldest was " (facts.show(&["queues", name, "age_max"])) " old." (more("events", "Queues"))
    }
}

/// As many of a kind as are told on the first screen.
const NAMED: usize = 3;

fn streams(facts: &Facts) -> Vec<Markup> {
    let streams = facts.input.plan.streams.iter().zip(&facts.input.result.summary.streams);
    let blocked = streams.filter_map(|(config, stream)| {
        let lanes: u64 = stream.readers.iter().map(|reader| reader.blocked_lanes).sum();
        let discarded: u64 = stream.readers.iter().map(|reader| reader.discarded).sum();
        (lanes + discarded > 0).then_some((config, lanes, discarded))
    });
    blocked
        .map(|(config, lanes, discarded)| {
            html! {
                "Stream " b { (short_name(&config.name)) } ": a failed or throttled batch stopped "
                (counted(lanes, "lane")) "; " (counted(discarded, "record")) " given up." (more("events", "Streams"))
            }
        })
        .take(NAMED)
        .collect()
}

fn control(input: &ReportInput) -> Vec<Markup> {
    let (config, outcome) = (&input.plan.control, &input.result.control);
    let alarms = config.alarms.iter().zip(&outcome.alarms);
    let alarms = alarms.filter(|(_, alarm)| alarm.alarms > 0).map(|(config, alarm)| {
        html! {
            "Alarm " b { (short_name(&config.name)) } " went off " (counted(alarm.alarms, "time"))
            ", for " (alarm.in_alarm.to_string()) " in all." (more("deployments", "When?"))
        }
    });
    let deployments = config.deployments.iter().zip(&outcome.deployments);
    let back = deployments.filter(|(_, deployment)| deployment.status == DeploymentStatus::RolledBack);
    let back = back.map(|(config, _)| {
        html! { "Deployment " b { (short_name(&config.name)) } " was rolled back." (more("deployments", "When?")) }
    });
    alarms.take(NAMED).chain(back.take(NAMED)).collect()
}

fn budgets(input: &ReportInput) -> Vec<Markup> {
    let budgets = input.plan.account.budgets.iter().zip(&input.result.summary.budgets);
    let short = budgets.filter_map(|(config, budget)| {
        let beyond = budget.counts.slowed + budget.counts.queued + budget.counts.failed;
        (beyond > 0).then_some((config, beyond, budget.counts.calls))
    });
    short
        .map(|(config, beyond, calls)| {
            html! {
                "Budget " b { (short_name(&config.name)) } " had no room for " (grouped(beyond)) " of "
                (counted(calls, "call")) " (" (percent(share(beyond, calls))) ")." (more("budgets", "Who used it?"))
            }
        })
        .take(NAMED)
        .collect()
}
