//! Advice that was tried: what would help against throttling, by the runs that show it.

use serde_json::{Value, json};

use super::causes::title;
use super::numbers::{grouped, precise, rounded, share, short_name};
use crate::facts::{Cause, FunctionId, InvocationType};
use crate::lambda::{QualifierConfig, RetryMode, TrafficConfig};
use crate::simulation::{Plan, RunResult};

/// Causes that changes are tried against, the most frequent ones.
const CAUSES: usize = 4;
/// Senders whose clients are slowed down in one trial.
const SENDERS: usize = 8;

/// What a run says of throttling, latency and cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Share of one function's requests that were throttled.
    pub of_function: f64,
    /// The same of all requests.
    pub of_all: f64,
    /// 99 % quantile in ms of the function's latency, of its events where nobody waits; `None` without answer.
    pub p99: Option<f64>,
    /// Cost of a month like the run, in USD.
    pub monthly: f64,
}

impl Effect {
    /// Of a run, for one of its functions.
    pub fn of(result: &RunResult, function: FunctionId) -> Effect {
        let summary = &result.summary.functions[function.index()];
        let throttled =
            |counts: &crate::metrics::Counts| share(counts.throttles, counts.throttles + counts.invocations);
        let times = match summary.latency.count {
            0 => &summary.asynchronous.latency,
            _ => &summary.latency,
        };
        Effect {
            of_function: throttled(&summary.counts),
            of_all: throttled(&result.summary.totals),
            p99: (times.count > 0).then_some(times.p99),
            monthly: result.monthly_estimate.total.as_f64(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "function_throttled_share": rounded(self.of_function),
            "throttled_share": rounded(self.of_all),
            "p99": self.p99.map(rounded),
            "monthly_estimate": rounded(self.monthly),
        })
    }
}

/// A change of a scenario that may help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In words.
    pub what: String,
    /// Paths of the scenario with their values.
    pub settings: Vec<(String, String)>,
}

/// Throttling by one cause, where it hits most, and what may help against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// What refuses.
    pub cause: Cause,
    /// The function that it refuses most.
    pub function: FunctionId,
    /// How often it refuses that.
    pub throttles: u64,
    /// Changes to be tried.
    pub changes: Vec<Change>,
}

/// A complaint with what trying its changes has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// What was tried against what.
    pub complaint: Complaint,
    /// The run as it is.
    pub before: Effect,
    /// With each change; `None` where the scenario refuses it.
    pub after: Vec<Option<Effect>>,
}

/// How much more traffic a scenario bears.
#[derive(Clone, Debug, PartialEq)]
pub struct Bearing {
    /// The largest multiple of the traffic that was tried with which nothing is refused; 0 where none was found.
    pub bears: f64,
    /// The smallest that was tried with which something is, and what refuses most then; `None` where none was found.
    pub breaks: Option<(f64, Cause, FunctionId)>,
}

/// What trials of a run have shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// By cause, the most frequent first.
    pub tried: Vec<Tried>,
    /// Where the first limit breaks; `None` where that was not looked for.
    pub bearing: Option<Bearing>,
    /// Why nothing was tried, and how to have it tried.
    pub skipped: Option<String>,
}

impl Advice {
    /// `advice.json`.
    pub fn json(&self, plan: &Plan) -> Value {
        let name = |function: FunctionId| &plan.functions[function.index()].name;
        let change = |(change, after): (&Change, &Option<Effect>)| {
            let setting = |(path, value): &(String, String)| json!({ "path": path, "value": value });
            json!({
                "change": change.what,
                "settings": change.settings.iter().map(setting).collect::<Vec<_>>(),
                "after": after.as_ref().map(Effect::json),
            })
        };
        let tried = |tried: &Tried| {
            let complaint = &tried.complaint;
            json!({
                "cause": complaint.cause.name(),
                "rule": complaint.cause.rule(),
                "function": name(complaint.function),
                "throttles": complaint.throttles,
                "before": tried.before.json(),
                "tried": complaint.changes.iter().zip(&tried.after).map(change).collect::<Vec<_>>(),
            })
        };
        let bearing = |bearing: &Bearing| {
            json!({
                "bears": bearing.bears,
                "breaks": bearing.breaks.map(|(multiple, ..)| multiple),
                "cause": bearing.breaks.map(|(_, cause, _)| cause.name()),
                "function": bearing.breaks.map(|(.., function)| name(function)),
            })
        };
        json!({
            "throttling": self.tried.iter().map(tried).collect::<Vec<_>>(),
            "traffic_multiple": self.bearing.as_ref().map(bearing),
        })
    }
}

/// The most frequent causes of throttling of a run, each with the function that it hits most and changes that may help.
pub fn complaints(plan: &Plan, result: &RunResult) -> Vec<Complaint> {
    let of_cause = |cause: Cause| {
        let functions = result.summary.functions.iter().zip(0..).map(|(function, number)| {
            let throttles = function.throttles_by_cause[cause as usize];
            (throttles, std::cmp::Reverse(number))
        });
        let all: u64 = functions.clone().map(|(throttles, _)| throttles).sum();
        let (throttles, std::cmp::Reverse(number)) = functions.max()?;
        (throttles > 0).then_some((all, cause, FunctionId(number), throttles))
    };
    let mut found: Vec<_> = Cause::ALL.into_iter().filter_map(of_cause).collect();
    found.sort_by_key(|(all, ..)| std::cmp::Reverse(*all));
    let complaint = |(_, cause, function, throttles)| Complaint {
        cause,
        function,
        throttles,
        changes: changes(plan, result, cause, function),
    };
    found.into_iter().take(CAUSES).map(complaint).collect()
}

/// What refuses most in a run, and whom; `None` where nothing does.
pub fn first_refusal(plan: &Plan, result: &RunResult) -> Option<(Cause, FunctionId)> {
    let first = complaints(plan, result).into_iter().next()?;
    Some((first.cause, first.function))
}

fn changes(plan: &Plan, result: &RunResult, cause: Cause, function: FunctionId) -> Vec<Change> {
    let config = &plan.functions[function.index()];
    let name = short_name(&config.name);
    let peak = result.summary.functions[function.index()]
        .concurrent_executions
        .max
        .max(1);
    let reserve = |amount: u64| Change {
        what: format!("reserve {} for {name}", grouped(amount)),
        settings: vec![(
            format!("functions.{}.reserved_concurrent_executions", config.name),
            amount.to_string(),
        )],
    };
    let limit = |amount: u64| Change {
        what: format!("an account limit of {}", grouped(amount)),
        settings: vec![("account.concurrent_executions".to_owned(), amount.to_string())],
    };
    let account = u64::from(plan.account.concurrent_executions);
    let reserved = u64::from(config.reserved.unwrap_or(0));
    let mut changes = match cause {
        Cause::ReservedConcurrency | Cause::ReservedRate => larger(reserved).map(reserve).to_vec(),
        Cause::ReservedZero => [10, 100].map(reserve).to_vec(),
        Cause::AccountConcurrency => {
            let own = reserve(peak);
            larger(account).map(limit).into_iter().chain([own]).collect()
        }
        Cause::AccountRate => larger(account).map(limit).to_vec(),
        Cause::ScalingRate => provisioned(plan, function, peak).into_iter().collect(),
    };
    changes.extend(backoff(plan, function));
    changes
}

/// A quarter more, and twice as much.
fn larger(amount: u64) -> [u64; 2] {
    [amount + amount.div_ceil(4).max(1), amount * 2]
}

/// As many provisioned environments as ran at once, for the alias or version that is called.
fn provisioned(plan: &Plan, function: FunctionId, amount: u64) -> Option<Change> {
    let config = &plan.functions[function.index()];
    let mut called = plan.flows.iter().filter(|flow| flow.function == function);
    let qualifier: &QualifierConfig = called.find_map(|flow| {
        let qualifier = &config.qualifiers[flow.qualifier.index()];
        qualifier.name.is_some().then_some(qualifier)
    })?;
    let address = qualifier.name.as_ref()?;
    let kind = match address.bytes().all(|byte| byte.is_ascii_digit()) {
        true => "versions",
        false => "aliases",
    };
    Some(Change {
        what: format!(
            "provisioned concurrency of {} on {}:{address}",
            grouped(amount),
            short_name(&config.name)
        ),
        settings: vec![(
            format!(
                "functions.{}.{kind}.{address}.provisioned_concurrent_executions",
                config.name
            ),
            amount.to_string(),
        )],
    })
}

/// Callers that slow down where they are refused (SDK-4), where they do not yet.
fn backoff(plan: &Plan, function: FunctionId) -> Option<Change> {
    let patient = |entry: &TrafficConfig| {
        let mode = entry.retry.mode;
        let adaptive = matches!(mode, RetryMode::Adaptive | RetryMode::Adaptive2026);
        entry.through.is_none() && !adaptive
    };
    let flows = plan.flows.iter().filter(|flow| flow.function == function);
    let flows = flows.filter(|flow| flow.invocation_type == InvocationType::RequestResponse && flow.mapping.is_none());
    let mut senders: Vec<usize> = flows.map(|flow| flow.traffic.index()).collect();
    senders.dedup();
    let entries = plan.entries().count();
    let settings: Vec<(String, String)> = senders
        .into_iter()
        .filter(|sender| *sender < entries && patient(&plan.traffic[*sender]))
        .take(SENDERS)
        .map(|sender| {
            let entry = &plan.traffic[sender];
            let value = format!("{{ mode: adaptive, clients: {} }}", entry.retry.clients);
            (format!("traffic.{}.retry", entry.name), value)
        })
        .collect();
    (!settings.is_empty()).then(|| Change {
        what: format!(
            "callers of {} that slow down (adaptive retries)",
            short_name(&plan.functions[function.index()].name)
        ),
        settings,
    })
}

/// A complaint in one line.
pub(super) fn headline(plan: &Plan, complaint: &Complaint) -> String {
    format!(
        "{} of {}: {} throttles ({})",
        title(complaint.cause),
        short_name(&plan.functions[complaint.function.index()].name),
        grouped(complaint.throttles),
        complaint.cause.rule()
    )
}

/// How much more traffic the scenario bears, in a sentence or two.
pub(super) fn bearing_in_words(plan: &Plan, bearing: &Bearing) -> String {
    let bears = precise(bearing.bears);
    let Some((multiple, cause, function)) = bearing.breaks else {
        return format!("With {bears} times all traffic nothing is refused yet; more was not tried.");
    };
    let limit = format!(
        "{} refuses requests of {}",
        title(cause),
        short_name(&plan.functions[function.index()].name)
    );
    let multiple = precise(multiple);
    match bearing.bears {
        none if none <= 0.0 => format!("Even with {multiple} times all traffic {limit}."),
        _ => format!(
            "With {bears} times all traffic nothing is refused; with {multiple} times {limit} ({}): the first limit that breaks.",
            cause.rule()
        ),
    }
}
