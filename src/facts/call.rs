use super::{FlowId, FunctionId, InvocationType, QualifierId};
use crate::units::SimTime;

/// One arrival on its way.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Which flow it came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// When it arrived.
    pub arrived: SimTime,
    /// The function it asked for.
    pub function: FunctionId,
    /// How that was addressed.
    pub qualifier: QualifierId,
    /// How it invokes.
    pub invocation_type: InvocationType,
}

/// Whose slot was taken or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The function.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// Whether the slot is one of a provisioned environment.
    pub provisioned: bool,
    /// Whether the function has reserved concurrency.
    pub reserved: bool,
}

/// GivenBack given back, as a sum: order cannot show in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// How many.
    pub count: u64,
    /// The sum of the instants at which they were given back, in microseconds since the start, modulo 2^64.
    pub instants: u64,
    /// How many of them belonged to asynchronous events that have succeeded and are over with that: nothing else tells of it.
    pub events: u64,
}

impl GivenBack {
    /// One more, given back at `time`.
    #[inline]
    pub fn add(&mut self, time: SimTime) {
        self.count += 1;
        self.instants = self.instants.wrapping_add(time.as_micros());
    }

    /// All of others besides.
    #[inline]
    pub fn add_all(&mut self, others: GivenBack) {
        self.count += others.count;
        self.instants = self.instants.wrapping_add(others.instants);
        self.events += others.events;
    }
}
