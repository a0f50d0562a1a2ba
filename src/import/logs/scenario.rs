//! From what logs tell to a scenario.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::arrivals::Stretch;
use super::book::Logs;
use super::function_log::FunctionLog;
use crate::import::draft::{Block, Draft, Value};
use crate::import::input::short_name;
use crate::import::{BLANK, written};
use crate::metrics::Histogram;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Where lines carry no times, all requests come within this time.
const WITHOUT_TIMES_SECONDS: i64 = 3_600;
/// When scenarios begin unless they say otherwise: 2026-11-20.
const DEFAULT_START: i64 = 1_795_132_800;
/// Lambda's default and smallest memory size, in MB (LIM-1).
const DEFAULT_MEMORY: u32 = 128;
/// What an account has unless AWS grants more (CONC-2).
const DEFAULT_CONCURRENCY: usize = 1_000;

/// When the requests of logs came: whole seconds since 1970, the end not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub from: i64,
    pub until: i64,
    /// Whether lines carry times at all.
    pub is_known: bool,
}

impl Window {
    pub fn of(logs: &Logs) -> Window {
        let ranges = logs.functions.iter().filter_map(|function| function.arrivals.range());
        let all = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        match all {
            Some((first, last)) => {
                let from = first.div_euclid(MICROS_PER_SECOND);
                let until = last.div_euclid(MICROS_PER_SECOND) + 1;
                Window {
                    from,
                    until: until.min(from + written::MOST_SECONDS),
                    is_known: true,
                }
            }
            None => Window {
                from: 0,
                until: WITHOUT_TIMES_SECONDS,
                is_known: false,
            },
        }
    }
}

impl Window {
    /// When the scenario begins.
    fn start(self) -> i64 {
        if self.is_known { self.from } else { DEFAULT_START }
    }
}

/// A scenario with every function and version, and traffic as it was.
pub(super) fn draft(files: &[PathBuf], logs: &mut Logs, trace: Option<&str>) -> Draft {
    let window = Window::of(logs);
    let mut draft = Draft::new("What would the traffic of these logs have met, and what does it cost?");
    let root = &mut draft.root;
    let read: Vec<String> = files.iter().map(|file| short_name(file)).collect();
    root.set("name", "from-logs")
        .above(format!("read from {}", read.join(", ")));
    if window.is_known {
        root.set("start", written::second(window.from));
    }
    let length = window.until - window.from;
    let line = root.set("duration", format!("{length} s"));
    if length == written::MOST_SECONDS {
        line.note("the longest scenario; later requests are left out");
    }
    root.set("drain", "until_empty").note("logs hold only what ended");
    let environments: usize = logs.functions.iter().map(FunctionLog::environments).sum();
    if environments > DEFAULT_CONCURRENCY {
        let text = format!("{BLANK} your limit; {environments} log streams were seen");
        root.block("account")
            .set("concurrent_executions", environments)
            .note(text);
    }
    let names: BTreeSet<String> = logs.functions.iter().map(|log| function_name(&log.name)).collect();
    for name in &names {
        let versions: Vec<&FunctionLog> = logs
            .functions
            .iter()
            .filter(|log| function_name(&log.name) == *name)
            .collect();
        let line = root.block("functions").line(name);
        versions.iter().for_each(|log| {
            line.above(billing(log));
        });
        describe(line.block(), &versions, window);
    }
    let traffic = root.block("traffic");
    match trace {
        Some(file) => replay(traffic, file, logs),
        None => logs.functions.iter_mut().for_each(|log| rates(traffic, log, window)),
    }
    draft
}

/// How a version's invocations were billed.
fn billing(log: &FunctionLog) -> String {
    let rules = log
        .billing
        .iter()
        .map(|(rule, count)| format!("{count} by {}", rule.words()));
    let none = (log.contradictions > 0).then(|| format!("{} by no rule", log.contradictions));
    let parts: Vec<String> = rules.chain(none).collect();
    format!("{}: {}", counted(log.invocations, "invocation"), parts.join("; "))
}

/// The name of a function in a scenario.
pub(super) fn function_name(name: &str) -> String {
    written::function_name(name)
}

/// How traffic addresses a function and version.
pub(super) fn address(log: &FunctionLog) -> String {
    match log.version.as_str() {
        "$LATEST" => function_name(&log.name),
        version => format!("{}:{version}", function_name(&log.name)),
    }
}

/// `1 timeout`, `2 timeouts`.
fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn seen(count: u64, what: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb} seen", counted(count, what))
}

/// A function: the version with most invocations gives what holds for all, the others what differs.
fn describe(block: &mut Block, versions: &[&FunctionLog], window: Window) {
    let Some(main) = versions.iter().max_by_key(|log| log.invocations) else {
        return;
    };
    configure(block, main, window);
    behave(block, main);
    for log in versions.iter().filter(|log| log.version != "$LATEST") {
        let version = block.block("versions").line(&log.version).block();
        if log.version != main.version {
            behave(version, log);
        }
    }
}

fn configure(block: &mut Block, log: &FunctionLog, window: Window) {
    let most = written::largest_memory(window.start());
    match log.memory_size() {
        0 => block
            .set("memory_size", format!("{DEFAULT_MEMORY} MB"))
            .note(format!("{BLANK} the lines do not tell it")),
        size if !(DEFAULT_MEMORY..=most).contains(&size) => block
            .set("memory_size", format!("{} MB", size.clamp(DEFAULT_MEMORY, most)))
            .note(format!(
                "{BLANK} the lines tell {size} MB, which no function has (LIM-1)"
            )),
        size if log.memory.len() > 1 => {
            let sizes: Vec<String> = log.memory.keys().map(ToString::to_string).collect();
            let note = format!("that of most invocations; seen: {} MB", sizes.join(", "));
            block.set("memory_size", format!("{size} MB")).note(note)
        }
        size => block.set("memory_size", format!("{size} MB")),
    };
    if (1..=log.memory_size().min(most)).contains(&log.max_memory) {
        block.set("max_memory_used", format!("{} MB", log.max_memory));
    }
    let cut = log.timed_out_after.as_micros() / 1_000_000;
    let longest = written::longest_timeout(window.start());
    if cut > longest {
        block.set("timeout", format!("{longest} s")).note(format!(
            "{BLANK} a timeout after {cut} s was seen, which no function has (LIM-2)"
        ));
    } else if cut > 0 {
        block
            .set("timeout", format!("{cut} s"))
            .note(seen(log.timeouts, "timeout"));
    } else {
        let most = written::milliseconds(log.durations.max());
        let note = format!("{BLANK} no timeout was seen; the longest invocation took {most}");
        block.set("timeout", format!("{longest} s")).note(note);
    }
}

fn behave(block: &mut Block, log: &FunctionLog) {
    let invocations = log.invocations;
    let environments = log.environments() as u64;
    let seen = format!(
        "{}, {}",
        counted(invocations, "invocation"),
        counted(environments, "log stream")
    );
    if log.inits.count() > 0 {
        let note = counted(log.inits.count(), "cold start");
        block.set("init", quantiles(&log.inits)).note(note);
    } else if log.restores.count() > 0 {
        let note = format!(
            "{} restores from a snapshot; with `snap_start` they are billed as such",
            log.restores.count()
        );
        block.set("init", quantiles(&log.restores)).note(note);
    } else {
        let note = format!("{BLANK} no cold start was seen; or give `runtime`");
        block.set("init", "0 s").note(note);
    }
    block.set("duration", durations(log)).note(seen);
    let rest = (log.invocations - log.timeouts).max(1) as f64;
    // Timeouts come first: an error rate is one of those that do not time out.
    if log.errors > 0 {
        block.set("error_rate", written::share(log.errors as f64 / rest));
    }
    if log.crashes > 0 {
        block.set("crash_rate", written::share(log.crashes as f64 / rest));
    }
}

/// Those that timed out take longer than the timeout, all others as they did.
fn durations(log: &FunctionLog) -> Value {
    if log.timeouts == 0 {
        return quantiles(&log.durations);
    }
    let beyond = written::milliseconds(log.timed_out_after.as_micros() + 1_000);
    if log.timeouts == log.invocations {
        return beyond.into();
    }
    let share = log.timeouts as f64 / log.invocations as f64;
    let part = |share: f64, value: Value| Value::List(vec![format!("{:.6} %", share * 100.0).into(), value]);
    Value::map([(
        "mixture",
        Value::List(vec![
            part(1.0 - share, quantiles(&log.durations)),
            part(share, beyond.into()),
        ]),
    )])
}

/// A histogram of microseconds.
fn quantiles(values: &Histogram) -> Value {
    const KNOTS: [f64; 17] = [
        0.0, 1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.5, 99.9, 100.0,
    ];
    let micros = values.quantiles(KNOTS.map(|knot| knot / 100.0));
    // A knot between two values of a small sample tells nothing that they do not.
    let least = 100.0 / values.count().max(1) as f64;
    let told = |knot: f64| knot == 0.0 || knot == 50.0 || knot == 100.0 || (least..=100.0 - least).contains(&knot);
    let points = KNOTS.into_iter().zip(micros).filter(|(knot, _)| told(*knot));
    written::quantiles(points)
}

/// Every recorded attempt as it came.
fn replay(traffic: &mut Block, file: &str, logs: &Logs) {
    let entry = traffic.block("recorded");
    entry.set("retry", "none").note("every attempt stands in the trace");
    entry.block("arrivals").set("trace", file).note(format!(
        "{}, each with its duration",
        counted(logs.recorded.len() as u64, "arrival")
    ));
}

/// Rates as they were.
fn rates(traffic: &mut Block, log: &mut FunctionLog, window: Window) {
    let requests = log.requests();
    let seconds = (window.until - window.from) as f64;
    let is_known = log.arrivals.total() > 0;
    let entry = traffic.line(&traffic_name(log)).block();
    entry.set("to", address(log));
    match log.retries {
        0 => entry
            .set("invocation_type", "RequestResponse")
            .note(format!("{BLANK} Event, if nobody waits for the answer")),
        retries => entry.set("invocation_type", "Event").note(format!(
            "{} under the same request id",
            counted(retries, "further attempt")
        )),
    };
    if log.retries == 0 {
        entry
            .set("retry", "none")
            .note("each retry of a caller is a request in the logs");
    }
    let arrivals = entry.block("arrivals");
    if is_known {
        let stretches = log
            .arrivals
            .stretches(window.from, window.until, written::MOST_STRETCHES);
        arrivals
            .set("poisson", poisson(&stretches, window.from))
            .note(counted(requests, "request"));
    } else {
        let note = format!("{BLANK} the lines carry no times; {requests} requests, evenly over the time");
        arrivals
            .set("poisson", written::rate(requests as f64 / seconds))
            .note(note);
    }
}

/// A name for the traffic to a version.
fn traffic_name(log: &FunctionLog) -> String {
    match log.version.as_str() {
        "$LATEST" => function_name(&log.name),
        version => format!("{}-{version}", function_name(&log.name)),
    }
}

/// Steps: each stretch with its rate at both ends.
pub(in crate::import) fn poisson(stretches: &[Stretch], start: i64) -> Value {
    if let [only] = stretches {
        return written::rate(only.rate()).into();
    }
    let point = |time: String, rate: f64| Value::List(vec![time.into(), written::rate(rate).into()]);
    let points = stretches.iter().flat_map(|stretch| {
        let (from, until) = (stretch.from - start, stretch.until - start);
        [
            point(format!("{from} s"), stretch.rate()),
            point(format!("{}.999 s", until - 1), stretch.rate()),
        ]
    });
    Value::List(points.collect())
}
