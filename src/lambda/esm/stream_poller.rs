use super::config::{MappingConfig, MappingSource, StreamMappingConfig};
use super::lane::Lane;
use super::lineage::Lineage;
use super::pending::PendingChanges;
use super::poller_pool::PollerPool;
use crate::facts::{FlowId, Message};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::messaging::{Position, Resharding};
use crate::units::Share;

/// Batches of lanes that came during the run have numbers from here on: those of others stay below.
const LATER_LANE: u32 = 44;

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
    /// Which lanes wait for others (STRM-15).
    pub(super) lineage: Lineage,
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
            lineage: Lineage::default(),
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

    /// The number of a lane's batch among all of the mapping: the ordinal of its draws.
    pub fn batch_number(&self, lane: u32, number: u64) -> u64 {
        let lanes = u64::from(self.lanes_at_start());
        match u64::from(lane) < lanes {
            true => number * lanes + u64::from(lane),
            false => u64::from(lane) << LATER_LANE | number,
        }
    }

    /// The lane of a batch.
    pub fn lane_of(&self, number: u64) -> u32 {
        match number >> LATER_LANE {
            0 => (number % u64::from(self.lanes_at_start())) as u32,
            lane => lane as u32,
        }
    }

    fn lanes_at_start(&self) -> u32 {
        self.config.shards * self.config.parallelization_factor
    }

    /// Other shards take the place of those that there were (STRM-15).
    pub fn reshard(&mut self, resharding: &Resharding) {
        let factor = self.config.parallelization_factor;
        let lanes = &self.lanes;
        self.lineage
            .reshard(resharding, factor, |lane| lanes[lane as usize].is_drained());
        for shard in 0..resharding.children {
            let lane = Lane::new(self.config.lane.reading, shard, resharding.children);
            self.lanes.extend((0..factor).map(|_| lane.clone()));
        }
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
