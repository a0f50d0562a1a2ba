//! `--timeline`: a run as trace events, for Perfetto's viewer or any other that reads Chrome's format.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::ReportError;
use super::streamed_file::StreamedFile;
use crate::facts::{Attempt, FunctionId, Observer, Pool, Refusal, Verdict};
use crate::simulation::Plan;
use crate::units::{SimTime, Span};

/// The process of the account's counters; those of functions follow.
const ACCOUNT: u32 = 1;
/// The track of a function's throttles; those of its environments follow.
const THROTTLES: u64 = 1;

/// What of a run is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineWindow {
    /// From when on: an attempt that ends later is there, whole.
    pub from: SimTime,
    /// Until when: an attempt that begins earlier is there, whole.
    pub until: SimTime,
    /// Of which functions; none is all of them.
    pub functions: Vec<FunctionId>,
}

/// Writes environments as tracks, attempts as slices with their phases inside, refusals as instants, and concurrency as
/// counters, while the simulation runs. Memory grows with the environments that serve in the window, not with the run.
pub struct TimelineFile<'a> {
    plan: &'a Plan,
    window: TimelineWindow,
    file: StreamedFile,
    is_empty: bool,
    /// Environments whose track has a name, by function.
    named: Vec<BTreeSet<u64>>,
    counters: Counters,
}

impl<'a> TimelineFile<'a> {
    /// A timeline that will be `target`, compressed where its name ends in `.gz`.
    ///
    /// # Errors
    /// Where nothing can be written there, or something is there already.
    pub fn create(plan: &'a Plan, target: &Path, window: TimelineWindow) -> Result<TimelineFile<'a>, ReportError> {
        let mut file = StreamedFile::create(target)?;
        file.print(format_args!("{{\"traceEvents\":["));
        let mut timeline = TimelineFile {
            plan,
            window,
            file,
            is_empty: true,
            named: vec![BTreeSet::new(); plan.functions.len()],
            counters: Counters::new(plan.functions.len()),
        };
        timeline.name_processes();
        Ok(timeline)
    }

    /// Writes what is left and moves the file into place. `version` is that of the program.
    ///
    /// # Errors
    /// The first failure since the file was opened; then nothing is there.
    pub fn close(mut self, version: &str) -> Result<(), ReportError> {
        self.settle(SimTime::MAX);
        let other = json!({
            "scenario": self.plan.name,
            "seed": self.plan.seed,
            "version": version,
            "start": self.plan.start.0,
        });
        self.file
            .print(format_args!("\n],\"displayTimeUnit\":\"ms\",\"otherData\":{other}}}\n"));
        self.file.close()
    }

    fn shows(&self, function: FunctionId) -> bool {
        self.window.functions.is_empty() || self.window.functions.contains(&function)
    }

    fn event(&mut self, event: &Value) {
        let comma = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        self.file.print(format_args!("{comma}\n{event}"));
    }

    fn name_processes(&mut self) {
        self.event(&named("process_name", ACCOUNT, None, "account"));
        self.event(&sorted("process_sort_index", ACCOUNT, None, 0));
        for (place, function) in self.plan.functions.iter().enumerate() {
            let id = FunctionId(place as u32);
            if self.shows(id) {
                self.event(&named("process_name", process(id), None, &function.name));
                self.event(&sorted("process_sort_index", process(id), None, place as u64 + 1));
                self.event(&named("thread_name", process(id), Some(THROTTLES), "throttles"));
                self.event(&sorted("thread_sort_index", process(id), Some(THROTTLES), 0));
            }
        }
    }

    fn name_track(&mut self, attempt: &Attempt) {
        if self.named[attempt.function.index()].insert(attempt.environment) {
            let (process, track) = (process(attempt.function), track(attempt));
            let name = format!("environment {}", attempt.environment);
            self.event(&named("thread_name", process, Some(track), &name));
            self.event(&sorted(
                "thread_sort_index",
                process,
                Some(track),
                attempt.environment + 1,
            ));
        }
    }

    fn slice(&mut self, attempt: &Attempt, name: &str, from: SimTime, length: Span, args: &Value) {
        self.event(&json!({
            "ph": "X",
            "name": name,
            "cat": "invocation",
            "pid": process(attempt.function),
            "tid": track(attempt),
            "ts": from.as_micros(),
            "dur": length.as_micros(),
            "args": args,
        }));
    }

    /// The phases of an attempt, inside its slice; one that only runs its handler needs none.
    fn phases(&mut self, attempt: &Attempt, end: SimTime) {
        let init = if attempt.init_abandoned {
            "INIT given up"
        } else {
            "INIT"
        };
        let handler = attempt.duration.saturating_sub(attempt.extension);
        let phases = [
            ("placement", attempt.placement),
            (init, attempt.init),
            ("restore", attempt.restore),
            ("handler", handler),
            ("extensions", attempt.extension),
        ];
        if phases.iter().filter(|(_, length)| !length.is_zero()).count() < 2 {
            return;
        }
        let mut from = attempt.start;
        for (name, length) in phases.into_iter().filter(|(_, length)| !length.is_zero()) {
            // What goes on beyond the end of the run is cut there, as the slice around it.
            let shown = (from + length).min(end).since(from);
            if from < end {
                self.slice(attempt, name, from, shown, &json!({}));
            }
            from = from + length;
        }
    }

    /// Counters of an instant are written once it is over.
    fn settle(&mut self, now: SimTime) {
        if now <= self.window.from {
            return;
        }
        let changed = self.counters.at.filter(|at| *at < now);
        let first = !self.counters.begun;
        if changed.is_none() && !first {
            return;
        }
        if first {
            self.counters.begun = true;
            self.counters.mark_all();
        }
        let at = changed.unwrap_or(self.window.from).max(self.window.from);
        self.counters.at = None;
        if at >= self.window.until {
            return;
        }
        for place in self.counters.take_changed() {
            let id = FunctionId(place as u32);
            if self.shows(id) {
                let count = self.counters.functions[place];
                let counts = json!({ "on demand": count.on_demand, "provisioned": count.provisioned });
                self.event(&counter("concurrency", process(id), at, &counts));
            }
        }
        let counts = json!({ "busy": self.counters.busy });
        self.event(&counter("ConcurrentExecutions", ACCOUNT, at, &counts));
        let counts = json!({ "busy": self.counters.unreserved });
        self.event(&counter("UnreservedConcurrentExecutions", ACCOUNT, at, &counts));
    }
}

impl Observer for TimelineFile<'_> {
    fn ran(&mut self, attempt: &Attempt) {
        let is_inside = attempt.end > self.window.from && attempt.start < self.window.until;
        if !is_inside || !self.shows(attempt.function) {
            return;
        }
        self.settle(attempt.start);
        self.name_track(attempt);
        let end = attempt.end.min(self.plan.horizon());
        let name = match attempt.verdict {
            Verdict::Ok => attempt.start_kind.name().to_owned(),
            verdict => format!("{}, {}", attempt.start_kind.name(), verdict.name()),
        };
        let flow = &self.plan.flows[attempt.flow.index()];
        let outcome = if attempt.completes {
            attempt.verdict.name()
        } else {
            "running"
        };
        let args = json!({
            "traffic": self.plan.traffic[flow.traffic.index()].name,
            "ordinal": attempt.ordinal,
            "attempt": attempt.attempt,
            "version": self.plan.functions[attempt.function.index()].versions[attempt.version.index()].name,
            "start": attempt.start_kind.name(),
            "outcome": outcome,
            "billed_ms": attempt.completes.then_some(attempt.billed_ms),
        });
        self.slice(attempt, &name, attempt.start, end.since(attempt.start), &args);
        self.phases(attempt, end);
    }

    fn refused(&mut self, refusal: &Refusal) {
        let is_inside = refusal.time >= self.window.from && refusal.time < self.window.until;
        if !is_inside || !self.shows(refusal.function) {
            return;
        }
        self.settle(refusal.time);
        let flow = &self.plan.flows[refusal.flow.index()];
        let (name, reason) = match refusal.throttle {
            Some((reason, cause)) => (cause.name(), reason.name()),
            None => ("rejected", refusal.code.name()),
        };
        self.event(&json!({
            "ph": "i",
            "s": "t",
            "name": name,
            "cat": "throttle",
            "pid": process(refusal.function),
            "tid": THROTTLES,
            "ts": refusal.time.as_micros(),
            "args": {
                "traffic": self.plan.traffic[flow.traffic.index()].name,
                "ordinal": refusal.ordinal,
                "attempt": refusal.attempt,
                "reason": reason,
            },
        }));
    }

    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        self.settle(time);
        self.counters.take(time, pool, taken);
    }

    fn reservation(&mut self, time: SimTime, function: FunctionId, reserved: Option<u32>, _on_demand: u32) {
        self.settle(time);
        self.counters.reserve(time, function, reserved.is_some());
    }
}

/// A function's busy environments.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    on_demand: u32,
    provisioned: u32,
    reserved: bool,
    changed: bool,
}

/// Who is busy.
struct Counters {
    functions: Vec<Count>,
    /// Busy in the whole account.
    busy: u32,
    /// Busy on demand, of functions without reservation.
    unreserved: u32,
    /// When something has changed that is not written yet.
    at: Option<SimTime>,
    changed: Vec<usize>,
    /// Whether the window has begun, and with it what counters show.
    begun: bool,
}

impl Counters {
    fn new(functions: usize) -> Counters {
        Counters {
            functions: vec![Count::default(); functions],
            busy: 0,
            unreserved: 0,
            at: None,
            changed: Vec::new(),
            begun: false,
        }
    }

    fn take(&mut self, time: SimTime, pool: Pool, taken: bool) {
        let count = &mut self.functions[pool.function.index()];
        let slot = if pool.provisioned {
            &mut count.provisioned
        } else {
            &mut count.on_demand
        };
        step(slot, taken);
        step(&mut self.busy, taken);
        count.reserved = pool.reserved;
        if !pool.provisioned && !pool.reserved {
            step(&mut self.unreserved, taken);
        }
        self.mark(time, pool.function.index());
    }

    /// With its first reservation a function leaves the unreserved pool with what runs, without one it comes back.
    fn reserve(&mut self, time: SimTime, function: FunctionId, reserved: bool) {
        let count = &mut self.functions[function.index()];
        match (count.reserved, reserved) {
            (false, true) => self.unreserved = self.unreserved.saturating_sub(count.on_demand),
            (true, false) => self.unreserved += count.on_demand,
            _ => {}
        }
        count.reserved = reserved;
        self.mark(time, function.index());
    }

    fn mark(&mut self, time: SimTime, place: usize) {
        self.at = Some(time);
        if !std::mem::replace(&mut self.functions[place].changed, true) {
            self.changed.push(place);
        }
    }

    fn mark_all(&mut self) {
        self.changed = (0..self.functions.len()).collect();
    }

    fn take_changed(&mut self) -> Vec<usize> {
        let changed = std::mem::take(&mut self.changed);
        for place in &changed {
            self.functions[*place].changed = false;
        }
        changed
    }
}

fn step(count: &mut u32, up: bool) {
    *count = if up { *count + 1 } else { count.saturating_sub(1) };
}

fn process(function: FunctionId) -> u32 {
    ACCOUNT + 1 + function.0
}

fn track(attempt: &Attempt) -> u64 {
    THROTTLES + 1 + attempt.environment
}

fn named(kind: &str, process: u32, track: Option<u64>, name: &str) -> Value {
    metadata(kind, process, track, &json!({ "name": name }))
}

fn sorted(kind: &str, process: u32, track: Option<u64>, place: u64) -> Value {
    metadata(kind, process, track, &json!({ "sort_index": place }))
}

fn metadata(kind: &str, process: u32, track: Option<u64>, args: &Value) -> Value {
    let tid = track.unwrap_or(0);
    json!({ "ph": "M", "name": kind, "pid": process, "tid": tid, "ts": 0, "args": args })
}

fn counter(name: &str, process: u32, at: SimTime, counts: &Value) -> Value {
    json!({ "ph": "C", "name": name, "pid": process, "tid": 0, "ts": at.as_micros(), "args": counts })
}
