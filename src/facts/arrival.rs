use super::FlowId;
use crate::units::{SimTime, Span};

/// How a caller invokes (INV-1…3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvocationType {
    /// The caller waits for the answer.
    #[default]
    RequestResponse,
    /// The event is queued and answered with 202.
    Event,
    /// Only permission and parameters are checked; nothing runs.
    DryRun,
}

impl InvocationType {
    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            InvocationType::RequestResponse => "RequestResponse",
            InvocationType::Event => "Event",
            InvocationType::DryRun => "DryRun",
        }
    }
}

/// One thing that traffic asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives.
    pub time: SimTime,
    /// From which flow of arrivals.
    pub flow: FlowId,
    /// Which of its flow's draws are its own: arrival k of its traffic entry, from 0.
    pub ordinal: u64,
    /// The 53-bit uniform that decides the handler duration of the first attempt.
    pub uniform: u64,
    /// What a trace recorded of it.
    pub recorded: Recorded,
    /// The handler duration at `uniform`, where it has been sampled ahead.
    pub sampled: Option<Span>,
}

/// What a trace says of an arrival; where it is silent the function's own distributions decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Handler duration, instead of a draw.
    pub duration: Option<Span>,
    /// Whether the handler fails, instead of a draw.
    pub error: Option<bool>,
}
