use crate::facts::LinkId;

/// One SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Its name in the scenario.
    pub name: String,
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
