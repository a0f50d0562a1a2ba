use std::sync::Arc;

use crate::control::{ChangeStep, ControlConfig, PlannedChange};
use crate::lambda::{
    AccountConfig, FlowConfig, FunctionConfig, LinkConfig, MappingConfig, Parts, Sender, TrafficConfig,
};
use crate::messaging::{QueueConfig, StreamConfig, TopicConfig};
use crate::pricing::BillingConfig;
use crate::units::{SimTime, Span, Timestamp};
use crate::workload::SourceConfig;

/// All that a run needs, valid by construction: built by `scenario::load`, or by hand through the library.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the scenario.
    pub name: String,
    /// Seed of all draws.
    pub seed: u64,
    /// Number of the replication: 0 for a single run.
    pub replication: u64,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// The date that selects dated behaviour, as `YYYY-MM-DD`.
    pub model_date: String,
    /// Arrivals before it do not count in the summary.
    pub warm_up: Span,
    /// Length of the traffic, `warm_up` included.
    pub duration: Span,
    /// How long the run goes on after the traffic has ended.
    pub drain: Span,
    /// Whether the run ends within that time once its backlogs are gone: see [`super::emptied`].
    pub until_empty: bool,
    /// Account limits.
    pub account: AccountConfig,
    /// Functions, sorted by name. Runs share them with the plan.
    pub functions: Vec<Arc<FunctionConfig>>,
    /// Tags of each function as `key=value`, sorted; same order as `functions`.
    pub tags: Vec<Vec<String>>,
    /// Senders: traffic entries, sorted by name, then what the account itself sends.
    pub traffic: Vec<TrafficConfig>,
    /// Flows towards functions, grouped by sender in its order.
    pub flows: Vec<FlowConfig>,
    /// Ways of what goes to queues, topics or on to functions.
    pub links: Vec<LinkConfig>,
    /// Sources of arrivals, sorted by the traffic entry they belong to.
    pub sources: Vec<SourceConfig>,
    /// Changes during the run, sorted by name, as the scenario gives them.
    pub changes: Vec<PlannedChange>,
    /// What they change on the platform, by rising time.
    pub change_steps: Vec<ChangeStep>,
    /// Declared or addressed queues, sorted by name.
    pub queues: Vec<QueueConfig>,
    /// Streams and Kafka topics, sorted by name.
    pub streams: Vec<StreamConfig>,
    /// Topics, sorted by name.
    pub topics: Vec<TopicConfig>,
    /// What acts during the run.
    pub control: ControlConfig,
    /// Event source mappings, sorted by name.
    pub mappings: Vec<MappingConfig>,
    /// Prices, free tier, rounding.
    pub billing: BillingConfig,
}

impl Plan {
    /// A function, to be changed; `index` is its place in `functions`.
    pub fn function_mut(&mut self, index: usize) -> &mut FunctionConfig {
        Arc::make_mut(&mut self.functions[index])
    }

    /// All functions, to be changed.
    pub fn functions_mut(&mut self) -> impl Iterator<Item = &mut FunctionConfig> {
        self.functions.iter_mut().map(Arc::make_mut)
    }

    /// The senders that stand under `traffic:`.
    pub fn entries(&self) -> impl Iterator<Item = &TrafficConfig> {
        self.traffic
            .iter()
            .take_while(|sender| sender.sender == Sender::Traffic)
    }

    /// What the account consists of.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            account: &self.account,
            functions: &self.functions,
            traffic: &self.traffic,
            flows: &self.flows,
            links: &self.links,
            queues: &self.queues,
            streams: &self.streams,
            topics: &self.topics,
            mappings: &self.mappings,
        }
    }

    /// The first instant at which nothing happens any more (contract §2.5).
    pub fn horizon(&self) -> SimTime {
        SimTime::ZERO + self.duration + self.drain
    }
}
