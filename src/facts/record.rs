use super::{FunctionId, MappingId, QualifierId, StreamId};
use crate::units::{SimTime, Span};

/// What becomes of a stream's record, for one of its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordStep {
    /// An invocation with it succeeded.
    Processed,
    /// It was passed over: by a filter (ESM-6), or because it came before the starting position (STRM-4).
    Filtered,
    /// It was given up: no retry was left, or it was older than its mapping allows (STRM-6).
    Discarded,
    /// It outlived the stream's retention (STRM-5).
    Expired,
}

/// The end of an invocation with records of a stream, good or bad.
#[derive(Clone, Copy, Debug)]
pub struct BatchEnded {
    /// When it ended.
    pub time: SimTime,
    /// What was read.
    pub stream: StreamId,
    /// Who read.
    pub mapping: MappingId,
    /// The function that was invoked.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// When the last of the records was sent: `IteratorAge` is the time since then (STRM-13).
    pub last_sent: SimTime,
    /// Kafka's `OffsetLag`: records of the partition behind this batch (MET-15).
    pub offset_lag: Option<u64>,
    /// Pollers of a Kafka mapping at that time (KAF-1, KAF-2).
    pub pollers: Option<u32>,
}

impl BatchEnded {
    /// `IteratorAge`.
    pub fn iterator_age(&self) -> Span {
        self.time.since(self.last_sent)
    }
}

/// A lane that a failed or throttled batch has stopped (STRM-5).
#[derive(Clone, Copy, Debug)]
pub struct Blockage {
    /// What was read.
    pub stream: StreamId,
    /// Who read.
    pub mapping: MappingId,
    /// When the batch first failed.
    pub since: SimTime,
    /// When it was done or given up, or the end of the run.
    pub until: SimTime,
    /// Whether it is the lane's first.
    pub first: bool,
    /// Whether the lane was still stopped when the run ended.
    pub at_end: bool,
}
