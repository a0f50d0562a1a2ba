//! Event source mappings: pollers that read queues and streams, and invoke functions with batches (lambda-model §5).

pub(super) mod batch;
pub(super) mod call;
mod config;
pub(super) mod mapping;
mod polling;
mod scaling;
pub(super) mod timer;

pub use config::{MappingConfig, MappingSource, QueueMappingConfig, ScalingConfig};
