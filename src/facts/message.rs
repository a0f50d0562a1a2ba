use super::{FlowId, LinkId, QueueId, StreamId, TopicId};
use crate::units::SimTime;

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A function, invoked asynchronously: the flow says which and how.
    Function(FlowId),
    /// An SQS queue.
    Queue(QueueId),
    /// A stream or Kafka topic.
    Stream(StreamId),
    /// An SNS topic.
    Topic(TopicId),
    /// Something that nobody here reads: a bucket, a bus, a topic without subscriptions.
    Elsewhere,
}

/// One message or record. What is drawn for it follows from its link and its number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was sent.
    pub sent: SimTime,
    /// Which message of its link, from 0.
    pub ordinal: u64,
    /// Over which link it came.
    pub link: LinkId,
    /// How often it has been received (SQS-13).
    pub receives: u16,
    /// Invocations in the chain that led to it (INV-8).
    pub hops: u8,
}

/// A step in the life of a queue's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageStep {
    /// It was sent to the queue.
    Sent,
    /// A poller received it: it is in flight.
    Received,
    /// It was deleted: done, or filtered out (ESM-6).
    Deleted,
    /// Its visibility timeout passed: it waits again.
    Returned,
    /// It went on to the dead-letter queue (SQS-13).
    DeadLettered,
    /// It outlived the queue's retention (SQS-16).
    Expired,
    /// The queue did not take it in: it is larger than messages may be (SQS-16).
    Rejected,
}
