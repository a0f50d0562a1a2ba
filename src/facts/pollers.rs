use super::{FunctionId, MappingId, QualifierId};
use crate::units::SimTime;

/// Whose pollers they are: that decides what their units cost (PRICE-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollerKind {
    /// Of a queue: each is a unit (SQSP-5).
    Sqs,
    /// Of a Kafka topic: ten are a unit (KAF-3).
    Kafka,
}

/// From `time` on so many pollers of a mapping in provisioned mode are active.
#[derive(Clone, Copy, Debug)]
pub struct ActivePollers {
    /// Since when.
    pub time: SimTime,
    /// Whose they are.
    pub mapping: MappingId,
    /// The function that they invoke.
    pub function: FunctionId,
    /// How it is addressed.
    pub qualifier: QualifierId,
    /// What they read.
    pub kind: PollerKind,
    /// How many there are.
    pub pollers: u32,
    /// Event poller units that are billed for them; a unit that a group shares is one mapping's alone (KAF-3).
    pub units: u32,
}
