//! The run in at most a few hundred steps, for plots and the report: finer than CloudWatch's minutes where a run is short.

use super::gauge::Gauge;
use super::histogram::Histogram;
use crate::facts::{
    AsyncStep, Attempt, Call, Ended, Ending, FunctionId, InvocationType, Observer, Pool, Refusal, StartKind,
};
use crate::units::{MemoryMb, SimTime, Span};

/// What a [`Timeline`] hands out at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimelineSummary {
    /// Length of one step.
    pub step: Span,
    /// Steps from t = 0, contiguous; the last one may be cut short by the end of the run.
    pub buckets: Vec<Bucket>,
    /// Functions drawn on their own (the first dozen by invocations and throttles), each with one maximum of
    /// `ConcurrentExecutions` and one count of throttles per step.
    pub functions: Vec<(FunctionId, Vec<u32>, Vec<u64>)>,
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

/// A listener that draws the run in steps.
#[derive(Debug)]
pub struct Timeline {
    step: Span,
    horizon: SimTime,
    done: Vec<Bucket>,
    current: Bucket,
    current_end: SimTime,
    latency: Histogram,
    concurrency: Gauge,
    backlog: u64,
    functions: Vec<Watched>,
    memory: Vec<Vec<MemoryMb>>,
}

#[derive(Clone, Debug, Default)]
struct Watched {
    busy: u32,
    /// Of the current step.
    busy_max: u32,
    throttled: u64,
    /// Of the whole run: invocations and throttles.
    weight: u64,
    /// Of the steps that are over.
    concurrency: Vec<u32>,
    throttles: Vec<u64>,
}

impl Timeline {
    /// Draws a run that ends at `horizon`; `memory` is that of each function's versions.
    pub fn new(horizon: SimTime, memory: Vec<Vec<MemoryMb>>) -> Timeline {
        let step = step_for(horizon);
        let watched = if memory.len() <= WATCHED { memory.len() } else { 0 };
        Timeline {
            step,
            horizon,
            done: Vec::new(),
            current: Bucket::default(),
            current_end: SimTime::ZERO + step,
            latency: Histogram::default(),
            concurrency: Gauge::default(),
            backlog: 0,
            functions: vec![Watched::default(); watched],
            memory,
        }
    }

    /// The steps, all of them; latencies by start kind are those given.
    pub fn finish(mut self, latency_quantiles: [(u64, Vec<f64>); 3]) -> TimelineSummary {
        while self.current_end < self.horizon {
            self.roll();
        }
        self.close_bucket();
        let mut order: Vec<usize> = (0..self.functions.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(self.functions[*index].weight));
        order.truncate(DRAWN);
        order.sort_unstable();
        let drawn = order.into_iter().map(|index| {
            let watched = std::mem::take(&mut self.functions[index]);
            (FunctionId(index as u32), watched.concurrency, watched.throttles)
        });
        TimelineSummary {
            step: self.step,
            functions: drawn.collect(),
            buckets: self.done,
            latency_quantiles,
        }
    }

    fn reach(&mut self, time: SimTime) {
        while time >= self.current_end {
            self.roll();
        }
    }

    fn roll(&mut self) {
        self.close_bucket();
        self.current = Bucket {
            start: self.current_end,
            ..Bucket::default()
        };
        self.current_end = self.current_end + self.step;
    }

    fn close_bucket(&mut self) {
        let mut bucket = std::mem::take(&mut self.current);
        let end = self.current_end.min(self.horizon.max(bucket.start));
        let gauge = self.concurrency.close(bucket.start, end);
        self.concurrency.open(end);
        (bucket.concurrency_max, bucket.concurrency_mean) = (gauge.max, gauge.mean);
        bucket.backlog = self.backlog;
        if self.latency.count() > 0 {
            let [p50, p99] = self.latency.quantiles([0.5, 0.99]).map(|us| us as f64 / 1e3);
            (bucket.latency_p50_ms, bucket.latency_p99_ms) = (Some(p50), Some(p99));
            self.latency = Histogram::default();
        }
        self.done.push(bucket);
        for watched in &mut self.functions {
            watched
                .concurrency
                .push(std::mem::replace(&mut watched.busy_max, watched.busy));
            watched.throttles.push(std::mem::take(&mut watched.throttled));
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

impl Observer for Timeline {
    fn arrived(&mut self, call: &Call) {
        self.reach(call.arrived);
        self.current.arrivals += 1;
    }

    fn ran(&mut self, attempt: &Attempt) {
        self.reach(attempt.start);
        self.current.invocations += 1;
        self.current.errors += u64::from(attempt.completes && !attempt.verdict.is_ok());
        self.current.cold_starts += u64::from(attempt.start_kind == StartKind::Cold);
        let memory = self.memory[attempt.function.index()][attempt.version.index()];
        self.current.billed_mb_ms += attempt.billed_ms as u128 * memory.0 as u128;
        if let Some(watched) = self.functions.get_mut(attempt.function.index()) {
            watched.weight += 1;
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.reach(refusal.time);
        let Some((_, cause)) = refusal.throttle else { return };
        self.current.throttles[cause as usize] += 1;
        if let Some(watched) = self.functions.get_mut(refusal.function.index()) {
            watched.weight += 1;
            watched.throttled += 1;
        }
    }

    fn ended(&mut self, ended: &Ended) {
        if ended.call.invocation_type == InvocationType::Event {
            self.reach(ended.time);
            self.backlog -= u64::from(ended.ending != Ending::Throttled);
        } else if ended.ending == Ending::Succeeded {
            self.latency.record(ended.time.since(ended.call.arrived).as_micros());
        }
    }

    fn asynchronous(&mut self, time: SimTime, _call: &Call, step: AsyncStep) {
        if step == AsyncStep::Received {
            self.reach(time);
            self.backlog += 1;
        }
    }

    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        self.reach(time);
        self.concurrency.step(time, taken);
        if let Some(watched) = self.functions.get_mut(pool.function.index()) {
            watched.busy = if taken { watched.busy + 1 } else { watched.busy - 1 };
            watched.busy_max = watched.busy_max.max(watched.busy);
        }
    }
}
