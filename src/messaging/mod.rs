//! What holds and spreads messages: queues, streams and topics as data, without pollers or functions (lambda-model §5, §6.2).

mod chunked;
mod config;
mod groups;
mod queue;
mod stream;

pub use chunked::Chunked;
pub use config::{QueueConfig, Subscription, TopicConfig};
pub use queue::{Queue, Received};
pub use stream::{Position, Resharding, Stream, StreamConfig, StreamKind};
