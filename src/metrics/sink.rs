use crate::facts::{Cause, FunctionId, MappingId, QualifierId, QueueId, Reason};
use crate::units::SimTime;

/// One CloudWatch datapoint: a row of `metrics.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// Start of the period.
    pub time: SimTime,
    /// The function; `None` for the account.
    pub function: Option<FunctionId>,
    /// How it was addressed; `None` for the whole function.
    pub qualifier: Option<QualifierId>,
    /// The queue, where the datapoint is one of a queue.
    pub queue: Option<QueueId>,
    /// The event source mapping, where it is one of a mapping (MET-17).
    pub mapping: Option<MappingId>,
    /// CloudWatch's metric name, or a `Sim…` one (lambda-model §10.1).
    pub metric: &'static str,
    /// `Sum`, `Average`, `Maximum`, `Minimum`.
    pub statistic: &'static str,
    /// Its value.
    pub value: f64,
}

/// A row of `throttles.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleRow {
    /// Start of the period.
    pub time: SimTime,
    /// The function.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// What the 429 said.
    pub reason: Reason,
    /// Which check refused.
    pub cause: Cause,
    /// How often.
    pub count: u64,
}

/// Takes rows as soon as their period is over, ascending by time; so a run of any length needs no more memory.
pub trait Sink: Send {
    /// A datapoint is complete.
    fn datapoint(&mut self, _datapoint: &Datapoint) {}
    /// A count of throttles is complete.
    fn throttles(&mut self, _row: &ThrottleRow) {}
}

impl Sink for () {}
