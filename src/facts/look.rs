use super::{Failure, FlowId, FunctionId, QualifierId, VersionId};
use crate::units::{Share, SimTime, Span};

/// What the checks of the admission order see as an attempt comes to them (lambda-model §3.5): for those who ask why.
///
/// Taken before the first check, so that nothing of the attempt itself is counted in it.
#[derive(Clone, Debug)]
pub struct Look {
    /// When.
    pub time: SimTime,
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// The function that is asked for.
    pub function: FunctionId,
    /// How it is addressed.
    pub qualifier: QualifierId,
    /// Step 4: the version behind the qualifier.
    pub version: VersionId,
    /// The second version that the qualifier sends a share to.
    pub additional: Option<(VersionId, Share)>,
    /// Whether request rates count the attempt: those at queued events they do not (RPS-4).
    pub rated: bool,
    /// Step 7: requests of the account (RPS-1).
    pub account_rate: Room,
    /// Step 8: requests of a function with reserved concurrency (RPS-2).
    pub reserved_rate: Option<Room>,
    /// Step 9: provisioned concurrency of the version behind the qualifier; `None` where there is none.
    pub provisioned: Option<ProvisionedRoom>,
    /// How fast requests may grow, where that is looked at (SCALE-3).
    pub growth: Option<Room>,
    /// Step 10: where a slot would come from.
    pub slots: Slots,
    /// Step 11: environments of the version that are idle and can serve, the one that became idle last at the end.
    pub idle: Vec<IdleEnvironment>,
    /// Environments of the version that are busy.
    pub busy: u32,
    /// The idle environment that ended last, if nobody has looked since.
    pub ended: Option<EndedEnvironment>,
    /// Step 12: environments that may be added (SCALE-1, SCALE-6).
    pub scaling: Room,
    /// Whether all functions of the account share that (SCALE-6).
    pub scaling_is_shared: bool,
}

/// How much of a limit by rate is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// A fixed second that admits so many (RPS-5).
    Second {
        /// What it admits.
        limit: u64,
        /// What it has admitted so far.
        admitted: u64,
    },
    /// A token bucket.
    Bucket {
        /// What it holds at most.
        capacity: u64,
        /// Whole tokens in it.
        tokens: u64,
        /// What comes in a minute.
        per_minute: u64,
    },
    /// Nothing is limited.
    Unlimited,
}

impl Room {
    /// Whether one more passes.
    pub const fn passes(self) -> bool {
        match self {
            Room::Second { limit, admitted } => admitted < limit,
            Room::Bucket { tokens, .. } => tokens > 0,
            Room::Unlimited => true,
        }
    }
}

/// A function's provisioned concurrency of one version (RPS-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionedRoom {
    /// Asked for.
    pub requested: u32,
    /// Ready to serve.
    pub ready: u32,
    /// Serving.
    pub busy: u32,
    /// Requests in this second.
    pub rate: Room,
}

/// Concurrency slots on demand (CONC-6, CONC-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The function's reserved concurrency; without it the slots are those of all functions without one.
    pub reserved: Option<u32>,
    /// What the slots are part of: the reserved concurrency, or the account's limit.
    pub limit: u32,
    /// What other functions have reserved of the account's limit; 0 where the function has its own.
    pub reserved_elsewhere: u32,
    /// What provisioned concurrency takes of it.
    pub provisioned: u32,
    /// Slots that are taken.
    pub taken: u32,
}

impl Slots {
    /// How many there are.
    pub const fn room(self) -> u32 {
        self.limit
            .saturating_sub(self.reserved_elsewhere)
            .saturating_sub(self.provisioned)
    }
}

/// An idle environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleEnvironment {
    /// Which of the function, from 0 in order of creation.
    pub number: u64,
    /// Since when it is idle.
    pub since: SimTime,
    /// Whether it was reset, so that INIT runs again (LIFE-9).
    pub reset: bool,
}

/// An idle environment that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedEnvironment {
    /// Which of the function, from 0 in order of creation.
    pub number: u64,
    /// Since when it was idle.
    pub since: SimTime,
    /// When it ended.
    pub end: SimTime,
    /// Whether its maximum life ended it (LIFE-13), not its idle life (LIFE-14).
    pub aged: bool,
}

/// What a caller's client decides after an attempt without a good answer (lambda-model §4.2).
#[derive(Clone, Copy, Debug)]
pub struct ClientRetry {
    /// When it decides.
    pub time: SimTime,
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// The attempt that failed, from 0.
    pub attempt: u32,
    /// How it sees that.
    pub failure: Failure,
    /// How long it waits before the next attempt; `None` where it gives up.
    pub delay: Option<Span>,
    /// What the delay is drawn below; `None` where nothing is drawn.
    pub longest: Option<Span>,
    /// Attempts that it makes at most.
    pub max_attempts: u32,
    /// What a retry takes from its quota, and what is left in it now; `None` without quota.
    pub quota: Option<(u32, u32)>,
}

/// Something that an invocation waits for.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// The attempt that comes next, from 0.
    pub attempt: u32,
    /// Until when.
    pub until: SimTime,
    /// For what.
    pub cause: WaitCause,
    /// Whether it is the second delivery of an event (ASYNC-7, SRC-1).
    pub duplicate: bool,
}

/// What an invocation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitCause {
    /// Its client's rate limiter (SDK-4).
    RateLimiter,
    /// Its client's back-off.
    BackOff,
    /// An answer that its client stops waiting for (INV-10).
    ReadTimeout,
    /// The service that delivers it (SRC-*).
    Delivery,
    /// An answer of a front end on its way.
    FrontEnd,
    /// An answer that lies beyond the end of the run.
    Answer,
    /// The first dispatch of an event (ASYNC-1).
    Dispatch,
    /// The queue of events, after so many throttles in a row (ASYNC-4).
    Throttled(u32),
    /// The queue of events, after so many function errors (ASYNC-3).
    Failed(u32),
    /// The event's maximum age (ASYNC-8).
    Expiry,
}
