use super::plan::Plan;
use crate::control::Change;
use crate::facts::Target;
use crate::lambda::{FunctionConfig, LinkConfig, MappingConfig, MappingSource};
use crate::messaging::{StreamConfig, StreamKind};
use crate::pricing::{AdjoiningMeter, AdjoiningService, AdjoiningSources, Item};
use crate::units::SimTime;

/// Pollers of a queue that nothing scales beyond its standard ones (SQS-4).
const STANDARD_POLLERS: u32 = 5;

/// Who counts what services beside Lambda bill, if any is billed.
pub(super) fn adjoining_meter(plan: &Plan) -> Option<AdjoiningMeter> {
    let config = &plan.billing.adjoining;
    if config.services.is_empty() {
        return None;
    }
    let sender = |name: &String| {
        let known = config.senders.iter().find(|(sender, _)| sender == name);
        known.map(|(_, item)| *item)
    };
    let sources = AdjoiningSources {
        fifo: plan.queues.iter().map(|queue| queue.groups.is_some()).collect(),
        links: plan.links.iter().map(|link| sent_over(plan, link)).collect(),
        link_senders: plan.links.iter().map(|link| sender(&link.name)).collect(),
        flow_senders: plan
            .flows
            .iter()
            .map(|flow| sender(&plan.traffic[flow.traffic.index()].name))
            .collect(),
        in_vpc: plan.functions.iter().map(|function| is_in_vpc(function)).collect(),
        shards: shards(plan),
        pollers: plan.mappings.iter().filter_map(pollers).collect(),
    };
    Some(AdjoiningMeter::new(plan.start, config, sources))
}

/// Shards of all Kinesis streams, and since when there are so many.
fn shards(plan: &Plan) -> Vec<(SimTime, u64)> {
    let of_kinesis = |stream: &StreamConfig| match stream.kind {
        StreamKind::Kinesis => u64::from(stream.shards),
        StreamKind::DynamoDb | StreamKind::Kafka => 0,
    };
    let mut counts: Vec<u64> = plan.streams.iter().map(of_kinesis).collect();
    let mut times = vec![(SimTime::ZERO, counts.iter().sum())];
    for step in &plan.change_steps {
        for change in &step.changes {
            let Change::Shards { stream, count } = change else {
                continue;
            };
            if plan.streams[stream.index()].kind == StreamKind::Kinesis {
                counts[stream.index()] = u64::from(*count);
                times.push((step.at, counts.iter().sum()));
            }
        }
    }
    times
}

/// What is billed of what is sent over a link.
fn sent_over(plan: &Plan, link: &LinkConfig) -> Option<Item> {
    let service = link.address.split(':').next().unwrap_or_default();
    let (service, item) = match (link.target, service) {
        (Target::Queue(queue), _) if plan.queues[queue.index()].groups.is_some() => {
            (AdjoiningService::Sqs, Item::SqsFifoRequest)
        }
        (Target::Stream(_), "kinesis") => (AdjoiningService::Kinesis, Item::KinesisPutUnit),
        (Target::Queue(_), _) => (AdjoiningService::Sqs, Item::SqsRequest),
        (Target::Topic(_) | Target::Elsewhere, "sns") => (AdjoiningService::Sns, Item::SnsPublish),
        (Target::Elsewhere, "eventbridge") => (AdjoiningService::EventBridge, Item::EventBridgeEvent),
        _ => return None,
    };
    plan.billing.adjoining.bills(service).then_some(item)
}

fn is_in_vpc(function: &FunctionConfig) -> bool {
    let mut equipment = function
        .versions
        .iter()
        .filter_map(|version| version.equipment.as_ref());
    equipment.any(|equipment| equipment.network.is_some())
}

fn pollers(mapping: &MappingConfig) -> Option<(crate::facts::QueueId, u32)> {
    match &mapping.source {
        MappingSource::Queue(read) if mapping.enabled => {
            let pollers = read
                .scaling
                .per_poller
                .map_or(STANDARD_POLLERS, |each| read.scaling.start / each.max(1));
            Some((read.queue, pollers))
        }
        MappingSource::Queue(_) | MappingSource::Stream(_) => None,
    }
}
