//! The run in at most a few hundred steps, for plots and the report: finer than CloudWatch's minutes where a run is short.

use super::backlog::SourceSteps;
use super::histogram::Histogram;
use crate::facts::FunctionId;
use crate::units::{SimTime, Span};

/// The run in steps, for plots and the report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineSummary {
    /// Length of one step.
    pub step: Span,
    /// Steps from t = 0, contiguous; the last one may be cut short by the end of the run.
    pub buckets: Vec<Bucket>,
    /// Functions drawn on their own (the first dozen by invocations and throttles), each with one maximum of
    /// `ConcurrentExecutions` and one count of throttles per step.
    pub functions: Vec<(FunctionId, Vec<u32>, Vec<u64>)>,
    /// Queues and streams drawn on their own, those where the most waits or is the oldest.
    pub sources: Vec<SourceSteps>,
    /// The latency distribution of succeeded synchronous arrivals: milliseconds at the quantiles 0 %, 1 %, … 100 %
    /// by start kind (cold, warm, provisioned), with the count.
    pub latency_quantiles: [(u64, Vec<f64>); 3],
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
    /// 99 % quantile.
    pub latency_p99_ms: Option<f64>,
    /// Billed MB·ms of on-demand and provisioned duration.
    pub billed_mb_ms: u128,
}

/// Steps a run is drawn in, at most.
const STEPS: u64 = 240;
/// Functions that are drawn on their own.
const DRAWN: usize = 12;
/// Beyond so many functions none is watched on its own: memory must not grow with them.
const WATCHED: usize = 1_000;

/// What is counted since the start of the run; the difference of two is a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub arrivals: u64,
    pub invocations: u64,
    /// Arrivals with one plain invocation, counted neither above.
    pub served: u64,
    pub errors: u64,
    pub cold_starts: u64,
    pub throttles: [u64; 6],
    /// Asynchronous events that wait or run: no difference is taken.
    pub backlog: u64,
    pub billed_mb_ms: u128,
    /// Of account-wide concurrency, up to the end of the step.
    pub concurrency_integral: u64,
}

/// Collects the steps of a run. What happens in between is counted by its owner.
#[derive(Debug)]
pub(super) struct Timeline {
    pub step: Span,
    /// End of the running step.
    pub step_end: SimTime,
    horizon: SimTime,
    done: Vec<Bucket>,
    before: Tally,
    /// Caller latencies of the running step.
    pub latency: Histogram,
    functions: Vec<(Vec<u32>, Vec<u64>)>,
}

impl Timeline {
    /// Steps up to `horizon`, for an account with so many functions.
    pub fn new(horizon: SimTime, functions: usize) -> Timeline {
        let step = step_for(horizon);
        let watched = if functions <= WATCHED { functions } else { 0 };
        Timeline {
            step,
            step_end: (SimTime::ZERO + step).min(horizon),
            horizon,
            done: Vec::new(),
            before: Tally::default(),
            latency: Histogram::default(),
            functions: vec![(Vec::new(), Vec::new()); watched],
        }
    }

    /// The running step is over: `now` is counted since the start of the run, the rest in the step alone.
    pub fn end_step(&mut self, now: Tally, concurrency_max: u64, functions: impl Iterator<Item = (u64, u64)>) {
        let start = self.done.len() as u64 * self.step.as_micros();
        let (before, length) = (self.before, (self.step_end.as_micros() - start).max(1));
        let mut bucket = Bucket {
            start: SimTime::from_micros(start),
            arrivals: now.arrivals + now.served - before.arrivals - before.served,
            invocations: now.invocations + now.served - before.invocations - before.served,
            errors: now.errors - before.errors,
            cold_starts: now.cold_starts - before.cold_starts,
            throttles: std::array::from_fn(|cause| now.throttles[cause] - before.throttles[cause]),
            backlog: now.backlog,
            concurrency_max,
            concurrency_mean: now.concurrency_integral.wrapping_sub(before.concurrency_integral) as f64 / length as f64,
            latency_p50_ms: None,
            latency_p99_ms: None,
            billed_mb_ms: now.billed_mb_ms - before.billed_mb_ms,
        };
        if self.latency.count() > 0 {
            let [p50, p99] = self.latency.quantiles([0.5, 0.99]).map(|us| us as f64 / 1e3);
            (bucket.latency_p50_ms, bucket.latency_p99_ms) = (Some(p50), Some(p99));
            self.latency = Histogram::default();
        }
        self.done.push(bucket);
        for ((busy, throttles), (busy_max, throttled)) in self.functions.iter_mut().zip(functions) {
            busy.push(u32::try_from(busy_max).unwrap_or(u32::MAX));
            throttles.push(throttled);
        }
        self.before = now;
        let at_horizon = self.step_end >= self.horizon;
        self.step_end = if at_horizon {
            SimTime::MAX
        } else {
            self.step_end.saturating_add(self.step).min(self.horizon)
        };
    }

    /// The steps, all of them, and the functions with the largest weights, drawn on their own.
    pub fn finish(
        self,
        weights: &[u64],
        sources: Vec<SourceSteps>,
        latency_quantiles: [(u64, Vec<f64>); 3],
    ) -> TimelineSummary {
        let mut order: Vec<usize> = (0..self.functions.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(weights[*index]));
        order.truncate(DRAWN);
        order.sort_unstable();
        let mut functions = self.functions;
        let drawn = order.into_iter().map(|index| {
            let (concurrency, throttles) = std::mem::take(&mut functions[index]);
            (FunctionId(index as u32), concurrency, throttles)
        });
        TimelineSummary {
            step: self.step,
            functions: drawn.collect(),
            sources,
            buckets: self.done,
            latency_quantiles,
        }
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
