//! What holds and spreads messages: queues and topics as data, without pollers or functions (lambda-model §5, §6.2).

mod chunked;
mod config;
mod groups;
mod queue;

pub use config::{QueueConfig, Subscription, TopicConfig};
pub use queue::{Queue, Received};
