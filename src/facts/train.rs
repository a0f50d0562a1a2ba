use std::ops::Range;

use super::{
    Arrival, Attempt, Call, FlowId, FunctionId, GivenBack, InvocationType, Pool, QualifierId, Recorded, StartKind,
    Verdict, VersionId,
};
use crate::units::{SimTime, Span};

/// Most arrivals of a [`Train`].
pub const TRAIN: usize = 64;

/// Arrivals of one flow of which no other arrival comes in between, with what has been sampled for them ahead.
#[derive(Clone, Copy, Debug)]
pub struct Train<'a> {
    /// From which flow.
    pub flow: FlowId,
    /// Which arrival of its flow the first one is; the others follow one by one.
    pub ordinal: u64,
    /// When they arrive, ascending; at least one, [`TRAIN`] at most. [`SimTime::MAX`] is none.
    pub times: &'a [SimTime],
    /// What decides their handler durations, of each.
    pub uniforms: &'a [u64],
    /// Their handler durations, of each.
    pub sampled: &'a [Span],
    /// Those at this instant or later do not come before other arrivals.
    pub until: SimTime,
}

impl Train<'_> {
    /// Those at these places.
    #[inline]
    pub fn part(&self, places: Range<usize>) -> Train<'_> {
        Train {
            ordinal: self.ordinal + places.start as u64,
            times: &self.times[places.clone()],
            uniforms: &self.uniforms[places.clone()],
            sampled: &self.sampled[places],
            ..*self
        }
    }

    /// One of its arrivals.
    #[inline]
    pub fn arrival(&self, place: usize) -> Arrival {
        Arrival {
            time: self.times[place],
            flow: self.flow,
            ordinal: self.ordinal + place as u64,
            uniform: self.uniforms[place],
            recorded: Recorded::default(),
            sampled: Some(self.sampled[place]),
        }
    }
}

/// Events of one flow that Lambda has stored one after another (ASYNC-1), with nothing else in the account between them.
#[derive(Clone, Copy, Debug)]
pub struct StoredTrain<'a> {
    /// From which flow.
    pub flow: FlowId,
    /// Which arrival of its flow the first one is; the others follow one by one.
    pub ordinal: u64,
    /// The function that they are for.
    pub function: FunctionId,
    /// How it is addressed.
    pub qualifier: QualifierId,
    /// When they arrived and were stored, ascending.
    pub times: &'a [SimTime],
}

impl StoredTrain<'_> {
    /// One of them.
    pub fn call(&self, index: usize) -> Call {
        Call {
            flow: self.flow,
            ordinal: self.ordinal + index as u64,
            arrived: self.times[index],
            function: self.function,
            qualifier: self.qualifier,
            invocation_type: InvocationType::Event,
        }
    }
}

/// Arrivals of one flow that were served one after another, each by one plain attempt ([`Attempt::is_plain`]) that answers the
/// caller, or that an event has waited for, with nothing else in the account between them. Lists are of one length, [`TRAIN`] at most.
#[derive(Clone, Debug)]
pub struct ServedTrain {
    /// From which flow.
    pub flow: FlowId,
    /// Which arrival of its flow the first one is; the others follow one by one.
    pub ordinal: u64,
    /// The function that ran.
    pub function: FunctionId,
    /// The version that ran.
    pub version: VersionId,
    /// How the function was addressed.
    pub qualifier: QualifierId,
    /// Whether the function has reserved concurrency.
    pub reserved: bool,
    /// How they were invoked: as events, each a while after it was told by [`super::Observer::stored`], or by callers who wait.
    pub invocation_type: InvocationType,
    /// Time from arrival to attempt; zero where callers wait.
    pub waited: Span,
    /// Added to each answer (COLD-1).
    pub overhead: Span,
    /// How many.
    pub count: usize,
    /// When each was admitted.
    pub starts: [SimTime; TRAIN],
    /// `Duration` of each.
    pub durations: [Span; TRAIN],
    /// Billed milliseconds of each (PRICE-4).
    pub billed_ms: [u64; TRAIN],
    /// The environment of each, counted from 0 in order of creation.
    pub environments: [u64; TRAIN],
    /// GivenBack given back in between, told by nothing else.
    pub given_back: GivenBack,
    /// How many more slots were taken at once than before the first.
    pub rise: u64,
}

impl Default for ServedTrain {
    fn default() -> ServedTrain {
        ServedTrain::new()
    }
}

impl ServedTrain {
    /// Nothing yet.
    pub fn new() -> ServedTrain {
        ServedTrain {
            flow: FlowId(0),
            ordinal: 0,
            function: FunctionId(0),
            version: VersionId(0),
            qualifier: QualifierId(0),
            reserved: false,
            invocation_type: InvocationType::RequestResponse,
            waited: Span::ZERO,
            overhead: Span::ZERO,
            count: 0,
            starts: [SimTime::ZERO; TRAIN],
            durations: [Span::ZERO; TRAIN],
            billed_ms: [0; TRAIN],
            environments: [0; TRAIN],
            given_back: GivenBack::default(),
            rise: 0,
        }
    }

    /// Nothing yet, from arrival `ordinal` of the same flow on.
    #[inline]
    pub fn begin(&mut self, ordinal: u64) {
        (self.ordinal, self.count, self.rise) = (ordinal, 0, 0);
        self.given_back = GivenBack::default();
    }

    /// Some more, whose environments stand already behind the others; what they are billed is found for all together.
    #[inline]
    pub fn add(&mut self, starts: &[SimTime], durations: &[Span]) {
        let count = self.count + starts.len();
        self.starts[self.count..count].copy_from_slice(starts);
        self.durations[self.count..count].copy_from_slice(durations);
        self.count = count;
        self.rise = self.rise.max((count as u64).saturating_sub(self.given_back.count));
    }

    /// When each was admitted.
    pub fn starts(&self) -> &[SimTime] {
        &self.starts[..self.count]
    }

    /// `Duration` of each.
    pub fn durations(&self) -> &[Span] {
        &self.durations[..self.count]
    }

    /// Billed milliseconds of each.
    pub fn billed_ms(&self) -> &[u64] {
        &self.billed_ms[..self.count]
    }

    /// Whose slots they take.
    pub fn pool(&self) -> Pool {
        Pool {
            function: self.function,
            qualifier: self.qualifier,
            provisioned: false,
            reserved: self.reserved,
        }
    }

    /// One arrival and its attempt.
    pub fn one(&self, index: usize) -> (Call, Attempt) {
        let (start, duration) = (self.starts[index], self.durations[index]);
        let ordinal = self.ordinal + index as u64;
        let end = start.saturating_add(duration);
        let arrived = start.saturating_sub(self.waited);
        let call = Call {
            flow: self.flow,
            ordinal,
            arrived,
            function: self.function,
            qualifier: self.qualifier,
            invocation_type: self.invocation_type,
        };
        let attempt = Attempt {
            flow: self.flow,
            ordinal,
            attempt: 0,
            function: self.function,
            version: self.version,
            qualifier: self.qualifier,
            arrived,
            start,
            end,
            answered: end.saturating_add(self.overhead),
            completes: true,
            verdict: Verdict::Ok,
            start_kind: StartKind::Warm,
            spilled: false,
            placement: Span::ZERO,
            init: Span::ZERO,
            init_abandoned: false,
            restore: Span::ZERO,
            duration,
            extension: Span::ZERO,
            billed_ms: self.billed_ms[index],
            billed_init_ms: 0,
            environment: self.environments[index],
        };
        (call, attempt)
    }
}
