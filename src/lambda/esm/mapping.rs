use std::collections::BTreeMap;

use super::batch::Batch;
use super::config::{MappingConfig, MappingSource, QueueMappingConfig};
use super::pending::PendingChanges;
use super::scaling::Scaling;
use super::stream_poller::StreamPoller;
use crate::facts::FlowId;
use crate::kernel::draws::StreamKey;
use crate::units::{Share, SimTime};

/// An event source mapping at work.
#[derive(Clone, Debug)]
pub(in crate::lambda) enum Mapping {
    /// Pollers of a queue.
    Queue(Pollers),
    /// Lanes of a stream or Kafka topic.
    Stream(StreamPoller),
}

impl Mapping {
    pub fn new(config: &MappingConfig) -> Mapping {
        match &config.source {
            MappingSource::Queue(queue) => Mapping::Queue(Pollers::new(config, queue)),
            MappingSource::Stream(stream) => Mapping::Stream(StreamPoller::new(config, stream)),
        }
    }
}

/// The pollers of one mapping of a queue, all together: batches, and how many there may be at once.
#[derive(Clone, Debug)]
pub(in crate::lambda) struct Pollers {
    pub config: QueueMappingConfig,
    pub flow: FlowId,
    pub key: StreamKey,
    pub enabled: bool,
    pub pass: Share,
    pub reports_failures: Option<bool>,
    pub(super) scaling: Scaling,
    /// By number: those that wait for more messages, for an invocation or its end, or for their visibility timeout.
    pub(super) batches: BTreeMap<u32, Batch>,
    pub next_number: u32,
    /// The batch that stays open for more messages.
    pub collecting: Option<u32>,
    /// Batches that keep a poller busy.
    pub busy: u32,
    /// The most of them since the peak was begun.
    pub busiest: u32,
    /// Reads on their way.
    pub polling: u32,
    /// All reads so far: the ordinal of their draws.
    pub polls: u64,
    /// When the last look is due that has been scheduled.
    pub look_at: SimTime,
    /// When the next step of scaling is due that has been scheduled.
    pub scale_at: SimTime,
    /// From when on provisioned pollers can read again (SQSP-2).
    pub readable_at: SimTime,
    /// What it becomes when its changes take effect (ESM-8).
    pub(super) pending: PendingChanges,
    /// Pollers of provisioned mode that listeners know of.
    pub told_pollers: u32,
}

impl Pollers {
    fn new(config: &MappingConfig, queue: &QueueMappingConfig) -> Pollers {
        Pollers {
            config: queue.clone(),
            flow: config.flow,
            key: config.key,
            enabled: config.enabled,
            pass: config.pass,
            reports_failures: config.reports_failures,
            scaling: Scaling::new(queue.scaling),
            batches: BTreeMap::new(),
            next_number: 0,
            collecting: None,
            busy: 0,
            busiest: 0,
            polling: 0,
            polls: 0,
            look_at: SimTime::MAX,
            scale_at: SimTime::MAX,
            readable_at: SimTime::ZERO,
            pending: PendingChanges::default(),
            told_pollers: 0,
        }
    }
}
