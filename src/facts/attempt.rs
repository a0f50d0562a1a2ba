use super::{ErrorCode, FlowId, FunctionId, QualifierId, VersionId};
use crate::units::{SimTime, Span};

/// How an attempt that ran ended (INV-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The handler returned.
    Ok,
    /// The handler raised: a function error; the environment stays as it is.
    Error,
    /// The function's timeout passed: a function error; the environment is reset (LIFE-9).
    Timeout,
    /// The runtime process died: a function error; the environment is reset (LIFE-9).
    Crash,
}

impl Verdict {
    /// Whether the handler returned.
    pub const fn is_ok(self) -> bool {
        matches!(self, Verdict::Ok)
    }

    /// Name in `records.parquet`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Error => "error",
            Verdict::Timeout => "timeout",
            Verdict::Crash => "crash",
        }
    }
}

/// What served an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartKind {
    /// A new on-demand environment.
    Cold,
    /// An idle on-demand environment.
    Warm,
    /// A provisioned environment.
    Provisioned,
    /// Nothing: the attempt did not run.
    #[default]
    None,
    /// A new on-demand environment, restored from a snapshot (SNAP-4).
    SnapStart,
}

impl StartKind {
    /// All kinds, in the order in which reports list them.
    pub const ALL: [StartKind; 5] = [
        StartKind::Cold,
        StartKind::Warm,
        StartKind::Provisioned,
        StartKind::SnapStart,
        StartKind::None,
    ];

    /// Whether a new environment had to be made for the attempt.
    pub const fn is_cold(self) -> bool {
        matches!(self, StartKind::Cold | StartKind::SnapStart)
    }

    /// Name in `latency.csv` and `records.parquet`.
    pub const fn name(self) -> &'static str {
        match self {
            StartKind::Cold => "cold",
            StartKind::Warm => "warm",
            StartKind::Provisioned => "provisioned",
            StartKind::None => "none",
            StartKind::SnapStart => "snapstart",
        }
    }
}

/// The `Reason` strings of `TooManyRequestsException` (THR-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The unreserved pool of the account is exhausted, or (THR-5) the scaling rate.
    ConcurrentInvocationLimitExceeded,
    /// The function's reserved concurrency is exhausted.
    ReservedFunctionConcurrentInvocationLimitExceeded,
    /// The account's request rate is exhausted.
    FunctionInvocationRateLimitExceeded,
    /// The request rate of reserved concurrency is exhausted.
    ReservedFunctionInvocationRateLimitExceeded,
    /// Never given by default (THR-4).
    CallerRateLimitExceeded,
}

impl Reason {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Reason; 5] = [
        Reason::ConcurrentInvocationLimitExceeded,
        Reason::ReservedFunctionConcurrentInvocationLimitExceeded,
        Reason::FunctionInvocationRateLimitExceeded,
        Reason::ReservedFunctionInvocationRateLimitExceeded,
        Reason::CallerRateLimitExceeded,
    ];

    /// AWS's string.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::ConcurrentInvocationLimitExceeded => "ConcurrentInvocationLimitExceeded",
            Reason::ReservedFunctionConcurrentInvocationLimitExceeded => {
                "ReservedFunctionConcurrentInvocationLimitExceeded"
            }
            Reason::FunctionInvocationRateLimitExceeded => "FunctionInvocationRateLimitExceeded",
            Reason::ReservedFunctionInvocationRateLimitExceeded => "ReservedFunctionInvocationRateLimitExceeded",
            Reason::CallerRateLimitExceeded => "CallerRateLimitExceeded",
        }
    }
}

/// Which check of the admission order refused (lambda-model §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Step 10, no reservation: the account's unreserved pool is full (CONC-7).
    AccountConcurrency,
    /// Step 10, reservation: the function's own pool is full (CONC-6).
    ReservedConcurrency,
    /// Step 6: reserved concurrency is 0 (CONC-5).
    ReservedZero,
    /// Step 12: environments are being added too fast (SCALE-2).
    ScalingRate,
    /// Step 7: ten requests a second per unit of account concurrency (RPS-1).
    AccountRate,
    /// Step 8: ten requests a second per unit of reserved concurrency (RPS-2).
    ReservedRate,
}

impl Cause {
    /// All causes, in the order of their numbers.
    pub const ALL: [Cause; 6] = [
        Cause::AccountConcurrency,
        Cause::ReservedConcurrency,
        Cause::ReservedZero,
        Cause::ScalingRate,
        Cause::AccountRate,
        Cause::ReservedRate,
    ];

    /// Name in `summary.json` and `throttles.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::AccountConcurrency => "account_concurrency",
            Cause::ReservedConcurrency => "reserved_concurrency",
            Cause::ReservedZero => "reserved_zero",
            Cause::ScalingRate => "scaling_rate",
            Cause::AccountRate => "account_rate",
            Cause::ReservedRate => "reserved_rate",
        }
    }

    /// The rule that makes this check refuse.
    pub const fn rule(self) -> &'static str {
        match self {
            Cause::AccountConcurrency => "CONC-7",
            Cause::ReservedConcurrency => "CONC-6",
            Cause::ReservedZero => "CONC-5",
            Cause::ScalingRate => "SCALE-2",
            Cause::AccountRate => "RPS-1",
            Cause::ReservedRate => "RPS-2",
        }
    }
}

impl Attempt {
    /// A first attempt that finds a warm environment on demand and goes well within the run: most are like that, and
    /// listeners can skip what only others have.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.start_kind == StartKind::Warm
            && self.verdict.is_ok()
            && self.completes
            && self.attempt == 0
            && !self.spilled
            && self.extension.is_zero()
    }

    /// When the runtime has answered: extensions may go on until `end` (LIFE-8).
    pub fn runtime_end(&self) -> SimTime {
        SimTime::from_micros(self.end.as_micros() - self.extension.as_micros())
    }
}

/// Why an attempt did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// A limit: 429.
    Throttle(Cause),
    /// Another error: the function is not Active (step 5), or an environment cannot be made (step 13).
    Refused(ErrorCode),
}

impl From<Cause> for Denial {
    fn from(cause: Cause) -> Denial {
        Denial::Throttle(cause)
    }
}

impl From<ErrorCode> for Denial {
    fn from(code: ErrorCode) -> Denial {
        Denial::Refused(code)
    }
}

/// One attempt that was admitted. Everything about it is settled at admission, so it is told then, whole.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// The function that ran.
    pub function: FunctionId,
    /// The version that ran.
    pub version: VersionId,
    /// How the function was addressed.
    pub qualifier: QualifierId,
    /// When the arrival arrived.
    pub arrived: SimTime,
    /// When the attempt was admitted.
    pub start: SimTime,
    /// When the environment is free again.
    pub end: SimTime,
    /// When a synchronous caller has the answer: the runtime's end (LIFE-8) and overhead (COLD-1). For an event, `end`.
    pub answered: SimTime,
    /// Whether `end` lies before the end of the run; if not, neither `Duration` nor `Errors` is ever seen.
    pub completes: bool,
    /// How it ends.
    pub verdict: Verdict,
    /// What served it.
    pub start_kind: StartKind,
    /// Whether a provisioned target could not serve it and it ran on demand (ADM-3).
    pub spilled: bool,
    /// Time to place a new environment: waited for, never billed.
    pub placement: Span,
    /// INIT before the invocation, waited for; zero for a warm start.
    pub init: Span,
    /// Whether that INIT was given up at its limit (LIFE-3): then no `Init Duration` is reported (LIFE-6).
    pub init_abandoned: bool,
    /// Restoring a snapshot, waited for (SNAP-4); zero where INIT ran, or nothing.
    pub restore: Span,
    /// `Duration`: suppressed init, handler and extensions, bounded by the timeout (LIFE-7).
    pub duration: Span,
    /// The part of it after the runtime has answered (LIFE-8): `PostRuntimeExtensionsDuration`.
    pub extension: Span,
    /// Billed milliseconds (PRICE-2, PRICE-4).
    pub billed_ms: u64,
    /// The part of `billed_ms` that INIT adds.
    pub billed_init_ms: u64,
    /// Which environment of the function, counted from 0 in order of creation.
    pub environment: u64,
}

/// One attempt that was refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// Which flow the arrival came from.
    pub flow: FlowId,
    /// Which arrival of its traffic entry.
    pub ordinal: u64,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// The function that was asked for.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// When the arrival arrived.
    pub arrived: SimTime,
    /// When it was refused.
    pub time: SimTime,
    /// What the 429 said; `None` where it was refused otherwise: by another error, or as an asynchronous attempt at reserved 0
    /// (ASYNC-9).
    pub throttle: Option<(Reason, Cause)>,
    /// The error that the API names; that of a throttle is always [`ErrorCode::TooManyRequests`].
    pub code: ErrorCode,
}
