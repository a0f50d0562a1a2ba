//! The four CSV files.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use ::csv::{Writer, WriterBuilder};

use super::cell::cell;
use super::numbers::rounded;
use super::{ReportError, ReportInput};
use crate::facts::{FunctionId, QualifierId};
use crate::metrics::{Datapoint, LatencyRow, Sink, ThrottleRow};
use crate::simulation::Plan;
use crate::units::{Money, SimTime, exact_decimal};

const METRICS: &str = "metrics.csv";
const THROTTLES: &str = "throttles.csv";
const METRICS_HEADER: [&str; 6] = ["time", "function", "qualifier", "metric", "statistic", "value"];
const THROTTLES_HEADER: [&str; 6] = ["time", "function", "qualifier", "reason", "cause", "count"];
const BUFFER: usize = 1 << 16;

/// Writes `metrics.csv` and `throttles.csv` while the simulation runs. A failure to write is kept until [`Self::close`].
#[derive(Debug)]
pub struct CsvSink<'a, W: Write = File> {
    plan: &'a Plan,
    target: PathBuf,
    metrics: Writer<W>,
    throttles: Writer<W>,
    clock: Clock,
    number: String,
    failure: Option<(&'static str, io::Error)>,
}

impl<'a, W: Write> CsvSink<'a, W> {
    /// Both files with their headers; `target` is named in errors only.
    pub(super) fn new(plan: &'a Plan, target: PathBuf, metrics: W, throttles: W) -> CsvSink<'a, W> {
        let mut sink = CsvSink {
            plan,
            target,
            metrics: writer(metrics),
            throttles: writer(throttles),
            clock: Clock::default(),
            number: String::new(),
            failure: None,
        };
        let written = sink.metrics.write_record(METRICS_HEADER);
        sink.keep(METRICS, written.map_err(io::Error::from));
        let written = sink.throttles.write_record(THROTTLES_HEADER);
        sink.keep(THROTTLES, written.map_err(io::Error::from));
        sink
    }

    fn keep(&mut self, file: &'static str, written: io::Result<()>) {
        if let Err(cause) = written {
            self.failure.get_or_insert((file, cause));
        }
    }

    /// Flushes both files.
    ///
    /// # Errors
    /// The first failure since the sink was opened.
    pub fn close(mut self) -> Result<(), ReportError> {
        let flushed = self.metrics.flush();
        self.keep(METRICS, flushed);
        let flushed = self.throttles.flush();
        self.keep(THROTTLES, flushed);
        match self.failure {
            None => Ok(()),
            Some((file, cause)) => Err(ReportError::Write {
                file: file.to_owned(),
                target: self.target,
                cause,
            }),
        }
    }

    fn write_datapoint(&mut self, point: &Datapoint) -> Result<(), ::csv::Error> {
        self.clock.move_to(self.plan, point.time);
        self.number.clear();
        write_number(&mut self.number, point.value);
        let qualifier = match (point.function, point.qualifier) {
            (Some(function), Some(qualifier)) => qualifier_name(self.plan, function, qualifier).unwrap_or("$LATEST"),
            _ => "",
        };
        let subject = match (point.function, point.queue, point.mapping) {
            (Some(function), ..) => Cow::Borrowed(function_name(self.plan, function)),
            (None, Some(queue), _) => Cow::Owned(format!("sqs:{}", self.plan.queues[queue.index()].name)),
            (None, None, Some(mapping)) => {
                let name = &self.plan.mappings[mapping.index()].name;
                Cow::Owned(format!("event_source_mappings.{name}"))
            }
            (None, None, None) => Cow::Borrowed(""),
        };
        self.metrics.write_record([
            self.clock.text.as_str(),
            &cell(&subject),
            &cell(qualifier),
            point.metric,
            point.statistic,
            self.number.as_str(),
        ])
    }

    fn write_throttles(&mut self, row: &ThrottleRow) -> Result<(), ::csv::Error> {
        self.clock.move_to(self.plan, row.time);
        self.throttles.write_record([
            self.clock.text.as_str(),
            &cell(function_name(self.plan, row.function)),
            &cell(qualifier_name(self.plan, row.function, row.qualifier).unwrap_or_default()),
            row.reason.name(),
            row.cause.name(),
            &row.count.to_string(),
        ])
    }
}

impl<W: Write + Send> Sink for CsvSink<'_, W> {
    fn datapoint(&mut self, datapoint: &Datapoint) {
        if self.failure.is_none() {
            let written = self.write_datapoint(datapoint);
            self.keep(METRICS, written.map_err(io::Error::from));
        }
    }

    fn throttles(&mut self, row: &ThrottleRow) {
        if self.failure.is_none() {
            let written = self.write_throttles(row);
            self.keep(THROTTLES, written.map_err(io::Error::from));
        }
    }
}

/// Simulated time as a calendar instant; rows of one period share the text.
#[derive(Debug, Default)]
struct Clock {
    shown: Option<SimTime>,
    text: String,
}

impl Clock {
    fn move_to(&mut self, plan: &Plan, time: SimTime) {
        if self.shown != Some(time) {
            self.shown = Some(time);
            self.text = instant(plan, time);
        }
    }
}

/// RFC 3339 in UTC: `2026-11-27T00:00:00Z`.
pub(super) fn instant(plan: &Plan, time: SimTime) -> String {
    let passed = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    let micros = plan.start.0.saturating_add(passed);
    jiff::Timestamp::from_microsecond(micros)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_string()
}

fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out)
}

fn function_name(plan: &Plan, function: FunctionId) -> &str {
    &plan.functions[function.index()].name
}

/// Version number or alias; `None` for the bare function name.
pub(super) fn qualifier_name(plan: &Plan, function: FunctionId, qualifier: QualifierId) -> Option<&str> {
    plan.functions[function.index()].qualifiers[qualifier.index()]
        .name
        .as_deref()
}

fn write_number(text: &mut String, value: f64) {
    // Writing into a String cannot fail.
    let _ = write!(text, "{}", rounded(value));
}

fn number(value: f64) -> String {
    rounded(value).to_string()
}

/// `latency.csv`.
pub(super) fn write_latency(out: impl Write, input: &ReportInput) -> io::Result<()> {
    let mut rows = writer(out);
    rows.write_record([
        "traffic",
        "function",
        "qualifier",
        "invocation_type",
        "start",
        "count",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "p99_9_ms",
        "max_ms",
    ])?;
    for row in &input.result.summary.latency {
        rows.write_record(latency_record(input.plan, row))?;
    }
    rows.flush()
}

fn latency_record(plan: &Plan, row: &LatencyRow) -> [String; 13] {
    let times = &row.latency;
    [
        cell(&plan.traffic[row.traffic.index()].name).into_owned(),
        cell(function_name(plan, row.function)).into_owned(),
        cell(qualifier_name(plan, row.function, row.qualifier).unwrap_or_default()).into_owned(),
        row.invocation_type.name().to_owned(),
        row.start.name().to_owned(),
        times.count.to_string(),
        number(times.mean),
        number(times.p50),
        number(times.p90),
        number(times.p95),
        number(times.p99),
        number(times.p99_9),
        number(times.max),
    ]
}

/// `cost.csv`: every share of every line, in exact decimals.
pub(super) fn write_cost(out: impl Write, input: &ReportInput) -> io::Result<()> {
    let mut rows = writer(out);
    rows.write_record([
        "function",
        "qualifier",
        "item",
        "usage_type",
        "quantity",
        "unit",
        "unit_price_usd",
        "amount_usd",
    ])?;
    let adjoining = &input.result.adjoining.bill.lines;
    for line in input.result.bill.lines.iter().chain(adjoining) {
        if line.shares.is_empty() {
            // Nobody's: services beside Lambda, and the commitment of a savings plan that nothing could use.
            rows.write_record([
                "",
                "",
                line.item.name(),
                &line.usage_type,
                &line.quantity.exact(),
                line.unit,
                &exact_decimal(line.unit_price, Money::ATOMS_PER_USD / 1_024_000),
                &line.amount.exact(),
            ])?;
        }
        for share in &line.shares {
            rows.write_record([
                &cell(function_name(input.plan, share.function)),
                &cell(qualifier_name(input.plan, share.function, share.qualifier).unwrap_or_default()),
                line.item.name(),
                &line.usage_type,
                &share.quantity.exact(),
                line.unit,
                &exact_decimal(line.unit_price, Money::ATOMS_PER_USD / 1_024_000),
                &share.amount.exact(),
            ])?;
        }
    }
    rows.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Cause, Reason};
    use crate::report::sample::Sample;
    use crate::units::Span;

    /// A file that can be read while it is being written.
    #[derive(Clone, Default)]
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    /// A disk without room.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn point(function: Option<u32>, qualifier: Option<u16>, value: f64) -> Datapoint {
        Datapoint {
            time: SimTime::ZERO + Span::from_secs(60),
            function: function.map(FunctionId),
            qualifier: qualifier.map(QualifierId),
            queue: None,
            mapping: None,
            metric: "ConcurrentExecutions",
            statistic: "Maximum",
            value,
        }
    }

    #[test]
    fn metrics_and_throttles_are_written_as_they_come() {
        let sample = Sample::busy();
        let (metrics, throttles) = (Shared::default(), Shared::default());
        let mut sink = CsvSink::new(&sample.plan, PathBuf::from("out"), metrics.clone(), throttles.clone());
        sink.datapoint(&point(None, None, 12.0));
        sink.datapoint(&point(Some(0), None, 1.0 / 3.0));
        sink.datapoint(&point(Some(0), Some(1), 7.5));
        sink.throttles(&ThrottleRow {
            time: SimTime::ZERO,
            function: FunctionId(1),
            qualifier: QualifierId(0),
            reason: Reason::ConcurrentInvocationLimitExceeded,
            cause: Cause::ScalingRate,
            count: 3,
        });
        sink.close().unwrap();
        assert_eq!(
            metrics.text(),
            "time,function,qualifier,metric,statistic,value\n\
             2026-11-27T00:01:00Z,,,ConcurrentExecutions,Maximum,12\n\
             2026-11-27T00:01:00Z,checkout,,ConcurrentExecutions,Maximum,0.333333\n\
             2026-11-27T00:01:00Z,checkout,1,ConcurrentExecutions,Maximum,7.5\n"
        );
        assert_eq!(
            throttles.text(),
            "time,function,qualifier,reason,cause,count\n\
             2026-11-27T00:00:00Z,fulfil,,ConcurrentInvocationLimitExceeded,scaling_rate,3\n"
        );
    }

    #[test]
    fn a_full_disk_is_told_at_the_end_with_the_file_that_met_it() {
        let sample = Sample::busy();
        let mut sink = CsvSink::new(&sample.plan, PathBuf::from("out/x"), Full, Full);
        for _ in 0..10_000 {
            sink.datapoint(&point(None, None, 12.0));
        }
        let message = sink.close().unwrap_err().to_string();
        assert!(message.starts_with("cannot write metrics.csv of out/x: "), "{message}");
    }

    #[test]
    fn latency_rows_name_what_served_the_last_attempt() {
        let mut bytes = Vec::new();
        write_latency(&mut bytes, &Sample::busy().input()).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "traffic,function,qualifier,invocation_type,start,count,mean_ms,p50_ms,p90_ms,p95_ms,p99_ms,p99_9_ms,max_ms\n\
             shoppers,checkout,1,RequestResponse,warm,2,1.5,1,2,2,2,2,2\n"
        );
    }

    #[test]
    fn cost_has_every_digit() {
        let mut bytes = Vec::new();
        write_cost(&mut bytes, &Sample::busy().input()).unwrap();
        // 123,456,789,000 MB·ms / 1,024,000 and that times 0.0000166667 terminate, so nothing is rounded.
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "function,qualifier,item,usage_type,quantity,unit,unit_price_usd,amount_usd\n\
             checkout,1,request,Request,4310000,request,0.0000002,0.862\n\
             checkout,1,duration,Lambda-GB-Second,120563.2705078125,GB-second,0.0000166667,2.00939186057255859375\n"
        );
    }
}
