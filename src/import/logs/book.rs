use std::collections::{BTreeMap, BTreeSet};

use super::billing::BillingCheck;
use super::function_log::FunctionLog;
use super::line::Line;
use super::oddities::{Oddities, Oddity};
use super::origin::{Origin, is_version};
use super::recent::{Novelty, Recent};
use super::report::{Report, RequestId, Status, mixed};
use crate::import::Remarks;
use crate::units::Span;

const LATEST: &[u8] = b"$LATEST";
/// Invocations that may run at once before the oldest are given up.
const MOST_OPEN: usize = 400_000;
/// Contradictions that are told with their numbers.
const MOST_TOLD: usize = 5;
/// A line may be so much earlier than the one before it without a word: CloudWatch writes in batches.
const DISORDER_MICROS: i64 = 1_000_000;

/// One recorded attempt, for replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    /// When it was asked for, microseconds since 1970.
    pub time: i64,
    /// Number of the function, in the order in which functions were met.
    pub function: u32,
    /// How long it ran; of a timeout a millisecond more, so that it is one again.
    pub duration: Span,
    /// Whether it ended with an error of the function.
    pub error: bool,
}

/// An invocation that has begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    time: Option<i64>,
    /// Place among the known versions.
    version: Option<u32>,
    timed_out: bool,
    file: u32,
    line: u64,
}

/// Everything that logs told. It does not grow with their length but with the functions, versions and environments in them,
/// unless every arrival is kept for replay.
pub struct LogBook {
    functions: Vec<FunctionLog>,
    /// Name and version, with a zero byte between, to the place in `functions`.
    places: BTreeMap<Vec<u8>, usize>,
    key: Vec<u8>,
    versions: Vec<Vec<u8>>,
    version_places: BTreeMap<Vec<u8>, u32>,
    open: BTreeMap<RequestId, Open>,
    failed_inits: BTreeSet<u64>,
    recent: Recent,
    billing: BillingCheck,
    told: usize,
    recorded: Option<Vec<Recorded>>,
    files: Vec<FileBook>,
}

/// What is told of one file.
struct FileBook {
    name: String,
    /// The function where lines name none.
    function: Vec<u8>,
    oddities: Oddities,
    remarks: Remarks,
    latest: i64,
    reports: u64,
    application: u64,
}

impl LogBook {
    /// An empty book; `keeps_arrivals`: every arrival is kept for replay.
    pub fn new(keeps_arrivals: bool) -> LogBook {
        LogBook {
            functions: Vec::new(),
            places: BTreeMap::new(),
            key: Vec::new(),
            versions: Vec::new(),
            version_places: BTreeMap::new(),
            open: BTreeMap::new(),
            failed_inits: BTreeSet::new(),
            recent: Recent::new(),
            billing: BillingCheck::new(),
            told: 0,
            recorded: keeps_arrivals.then(Vec::new),
            files: Vec::new(),
        }
    }

    /// Lines from now on are those of the file `name`; where they name no function it is `function`.
    pub fn begin_file(&mut self, name: &str, function: &str) {
        self.files.push(FileBook {
            name: name.to_owned(),
            function: function.as_bytes().to_owned(),
            oddities: Oddities::default(),
            remarks: Remarks::default(),
            latest: i64::MIN,
            reports: 0,
            application: 0,
        });
    }

    /// Tells it where no line of the current file was a REPORT.
    pub(super) fn end_file(&mut self) {
        self.with_file(|file| {
            if file.reports == 0 {
                let told = format!(
                    "no REPORT in this file; {} lines are those of applications",
                    file.application
                );
                file.remarks.add(None, told);
            }
        });
    }

    /// Takes in a line, counted from 1, of the current file.
    pub(super) fn take(&mut self, number: u64, origin: &Origin, line: Line) {
        if let Some(time) = origin.time {
            self.check_order(number, time);
        }
        match line {
            Line::Application => self.with_file(|file| file.application += 1),
            Line::Platform => {}
            Line::Broken => self.odd(Oddity::Broken, number),
            Line::Start { request, version } => self.start(number, request, origin, version),
            Line::TimedOut(request) => self.opened(number, request).timed_out = true,
            Line::InitReport { failed: true, .. } => {
                self.odd(Oddity::FailedInit, number);
                self.failed_inits.insert(origin.stream.map_or(0, mixed));
            }
            Line::InitReport { failed: false, .. } => {}
            Line::Report(report) => self.report(number, origin, report),
        }
    }

    /// Counts something odd about a line of the current file.
    pub(super) fn odd(&mut self, oddity: Oddity, number: u64) {
        self.with_file(|file| file.oddities.add(oddity, number));
    }

    /// Tells something about a line of the current file.
    pub(super) fn remark(&mut self, number: u64, text: impl Into<String>) {
        self.with_file(|file| file.remarks.add(u32::try_from(number).ok(), text));
    }

    fn with_file(&mut self, change: impl FnOnce(&mut FileBook)) {
        if let Some(file) = self.files.last_mut() {
            change(file);
        }
    }

    fn check_order(&mut self, number: u64, time: i64) {
        let Some(file) = self.files.last_mut() else { return };
        if time < file.latest.saturating_sub(DISORDER_MICROS) {
            file.oddities.add(Oddity::OutOfOrder, number);
        }
        file.latest = file.latest.max(time);
    }

    fn opened(&mut self, number: u64, request: RequestId) -> &mut Open {
        if self.open.len() > MOST_OPEN {
            self.give_up_oldest();
        }
        let file = self.files.len().saturating_sub(1) as u32;
        self.open.entry(request).or_insert(Open {
            time: None,
            version: None,
            timed_out: false,
            file,
            line: number,
        })
    }

    fn start(&mut self, number: u64, request: RequestId, origin: &Origin, version: Option<&[u8]>) {
        let version = version.filter(|name| is_version(name)).map(|name| self.version(name));
        let open = self.opened(number, request);
        (open.time, open.version, open.line) = (origin.time, version, number);
    }

    fn version(&mut self, name: &[u8]) -> u32 {
        if let Some(place) = self.version_places.get(name) {
            return *place;
        }
        let place = self.versions.len() as u32;
        self.versions.push(name.to_owned());
        self.version_places.insert(name.to_owned(), place);
        place
    }

    /// The older half of what is open has lost its REPORT.
    fn give_up_oldest(&mut self) {
        let mut ages: Vec<(u32, u64)> = self.open.values().map(|open| (open.file, open.line)).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        let files = &mut self.files;
        self.open.retain(|_, open| {
            let stays = (open.file, open.line) > median;
            if !stays {
                files[open.file as usize].oddities.add(Oddity::StartAlone, open.line);
            }
            stays
        });
    }

    fn report(&mut self, number: u64, origin: &Origin, mut report: Report) {
        let novelty = self.recent.see(&report, origin.time);
        if novelty == Novelty::Duplicate {
            return self.odd(Oddity::Duplicate, number);
        }
        let open = self.open.remove(&report.request);
        if report.status == Status::Ok && open.is_some_and(|open| open.timed_out) {
            report.status = Status::Timeout;
        }
        let stream = origin.stream.map_or(0, mixed);
        let init_failed = !self.failed_inits.is_empty() && self.failed_inits.remove(&stream);
        let billed = self.billing.rule(&report, origin.time, init_failed);
        let arrived = arrival(&report, open.and_then(|open| open.time), origin.time);
        let place = self.place(origin, open.and_then(|open| open.version));
        let function = &mut self.functions[place];
        function.count(&report, arrived, novelty);
        function.failed_inits += u64::from(init_failed);
        if origin.stream.is_some() {
            function.see_stream(stream);
        }
        match &billed {
            Ok(rule) => *function.billing.entry(*rule).or_insert(0) += 1,
            Err(_) => function.contradictions += 1,
        }
        if let Err(expected) = billed {
            self.contradiction(number, &report, &expected);
        }
        if let (Some(recorded), Some(time)) = (&mut self.recorded, arrived) {
            recorded.push(Recorded::of(&report, time, place));
        }
        self.with_file(|file| file.reports += 1);
    }

    fn contradiction(&mut self, number: u64, report: &Report, expected: &[u64]) {
        self.told += 1;
        if self.told > MOST_TOLD {
            return self.odd(Oddity::Contradiction, number);
        }
        let ms = |span: Span| format!("{} ms", span.as_millis_f64());
        let init = report
            .init
            .map_or(String::new(), |init| format!(" and INIT of {}", ms(init)));
        let restore = report.restore.map_or(String::new(), |_| {
            format!(" and a billed restore of {} ms", report.billed_restore_ms)
        });
        let expected: Vec<String> = expected.iter().map(|expected| format!("{expected} ms")).collect();
        let text = format!(
            "billed {} ms for a duration of {}{init}{restore}; by the rules of its date it is {} (LOG-10)",
            report.billed_ms,
            ms(report.duration),
            expected.join(" or ")
        );
        self.remark(number, text);
    }

    /// Where the function and version of a line are counted.
    fn place(&mut self, origin: &Origin, started: Option<u32>) -> usize {
        let file = self.files.last();
        let function = origin.function.or_else(|| file.map(|file| file.function.as_slice()));
        let started = started.map(|version| self.versions[version as usize].as_slice());
        let version = origin.version().or(started).unwrap_or(LATEST);
        self.key.clear();
        self.key.extend_from_slice(function.unwrap_or_default());
        self.key.push(0);
        self.key.extend_from_slice(version);
        if let Some(place) = self.places.get(self.key.as_slice()) {
            return *place;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let log = FunctionLog::new(text(function.unwrap_or_default()), text(version));
        self.functions.push(log);
        self.places.insert(self.key.clone(), self.functions.len() - 1);
        self.functions.len() - 1
    }

    /// What was found: functions by name and version, recorded arrivals in order of time, and a line for each remark.
    pub fn finish(mut self) -> Logs {
        for open in self.open.values() {
            self.files[open.file as usize]
                .oddities
                .add(Oddity::StartAlone, open.line);
        }
        let mut remarks = Vec::new();
        for file in &mut self.files {
            file.oddities.tell(&mut file.remarks);
            remarks.extend(file.remarks.lines(&file.name));
        }
        let order: Vec<usize> = self.places.values().copied().collect();
        let mut new_places = vec![0; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(new, old)| new_places[*old] = new as u32);
        let mut functions: Vec<Option<FunctionLog>> = self.functions.into_iter().map(Some).collect();
        let mut recorded = self.recorded.unwrap_or_default();
        recorded
            .iter_mut()
            .for_each(|row| row.function = new_places[row.function as usize]);
        recorded.sort_unstable();
        Logs {
            functions: order.into_iter().filter_map(|old| functions[old].take()).collect(),
            recorded,
            remarks,
        }
    }
}

/// What was read from logs.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    /// By name and version.
    pub functions: Vec<FunctionLog>,
    /// Every arrival with a time, in order, where they were to be kept.
    pub recorded: Vec<Recorded>,
    /// What was odd, a line each.
    pub remarks: Vec<String>,
}

impl Recorded {
    fn of(report: &Report, time: i64, function: usize) -> Recorded {
        let beyond = match report.status {
            Status::Timeout => Span::from_millis(1),
            _ => Span::ZERO,
        };
        Recorded {
            time,
            function: function as u32,
            duration: report.duration.saturating_add(beyond),
            error: matches!(report.status, Status::Error | Status::Crash),
        }
    }
}

/// When a request came: before START, or before what REPORT tells, by the time that INIT or a restore took. Before 1970
/// is no time of a log.
fn arrival(report: &Report, started: Option<i64>, ended: Option<i64>) -> Option<i64> {
    let micros = |span: Span| span.as_micros() as i64;
    let started = started.or_else(|| Some(ended? - micros(report.duration)))?;
    let ahead = report.init.or(report.restore).unwrap_or(Span::ZERO);
    Some(started - micros(ahead)).filter(|arrived| *arrived >= 0)
}

#[cfg(test)]
mod tests {
    use super::super::line_reader::LineReader;
    use super::*;

    fn read(lines: &[&str]) -> Logs {
        let reader = LineReader::default();
        let mut book = LogBook::new(true);
        book.begin_file("a.log", "a");
        for (number, line) in (1..).zip(lines) {
            let (origin, read) = reader.read(line.as_bytes());
            book.take(number, &origin, read);
        }
        book.finish()
    }

    const REPORT: &str = "Duration: 250.06 ms\tBilled Duration: 351 ms\tMemory Size: 512 MB\tMax Memory Used: 76 MB\tInit \
                          Duration: 100.77 ms";

    #[test]
    fn log_9_a_request_came_before_start_by_the_time_of_its_init() {
        let logs = read(&[
            "2026-11-20T10:00:00.500Z 2026/11/20/[7]ab START RequestId: r-1 Version: 7",
            &format!("2026-11-20T10:00:00.751Z 2026/11/20/[7]ab REPORT RequestId: r-1\t{REPORT}"),
        ]);
        let [function] = logs.functions.as_slice() else {
            panic!("{:?}", logs.functions)
        };
        assert_eq!((function.name.as_str(), function.version.as_str()), ("a", "7"));
        assert_eq!(
            (function.invocations, function.environments(), function.inits.count()),
            (1, 1, 1)
        );
        let ten = 1_795_168_800_000_000;
        assert_eq!(logs.recorded[0].time, ten + 500_000 - 100_770);
        assert_eq!(logs.remarks, [] as [&str; 0]);
    }

    #[test]
    fn log_4_the_older_timeout_line_makes_its_report_a_timeout() {
        let logs = read(&[
            "2026-11-20T10:00:03.003Z r-1 Task timed out after 3.00 seconds",
            "REPORT RequestId: r-1\tDuration: 3003.17 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB",
        ]);
        assert_eq!((logs.functions[0].timeouts, logs.functions[0].contradictions), (1, 0));
    }

    #[test]
    fn odd_lines_are_told_with_file_line_and_count_and_the_rest_counts() {
        let report = format!("2026-11-20T10:00:09Z REPORT RequestId: r-1\t{REPORT}");
        let logs = read(&[
            "2026-11-20T10:00:08Z START RequestId: r-0 Version: $LATEST",
            &report,
            &report,
            "2026-11-20T10:00:04Z REPORT RequestId: r-2\tDuration: 10.00 ms\tBilled Duration: 20 ms",
            "REPORT RequestId: r-3\tDurat",
            "x INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
        ]);
        assert_eq!(logs.functions[0].invocations, 2);
        let expected = [
            "a.log:1: START without a REPORT",
            "a.log:3: the REPORT was there before",
            "a.log:4: billed 20 ms for a duration of 10 ms; by the rules of its date it is 10 ms (LOG-10)",
            "a.log:4: the line is earlier",
            "a.log:5: the line is cut off",
            "a.log:6: an INIT that failed",
        ];
        for (remark, start) in logs.remarks.iter().zip(expected) {
            assert!(remark.starts_with(start), "{remark}");
        }
        assert_eq!(logs.remarks.len(), expected.len());
    }

    #[test]
    fn log_11_attempts_at_one_event_are_one_request() {
        let attempt = |time: &str, id: &str| {
            format!(
                "2026-11-20T10:{time}Z REPORT RequestId: {id}\tDuration: 10.00 ms\tBilled Duration: 10 ms\tStatus: error"
            )
        };
        let logs = read(&[
            &attempt("00:01", "r-1"),
            &attempt("01:02", "r-1"),
            &attempt("01:03", "r-2"),
        ]);
        let function = &logs.functions[0];
        assert_eq!((function.invocations, function.retries, function.errors), (3, 1, 3));
        assert_eq!((function.arrivals.total(), logs.recorded.len()), (2, 3));
    }
}
