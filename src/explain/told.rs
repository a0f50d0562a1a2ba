use crate::facts::{
    AsyncStep, Attempt, BudgetCall, Call, ClientRetry, Ended, FlowId, Look, MappingId, Message, MessageStep, QueueId,
    RecordStep, Refusal, StreamId, Streamed, Waiting,
};
use crate::units::{Bytes, SimTime};

/// Something that was told of what is followed, and when.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// When it happens, which may lie ahead of when it was told.
    pub time: SimTime,
    pub what: What,
}

/// What was told.
#[derive(Clone, Debug)]
pub(super) enum What {
    Arrived(Call),
    /// An attempt comes to the checks; what becomes of it follows.
    Looked(Box<Look>),
    Ran(Attempt),
    Refused(Refusal),
    /// The attempt that has been looked at last met a downstream budget.
    Budget(BudgetCall),
    Streamed(Streamed),
    Decided(ClientRetry),
    Waits(Waiting),
    Stepped(Call, AsyncStep),
    Stored(Call, Bytes),
    Status {
        asked: SimTime,
        call: Call,
        status: u16,
    },
    Ended(Ended),
    /// Something went over its link.
    Sent(Message),
    Message {
        queue: QueueId,
        message: Message,
        step: MessageStep,
    },
    Record {
        stream: StreamId,
        mapping: Option<MappingId>,
        step: RecordStep,
    },
    /// A mapping is about to invoke with so many records.
    Batched {
        flow: FlowId,
        number: u64,
        attempt: u32,
        records: usize,
    },
}

impl What {
    /// Whose it is: flow and ordinal. Messages and batches have none.
    pub fn whose(&self) -> Option<(FlowId, u64)> {
        match self {
            What::Arrived(call) | What::Stepped(call, _) | What::Stored(call, _) | What::Status { call, .. } => {
                Some((call.flow, call.ordinal))
            }
            What::Looked(look) => Some((look.flow, look.ordinal)),
            What::Ran(attempt) => Some((attempt.flow, attempt.ordinal)),
            What::Refused(refusal) => Some((refusal.flow, refusal.ordinal)),
            What::Decided(retry) => Some((retry.flow, retry.ordinal)),
            What::Waits(waiting) => Some((waiting.flow, waiting.ordinal)),
            What::Ended(ended) => Some((ended.call.flow, ended.call.ordinal)),
            _ => None,
        }
    }
}
