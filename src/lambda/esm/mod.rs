//! Event source mappings: pollers that read queues and streams, and invoke functions with batches (lambda-model §5).

pub(super) mod batch;
pub(super) mod call;
mod config;
mod lane;
mod lineage;
pub(super) mod mapping;
mod pending;
mod poller_pool;
mod poller_units;
mod polling;
mod reconfigure;
mod scaling;
mod shards;
mod stream_poller;
pub(super) mod timer;

pub(in crate::lambda) use call::payload;
pub use config::{MappingConfig, MappingSource, MetricGroups, QueueMappingConfig, ScalingConfig, StreamMappingConfig};
pub use lane::{LaneConfig, Reading};
pub use poller_pool::PollerConfig;
