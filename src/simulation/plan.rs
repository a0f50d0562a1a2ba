use crate::lambda::{AccountConfig, FlowConfig, FunctionConfig, TrafficConfig};
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
    /// Account limits.
    pub account: AccountConfig,
    /// Functions, sorted by name.
    pub functions: Vec<FunctionConfig>,
    /// Tags of each function as `key=value`, sorted; same order as `functions`.
    pub tags: Vec<Vec<String>>,
    /// Traffic entries, sorted by name.
    pub traffic: Vec<TrafficConfig>,
    /// Streams, grouped by traffic entry in its order.
    pub flows: Vec<FlowConfig>,
    /// Sources of arrivals, sorted by the traffic entry they belong to.
    pub sources: Vec<SourceConfig>,
    /// Declared or addressed queues, sorted by address (`sqs:dead`): counting sinks.
    pub queues: Vec<String>,
    /// Prices, free tier, rounding.
    pub billing: BillingConfig,
}

impl Plan {
    /// The first instant at which nothing happens any more (contract §2.5).
    pub fn horizon(&self) -> SimTime {
        SimTime::ZERO + self.duration + self.drain
    }
}
