//! Event source mappings, resolved (lambda-model §5).

use super::lane::LaneConfig;
use super::poller_pool::PollerConfig;
use crate::facts::{FlowId, LinkId, QueueId, StreamId};
use crate::kernel::Distribution;
use crate::kernel::draws::StreamKey;
use crate::units::{Bytes, Share, SimTime, Span};

/// One event source mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingConfig {
    /// Its name in the scenario.
    pub name: String,
    /// The flow of its invocations.
    pub flow: FlowId,
    /// Draws of what the mapping decides itself: the flow's.
    pub key: StreamKey,
    /// Whether it polls.
    pub enabled: bool,
    /// How long changes during the run take (ESM-8).
    pub activation: Distribution,
    /// Whether failed records are reported one by one; `None` leaves that to the function.
    pub reports_failures: Option<bool>,
    /// Share of records that pass its filter (ESM-6).
    pub pass: Share,
    /// Metrics of its own that are switched on.
    pub metrics: MetricGroups,
    /// What it reads.
    pub source: MappingSource,
}

/// Groups of a mapping's metrics that are switched on (MET-17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricGroups {
    /// `EventCount`.
    pub events: bool,
    /// `ErrorCount`.
    pub errors: bool,
    /// `KafkaMetrics`.
    pub kafka: bool,
}

/// What a mapping reads, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum MappingSource {
    /// An SQS queue.
    Queue(QueueMappingConfig),
    /// A stream or Kafka topic.
    Stream(StreamMappingConfig),
}

/// How pollers read an SQS queue (lambda-model §5.2, §5.3).
#[derive(Clone, Debug, PartialEq)]
pub struct QueueMappingConfig {
    /// The queue.
    pub queue: QueueId,
    /// Most messages of a batch (SQS-1).
    pub batch_size: u32,
    /// How long a batch may stay open for more messages (ESM-2, ESM-3).
    pub window: Span,
    /// Most payload of a batch (ESM-2).
    pub batch_bytes: Bytes,
    /// How long received messages stay hidden: the queue's, or longer with a window (SQS-18).
    pub visibility_timeout: Span,
    /// How long it takes until messages that can be received are (SQS-2).
    pub latency: Distribution,
    /// How many batches are in work at once.
    pub scaling: ScalingConfig,
    /// First and longest wait after a throttle (SQS-12).
    pub retry: (Span, Span),
}

/// How the concurrency of a mapping's pollers follows its backlog (SQS-4…8, SQSP-3), in batches at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingConfig {
    /// At the start, and the least while there is work (SQS-4).
    pub start: u32,
    /// The least while there is none (SQS-7).
    pub idle: u32,
    /// The most (SQS-6, SQS-8, SQSP-3).
    pub ceiling: u32,
    /// Growth in a minute of backlog (SQS-5).
    pub growth_per_minute: u32,
    /// How much goes in a minute without backlog (SQS-7).
    pub scale_in_per_minute: u32,
    /// Whether growth comes once a minute instead of steadily.
    pub minute_steps: bool,
    /// Whether a throttled or failed batch halves it (SQS-12).
    pub backs_off: bool,
    /// Batches of one poller in provisioned mode, whose reading is bounded (SQSP-2); `None` for standard scaling.
    pub per_poller: Option<u32>,
}

/// How a mapping reads a stream or Kafka topic (lambda-model §5.4, §5.5).
#[derive(Clone, Debug, PartialEq)]
pub struct StreamMappingConfig {
    /// What it reads.
    pub stream: StreamId,
    /// Shards or partitions of that.
    pub shards: u32,
    /// Lanes of each (STRM-3).
    pub parallelization_factor: u32,
    /// How each lane works.
    pub lane: LaneConfig,
    /// Records sent before it are passed over (STRM-4).
    pub starts_at: Option<SimTime>,
    /// Where what is given up goes (STRM-11).
    pub on_failure: Option<LinkId>,
    /// Pollers of a Kafka mapping; those of other streams are never short.
    pub pollers: Option<PollerConfig>,
    /// Provisioned mappings of one name share event poller units (KAF-3).
    pub poller_group: Option<String>,
}
