//! How much of every limit a run has used, and so has left.

use serde_json::{Value, json};

use super::ReportInput;
use super::numbers::rounded;
use crate::facts::Cause;
use crate::lambda::{BudgetLimit, FrontService, MappingSource, Peak, Through};

/// Limits that are told of at most, those that are used most.
const TOLD: usize = 50;

/// One limit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    /// What has it: `account`, or a path such as `functions.checkout`.
    pub(super) of: String,
    /// Which one, as in the scenario where it stands there.
    pub(super) limit: &'static str,
    /// For people.
    pub(super) title: &'static str,
    /// The rule that sets it.
    pub(super) rule: &'static str,
    /// The largest part of it that was used, 0 to 1.
    pub(super) share: f64,
    /// The most that was used, and what was allowed; `None` where only the part is known.
    pub(super) peak: Option<Peak>,
}

impl Limit {
    fn new(of: String, limit: &'static str, title: &'static str, rule: &'static str, peak: Peak) -> Limit {
        Limit {
            of,
            limit,
            title,
            rule,
            share: peak.share(),
            peak: Some(peak),
        }
    }
}

/// For `summary.json`.
pub(super) fn headroom_json(input: &ReportInput) -> Value {
    let entry = |limit: &Limit| {
        json!({
            "of": limit.of,
            "limit": limit.limit,
            "rule": limit.rule,
            "peak": limit.peak.map(|peak| peak.used),
            "allowed": limit.peak.map(|peak| peak.limit),
            "share": rounded(limit.share),
        })
    };
    let limits = limits(input);
    Value::from_iter(limits.iter().take(TOLD).map(entry))
}

/// Every limit of which something was used, the most used first.
pub(super) fn limits(input: &ReportInput) -> Vec<Limit> {
    let mut limits = of_account(input);
    limits.extend(of_functions(input));
    limits.extend(of_sources(input));
    limits.retain(|limit| limit.share > 0.0);
    limits.sort_by(|one, other| other.share.total_cmp(&one.share));
    limits
}

/// A limit that has refused something was used whole, whatever a gauge says that looks at other instants.
fn whole_if(refused: u64, used: u64, limit: u64) -> Peak {
    Peak {
        used: if refused > 0 { limit } else { used.min(limit) },
        limit,
    }
}

fn refused(input: &ReportInput, cause: Cause) -> u64 {
    let functions = input.functions();
    functions
        .map(|(_, function)| function.throttles_by_cause[cause as usize])
        .sum()
}

fn of_account(input: &ReportInput) -> Vec<Limit> {
    let (plan, result) = (input.plan, input.result);
    let of = |limit, title, rule, peak| Limit::new("account".to_owned(), limit, title, rule, peak);
    let mut limits = vec![concurrency(input, refused(input, Cause::AccountConcurrency))];
    limits.push(of(
        "requests_per_second",
        "requests in one second",
        "RPS-1",
        result.peaks.requests,
    ));
    if let Some(burst) = result.peaks.burst {
        limits.push(of("burst", "burst of new environments", "SCALE-6", burst));
    }
    let gateway = |through: &Option<Through>| matches!(through, Some(Through::Front(front)) if front.service == FrontService::ApiGateway);
    if plan.entries().any(|entry| gateway(&entry.through)) {
        limits.push(of(
            "api_gateway_rate",
            "burst of API Gateway",
            "FE-1",
            result.peaks.gateway,
        ));
    }
    limits
}

/// The unreserved pool; where amounts change during the run what is claimed of the account.
fn concurrency(input: &ReportInput, refused: u64) -> Limit {
    let (plan, account) = (input.plan, &input.result.summary.account);
    let reserved: u32 = plan.functions.iter().filter_map(|function| function.reserved).sum();
    let unreserved = plan.functions.iter().filter(|function| function.reserved.is_none());
    let amounts = unreserved
        .flat_map(|function| &function.qualifiers)
        .map(|qualifier| qualifier.provisioned);
    let provisioned: u32 = amounts.sum();
    let whole = u64::from(plan.account.concurrent_executions);
    let changes = !plan.changes.is_empty() || !plan.control.scaling.is_empty();
    let (title, peak) = match changes {
        true => (
            "account concurrency, claimed",
            whole_if(refused, account.claimed_account_concurrency_max, whole),
        ),
        false => (
            "unreserved concurrency",
            whole_if(
                refused,
                account.unreserved_concurrent_executions.max,
                whole.saturating_sub(u64::from(reserved + provisioned)),
            ),
        ),
    };
    Limit::new("account".to_owned(), "concurrent_executions", title, "CONC-7", peak)
}

fn of_functions(input: &ReportInput) -> Vec<Limit> {
    let mut limits = Vec::new();
    let configs = input.plan.functions.iter().zip(&input.result.peaks.functions);
    for ((config, peaks), (name, summary)) in configs.zip(input.functions()) {
        let of = || format!("functions.{name}");
        let mut add = |limit, title, rule, peak| limits.push(Limit::new(of(), limit, title, rule, peak));
        if let Some(reserved) = config.reserved.filter(|reserved| *reserved > 0) {
            let refused = summary.throttles_by_cause[Cause::ReservedConcurrency as usize];
            let peak = whole_if(refused, summary.concurrent_executions.max, reserved.into());
            add("reserved_concurrent_executions", "reserved concurrency", "CONC-6", peak);
            add("requests_per_second", "requests in one second", "RPS-2", peaks.requests);
        }
        add("scaling_rate", "scaling rate", "SCALE-1", peaks.scaling);
        limits.push(Limit {
            of: of(),
            limit: "provisioned_concurrency",
            title: "provisioned concurrency",
            rule: "PC-11",
            share: summary.provisioned_utilization_max,
            peak: None,
        });
    }
    limits
}

/// Mappings of queues, and downstream budgets.
fn of_sources(input: &ReportInput) -> Vec<Limit> {
    let plan = input.plan;
    let mappings = plan.mappings.iter().zip(&input.result.peaks.mappings);
    let mappings = mappings.filter(|(mapping, _)| matches!(mapping.source, MappingSource::Queue(_)));
    let mappings = mappings.map(|(mapping, peak)| {
        let of = format!("event_source_mappings.{}", mapping.name);
        Limit::new(of, "maximum_concurrency", "batches at once", "SQS-8", *peak)
    });
    let budgets = plan.account.budgets.iter().zip(&input.result.summary.budgets);
    let budgets = budgets.map(|(config, summary)| {
        let (title, limit) = match config.limit {
            BudgetLimit::Connections(connections) => ("connections at once", u64::from(connections)),
            BudgetLimit::Rate { calls, .. } => ("calls in one period", calls),
        };
        let full = summary.counts.slowed + summary.counts.queued + summary.counts.failed;
        let peak = whole_if(full, summary.max, limit);
        Limit::new(format!("budgets.{}", config.name), "budget", title, "", peak)
    });
    mappings.chain(budgets).collect()
}
