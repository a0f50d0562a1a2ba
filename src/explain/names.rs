use crate::facts::{FlowId, FunctionId, LinkId, QualifierId, QueueId, TrafficId, VersionId};
use crate::simulation::Plan;

/// What things are called in the scenario.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub plan: &'a Plan,
}

impl<'a> Names<'a> {
    pub fn function(self, function: FunctionId) -> &'a str {
        &self.plan.functions[function.index()].name
    }

    /// The address of a function: `checkout`, `checkout:live`.
    pub fn address(self, function: FunctionId, qualifier: QualifierId) -> String {
        let config = &self.plan.functions[function.index()];
        match &config.qualifiers[qualifier.index()].name {
            None => config.name.clone(),
            Some(qualifier) => format!("{}:{qualifier}", config.name),
        }
    }

    /// `$LATEST`, `version 2`.
    pub fn version(self, function: FunctionId, version: VersionId) -> String {
        match self.plain_version(function, version) {
            latest @ "$LATEST" => latest.to_owned(),
            number => format!("version {number}"),
        }
    }

    pub fn plain_version(self, function: FunctionId, version: VersionId) -> &'a str {
        &self.plan.functions[function.index()].versions[version.index()].name
    }

    pub fn sender(self, traffic: TrafficId) -> &'a str {
        &self.plan.traffic[traffic.index()].name
    }

    pub fn traffic_of(self, flow: FlowId) -> TrafficId {
        self.plan.flows[flow.index()].traffic
    }

    pub fn sender_of(self, flow: FlowId) -> &'a str {
        self.sender(self.traffic_of(flow))
    }

    pub fn queue(self, queue: QueueId) -> &'a str {
        &self.plan.queues[queue.index()].name
    }

    /// Who sends over a link, and where to: `people to sqs:orders`.
    pub fn link(self, link: LinkId) -> String {
        let config = &self.plan.links[link.index()];
        format!("{} to {}", config.name, config.address)
    }
}
