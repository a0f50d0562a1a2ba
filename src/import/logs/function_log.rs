use std::collections::{BTreeMap, BTreeSet};

use super::arrivals::Arrivals;
use super::billing::BillingRule;
use super::recent::Novelty;
use super::report::{Report, Status};
use crate::metrics::Histogram;
use crate::units::Span;

/// What the logs tell of one version of a function. Lengths of time are counted in microseconds.
#[derive(Clone, Debug, Default)]
pub struct FunctionLog {
    /// Name of the function.
    pub name: String,
    /// Version: a number, or `$LATEST`.
    pub version: String,
    /// Invocations that ended.
    pub invocations: u64,
    /// Further attempts at the same request, among the invocations (LOG-11).
    pub retries: u64,
    /// Invocations that ended with a function error.
    pub errors: u64,
    /// Invocations whose runtime ended.
    pub crashes: u64,
    /// Invocations that met the timeout.
    pub timeouts: u64,
    /// The longest of those that met it.
    pub timed_out_after: Span,
    /// `Duration` of all others.
    pub durations: Histogram,
    /// `Init Duration` of cold starts (LOG-9).
    pub inits: Histogram,
    /// `Restore Duration` of those restored from a snapshot.
    pub restores: Histogram,
    /// INITs that failed (LOG-5).
    pub failed_inits: u64,
    /// Memory sizes in MB, with the invocations that had them.
    pub memory: BTreeMap<u32, u64>,
    /// Largest `Max Memory Used` in MB.
    pub max_memory: u32,
    /// Sum of billed durations.
    pub billed_ms: u64,
    /// Invocations by the rule that their billed duration follows (LOG-10).
    pub billing: BTreeMap<BillingRule, u64>,
    /// Invocations whose billed duration follows from no rule.
    pub contradictions: u64,
    /// When requests came.
    pub arrivals: Arrivals,
    streams: BTreeSet<u64>,
    latest_stream: u64,
}

impl FunctionLog {
    pub(super) fn new(name: String, version: String) -> FunctionLog {
        FunctionLog {
            name,
            version,
            ..FunctionLog::default()
        }
    }

    /// Takes in an invocation; `arrived` is microseconds since 1970.
    pub(super) fn count(&mut self, report: &Report, arrived: Option<i64>, novelty: Novelty) {
        self.invocations += 1;
        match report.status {
            Status::Ok => {}
            Status::Error => self.errors += 1,
            Status::Crash => self.crashes += 1,
            Status::Timeout => self.timeouts += 1,
        }
        if report.status == Status::Timeout {
            self.timed_out_after = self.timed_out_after.max(report.duration);
        } else {
            self.durations.record(report.duration.as_micros());
        }
        if let Some(init) = report.init {
            self.inits.record(init.as_micros());
        }
        if let Some(restore) = report.restore {
            self.restores.record(restore.as_micros());
        }
        *self.memory.entry(report.memory).or_insert(0) += 1;
        self.max_memory = self.max_memory.max(report.max_memory);
        self.billed_ms += report.billed_ms;
        if novelty == Novelty::Again {
            self.retries += 1;
        } else if let Some(arrived) = arrived {
            self.arrivals.count_at(arrived);
        }
    }

    /// Takes in the log stream of a line, by a hash of its name: an environment.
    pub(super) fn see_stream(&mut self, stream: u64) {
        if self.latest_stream != stream {
            self.latest_stream = stream;
            self.streams.insert(stream);
        }
    }

    /// Log streams, each of which is an environment (LOG-1); 0 where the lines name none.
    pub fn environments(&self) -> usize {
        self.streams.len()
    }

    /// The memory size of most invocations, in MB; 0 where it is not told.
    pub fn memory_size(&self) -> u32 {
        let most = self.memory.iter().max_by_key(|(size, count)| (**count, **size));
        most.map_or(0, |(size, _)| *size)
    }

    /// Requests that came: attempts at one request count once.
    pub fn requests(&self) -> u64 {
        self.invocations - self.retries
    }
}
