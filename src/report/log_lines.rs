//! Log lines of a run, as CloudWatch Logs holds those of the platform (LOG-1 to LOG-5).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use super::ReportError;
use super::streamed_file::StreamedFile;
use crate::facts::{Attempt, InvocationType, Observer, StartKind, Verdict};
use crate::lambda::billed_ms;
use crate::simulation::Plan;
use crate::units::{SimTime, Span};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Writes START, END and REPORT of every invocation while the simulation runs, in order of time: each line with its instant,
/// log group and log stream before it. Memory grows with what runs at once, not with the run. A failure to write is kept
/// until [`Self::close`].
pub struct LogLines<'a> {
    plan: &'a Plan,
    file: StreamedFile,
    /// What lies ahead of the latest admission.
    ahead: BinaryHeap<Reverse<Due>>,
    told: u64,
    streams: Vec<Streams>,
    clock: Clock,
}

impl<'a> LogLines<'a> {
    /// Lines for `target`, compressed where its name ends in `.gz`. They are written beside it and moved into place at the
    /// end.
    ///
    /// # Errors
    /// Where nothing can be written there, or something is there already.
    pub fn create(plan: &'a Plan, target: &Path) -> Result<LogLines<'a>, ReportError> {
        Ok(LogLines {
            plan,
            file: StreamedFile::create(target)?,
            ahead: BinaryHeap::new(),
            told: 0,
            streams: plan.functions.iter().map(|_| Streams::default()).collect(),
            clock: Clock::default(),
        })
    }

    /// Writes what lies ahead and moves the file into place.
    ///
    /// # Errors
    /// The first failure since the file was opened; then nothing is there.
    pub fn close(mut self) -> Result<(), ReportError> {
        self.write_until(self.plan.horizon());
        self.file.close()
    }

    /// Everything that happens before `time`, in order.
    fn write_until(&mut self, time: SimTime) {
        while self.ahead.peek().is_some_and(|Reverse(due)| due.time < time) {
            let Some(Reverse(due)) = self.ahead.pop() else { break };
            let place = Place {
                plan: self.plan,
                streams: &self.streams,
            };
            place.write(&mut self.file, &mut self.clock, &due);
        }
    }

    fn expect(&mut self, time: SimTime, moment: Moment, attempt: &Attempt) {
        self.told += 1;
        self.ahead.push(Reverse(Due {
            time,
            told: self.told,
            moment,
            attempt: *attempt,
        }));
    }
}

impl Observer for LogLines<'_> {
    fn ran(&mut self, attempt: &Attempt) {
        self.write_until(attempt.start);
        self.streams[attempt.function.index()].see(self.plan, attempt);
        if attempt.init_abandoned {
            let given_up = attempt.start + attempt.placement + attempt.init;
            self.expect(given_up, Moment::InitAbandoned, attempt);
        }
        let ready = attempt.placement + attempt.init + attempt.restore;
        let begins = attempt.start + ready;
        self.expect(begins, Moment::Start, attempt);
        if attempt.completes {
            self.expect(begins + attempt.duration, Moment::End, attempt);
        }
    }
}

/// Which lines are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    InitAbandoned,
    Start,
    End,
}

/// Lines that are due at a time; of one instant first what was told first.
#[derive(Debug)]
struct Due {
    time: SimTime,
    told: u64,
    moment: Moment,
    attempt: Attempt,
}

impl Due {
    fn order(&self) -> (SimTime, u64) {
        (self.time, self.told)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// On which days the environments of a function were created: the first number of each day. Numbers rise with time.
#[derive(Debug, Default)]
struct Streams(Vec<(u64, i64)>);

impl Streams {
    fn see(&mut self, plan: &Plan, attempt: &Attempt) {
        let is_new = self.0.last().is_none_or(|(first, _)| attempt.environment > *first);
        let day = instant(plan, attempt.start).div_euclid(MICROS_PER_SECOND * SECONDS_PER_DAY);
        let is_later = self.0.last().is_none_or(|(_, last)| day > *last);
        let is_created = attempt.start_kind.is_cold() || self.0.is_empty();
        if is_new && is_later && is_created {
            self.0.push((attempt.environment, day));
        }
    }

    /// The day on which an environment was created, counted from 1970-01-01.
    fn day(&self, environment: u64) -> i64 {
        let after = self.0.partition_point(|(first, _)| *first <= environment);
        self.0.get(after.saturating_sub(1)).map_or(0, |(_, day)| *day)
    }
}

fn instant(plan: &Plan, time: SimTime) -> i64 {
    let passed = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    plan.start.0.saturating_add(passed)
}

/// Seconds and days as text; lines near each other share them.
#[derive(Debug, Default)]
struct Clock {
    second: Option<i64>,
    text: String,
}

impl Clock {
    /// `2026-11-20T00:00:00`.
    fn second(&mut self, second: i64) -> &str {
        if self.second != Some(second) {
            self.second = Some(second);
            let at = jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::MAX);
            self.text = at.to_string().trim_end_matches('Z').to_owned();
        }
        &self.text
    }
}

fn date(day: i64) -> String {
    let at = jiff::Timestamp::from_second(day.saturating_mul(SECONDS_PER_DAY)).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%Y/%m/%d").to_string()
}

/// Where lines come from.
struct Place<'a> {
    plan: &'a Plan,
    streams: &'a [Streams],
}

impl Place<'_> {
    fn write(&self, out: &mut StreamedFile, clock: &mut Clock, due: &Due) {
        let attempt = &due.attempt;
        let id = self.request_id(attempt);
        let before = self.before(clock, due);
        match due.moment {
            Moment::InitAbandoned => {
                let init = milliseconds(attempt.init);
                out.print(format_args!(
                    "{before}INIT_REPORT Init Duration: {init} ms\tPhase: init\tStatus: timeout\t\n"
                ));
            }
            Moment::Start => {
                let function = &self.plan.functions[attempt.function.index()];
                let version = &function.versions[attempt.version.index()].name;
                out.print(format_args!("{before}START RequestId: {id} Version: {version}\n"));
            }
            Moment::End => {
                out.print(format_args!("{before}END RequestId: {id}\n"));
                out.print(format_args!("{before}{}\n", self.report(attempt, &id)));
            }
        }
    }

    /// Instant, log group and log stream (LOG-1), each with a blank after it.
    fn before(&self, clock: &mut Clock, due: &Due) -> String {
        let attempt = &due.attempt;
        let micros = instant(self.plan, due.time);
        let (second, rest) = (
            micros.div_euclid(MICROS_PER_SECOND),
            micros.rem_euclid(MICROS_PER_SECOND),
        );
        let function = &self.plan.functions[attempt.function.index()];
        format!(
            "{}.{:03}Z /aws/lambda/{} {}/[{}]{:08x}{:08x}{:016x} ",
            clock.second(second),
            rest / 1_000,
            function.name,
            date(self.streams[attempt.function.index()].day(attempt.environment)),
            function.versions[attempt.version.index()].name,
            self.plan.seed as u32,
            attempt.function.0,
            attempt.environment,
        )
    }

    /// LOG-11: the attempts at one event share it; a caller's retry is another request.
    fn request_id(&self, attempt: &Attempt) -> String {
        let is_event = self.plan.flows[attempt.flow.index()].invocation_type == InvocationType::Event;
        let request = if is_event { 0 } else { attempt.attempt };
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            attempt.flow.0,
            self.plan.seed as u16,
            request & 0xfff,
            (attempt.ordinal >> 48) & 0xfff,
            attempt.ordinal & 0xffff_ffff_ffff,
        )
    }

    /// LOG-3. What a handler needs of its memory is not simulated: it shows all of it.
    fn report(&self, attempt: &Attempt, id: &str) -> String {
        let version = &self.plan.functions[attempt.function.index()].versions[attempt.version.index()];
        let memory = version.memory.0;
        let mut line = format!(
            "REPORT RequestId: {id}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {memory} MB\tMax Memory Used: {memory} MB\t",
            milliseconds(attempt.duration),
            attempt.billed_ms,
        );
        if attempt.start_kind == StartKind::SnapStart {
            let restore = milliseconds(attempt.restore);
            // SNAP-8: rounded up alone, so what is not duration is restore.
            let billed = attempt.billed_ms - billed_ms(attempt.duration, self.plan.account.billing_granularity);
            line += &format!("Restore Duration: {restore} ms\tBilled Restore Duration: {billed} ms\t");
        } else if attempt.start_kind == StartKind::Cold && !attempt.init_abandoned {
            line += &format!("Init Duration: {} ms\t", milliseconds(attempt.init));
        }
        line += match attempt.verdict {
            Verdict::Ok => "",
            Verdict::Error => "Status: error\tError Type: Function.Unknown\t",
            Verdict::Timeout => "Status: timeout\t",
            Verdict::Crash => "Status: error\tError Type: Runtime.ExitError\t",
        };
        line
    }
}

/// `250.06`: REPORT lines have two decimals.
fn milliseconds(span: Span) -> String {
    let hundredths = (span.as_micros() + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
