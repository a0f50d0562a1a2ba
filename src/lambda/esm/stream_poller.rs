use super::config::{MappingConfig, MappingSource, StreamMappingConfig};
use super::lane::Lane;
use super::pending::PendingChanges;
use super::poller_pool::PollerPool;
use crate::facts::{FlowId, Message};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::messaging::Position;
use crate::units::Share;

/// A mapping of a stream at work.
#[derive(Clone, Debug)]
pub(in crate::lambda) struct StreamPoller {
    pub(super) config: StreamMappingConfig,
    pub(super) flow: FlowId,
    pub(super) enabled: bool,
    pub(super) reports_failures: Option<bool>,
    key: StreamKey,
    pass: Share,
    pub(super) lanes: Vec<Lane>,
    pub(super) pool: Option<PollerPool>,
    /// What it becomes when its changes take effect (ESM-8).
    pub(super) pending: PendingChanges,
    /// Whether somebody wants to know the lag of all lanes together (MET-17).
    pub(super) tells_lags: bool,
    /// Provisioned pollers and their units that listeners know of.
    pub(super) told: (u32, u32),
}

impl StreamPoller {
    pub fn new(mapping: &MappingConfig, config: &StreamMappingConfig) -> StreamPoller {
        let lane = |index: u32| {
            Lane::new(
                config.lane.reading,
                index / config.parallelization_factor,
                config.shards,
            )
        };
        StreamPoller {
            flow: mapping.flow,
            enabled: mapping.enabled,
            reports_failures: mapping.reports_failures,
            key: mapping.key,
            pass: mapping.pass,
            lanes: (0..config.shards * config.parallelization_factor).map(lane).collect(),
            pool: config.pollers.map(PollerPool::new),
            config: config.clone(),
            pending: PendingChanges::default(),
            tells_lags: mapping.metrics.kafka,
            told: (0, 0),
        }
    }

    /// The lane of a record (STRM-3).
    pub fn lane(&self, position: &Position) -> u32 {
        let factor = self.config.parallelization_factor;
        position.shard * factor + position.lane(factor)
    }

    /// The lane of a batch.
    pub fn lane_of(&self, number: u64) -> u32 {
        (number % self.lanes.len() as u64) as u32
    }

    /// Whether a record is read: it was sent after the starting position (STRM-4) and passes the filter (ESM-6, ESM-7).
    pub fn takes(&self, record: &Message, link: StreamKey) -> bool {
        if self.config.starts_at.is_some_and(|start| record.sent < start) {
            return false;
        }
        let draw = || {
            let key = link.combined(self.key);
            key.draw(record.ordinal, 0, Purpose::Filter).first
        };
        self.pass == Share::ALL || self.pass.covers(draw())
    }

    /// A draw for how long a change takes (ESM-8).
    pub fn activation_draw(&self) -> u64 {
        self.key.draw(0, 0, Purpose::Poll).second
    }

    /// A change takes effect. Lanes stay as many as they are.
    pub fn change(&mut self, mapping: &MappingConfig) {
        self.enabled = mapping.enabled;
        self.pass = mapping.pass;
        self.reports_failures = mapping.reports_failures;
        if let MappingSource::Stream(config) = &mapping.source {
            self.config.lane = config.lane.clone();
            self.config.poller_group.clone_from(&config.poller_group);
            self.config.on_failure = config.on_failure;
            if let (Some(pool), Some(pollers)) = (&mut self.pool, config.pollers) {
                pool.set_config(pollers);
            }
        }
    }
}
