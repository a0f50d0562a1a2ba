use crate::facts::Message;
use crate::units::{Bytes, SimTime};

/// Records on their way through one function: read together, invoked together.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub records: Vec<Message>,
    /// Message group of a FIFO queue.
    pub group: Option<u32>,
    /// When the first of them was received.
    pub opened: SimTime,
    /// When its visibility timeout ends, measured from its first receive (SQS-11).
    pub visible_at: SimTime,
    pub bytes: Bytes,
    /// Attempts to invoke that were refused.
    pub refusals: u32,
    /// Whether its invocation is over, and what is left waits for the visibility timeout.
    pub finished: bool,
    /// Places of the records that the handler will report as failed.
    pub failed: Vec<u32>,
}

impl Batch {
    pub fn new(opened: SimTime, visible_at: SimTime) -> Batch {
        Batch {
            records: Vec::new(),
            group: None,
            opened,
            visible_at,
            bytes: Bytes(0),
            refusals: 0,
            finished: false,
            failed: Vec::new(),
        }
    }

    /// Invocations in the longest chain that led to one of the records (INV-8).
    pub fn hops(&self) -> u8 {
        self.records.iter().map(|record| record.hops).max().unwrap_or(0)
    }
}
