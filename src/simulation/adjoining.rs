use super::plan::Plan;
use crate::facts::Target;
use crate::lambda::{FunctionConfig, LinkConfig, MappingConfig, MappingSource};
use crate::messaging::StreamKind;
use crate::pricing::{AdjoiningMeter, AdjoiningService, AdjoiningSources, Item};

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
    let kinesis = plan.streams.iter().filter(|stream| stream.kind == StreamKind::Kinesis);
    let sources = AdjoiningSources {
        fifo: plan.queues.iter().map(|queue| queue.groups.is_some()).collect(),
        links: plan.links.iter().map(|link| sent_over(plan, link)).collect(),
        link_senders: plan.links.iter().map(|link| sender(&link.name)).collect(),
        flow_senders: plan
            .flows
            .iter()
            .map(|flow| sender(&plan.traffic[flow.traffic.index()].name))
            .collect(),
        in_vpc: plan.functions.iter().map(is_in_vpc).collect(),
        shards: kinesis.map(|stream| u64::from(stream.shards)).sum(),
        pollers: plan.mappings.iter().filter_map(pollers).collect(),
    };
    Some(AdjoiningMeter::new(plan.start, config, sources))
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
