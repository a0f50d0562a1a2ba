//! The run in at most a few hundred steps, for plots and the report: finer than CloudWatch's minutes where a run is short.

use super::backlog::SourceSteps;
use super::histogram::Histogram;
use crate::facts::{AsyncStep, Attempt, Cause, FunctionId};
use crate::units::{MemoryMb, SimTime, Span};

/// The run in steps, for plots and the report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineSummary {
    /// Length of one step.
    pub step: Span,
    /// Steps from t = 0, contiguous; the last one may be cut short by the end of the run.
    pub buckets: Vec<Bucket>,
    /// Functions drawn on their own, in the plan's order: those with the largest part of either the account's busy time or
    /// its requests.
    pub functions: Vec<FunctionSteps>,
    /// Functions without reservation that held the account's unreserved concurrency while it refused others (CONC-7), with
    /// their part of it; the largest parts first, no more than are drawn.
    pub holders: Vec<(FunctionId, f64)>,
    /// Where the time of answers to waiting callers went, by function in the plan's order.
    pub answers: Vec<TimeSpent>,
    /// Where the time of asynchronous events went that succeeded, by function in the plan's order.
    pub events: Vec<TimeSpent>,
    /// Queues and streams drawn on their own, those where the most waits or is the oldest.
    pub sources: Vec<SourceSteps>,
    /// The latency distribution of succeeded synchronous arrivals: milliseconds at the quantiles 0 %, 1 %, … 100 %
    /// by start kind (cold, warm, provisioned), with the count.
    pub latency_quantiles: [(u64, Vec<f64>); 3],
}

/// One function in the steps of the timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionSteps {
    /// Which one.
    pub function: FunctionId,
    /// Largest `ConcurrentExecutions` of each step.
    pub concurrency_max: Vec<u32>,
    /// Time-weighted mean of it.
    pub concurrency_mean: Vec<f64>,
    /// Its throttles.
    pub throttles: Vec<u64>,
}

/// How much of the time from arrival to answer went where, in microseconds, summed over what succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpent {
    /// Before the first attempt.
    pub queueing: u128,
    /// From the arrival to the attempt that succeeded, where that was not the first: failed attempts and the waits between.
    pub retries: u128,
    /// Placing a new environment.
    pub placement: u128,
    /// INIT, or restoring a snapshot, before the invocation.
    pub init: u128,
    /// The handler, with what Lambda adds around it (COLD-1).
    pub handler: u128,
}

impl TimeSpent {
    /// An attempt that succeeded.
    pub(super) fn note(&mut self, attempt: &Attempt) {
        let before = u128::from(attempt.start.since(attempt.arrived).as_micros());
        match attempt.attempt {
            0 => self.queueing += before,
            _ => self.retries += before,
        }
        let (placement, init) = (
            attempt.placement.as_micros(),
            (attempt.init + attempt.restore).as_micros(),
        );
        self.placement += u128::from(placement);
        self.init += u128::from(init);
        let whole = attempt.answered.since(attempt.start).as_micros();
        self.handler += u128::from(whole.saturating_sub(placement + init));
    }

    /// All of it.
    pub fn total(&self) -> u128 {
        self.queueing + self.retries + self.placement + self.init + self.handler
    }

    /// The same where all of it is `total`: what is not known to have gone elsewhere is the handler's.
    pub(super) fn of_total(mut self, total: u128) -> TimeSpent {
        self.handler = 0;
        self.handler = total.saturating_sub(self.total());
        self
    }
}

/// One step of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// When it begins.
    pub start: SimTime,
    /// Arrivals.
    pub arrivals: u64,
    /// `Invocations`.
    pub invocations: u64,
    /// `Errors`.
    pub errors: u64,
    /// Cold starts.
    pub cold_starts: u64,
    /// Throttles by [`crate::facts::Cause::ALL`].
    pub throttles: [u64; 6],
    /// Asynchronous events waiting or running at the end of the step.
    pub backlog: u64,
    /// Largest account-wide `ConcurrentExecutions`.
    pub concurrency_max: u64,
    /// Time-weighted mean of it.
    pub concurrency_mean: f64,
    /// Median and 99 % quantile of caller latency, by instant of arrival of the answer's attempt; `None` without sample.
    pub latency_p50_ms: Option<f64>,
    /// 90 % quantile.
    pub latency_p90_ms: Option<f64>,
    /// 99 % quantile.
    pub latency_p99_ms: Option<f64>,
    /// 99.9 % quantile.
    pub latency_p99_9_ms: Option<f64>,
    /// Billed MB·ms of on-demand and provisioned duration.
    pub billed_mb_ms: u128,
    /// Provisioned environments that were ready at the end of the step.
    pub provisioned_ready: u64,
    /// Time-weighted mean of provisioned environments that were busy.
    pub provisioned_busy_mean: f64,
    /// Most provisioned environments that were busy at once.
    pub provisioned_busy_max: u64,
    /// Invocations that ran on demand because all provisioned environments were busy (ADM-3).
    pub spilled: u64,
    /// What became of asynchronous events.
    pub events: EventTally,
    /// Largest age of an asynchronous event at an attempt; `None` without attempts.
    pub event_age_ms: Option<f64>,
}

/// What became of asynchronous events in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// Stored by Lambda.
    pub received: u64,
    /// Tried again after a throttle.
    pub retried_after_throttle: u64,
    /// Tried again after an error.
    pub retried_after_error: u64,
    /// Given up: expired, exhausted, or refused at reserved concurrency 0.
    pub given_up: u64,
    /// Records sent to dead-letter queues and on-failure destinations.
    pub kept: u64,
}

impl EventTally {
    fn add(&mut self, other: &EventTally) {
        self.received += other.received;
        self.retried_after_throttle += other.retried_after_throttle;
        self.retried_after_error += other.retried_after_error;
        self.given_up += other.given_up;
        self.kept += other.kept;
    }

    pub(super) fn count(&mut self, step: AsyncStep) {
        match step {
            AsyncStep::Received => self.received += 1,
            AsyncStep::RetriedAfterThrottle => self.retried_after_throttle += 1,
            AsyncStep::RetriedAfterError => self.retried_after_error += 1,
            AsyncStep::Expired | AsyncStep::Refused | AsyncStep::Exhausted => self.given_up += 1,
            AsyncStep::DeadLettered | AsyncStep::DestinationFailure => self.kept += 1,
            AsyncStep::Attempted | AsyncStep::DestinationSuccess => {}
        }
    }
}

/// Steps a run is drawn in, at most.
const STEPS: u64 = 240;
/// Functions that are drawn on their own.
const DRAWN: usize = 20;
/// Beyond so many functions none is watched on its own: memory must not grow with them.
const WATCHED: usize = 1_000;

/// What is counted in one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub arrivals: u64,
    pub invocations: u64,
    /// Arrivals with one plain invocation, counted neither above.
    pub served: u64,
    pub errors: u64,
    pub cold_starts: u64,
    pub throttles: [u64; 6],
    /// Asynchronous events that began to wait, less those that came to an end.
    pub backlog: i64,
    pub billed_mb_ms: u128,
    /// See [`Bucket::spilled`].
    pub spilled: u64,
    pub events: EventTally,
    /// Caller latencies.
    pub latency: Histogram,
    /// Age of the oldest asynchronous event that was tried.
    pub event_age: Option<Span>,
}

/// Where each function goes through all steps of a window, one is turned to by its address instead of being moved.
pub(super) type Tallied = Box<Tally>;

impl Tally {
    /// So many plain attempts of environments with `memory` were billed this long together.
    pub fn served(&mut self, count: u64, billed_ms: u64, memory: MemoryMb) {
        self.served += count;
        self.billed_mb_ms += u128::from(billed_ms) * u128::from(memory.0);
    }

    /// Counts nothing any more, and keeps its memory.
    pub fn clear(&mut self) {
        let mut latency = std::mem::take(&mut self.latency);
        latency.clear();
        *self = Tally {
            latency,
            ..Tally::default()
        };
    }

    /// Takes over what was counted elsewhere in the same step.
    pub fn add(&mut self, other: &Tally) {
        self.arrivals += other.arrivals;
        self.invocations += other.invocations;
        self.served += other.served;
        self.errors += other.errors;
        self.cold_starts += other.cold_starts;
        for (own, others) in self.throttles.iter_mut().zip(other.throttles) {
            *own += others;
        }
        self.backlog += other.backlog;
        self.billed_mb_ms += other.billed_mb_ms;
        self.spilled += other.spilled;
        self.events.add(&other.events);
        self.latency.merge(&other.latency);
        self.event_age = self.event_age.max(other.event_age);
    }
}

/// How the account stands at the end of a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// Largest account-wide concurrency in the step.
    pub concurrency_max: u64,
    /// Of account-wide concurrency, up to the end of the step.
    pub concurrency_integral: u64,
    /// Provisioned environments that are ready.
    pub provisioned_ready: u64,
    /// Most of them that were busy at once in the step.
    pub provisioned_busy_max: u64,
    /// Of busy ones, up to the end of the step.
    pub provisioned_busy_integral: u64,
}

/// What a function did in the step that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionStep {
    pub busy_max: u64,
    /// Up to the end of the step.
    pub busy_integral: u64,
    pub throttles: u64,
    pub reserved: bool,
}

/// What is kept of one function.
#[derive(Clone, Debug, Default)]
struct Course {
    busy_max: Vec<u32>,
    busy_mean: Vec<f64>,
    throttles: Vec<u64>,
    integral: u64,
    /// Busy time, in microseconds.
    busy: u64,
    /// Busy time in the unreserved pool, weighted with the requests that this pool refused in the step.
    pressure: u128,
}

impl Course {
    fn end_step(&mut self, step: FunctionStep, length: u64, refused: u64) {
        let busy = step.busy_integral.wrapping_sub(self.integral);
        self.integral = step.busy_integral;
        self.busy = self.busy.saturating_add(busy);
        if !step.reserved {
            self.pressure += u128::from(busy) * u128::from(refused);
        }
        self.busy_max.push(u32::try_from(step.busy_max).unwrap_or(u32::MAX));
        self.busy_mean.push(busy as f64 / length as f64);
        self.throttles.push(step.throttles);
    }
}

/// Collects the steps of a run. What happens in between is counted by its owner.
#[derive(Debug)]
pub(super) struct Timeline {
    pub step: Span,
    /// End of the running step.
    pub step_end: SimTime,
    horizon: SimTime,
    done: Vec<Bucket>,
    /// At the end of the step before.
    before: Standing,
    backlog: i64,
    functions: Vec<Course>,
}

impl Timeline {
    /// How many of so many functions of an account are watched on their own.
    pub fn watches(functions: usize) -> usize {
        if functions <= WATCHED { functions } else { 0 }
    }

    /// Steps up to `horizon`, with so many functions watched on their own.
    pub fn new(horizon: SimTime, watched: usize) -> Timeline {
        let step = step_for(horizon);
        Timeline {
            step,
            step_end: (SimTime::ZERO + step).min(horizon),
            horizon,
            done: Vec::new(),
            before: Standing::default(),
            backlog: 0,
            functions: vec![Course::default(); watched],
        }
    }

    /// How many functions are watched on their own.
    pub fn watched(&self) -> usize {
        self.functions.len()
    }

    /// Whether a step begins at `time`.
    pub fn begins_at(&self, time: SimTime) -> bool {
        self.step_of(time) as u64 * self.step.as_micros() == time.as_micros()
    }

    /// The step that holds an instant, counted from 0.
    pub fn step_of(&self, time: SimTime) -> usize {
        (time.as_micros() / self.step.as_micros()) as usize
    }

    /// Where the step with this number ends.
    pub fn end_of(&self, step: usize) -> SimTime {
        SimTime::from_micros((step as u64 + 1) * self.step.as_micros()).min(self.horizon)
    }

    /// The steps of a function that is watched on its own are over up to `time`; `course` tells what it did up to the end of
    /// each. The account has refused nothing in them.
    pub fn end_steps_of(
        &mut self,
        function: FunctionId,
        time: SimTime,
        mut course: impl FnMut(SimTime) -> FunctionStep,
    ) {
        let over = self.step_of(time);
        loop {
            let done = self.functions[function.index()].busy_max.len();
            if done >= over {
                return;
            }
            let (start, end) = (done as u64 * self.step.as_micros(), self.end_of(done));
            self.functions[function.index()].end_step(course(end), (end.as_micros() - start).max(1), 0);
        }
    }

    /// Takes over the courses of functions of a part of the account, which has so many, if they were watched there.
    pub fn take_in(&mut self, part: Timeline, members: &[FunctionId], functions: usize) {
        if part.watched() > 0 {
            self.functions.resize_with(functions, Course::default);
        }
        for (function, course) in members.iter().zip(part.functions) {
            self.functions[function.index()] = course;
        }
    }

    /// The running step is over.
    pub fn end_step(&mut self, tally: &Tally, standing: Standing, functions: impl Iterator<Item = FunctionStep>) {
        let start = self.done.len() as u64 * self.step.as_micros();
        let length = (self.step_end.as_micros() - start).max(1);
        self.backlog += tally.backlog;
        let mut bucket = self.bucket(tally, &standing, start, length);
        if tally.latency.count() > 0 {
            let quantiles = tally.latency.quantiles([0.5, 0.9, 0.99, 0.999]);
            let [p50, p90, p99, p99_9] = quantiles.map(|us| Some(us as f64 / 1e3));
            (bucket.latency_p50_ms, bucket.latency_p90_ms) = (p50, p90);
            (bucket.latency_p99_ms, bucket.latency_p99_9_ms) = (p99, p99_9);
        }
        let refused = bucket.throttles[Cause::AccountConcurrency as usize];
        for (course, step) in self.functions.iter_mut().zip(functions) {
            course.end_step(step, length, refused);
        }
        self.done.push(bucket);
        self.before = standing;
        let at_horizon = self.step_end >= self.horizon;
        self.step_end = if at_horizon {
            SimTime::MAX
        } else {
            self.step_end.saturating_add(self.step).min(self.horizon)
        };
    }

    /// What was counted in the step that is over, without quantiles.
    fn bucket(&self, tally: &Tally, standing: &Standing, start: u64, length: u64) -> Bucket {
        let before = &self.before;
        let mean = |now: u64, before: u64| now.wrapping_sub(before) as f64 / length as f64;
        Bucket {
            start: SimTime::from_micros(start),
            arrivals: tally.arrivals + tally.served,
            invocations: tally.invocations + tally.served,
            errors: tally.errors,
            cold_starts: tally.cold_starts,
            throttles: tally.throttles,
            backlog: u64::try_from(self.backlog).unwrap_or(0),
            concurrency_max: standing.concurrency_max,
            concurrency_mean: mean(standing.concurrency_integral, before.concurrency_integral),
            billed_mb_ms: tally.billed_mb_ms,
            provisioned_ready: standing.provisioned_ready,
            provisioned_busy_mean: mean(standing.provisioned_busy_integral, before.provisioned_busy_integral),
            provisioned_busy_max: standing.provisioned_busy_max,
            spilled: tally.spilled,
            events: tally.events,
            event_age_ms: tally.event_age.map(Span::as_millis_f64),
            ..Bucket::default()
        }
    }

    /// The steps, all of them, and the functions drawn on their own; `requests` of each function.
    pub fn finish(self, requests: &[u64]) -> TimelineSummary {
        let mut holders: Vec<(FunctionId, u128)> = self.ids().map(|(id, course)| (id, course.pressure)).collect();
        holders.retain(|(_, pressure)| *pressure > 0);
        let pressure: u128 = holders.iter().map(|(_, pressure)| pressure).sum();
        holders.sort_by_key(|(_, pressure)| std::cmp::Reverse(*pressure));
        holders.truncate(DRAWN);
        let holders = holders.into_iter();
        TimelineSummary {
            step: self.step,
            holders: holders.map(|(id, part)| (id, part as f64 / pressure as f64)).collect(),
            functions: self.drawn(requests),
            buckets: self.done,
            ..TimelineSummary::default()
        }
    }

    fn ids(&self) -> impl Iterator<Item = (FunctionId, &Course)> {
        (0..).map(FunctionId).zip(&self.functions)
    }

    fn drawn(&self, requests: &[u64]) -> Vec<FunctionSteps> {
        let all_busy: u64 = self
            .functions
            .iter()
            .fold(0, |sum, course| sum.saturating_add(course.busy));
        let part = |of: u64, all: u64| of as f64 / all.max(1) as f64;
        let all_requests: u64 = requests.iter().sum();
        let weight = |(id, course): &(FunctionId, &Course)| {
            part(course.busy, all_busy).max(part(requests[id.index()], all_requests))
        };
        let mut order: Vec<_> = self.ids().collect();
        order.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
        order.truncate(DRAWN);
        order.sort_unstable_by_key(|(id, _)| *id);
        let steps = |(function, course): (FunctionId, &Course)| FunctionSteps {
            function,
            concurrency_max: course.busy_max.clone(),
            concurrency_mean: course.busy_mean.clone(),
            throttles: course.throttles.clone(),
        };
        order.into_iter().map(steps).collect()
    }
}

/// The shortest step people count in that keeps the run within [`STEPS`].
fn step_for(horizon: SimTime) -> Span {
    const MILLIS: [u64; 24] = [
        1, 5, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
    ];
    let shortest = horizon.as_micros().div_ceil(STEPS);
    let step = MILLIS
        .into_iter()
        .map(Span::from_millis)
        .find(|step| step.as_micros() >= shortest);
    step.unwrap_or(Span::from_micros(shortest))
}
