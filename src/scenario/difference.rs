//! What changes between two states of an account.

use crate::control::{Change, FunctionChange};
use crate::facts::{
    BudgetId, FunctionId, LinkId, MappingId, QualifierId, QueueId, StreamId, TopicId, TrafficId, VersionId,
};
use crate::lambda::{AccountConfig, FunctionConfig, MappingConfig, MappingSource};
use crate::messaging::QueueConfig;
use crate::simulation::Plan;
use crate::units::Span;

/// What has to be changed, from `before` to `after`, in an order in which each step is allowed: first what makes room, then
/// what takes it. `renewed` tells whether the code or configuration of a function's `$LATEST` is another one (LIFE-15).
pub(super) fn difference(before: &Plan, after: &Plan, renewed: impl Fn(&str) -> bool) -> Vec<Change> {
    let mut found: Vec<(u8, Change)> = Vec::new();
    let limits = [before, after].map(|plan| plan.account.concurrent_executions);
    if limits[0] != limits[1] {
        let rank = if limits[1] > limits[0] { FIRST } else { LAST };
        found.push((rank, Change::AccountLimit(limits[1])));
    }
    for (index, (old, new)) in before.functions.iter().zip(&after.functions).enumerate() {
        let renewed = renewed(&new.name);
        if renewed || old != new {
            of_function(FunctionId(index as u32), old, new, renewed, &mut found);
        }
    }
    if refusals(&before.account) != refusals(&after.account) {
        found.push((MIDDLE, Change::Account(Box::new(after.account.clone()))));
    }
    of_senders(before, after, &mut found);
    for (index, (old, new)) in before.account.budgets.iter().zip(&after.account.budgets).enumerate() {
        if old != new {
            let change = Change::Budget {
                budget: BudgetId(index as u32),
                config: Box::new(new.clone()),
            };
            found.push((MIDDLE, change));
        }
    }
    of_event_sources(before, after, &mut found);
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, change)| change).collect()
}

const FIRST: u8 = 0;
const LESS_PROVISIONED: u8 = 1;
const LESS_RESERVED: u8 = 2;
const MORE_RESERVED: u8 = 3;
const MIDDLE: u8 = 4;
const MORE_PROVISIONED: u8 = 5;
const LAST: u8 = 6;

/// What a run can change of how the account refuses.
fn refusals(account: &AccountConfig) -> impl PartialEq + use<> {
    (
        account.rate_refund,
        account.rate_limits_events,
        account.scaling_reason,
        account.account_rate_reason,
    )
}

/// Callers, the services between them and Lambda, and who gets copies.
fn of_senders(before: &Plan, after: &Plan, found: &mut Vec<(u8, Change)>) {
    let mut push = |change: Change| found.push((MIDDLE, change));
    for (index, (old, new)) in before.traffic.iter().zip(&after.traffic).enumerate() {
        let traffic = TrafficId(index as u32);
        if old.retry != new.retry {
            let retry = new.retry;
            push(Change::Retry { traffic, retry });
        }
        if old.transfer != new.transfer {
            let transfer = Box::new(new.transfer.clone());
            push(Change::Transfer { traffic, transfer });
        }
        if old.through != new.through {
            let through = Box::new(new.through.clone());
            push(Change::Through { traffic, through });
        }
    }
    for (index, (old, new)) in before.links.iter().zip(&after.links).enumerate() {
        if old.push != new.push {
            let push_config = Box::new(new.push.clone());
            let link = LinkId(index as u32);
            push(Change::Delivery {
                link,
                push: push_config,
            });
        }
    }
    for (index, (old, new)) in before.topics.iter().zip(&after.topics).enumerate() {
        if old != new {
            let config = Box::new(new.clone());
            let topic = TopicId(index as u32);
            push(Change::Topic { topic, config });
        }
    }
}

fn of_function(
    function: FunctionId,
    before: &FunctionConfig,
    after: &FunctionConfig,
    renewed: bool,
    found: &mut Vec<(u8, Change)>,
) {
    let mut push = |rank: u8, change: FunctionChange| found.push((rank, Change::Function(function, change)));
    if before.reserved != after.reserved {
        let amount = after.reserved;
        let grows = amount.is_some_and(|amount| before.reserved.is_none_or(|before| amount > before));
        let rank = if grows { MORE_RESERVED } else { LESS_RESERVED };
        push(rank, FunctionChange::Reserved(amount));
    }
    for (index, (old, new)) in before.versions.iter().zip(&after.versions).enumerate() {
        let renewed = renewed && index == 0;
        if renewed || old != new {
            let change = FunctionChange::Version {
                version: VersionId(index as u16),
                config: Box::new(new.clone()),
                renewed,
            };
            push(MIDDLE, change);
        }
    }
    for (index, (old, new)) in before.qualifiers.iter().zip(&after.qualifiers).enumerate() {
        let qualifier = QualifierId(index as u16);
        if old.event_invoke != new.event_invoke {
            let config = Box::new(new.event_invoke.clone());
            push(MIDDLE, FunctionChange::EventInvoke { qualifier, config });
        }
        if (old.version, old.additional) != (new.version, new.additional) {
            let change = FunctionChange::Routing {
                qualifier,
                version: new.version,
                additional: new.additional,
            };
            push(MIDDLE, change);
        }
        if old.provisioned != new.provisioned {
            let amount = new.provisioned;
            let more = amount > old.provisioned;
            let rank = if more { MORE_PROVISIONED } else { LESS_PROVISIONED };
            push(rank, FunctionChange::Provisioned { qualifier, amount });
        }
    }
    let (old, new) = (as_a_whole(before), as_a_whole(after));
    if old != new {
        push(MIDDLE, FunctionChange::Parameters(Box::new(new)));
    }
}

/// A function without its reservation, versions and qualifiers.
fn as_a_whole(function: &FunctionConfig) -> FunctionConfig {
    FunctionConfig {
        reserved: None,
        versions: Vec::new(),
        qualifiers: Vec::new(),
        ..function.clone()
    }
}

fn of_event_sources(before: &Plan, after: &Plan, found: &mut Vec<(u8, Change)>) {
    let kept = |config: &QueueConfig| (config.retention, config.redrive);
    for (index, (old, new)) in before.queues.iter().zip(&after.queues).enumerate() {
        if kept(old) != kept(new) {
            let config = Box::new(new.clone());
            let queue = QueueId(index as u32);
            found.push((MIDDLE, Change::Queue { queue, config }));
        }
    }
    for (index, (old, new)) in before.streams.iter().zip(&after.streams).enumerate() {
        if old.shards != new.shards {
            let (stream, count) = (StreamId(index as u32), new.shards);
            found.push((MIDDLE, Change::Shards { stream, count }));
        }
    }
    for (index, (old, new)) in before.mappings.iter().zip(&after.mappings).enumerate() {
        let mapping = MappingId(index as u32);
        let (hidden, timeout) = (visibility(old), visibility(new));
        // The mapping's own change brings it along; a change of the queue or of the function's timeout does not wait (SQS-10).
        if with_shards(with_visibility(old, timeout), new) != *new {
            let config = Box::new(new.clone());
            found.push((MIDDLE, Change::Mapping { mapping, config }));
        } else if let Some(timeout) = timeout.filter(|timeout| hidden != Some(*timeout)) {
            found.push((MIDDLE, Change::Visibility { mapping, timeout }));
        }
    }
}

/// For how long messages that a mapping of a queue receives stay hidden.
fn visibility(config: &MappingConfig) -> Option<Span> {
    match &config.source {
        MappingSource::Queue(queue) => Some(queue.visibility_timeout),
        MappingSource::Stream(_) => None,
    }
}

/// With as many shards as `other` reads: those are the stream's.
fn with_shards(mut config: MappingConfig, other: &MappingConfig) -> MappingConfig {
    if let (MappingSource::Stream(stream), MappingSource::Stream(other)) = (&mut config.source, &other.source) {
        stream.shards = other.shards;
    }
    config
}

fn with_visibility(config: &MappingConfig, timeout: Option<Span>) -> MappingConfig {
    let mut config = config.clone();
    if let (MappingSource::Queue(queue), Some(timeout)) = (&mut config.source, timeout) {
        queue.visibility_timeout = timeout;
    }
    config
}
