//! The numbers of one run: what `summary.json` and `latency.csv` print. Times in milliseconds.

use std::collections::BTreeMap;

use crate::facts::{ErrorCode, FunctionId, InvocationType, MappingId, QualifierId, StartKind, TrafficId};

/// Everything counted in a run, without money.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Account-wide counts.
    pub totals: Counts,
    /// Account-wide gauges.
    pub account: AccountSummary,
    /// Per traffic entry, in the plan's order.
    pub traffic: Vec<TrafficSummary>,
    /// Per function, in the plan's order.
    pub functions: Vec<FunctionSummary>,
    /// Per queue, in the plan's order.
    pub queues: Vec<QueueSummary>,
    /// Per downstream budget, in the plan's order.
    pub budgets: Vec<BudgetSummary>,
    /// Per stream, in the plan's order.
    pub streams: Vec<StreamSummary>,
    /// Rows of `latency.csv`: every final answer.
    pub latency: Vec<LatencyRow>,
    /// Commutative hash of every finished attempt of the whole run.
    pub fingerprint: u64,
}

/// Counts in the terms of contract §4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What traffic asked for; the sum of the next six.
    pub arrivals: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Function, service or client error, retries exhausted.
    pub failed: u64,
    /// Last answer caused by a throttle.
    pub throttled: u64,
    /// Expired, or refused at reserved 0.
    pub dropped: u64,
    /// Dry runs.
    pub dry_run: u64,
    /// Still running or waiting when the run ended.
    pub in_flight_at_end: u64,
    /// Attempts that reached admission: the sum of `invocations`, `throttles` and `rejected`.
    pub requests: u64,
    /// Attempts refused other than by 429.
    pub rejected: u64,
    /// CloudWatch's `Invocations` (MET-1).
    pub invocations: u64,
    /// CloudWatch's `Errors` (MET-2).
    pub errors: u64,
    /// CloudWatch's `Throttles` (MET-3).
    pub throttles: u64,
    /// Invocations that had to wait for a new environment.
    pub cold_starts: u64,
}

impl Counts {
    /// Arrivals that got a final answer.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.throttled + self.dropped + self.dry_run
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Counts) {
        self.arrivals += other.arrivals;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.throttled += other.throttled;
        self.dropped += other.dropped;
        self.dry_run += other.dry_run;
        self.in_flight_at_end += other.in_flight_at_end;
        self.requests += other.requests;
        self.rejected += other.rejected;
        self.invocations += other.invocations;
        self.errors += other.errors;
        self.throttles += other.throttles;
        self.cold_starts += other.cold_starts;
    }
}

/// Account gauges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountSummary {
    /// `ConcurrentExecutions` (MET-6).
    pub concurrent_executions: GaugeSummary,
    /// `UnreservedConcurrentExecutions` (MET-7, CONC-11).
    pub unreserved_concurrent_executions: GaugeSummary,
    /// Maximum of `ClaimedAccountConcurrency` (MET-11, CONC-11).
    pub claimed_account_concurrency_max: u64,
}

/// One downstream budget.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BudgetSummary {
    /// Most connections in use at once, or most calls in one period.
    pub max: u64,
    /// Time-weighted mean of connections in use; mean number of calls in a period.
    pub mean: f64,
    /// Invocations that met it.
    pub counts: BudgetCounts,
    /// Waiting of those that queued.
    pub wait: LatencySummary,
    /// By function: its invocations and its part of `mean`.
    pub functions: Vec<(FunctionId, BudgetCounts, f64)>,
}

/// Invocations that met a downstream budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetCounts {
    /// All of them.
    pub calls: u64,
    /// Slowed, as there was no room.
    pub slowed: u64,
    /// Queued, as there was no room.
    pub queued: u64,
    /// Failed, as there was no room.
    pub failed: u64,
}

/// A step function of time over [warm_up, duration).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GaugeSummary {
    /// Largest value.
    pub max: u64,
    /// Time-weighted mean.
    pub mean: f64,
}

/// Quantiles of a time, in milliseconds; zero where there is no sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatencySummary {
    /// Number of samples.
    pub count: u64,
    /// Exact mean.
    pub mean: f64,
    /// Nearest-rank quantiles within 0.1 %, clamped to the exact extremes.
    pub p50: f64,
    /// 90 %.
    pub p90: f64,
    /// 95 %.
    pub p95: f64,
    /// 99 %.
    pub p99: f64,
    /// 99.9 %.
    pub p99_9: f64,
    /// Exact maximum.
    pub max: f64,
}

/// One traffic entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficSummary {
    /// Arrival terms and `requests`; the CloudWatch terms hold what its attempts caused.
    pub counts: Counts,
    /// Synchronous arrivals that succeeded.
    pub latency: LatencySummary,
    /// Any final answer.
    pub latency_all: LatencySummary,
    /// First attempt to first byte of streamed responses (INV-5).
    pub time_to_first_byte: LatencySummary,
    /// What its callers were answered, by HTTP status, where they come through a front end (FE-1…6).
    pub status: BTreeMap<u16, u64>,
    /// What its retries did and took.
    pub retries: RetrySummary,
}

/// One function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionSummary {
    /// All of the totals, for this function.
    pub counts: Counts,
    /// Throttles by [`crate::facts::Reason::ALL`].
    pub throttles_by_reason: [u64; 5],
    /// Throttles by [`crate::facts::Cause::ALL`].
    pub throttles_by_cause: [u64; 6],
    /// Rejected attempts by the API's error (INV-9).
    pub rejected_by_error: BTreeMap<ErrorCode, u64>,
    /// INIT before invocations.
    pub init: LatencySummary,
    /// Restores before invocations (SNAP-5).
    pub restore: LatencySummary,
    /// CloudWatch's `PostRuntimeExtensionsDuration`, of invocations that had any (LIFE-8).
    pub extensions: LatencySummary,
    /// `ConcurrentExecutions`.
    pub concurrent_executions: GaugeSummary,
    /// Existing environments.
    pub environments: GaugeSummary,
    /// Environments created in the window.
    pub environments_created: u64,
    /// Distinct environments that served in the window.
    pub environments_used: u64,
    /// Time-weighted mean of existing environments that serve nothing.
    pub environments_idle_mean: f64,
    /// CloudWatch's `Duration` (MET-4).
    pub duration: LatencySummary,
    /// Synchronous arrivals that succeeded, as the caller saw them.
    pub latency: LatencySummary,
    /// Invocations served by provisioned environments (MET-9).
    pub provisioned_invocations: u64,
    /// Invocations of a provisioned target that ran on demand (MET-9, ADM-3).
    pub provisioned_spillover: u64,
    /// Largest share of provisioned environments that were busy (PC-11).
    pub provisioned_utilization_max: f64,
    /// Asynchronous events.
    pub asynchronous: AsyncSummary,
    /// Invocations, errors and cold starts by version, in the function's order of versions.
    pub by_version: Vec<VersionSummary>,
}

/// What repeating did for one sender: the retry economy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RetrySummary {
    /// First attempts that succeeded.
    pub at_once: u64,
    /// Arrival to answer where a further attempt succeeded.
    pub late: LatencySummary,
    /// Further attempts that ran.
    pub attempts: u64,
    /// Billed MB·ms of further attempts; of a mapping those of all its invocations.
    pub billed_mb_ms: u128,
    /// Events given up whose record went to a dead-letter queue or destination.
    pub kept: u64,
}

/// One queue. Messages count that were sent after the warm-up: `sent` is the sum of the next five at every instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueueSummary {
    /// Messages sent to it, from dead-letter sources too.
    pub sent: u64,
    /// Deleted after a success, or by a filter (ESM-6).
    pub processed: u64,
    /// Gone to the dead-letter queue (SQS-13).
    pub dead_lettered: u64,
    /// Outlived the retention (SQS-16).
    pub expired: u64,
    /// Not taken in, as they were too large (SQS-16): no part of `sent`.
    pub rejected: u64,
    /// Waiting at the end.
    pub waiting: u64,
    /// Received and neither deleted nor visible again at the end.
    pub in_flight: u64,
    /// Receives of messages; each counts.
    pub receives: u64,
    /// Most messages that waited at once, from the end of the warm-up to the end of the run.
    pub depth_max: u64,
    /// Largest age of a message in that time, in milliseconds.
    pub age_max: f64,
    /// Time-weighted mean of messages that waited, from the end of the warm-up to the end of the traffic.
    pub depth_mean: f64,
    /// Messages that were done at their first receive.
    pub at_once: u64,
    /// Age of the others that were done.
    pub late: LatencySummary,
}

/// One version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionSummary {
    /// `Invocations`.
    pub invocations: u64,
    /// `Errors`.
    pub errors: u64,
    /// Cold starts.
    pub cold_starts: u64,
}

/// Asynchronous events of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AsyncSummary {
    /// `AsyncEventsReceived` (MET-12).
    pub received: u64,
    /// `AsyncEventsDropped` (MET-12): expired, refused and exhausted ones.
    pub dropped: u64,
    /// Attempts made because the one before was throttled.
    pub retries_throttled: u64,
    /// Attempts made because the one before failed.
    pub retries_error: u64,
    /// Events that outlived their maximum age, or met reserved concurrency 0.
    pub expired: u64,
    /// Events that failed with no retry left.
    pub exhausted: u64,
    /// Records sent to the dead-letter queue.
    pub dead_lettered: u64,
    /// Records sent to the on-success destination.
    pub destination_success: u64,
    /// Records sent to the on-failure destination.
    pub destination_failure: u64,
    /// `AsyncEventAge` at each attempt (MET-13).
    pub event_age: LatencySummary,
    /// Event to final outcome.
    pub latency: LatencySummary,
}

/// One stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamSummary {
    /// Records sent to it.
    pub sent: u64,
    /// What became of them, by reader in the plan's order. One without a mapping counts what expired unread.
    pub readers: Vec<ReaderSummary>,
}

impl StreamSummary {
    /// What became of the records for `mapping`.
    pub fn reader(&self, mapping: Option<MappingId>) -> ReaderSummary {
        let found = self.readers.iter().find(|reader| reader.mapping == mapping);
        found.copied().unwrap_or_default()
    }
}

/// What became of a stream's records for one of its readers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReaderSummary {
    /// The reader; `None` where nobody reads.
    pub mapping: Option<MappingId>,
    /// Records of invocations that succeeded.
    pub processed: u64,
    /// Records passed over by a filter or the starting position.
    pub filtered: u64,
    /// Records given up by the mapping's limits.
    pub discarded: u64,
    /// Records that outlived the retention.
    pub expired: u64,
    /// `IteratorAge` of each batch (STRM-13).
    pub iterator_age: LatencySummary,
    /// Largest `OffsetLag` of a Kafka topic (MET-15), in records.
    pub offset_lag_max: u64,
    /// Most pollers of a Kafka mapping.
    pub pollers_max: u32,
    /// Lanes that a failed or throttled batch has ever stopped.
    pub blocked_lanes: u64,
    /// The longest time that one was stopped.
    pub blocked_longest: f64,
    /// Lanes that were stopped when the run ended.
    pub blocked_at_end: u64,
}

impl ReaderSummary {
    /// Records that are done, one way or another.
    pub fn settled(&self) -> u64 {
        self.processed + self.filtered + self.discarded + self.expired
    }
}

/// One row of `latency.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyRow {
    /// The traffic entry.
    pub traffic: TrafficId,
    /// The function.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
    /// How it was invoked.
    pub invocation_type: InvocationType,
    /// What served the last attempt.
    pub start: StartKind,
    /// The times.
    pub latency: LatencySummary,
}
