//! `summary.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::assumptions::assumptions_json;
use super::chains::Chains;
use super::changes::changes_json;
use super::control;
use super::cost::{by_function, by_item};
use super::cross_checks::cross_checks_json;
use super::headroom::headroom_json;
use super::numbers::{decimal, decimal_f64, dollars_f64, rounded, share};
use super::warnings::all_warnings;
use super::{CONFIDENCE, ExpectationResult, ReportInput};
use crate::control::ControlSummary;
use crate::experiment::{Interval, probability_interval};
use crate::facts::{Architecture, Cause, ErrorCode, MappingId, Reason, StreamId};
use crate::lambda::{FunctionConfig, MappingSource, Peaks, Through, TrafficConfig};
use crate::metrics::{
    AsyncSummary, BudgetCounts, BudgetSummary, Counts, FunctionSummary, GaugeSummary, LatencySummary, QueueSummary,
    ReaderSummary, StreamSummary, Summary, TimelineSummary, TrafficSummary, VersionSummary,
};
use crate::pricing::{
    Bill, BudgetConfig, CostAnswers, Item, Line, LineShare, Measure, ProvisionedTimes, Usage, break_even,
};
use crate::simulation::{AdjoiningCost, Plan, RunResult};
use crate::units::Money;

/// The terms of an object. `json!` copies each value that it is handed, level by level: of a function there are a hundred.
macro_rules! terms {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut terms = Map::with_capacity([$($key),*].len());
        $(terms.insert($key.to_owned(), Value::from($value));)*
        terms
    }};
}

/// The whole of `summary.json`: times in ms, money in USD, every key always present and always in the same order, but for
/// `replications`, which stands last where there are some.
pub fn summary_json(input: &ReportInput) -> Value {
    let mut all = numbers_json(input);
    all["headroom"] = headroom_json(input);
    all["cross_checks"] = cross_checks_json(input.plan, input.result);
    all["assumptions"] = assumptions_json(input);
    all
}

/// [`summary_json`] without the lists that no path leads into: cheaper, for what only reads numbers off it.
pub(super) fn numbers_json(input: &ReportInput) -> Value {
    let (plan, summary) = (input.plan, &input.result.summary);
    let mut all = terms! {
        "scenario": plan.name.as_str(),
        "seed": plan.seed,
        "version": input.version,
        "model_date": plan.model_date.as_str(),
        "simulated_seconds": simulated_seconds(plan),
        "fingerprint": fingerprint(summary),
        "totals": counts(&summary.totals),
        "account": account(summary),
        "traffic": all_traffic(plan, summary),
        "chains": chains(&Chains::of(plan, summary)),
        "functions": functions(input),
        "queues": named(plan.queues.iter().map(|queue| &queue.name), &summary.queues, queue),
        "streams": streams(plan, summary),
        "budgets": downstream_budgets(plan, summary),
        "alarms": control::alarms(input),
        "scaling": control::scaling(input),
        "deployments": control::deployments(input),
        "tags": tags(input),
        "changes": changes_json(input),
        "cost": cost(input),
        "headroom": Value::Array(Vec::new()),
        "cross_checks": Value::Array(Vec::new()),
        "assumptions": Value::Array(Vec::new()),
        "expect": input.expectations.iter().map(expectation).collect::<Vec<_>>(),
        "warnings": all_warnings(input),
    };
    if let Some(replications) = input.replications {
        all.insert("replications".to_owned(), replications.json());
    }
    all.into()
}

/// The summary of a run in which nothing has happened: it has every path that [`summary_json`] will have, so that
/// the paths of `expect` can be checked before the run.
pub fn blank_summary(plan: &Plan) -> Value {
    let function = |function: &Arc<FunctionConfig>| FunctionSummary {
        by_version: vec![VersionSummary::default(); function.versions.len()],
        rejected_by_error: ErrorCode::all().map(|code| (code, 0)).collect(),
        ..FunctionSummary::default()
    };
    let summary = Summary {
        traffic: vec![TrafficSummary::default(); plan.traffic.len()],
        functions: plan.functions.iter().map(function).collect(),
        queues: vec![QueueSummary::default(); plan.queues.len()],
        streams: vec![StreamSummary::default(); plan.streams.len()],
        ..Summary::default()
    };
    let result = RunResult {
        summary,
        timeline: TimelineSummary::default(),
        usage: Usage::default(),
        bill: Bill::default(),
        monthly_estimate: Bill::default(),
        adjoining: AdjoiningCost::default(),
        cost_answers: CostAnswers::default(),
        budget_alerts: Vec::new(),
        provisioned_times: ProvisionedTimes::default(),
        control: ControlSummary::blank(&plan.control),
        refused_changes: Vec::new(),
        peaks: Peaks::default(),
    };
    summary_json(&ReportInput::bare(plan, &result))
}

/// The fingerprint as it is printed everywhere.
pub(super) fn fingerprint(summary: &Summary) -> String {
    format!("{:016x}", summary.fingerprint)
}

fn simulated_seconds(plan: &Plan) -> Value {
    let micros = plan.horizon().as_micros();
    if micros.is_multiple_of(1_000_000) {
        json!(micros / 1_000_000)
    } else {
        json!(micros as f64 / 1e6)
    }
}

fn named<'a, T>(names: impl Iterator<Item = &'a String>, items: &[T], object: impl Fn(&T) -> Value) -> Value {
    names
        .cloned()
        .zip(items.iter().map(object))
        .collect::<Map<_, _>>()
        .into()
}

fn arrival_terms(counts: &Counts) -> Map<String, Value> {
    terms! {
        "arrivals": counts.arrivals,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "throttled": counts.throttled,
        "dropped": counts.dropped,
        "dry_run": counts.dry_run,
        "in_flight_at_end": counts.in_flight_at_end,
        "requests": counts.requests,
    }
}

fn counts(counts: &Counts) -> Map<String, Value> {
    let mut terms = arrival_terms(counts);
    terms.extend(terms! {
        "rejected": counts.rejected,
        "Invocations": counts.invocations,
        "Errors": counts.errors,
        "Throttles": counts.throttles,
        "cold_starts": counts.cold_starts,
        "throttled_share": rounded(share(counts.throttled, counts.arrivals)),
    });
    terms
}

fn account(summary: &Summary) -> Value {
    json!({
        "ConcurrentExecutions": gauge(&summary.account.concurrent_executions),
        "UnreservedConcurrentExecutions": gauge(&summary.account.unreserved_concurrent_executions),
        "ClaimedAccountConcurrency": { "max": summary.account.claimed_account_concurrency_max },
    })
}

fn gauge(gauge: &GaugeSummary) -> Value {
    terms! { "max": gauge.max, "mean": rounded(gauge.mean) }.into()
}

fn latency(times: &LatencySummary) -> Value {
    terms! {
        "mean": rounded(times.mean),
        "p50": rounded(times.p50),
        "p90": rounded(times.p90),
        "p95": rounded(times.p95),
        "p99": rounded(times.p99),
        "p99_9": rounded(times.p99_9),
        "max": rounded(times.max),
    }
    .into()
}

fn chains(chains: &Chains) -> Value {
    json!({
        "invocations_from_traffic": chains.from_traffic,
        "invocations_from_chains": chains.from_chains,
        "amplification": rounded(chains.amplification()),
    })
}

/// Answers by HTTP status: each that the front end can give, also where it did not.
fn status(config: &TrafficConfig, counts: &BTreeMap<u16, u64>) -> Value {
    let Some(Through::Front(front)) = &config.through else {
        return json!({});
    };
    let statuses = BTreeSet::from(front.statuses());
    let count = |status| json!(counts.get(&status).copied().unwrap_or(0));
    let terms = statuses.into_iter().map(|status| (status.to_string(), count(status)));
    terms.collect::<Map<_, _>>().into()
}

fn all_traffic(plan: &Plan, summary: &Summary) -> Value {
    let entries = plan.entries().zip(&summary.traffic);
    entries
        .map(|(config, entry)| (config.name.clone(), traffic(config, entry)))
        .collect::<Map<_, _>>()
        .into()
}

fn traffic(config: &TrafficConfig, entry: &TrafficSummary) -> Value {
    let mut terms = arrival_terms(&entry.counts);
    terms.insert("latency".to_owned(), latency(&entry.latency));
    terms.insert("latency_all".to_owned(), latency(&entry.latency_all));
    terms.insert("time_to_first_byte".to_owned(), latency(&entry.time_to_first_byte));
    terms.insert("status".to_owned(), status(config, &entry.status));
    terms.into()
}

fn functions(input: &ReportInput) -> Value {
    let configs = input.plan.functions.iter();
    let chains = Chains::of(input.plan, &input.result.summary);
    configs
        .zip(&input.result.summary.functions)
        .zip(chains.by_function)
        .map(|((config, summary), chained)| (config.name.clone(), function(config, summary, chained)))
        .collect::<Map<_, _>>()
        .into()
}

fn function(config: &FunctionConfig, summary: &FunctionSummary, chained: u64) -> Value {
    let reasons = Reason::ALL.iter().map(|reason| reason.name());
    let causes = Cause::ALL.iter().map(|cause| cause.name());
    let mut terms = counts(&summary.counts);
    terms.extend(terms! {
        "throttles_by_reason": tally(reasons, &summary.throttles_by_reason),
        "throttles_by_cause": tally(causes, &summary.throttles_by_cause),
        "rejected_by_error": rejected(&summary.rejected_by_error),
        "cold_start_share": rounded(share(summary.counts.cold_starts, summary.counts.invocations)),
        "from_chains_share": rounded(share(chained, summary.counts.invocations)),
        "init": terms! {
            "mean": rounded(summary.init.mean), "p50": rounded(summary.init.p50), "p99": rounded(summary.init.p99),
        },
        "restore": terms! {
            "mean": rounded(summary.restore.mean),
            "p50": rounded(summary.restore.p50),
            "p99": rounded(summary.restore.p99),
        },
        "vpc": vpc(config, summary),
        "ConcurrentExecutions": gauge(&summary.concurrent_executions),
        "environments": terms! {
            "max": summary.environments.max,
            "mean": rounded(summary.environments.mean),
            "created": summary.environments_created,
            "used": summary.environments_used,
            "idle_mean": rounded(summary.environments_idle_mean),
        },
        "Duration": latency(&summary.duration),
        "PostRuntimeExtensionsDuration": terms! {
            "mean": rounded(summary.extensions.mean),
            "p50": rounded(summary.extensions.p50),
            "p99": rounded(summary.extensions.p99),
            "max": rounded(summary.extensions.max),
        },
        "latency": latency(&summary.latency),
        "provisioned": terms! {
            "ProvisionedConcurrencyInvocations": summary.provisioned_invocations,
            "ProvisionedConcurrencySpilloverInvocations": summary.provisioned_spillover,
            "utilization_max": rounded(summary.provisioned_utilization_max),
            "advised": advised(summary.concurrent_executions.max),
        },
        "async": asynchronous(&summary.asynchronous),
        "by_version": named(config.versions.iter().map(|version| &version.name), &summary.by_version, by_version),
    });
    terms.into()
}

/// What the function takes of its VPC at its peak: shared interfaces, and those that the formula of before SW-VPC gives.
fn vpc(config: &FunctionConfig, summary: &FunctionSummary) -> Value {
    let peak = summary.concurrent_executions.max;
    terms! {
        "network_interfaces": config.shared_interfaces(peak),
        "legacy_network_interfaces": config.legacy_interfaces(peak),
    }
    .into()
}

/// AWS's advice for provisioned concurrency: the peak and ten percent more (PC-10).
fn advised(peak: u64) -> u64 {
    (peak * 11).div_ceil(10)
}

fn tally<'a>(names: impl Iterator<Item = &'a str>, counts: &[u64]) -> Map<String, Value> {
    let numbers = counts.iter().map(|count| json!(count));
    names.map(str::to_owned).zip(numbers).collect()
}

/// Only errors that occurred: there are dozens.
fn rejected(counts: &BTreeMap<ErrorCode, u64>) -> Map<String, Value> {
    counts
        .iter()
        .map(|(code, count)| (code.name().to_owned(), json!(count)))
        .collect()
}

fn asynchronous(events: &AsyncSummary) -> Value {
    terms! {
        "AsyncEventsReceived": events.received,
        "AsyncEventsDropped": events.dropped,
        "retries_throttled": events.retries_throttled,
        "retries_error": events.retries_error,
        "expired": events.expired,
        "exhausted": events.exhausted,
        "dead_lettered": events.dead_lettered,
        "destination_success": events.destination_success,
        "destination_failure": events.destination_failure,
        "AsyncEventAge": terms! {
            "p50": rounded(events.event_age.p50),
            "p99": rounded(events.event_age.p99),
            "max": rounded(events.event_age.max),
        },
        "latency": terms! {
            "mean": rounded(events.latency.mean),
            "p50": rounded(events.latency.p50),
            "p99": rounded(events.latency.p99),
            "max": rounded(events.latency.max),
        },
    }
    .into()
}

fn by_version(version: &VersionSummary) -> Value {
    terms! { "Invocations": version.invocations, "Errors": version.errors, "cold_starts": version.cold_starts }.into()
}

fn queue(queue: &QueueSummary) -> Value {
    json!({
        "sent": queue.sent,
        "processed": queue.processed,
        "dead_lettered": queue.dead_lettered,
        "expired": queue.expired,
        "waiting": queue.waiting,
        "in_flight": queue.in_flight,
        "receives": queue.receives,
        "depth_max": queue.depth_max,
        "depth_mean": rounded(queue.depth_mean),
        "age_max": rounded(queue.age_max),
        "rejected": queue.rejected,
    })
}

fn downstream_budgets(plan: &Plan, summary: &Summary) -> Map<String, Value> {
    let entry = |(index, config): (usize, &crate::lambda::BudgetConfig)| {
        let unused = BudgetSummary::default();
        let budget = summary.budgets.get(index).unwrap_or(&unused);
        let mut terms = budget_counts(&budget.counts);
        let users = (0..).zip(&plan.functions).filter_map(|(number, function)| {
            let found = budget.functions.iter().find(|(user, ..)| user.index() == number);
            let declared = function.uses.iter().any(|used| used.budget.index() == index);
            let (counts, mean) = found.map_or((BudgetCounts::default(), 0.0), |(_, counts, mean)| (*counts, *mean));
            (declared || found.is_some()).then(|| {
                let mut terms = budget_counts(&counts);
                let part = if budget.mean > 0.0 { mean / budget.mean } else { 0.0 };
                terms.extend(terms! { "mean": rounded(mean), "share": rounded(part) });
                (function.name.clone(), terms.into())
            })
        });
        let users: Map<String, Value> = users.collect();
        terms.extend(terms! {
            "max": budget.max,
            "mean": rounded(budget.mean),
            "wait": terms! { "mean": rounded(budget.wait.mean), "p99": rounded(budget.wait.p99), "max": rounded(budget.wait.max) },
            "functions": users,
        });
        (config.name.clone(), terms.into())
    };
    plan.account.budgets.iter().enumerate().map(entry).collect()
}

fn budget_counts(counts: &BudgetCounts) -> Map<String, Value> {
    terms! {
        "calls": counts.calls, "slowed": counts.slowed, "queued": counts.queued, "failed": counts.failed,
    }
}

/// Every stream: what became of its records for the reader with the most left to do, and for each reader.
fn streams(plan: &Plan, summary: &Summary) -> Map<String, Value> {
    let streams = (0..).map(StreamId).zip(&plan.streams).zip(&summary.streams);
    streams
        .map(|((id, stream), counted)| (stream.name.clone(), stream_terms(plan, id, counted)))
        .collect()
}

fn stream_terms(plan: &Plan, id: StreamId, counted: &StreamSummary) -> Value {
    let mappings = (0..).map(MappingId).zip(&plan.mappings);
    let readers: Vec<(&String, ReaderSummary)> = mappings
        .filter(|(_, mapping)| matches!(&mapping.source, MappingSource::Stream(read) if read.stream == id))
        .map(|(reader, mapping)| (&mapping.name, counted.reader(Some(reader))))
        .collect();
    let furthest_behind = readers
        .iter()
        .map(|(_, reader)| *reader)
        .min_by_key(ReaderSummary::settled);
    let mut terms = record_terms(counted.sent, &furthest_behind.unwrap_or_else(|| counted.reader(None)));
    let each = readers
        .iter()
        .map(|(name, reader)| ((*name).clone(), record_terms(counted.sent, reader).into()));
    terms.insert("readers".to_owned(), each.collect::<Map<_, _>>().into());
    terms.into()
}

/// Kafka's pollers in one event poller unit (KAF-3).
const POLLERS_PER_UNIT: u32 = 10;

/// What becomes of records: these terms add up to `sent` (contract §4).
fn record_terms(sent: u64, reader: &ReaderSummary) -> Map<String, Value> {
    terms! {
        "sent": sent,
        "processed": reader.processed,
        "discarded": reader.discarded,
        "filtered": reader.filtered,
        "expired": reader.expired,
        "waiting": sent - reader.settled(),
        "IteratorAge": terms! {
            "p50": rounded(reader.iterator_age.p50),
            "p99": rounded(reader.iterator_age.p99),
            "max": rounded(reader.iterator_age.max),
        },
        "OffsetLag": terms! { "max": reader.offset_lag_max },
        "pollers": terms! {
            "max": reader.pollers_max,
            "event_poller_units": reader.pollers_max.div_ceil(POLLERS_PER_UNIT),
        },
        "blocked": terms! {
            "lanes": reader.blocked_lanes,
            "longest": rounded(reader.blocked_longest),
            "at_end": reader.blocked_at_end,
        },
    }
}

fn tags(input: &ReportInput) -> Value {
    let costs = by_function(input.plan, &input.result.bill);
    let mut sums: BTreeMap<&str, (Money, u64, u64)> = BTreeMap::new();
    let tagged = input.plan.tags.iter().zip(&input.result.summary.functions).zip(&costs);
    for ((tags, function), cost) in tagged {
        for tag in tags {
            let sum = sums.entry(tag).or_default();
            sum.0 += *cost;
            sum.1 += function.counts.throttles;
            sum.2 += function.counts.invocations;
        }
    }
    let sums = sums.into_iter();
    sums.map(|(tag, (cost, throttles, invocations))| {
        let sum = json!({ "cost": dollars_f64(cost), "Throttles": throttles, "Invocations": invocations });
        (tag.to_owned(), sum)
    })
    .collect::<Map<_, _>>()
    .into()
}

fn cost(input: &ReportInput) -> Value {
    let bill = &input.result.bill;
    let shares = bill
        .lines
        .iter()
        .flat_map(|line| line.shares.iter().map(move |share| (line, share)));
    terms! {
        "currency": "USD",
        "total": dollars_f64(bill.total),
        "monthly_estimate": dollars_f64(input.result.monthly_estimate.total),
        "lines": shares.map(|(line, share)| cost_line(input.plan, line, share)).collect::<Vec<_>>(),
        "per_million_requests": per_million_requests(input.result),
        "of": parts(&input.result.cost_answers),
        "saved_by": savings(&input.result.cost_answers),
        "monthly_on": terms! {
            "x86_64": dollars_f64(input.result.cost_answers.by_architecture[0]),
            "arm64": dollars_f64(input.result.cost_answers.by_architecture[1]),
        },
        "provisioned": provisioned_times(input),
        "budgets": budgets(input),
        "adjoining": adjoining(input),
    }
    .into()
}

/// Services beside Lambda; `items` has the cost of each that is billed.
fn adjoining(input: &ReportInput) -> Value {
    let AdjoiningCost {
        bill, monthly_estimate, ..
    } = &input.result.adjoining;
    let line = |line: &Line| {
        json!({
            "item": line.item.name(),
            "quantity": decimal_f64(line.quantity.atoms, line.quantity.per_unit, 10),
            "unit": line.unit,
            "unit_price": decimal_f64(line.unit_price, 1_000_000_000_000_000, 15),
            "amount": dollars_f64(line.amount),
            "estimated": line.estimated,
        })
    };
    json!({
        "total": dollars_f64(bill.total),
        "monthly_estimate": dollars_f64(monthly_estimate.total),
        "items": items(input),
        "lines": bill.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn items(input: &ReportInput) -> Map<String, Value> {
    let services = input.plan.billing.adjoining.services.iter();
    let costs = by_item(&input.result.adjoining.bill);
    let cost = |item: Item| {
        let found = costs.iter().find(|(known, _)| *known == item);
        found.map_or(Money::ZERO, |(_, cost)| *cost)
    };
    services
        .flat_map(|service| service.items())
        .map(|item| (item.name().to_owned(), dollars_f64(cost(*item)).into()))
        .collect()
}

/// Alerts by threshold in per cent; without an alert `alerted` is 0.
fn budgets(input: &ReportInput) -> Map<String, Value> {
    let configs = input.plan.billing.budgets.iter().enumerate();
    let budget = |(place, config): (usize, &BudgetConfig)| {
        let alert = |(index, threshold): (usize, &u32)| {
            let found = input.result.budget_alerts.get(place).and_then(|alerts| alerts[index]);
            let text = decimal((*threshold).into(), 100, 2);
            let value = json!({
                "alerted": u8::from(found.is_some()),
                "at": found.map_or(0.0, |alert| alert.at.as_micros() as f64 / 1e3),
                "cost": found.map_or(0.0, |alert| dollars_f64(alert.cost)),
            });
            (text, value)
        };
        let alerts: Map<String, Value> = config.thresholds.iter().enumerate().map(alert).collect();
        (
            config.name.clone(),
            json!({ "amount": dollars_f64(config.amount), "alerts": alerts }),
        )
    };
    configs.map(budget).collect()
}

fn parts(answers: &CostAnswers) -> Value {
    json!({
        "cold_starts": dollars_f64(answers.cold_starts),
        "retries": dollars_f64(answers.retries),
        "errors": dollars_f64(answers.errors),
        "throttles": dollars_f64(answers.throttles),
        "idle_provisioned": dollars_f64(answers.idle_provisioned),
    })
}

fn savings(answers: &CostAnswers) -> Value {
    json!({
        "free_tier": dollars_f64(answers.free_tier),
        "tiers": dollars_f64(answers.tiers),
        "savings_plan": dollars_f64(answers.savings_plan),
        "custom_discount": dollars_f64(answers.custom_discount),
    })
}

/// The bill for each million billed requests; 0 without any.
fn per_million_requests(result: &RunResult) -> Value {
    let used = result.usage.total();
    let requested = [Measure::Requests, Measure::ProvisionedRequests, Measure::EdgeRequests];
    let requests: u128 = requested.into_iter().map(|measure| used.get(measure)).sum();
    let each = |requests: u128| result.bill.total.as_f64() / requests as f64 * 1e6;
    json!(rounded(if requests == 0 { 0.0 } else { each(requests) }))
}

fn provisioned_times(input: &ReportInput) -> Value {
    let times = &input.result.provisioned_times;
    let share = |part: u128, whole: u128| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let even = |architecture| rounded(break_even(&input.plan.billing, architecture).utilization());
    let (above, enabled) = (times.above.as_micros(), times.enabled.as_micros());
    json!({
        "break_even_utilization": { "x86_64": even(Architecture::X86_64), "arm64": even(Architecture::Arm64) },
        "utilization": rounded(share(times.busy, times.configured)),
        "time_above_break_even": rounded(share(above.into(), enabled.into())),
    })
}

fn cost_line(plan: &Plan, line: &Line, share: &LineShare) -> Value {
    json!({
        "function": plan.functions[share.function.index()].name,
        "item": line.item.name(),
        "quantity": decimal_f64(share.quantity.atoms, share.quantity.per_unit, 9),
        "unit": line.unit,
        "unit_price": decimal_f64(line.unit_price, 1_000_000_000_000_000, 15),
        "amount": dollars_f64(share.amount),
        "estimated": line.estimated,
    })
}

fn expectation(result: &ExpectationResult) -> Value {
    let mut entry = json!({ "text": result.text, "value": result.value.map(rounded), "ok": result.ok });
    if let Some((held, count)) = result.held {
        let Interval { low, high } = probability_interval(held, count, CONFIDENCE);
        entry["held"] = json!({ "replications": held, "share": rounded(share(held, count)), "low": rounded(low), "high": rounded(high) });
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    const TOP: [&str; 25] = [
        "scenario",
        "seed",
        "version",
        "model_date",
        "simulated_seconds",
        "fingerprint",
        "totals",
        "account",
        "traffic",
        "chains",
        "functions",
        "queues",
        "streams",
        "budgets",
        "alarms",
        "scaling",
        "deployments",
        "tags",
        "changes",
        "cost",
        "headroom",
        "cross_checks",
        "assumptions",
        "expect",
        "warnings",
    ];
    const TOTALS: [&str; 14] = [
        "arrivals",
        "succeeded",
        "failed",
        "throttled",
        "dropped",
        "dry_run",
        "in_flight_at_end",
        "requests",
        "rejected",
        "Invocations",
        "Errors",
        "Throttles",
        "cold_starts",
        "throttled_share",
    ];
    const FUNCTION: [&str; 16] = [
        "throttles_by_reason",
        "throttles_by_cause",
        "rejected_by_error",
        "cold_start_share",
        "from_chains_share",
        "init",
        "restore",
        "vpc",
        "ConcurrentExecutions",
        "environments",
        "Duration",
        "PostRuntimeExtensionsDuration",
        "latency",
        "provisioned",
        "async",
        "by_version",
    ];

    #[test]
    fn every_key_is_present_and_in_the_same_order_whether_or_not_anything_happened() {
        for sample in [Sample::blank(), Sample::busy()] {
            let summary = summary_json(&sample.input());
            assert_eq!(keys(&summary), TOP);
            assert_eq!(keys(&summary["totals"]), TOTALS);
            let function = &summary["functions"]["checkout"];
            assert_eq!(keys(function), [&TOTALS[..], &FUNCTION[..]].concat());
            assert_eq!(
                keys(&function["latency"]),
                ["mean", "p50", "p90", "p95", "p99", "p99_9", "max"]
            );
            assert_eq!(keys(&function["throttles_by_cause"]).len(), 6);
            assert_eq!(keys(&function["by_version"]), ["$LATEST", "1"]);
            assert_eq!(
                keys(&summary["cost"]),
                [
                    "currency",
                    "total",
                    "monthly_estimate",
                    "lines",
                    "per_million_requests",
                    "of",
                    "saved_by",
                    "monthly_on",
                    "provisioned",
                    "budgets",
                    "adjoining"
                ]
            );
            assert_eq!(keys(&summary["traffic"]["shoppers"]).last(), Some(&"status"));
        }
    }

    #[test]
    fn numbers_are_short_and_money_keeps_its_digits() {
        let summary = summary_json(&Sample::busy().input());
        assert_eq!(summary["fingerprint"], "0000000000000abc");
        assert_eq!(summary["simulated_seconds"], 86_400);
        let requests = &summary["cost"]["lines"][0];
        // 4,310,000 requests at 0.20 USD a million.
        assert_eq!(requests["amount"].to_string(), "0.862");
        assert_eq!(requests["unit_price"].to_string(), "2e-7");
        // 123,456,789,000 MB·ms / 1,024,000 = 120,563.270507812 GB-s, at 0.0000166667 USD.
        assert_eq!(summary["cost"]["lines"][1]["quantity"].to_string(), "120563.270507813");
        assert_eq!(summary["cost"]["lines"][1]["amount"].to_string(), "2.009391860573");
        assert_eq!(
            summary["functions"]["checkout"]["cold_start_share"].to_string(),
            "0.000513"
        );
    }

    #[test]
    fn only_queues_are_listed_and_all_that_was_sent_to_them_waits() {
        let summary = summary_json(&Sample::busy().input());
        assert_eq!(keys(&summary["queues"]), ["dead"]);
        assert_eq!(summary["queues"]["dead"]["sent"], 6);
        assert_eq!(summary["queues"]["dead"]["waiting"], 6);
    }

    #[test]
    fn tags_sum_cost_and_counts_of_their_functions() {
        let summary = summary_json(&Sample::busy().input());
        assert_eq!(summary["tags"]["team=payments"]["Throttles"], 41_250);
        assert_eq!(summary["tags"]["team=payments"]["cost"].to_string(), "2.871391860573");
        assert_eq!(summary["tags"]["team=web"]["Invocations"], 312);
    }

    #[test]
    fn warnings_name_quantiles_of_few_samples() {
        let summary = summary_json(&Sample::busy().input());
        let warnings = [
            "prices of this region are estimated",
            "p99 of fulfil rests on 312 samples",
        ];
        assert_eq!(summary["warnings"], json!(warnings));
    }

    #[test]
    fn a_blank_summary_has_every_path_of_a_real_one() {
        let sample = Sample::busy();
        let blank = blank_summary(&sample.plan);
        for path in [
            "functions.checkout.latency.p99",
            "functions.fulfil.throttles_by_cause.account_concurrency",
            "traffic.shoppers.latency_all.max",
            "queues.dead.sent",
            "tags.team=web.cost",
            "cost.monthly_estimate",
        ] {
            assert_eq!(crate::report::value_at(&blank, path), Some(0.0), "{path}");
        }
    }
}
