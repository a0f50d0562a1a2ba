use crate::facts::{LinkId, QueueId};
use crate::units::{Bytes, Span};

/// One SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Its name in the scenario.
    pub name: String,
    /// How long a received message stays hidden (SQS-10).
    pub visibility_timeout: Span,
    /// How long it keeps messages (SQS-16).
    pub retention: Span,
    /// How long after it was sent a message can be received.
    pub delay: Span,
    /// Receives that the queue allows, and where messages go beyond them (SQS-13).
    pub redrive: Option<(u16, QueueId)>,
    /// Message groups of a FIFO queue; `None` for a standard queue.
    pub groups: Option<u32>,
    /// The largest message that it takes in (SQS-16).
    pub maximum_message_size: Bytes,
}

impl QueueConfig {
    /// A standard queue with SQS's defaults.
    pub fn standard(name: &str) -> QueueConfig {
        QueueConfig {
            name: name.to_owned(),
            visibility_timeout: Span::from_secs(30),
            retention: Span::from_secs(4 * 86_400),
            delay: Span::ZERO,
            redrive: None,
            groups: None,
            maximum_message_size: Bytes::from_mb(1),
        }
    }
}

/// One SNS topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// Its name in the scenario.
    pub name: String,
    /// Who gets a copy of every message.
    pub subscriptions: Vec<Subscription>,
}

/// One subscription of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The link over which copies go.
    pub link: LinkId,
}
