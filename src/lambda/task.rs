use super::config::FlowConfig;
use crate::facts::{Arrival, Call, Ending, Failure, FlowId, Recorded, StartKind, WaitCause, Waiting};
use crate::kernel::draws::{Purpose, StreamKey};
use crate::units::SimTime;

/// One arrival on its way through attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub flow: FlowId,
    pub ordinal: u64,
    pub arrived: SimTime,
    /// 53-bit uniform of the first attempt's handler duration; see [`Task::work`].
    pub uniform: u64,
    pub recorded: Recorded,
    /// Attempts made before the current one.
    pub attempt: u32,
    /// Throttles since the last attempt that ran (ASYNC-5).
    pub throttles_in_row: u32,
    /// Asynchronous attempts that failed (ASYNC-3).
    pub failures: u32,
    /// What the last client retry took from the quota (SDK-3, SDK-5).
    pub retry_cost: u32,
    /// What served the last attempt, if it ran.
    pub start_kind: StartKind,
    /// A second delivery of an event (ASYNC-7): runs, but its outcome counts for nothing.
    pub duplicate: bool,
    /// The client has stopped waiting for the current attempt.
    pub abandoned: bool,
    /// Invocations in the chain that led to it (INV-8).
    pub hops: u8,
}

impl Task {
    pub fn new(arrival: &Arrival) -> Task {
        Task {
            flow: arrival.flow,
            ordinal: arrival.ordinal,
            arrived: arrival.time,
            uniform: arrival.uniform,
            recorded: arrival.recorded,
            attempt: 0,
            throttles_in_row: 0,
            failures: 0,
            retry_cost: 0,
            start_kind: StartKind::None,
            duplicate: false,
            abandoned: false,
            hops: 0,
        }
    }

    /// What an environment holds that has served nothing yet.
    pub fn none() -> Task {
        Task::new(&Arrival {
            time: SimTime::ZERO,
            flow: FlowId(0),
            ordinal: 0,
            uniform: 0,
            recorded: Recorded::default(),
            sampled: None,
        })
    }

    /// 53-bit uniform of the current attempt's handler duration. Those of further attempts are drawn when they run: under
    /// pressure nearly all are refused.
    #[inline]
    pub fn work(&self, key: StreamKey) -> u64 {
        match self.attempt {
            0 => self.uniform,
            _ => key.draw(self.ordinal, self.attempt, Purpose::Work).second,
        }
    }

    /// The same arrival at its next attempt.
    pub fn next_attempt(self) -> Task {
        Task {
            attempt: self.attempt + 1,
            start_kind: StartKind::None,
            ..self
        }
    }

    /// The arrival as listeners know it.
    pub fn call(&self, flow: &FlowConfig) -> Call {
        Call {
            flow: self.flow,
            ordinal: self.ordinal,
            arrived: self.arrived,
            function: flow.function,
            qualifier: flow.qualifier,
            invocation_type: flow.invocation_type,
        }
    }
}

/// A task that waits, and for what. It fills one line of the processor's caches, which is asked for ahead.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct PutAside {
    pub task: Task,
    pub wake: Wake,
}

/// Why a waiting task is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// A client's rate limiter lets it send (SDK-4).
    Send,
    /// A client has waited its back-off.
    Retry,
    /// A client has waited long enough for an answer.
    ReadTimeout,
    /// A service delivers an event to Lambda.
    Deliver,
    /// A caller behind a front end has its answer: how its client sees it, and how the arrival ends without a retry.
    Answered(Failure, Ending),
    /// The answer is on its way beyond the end of the run: never woken.
    Answer,
    /// An event is dispatched for the first time (ASYNC-1).
    Dispatch,
    /// An event comes back after a throttle (ASYNC-4).
    AfterThrottle,
    /// An event comes back after a function error (ASYNC-3).
    AfterError,
    /// An event has reached its maximum age (ASYNC-8).
    Expire,
}

impl Wake {
    /// What there is to tell of `task`, which waits for it until `until`.
    pub fn told(self, task: &Task, until: SimTime) -> Waiting {
        let cause = match self {
            Wake::Send => WaitCause::RateLimiter,
            Wake::Retry => WaitCause::BackOff,
            Wake::ReadTimeout => WaitCause::ReadTimeout,
            Wake::Deliver => WaitCause::Delivery,
            Wake::Answered(..) => WaitCause::FrontEnd,
            Wake::Answer => WaitCause::Answer,
            Wake::Dispatch => WaitCause::Dispatch,
            Wake::AfterThrottle => WaitCause::Throttled(task.throttles_in_row),
            Wake::AfterError => WaitCause::Failed(task.failures),
            Wake::Expire => WaitCause::Expiry,
        };
        Waiting {
            flow: task.flow,
            ordinal: task.ordinal,
            attempt: task.attempt,
            until,
            cause,
            duplicate: task.duplicate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_put_aside_fills_one_line() {
        assert_eq!(size_of::<PutAside>(), 64);
    }
}
