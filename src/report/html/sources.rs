//! The retry economy: what became of a thousand things that arrived, and what repeating cost.

use maud::Markup;

use super::facts::Facts;
use super::long_table::{Cell, LongTable, Row, largest_first, long_table};
use crate::facts::InvocationType;
use crate::lambda::{FlowConfig, MappingSource, TrafficConfig};
use crate::metrics::{Counts, LatencySummary, QueueSummary, TrafficSummary};
use crate::pricing::Item;
use crate::report::ReportInput;
use crate::report::numbers::{dollars_of, milliseconds, share};
use crate::units::Money;

const ATOMS_PER_UNIT: i128 = Money::ATOMS_PER_USD / 1_024_000;
const MB_MS_PER_GB_SECOND: f64 = 1_024_000.0;

/// One source: of what arrived, what became of it.
struct Economy {
    name: String,
    /// Where `summary.json` counts what arrived at it.
    path: [String; 3],
    arrived: u64,
    at_once: u64,
    late: LatencySummary,
    dead_lettered: u64,
    dropped: u64,
    lost: u64,
    cost: f64,
}

/// One row for each sender and each queue.
pub(super) fn sources(facts: &Facts) -> Markup {
    let input = facts.input;
    let senders = input.plan.traffic.iter().zip(&input.result.summary.traffic);
    let queues = input.plan.queues.iter().zip(&input.result.summary.queues);
    let mut flows = vec![None; input.plan.traffic.len()];
    for flow in &input.plan.flows {
        flows[flow.traffic.index()].get_or_insert(flow);
    }
    let economies = senders
        .zip(flows)
        .filter_map(|((config, summary), flow)| of_sender(input, flow?, config, summary))
        .chain(
            queues
                .enumerate()
                .map(|(number, (config, summary))| of_queue(input, number, &config.name, summary)),
        )
        .filter(|economy| economy.arrived > 0);
    let economies: Vec<Economy> = economies.collect();
    let all = economies.len();
    let shown = largest_first(economies, |economy| economy.arrived);
    let heads = [
        ("Arrived", "calls, events or messages"),
        ("At once", "of 1,000: done at the first attempt or receive"),
        ("Late", "of 1,000: done at a further one"),
        ("by half", "the half of the late ones took so long or less"),
        ("by most", "the latest"),
        ("Dead-lettered", "of 1,000: kept in a dead-letter queue or destination"),
        ("Dropped", "of 1,000: expired, or given up unseen"),
        ("Lost", "of 1,000: failed or throttled to the end, and kept nowhere"),
        (
            "Repeating cost",
            "requests and duration of further attempts, at list prices",
        ),
    ];
    let note = "Of 1,000 things that arrived at each source: how many were done at once, late, or not at all. What is not in \
                these columns was still under way at the end.";
    long_table(&LongTable {
        id: "all-sources",
        title: "Event sources and retries",
        note,
        head: "Source",
        things: "sources",
        size: "arrivals",
        heads: &heads,
        rows: shown.iter().map(|economy| row(facts, economy)).collect(),
        all,
    })
}

fn row(facts: &Facts, economy: &Economy) -> Row {
    let of_thousand = |part: u64| match part {
        0 => "0".to_owned(),
        _ => format!("{:.1}", part as f64 * 1_000.0 / economy.arrived as f64),
    };
    let wait = |ms: f64| match economy.late.count {
        0 => "–".to_owned(),
        _ => milliseconds(ms),
    };
    let words = [
        of_thousand(economy.at_once),
        of_thousand(economy.late.count),
        wait(economy.late.p50),
        wait(economy.late.max),
        of_thousand(economy.dead_lettered),
        of_thousand(economy.dropped),
        of_thousand(economy.lost),
        dollars_of(economy.cost),
    ];
    let [kind, name, key] = economy.path.each_ref().map(String::as_str);
    let arrived = Cell::of(facts, &[kind, name], &[key]);
    Row {
        name: economy.name.clone(),
        base: format!("{kind}.{name}"),
        cells: [arrived].into_iter().chain(words.map(Cell::Words)).collect(),
    }
}

/// A sender of calls and events, with the first of its flows; mappings are told of by their queues.
fn of_sender(
    input: &ReportInput,
    flow: &FlowConfig,
    config: &TrafficConfig,
    summary: &TrafficSummary,
) -> Option<Economy> {
    let counts = &summary.counts;
    if flow.mapping.is_some() {
        return None;
    }
    let kept = match flow.invocation_type {
        InvocationType::Event => summary.retries.kept,
        InvocationType::RequestResponse | InvocationType::DryRun => 0,
    };
    let failed = counts.failed + counts.throttled;
    let kept_failures = kept.min(failed);
    Some(Economy {
        name: config.name.clone(),
        path: ["traffic".into(), config.name.clone(), "arrivals".into()],
        arrived: counts.arrivals,
        at_once: summary.retries.at_once,
        late: summary.retries.late,
        dead_lettered: kept,
        dropped: counts.dropped.saturating_sub(kept - kept_failures),
        lost: failed - kept_failures,
        cost: price(
            input,
            summary.retries.attempts as f64,
            summary.retries.billed_mb_ms as f64,
        ),
    })
}

/// A queue. Each invocation of its mappings that fails is repeated; where nothing is throttled, receives beyond the first of each
/// message tell of partial failures as well.
fn of_queue(input: &ReportInput, number: usize, name: &str, summary: &QueueSummary) -> Economy {
    let readers = input
        .plan
        .mappings
        .iter()
        .filter(|mapping| matches!(&mapping.source, MappingSource::Queue(queue) if queue.queue.index() == number));
    let (mut counts, mut mb_ms) = (Counts::default(), 0);
    for mapping in readers {
        let sender = input.plan.flows[mapping.flow.index()].traffic;
        if let Some(traffic) = input.result.summary.traffic.get(sender.index()) {
            counts.add(&traffic.counts);
            mb_ms += traffic.retries.billed_mb_ms;
        }
    }
    let first = summary.sent.saturating_sub(summary.waiting).min(summary.receives);
    let repeated = match counts.throttles {
        0 => share(summary.receives - first, summary.receives),
        _ => share(counts.errors, counts.invocations),
    };
    Economy {
        name: format!("sqs:{name}"),
        path: ["queues".into(), name.into(), "sent".into()],
        arrived: summary.sent,
        at_once: summary.at_once,
        late: summary.late,
        dead_lettered: summary.dead_lettered,
        dropped: summary.expired,
        lost: 0,
        cost: price(input, counts.invocations as f64 * repeated, mb_ms as f64 * repeated),
    }
}

/// Requests and duration at the prices of the bill's first lines, in USD.
fn price(input: &ReportInput, requests: f64, mb_ms: f64) -> f64 {
    let unit_price = |item: Item| {
        let line = input.result.bill.lines.iter().find(|line| line.item == item);
        line.map_or(0.0, |line| line.unit_price as f64 / ATOMS_PER_UNIT as f64)
    };
    requests * unit_price(Item::Request) + mb_ms / MB_MS_PER_GB_SECOND * unit_price(Item::Duration)
}
