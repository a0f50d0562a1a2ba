//! `records.parquet`: one row per attempt.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;

use super::ReportError;
use crate::facts::{Attempt, FlowId, FunctionId, Observer, Reason, Refusal, StartKind, Verdict};
use crate::simulation::Plan;
use crate::units::{SimTime, Span};

const FILE: &str = "records.parquet";
const ROWS_PER_GROUP: usize = 100_000;

/// A time or count that does not apply to an attempt is null: nothing runs of a refused one, and the end of one that
/// is still running is not known.
const SCHEMA: &str = "message records {
    REQUIRED BYTE_ARRAY traffic (UTF8);
    REQUIRED INT64 ordinal;
    REQUIRED INT32 attempt;
    REQUIRED BYTE_ARRAY function (UTF8);
    OPTIONAL BYTE_ARRAY version (UTF8);
    REQUIRED DOUBLE arrival_ms;
    REQUIRED DOUBLE start_ms;
    OPTIONAL DOUBLE end_ms;
    REQUIRED BYTE_ARRAY outcome (UTF8);
    OPTIONAL BYTE_ARRAY reason (UTF8);
    REQUIRED BYTE_ARRAY start (UTF8);
    OPTIONAL DOUBLE init_ms;
    OPTIONAL DOUBLE duration_ms;
    OPTIONAL INT64 billed_ms;
    OPTIONAL INT64 environment;
    OPTIONAL DOUBLE latency_ms;
}";

/// Writes every attempt of a run as it happens. A failure to write is kept until [`Self::close`].
pub struct Records<W: Write + Send = File> {
    target: PathBuf,
    names: Names,
    columns: Columns,
    rows: usize,
    writer: Option<SerializedFileWriter<W>>,
    failure: Option<io::Error>,
}

impl<W: Write + Send> Records<W> {
    /// Opens the file; `target` is named in errors only.
    pub(super) fn new(plan: &Plan, version: &str, target: PathBuf, out: W) -> Result<Records<W>, ReportError> {
        let properties = WriterProperties::builder()
            .set_created_by(format!("lambdasim {version}"))
            .set_compression(Compression::SNAPPY)
            .build();
        let opened = parse_message_type(SCHEMA)
            .and_then(|schema| SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)));
        match opened {
            Ok(writer) => Ok(Records {
                target,
                names: Names::of(plan),
                columns: Columns::default(),
                rows: 0,
                writer: Some(writer),
                failure: None,
            }),
            Err(cause) => Err(failed(target, io::Error::other(cause))),
        }
    }

    /// Writes what is buffered and ends the file.
    ///
    /// # Errors
    /// The first failure since the file was opened.
    pub fn close(mut self) -> Result<(), ReportError> {
        self.write_group();
        if let Some(mut writer) = self.writer.take() {
            let closed = writer.finish();
            self.keep(closed.map(|_| ()));
        }
        match self.failure {
            None => Ok(()),
            Some(cause) => Err(failed(self.target, cause)),
        }
    }

    fn row_done(&mut self) {
        self.rows += 1;
        if self.rows == ROWS_PER_GROUP {
            self.write_group();
        }
    }

    fn write_group(&mut self) {
        if let (true, Some(writer)) = (self.rows > 0 && self.failure.is_none(), self.writer.as_mut()) {
            let written = self.columns.write(writer);
            self.keep(written);
        }
        self.columns.clear();
        self.rows = 0;
    }

    fn keep(&mut self, written: Result<(), ParquetError>) {
        if let Err(cause) = written {
            self.failure.get_or_insert(io::Error::other(cause));
        }
    }
}

fn failed(target: PathBuf, cause: io::Error) -> ReportError {
    ReportError::Write {
        file: FILE.to_owned(),
        target,
        cause,
    }
}

impl<W: Write + Send> Observer for Records<W> {
    fn ran(&mut self, attempt: &Attempt) {
        self.push_key(attempt.flow, attempt.ordinal, attempt.attempt, attempt.function);
        let columns = &mut self.columns;
        let outcome = match attempt.verdict {
            _ if !attempt.completes => "running",
            verdict => verdict.name(),
        };
        let version = &self.names.versions[attempt.function.index()][attempt.version.index()];
        columns.version.push(Some(version.clone()));
        columns.arrival.push(Some(point(attempt.arrived)));
        columns.start.push(Some(point(attempt.start)));
        columns.end.push(attempt.completes.then(|| point(attempt.end)));
        columns.outcome.push(Some(self.names.text(outcome)));
        columns.reason.push(None);
        columns
            .start_kind
            .push(Some(self.names.text(attempt.start_kind.name())));
        columns
            .init
            .push((!attempt.init_abandoned).then(|| length(attempt.init)));
        columns
            .duration
            .push(attempt.completes.then(|| length(attempt.duration)));
        columns
            .billed
            .push(attempt.completes.then_some(attempt.billed_ms as i64));
        columns.environment.push(Some(attempt.environment as i64));
        let latency = length(attempt.answered.since(attempt.arrived));
        columns.latency.push(attempt.completes.then_some(latency));
        self.row_done();
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.push_key(refusal.flow, refusal.ordinal, refusal.attempt, refusal.function);
        let columns = &mut self.columns;
        let outcome = if refusal.throttle.is_some() {
            "throttled"
        } else {
            "rejected"
        };
        let reason = refusal
            .throttle
            .map_or(refusal.code.name(), |(reason, _)| reason.name());
        let reason = self.names.text(reason);
        columns.version.push(None);
        columns.arrival.push(Some(point(refusal.arrived)));
        columns.start.push(Some(point(refusal.time)));
        columns.end.push(None);
        columns.outcome.push(Some(self.names.text(outcome)));
        columns.reason.push(Some(reason));
        columns.start_kind.push(Some(self.names.text(StartKind::None.name())));
        columns.init.push(None);
        columns.duration.push(None);
        columns.billed.push(None);
        columns.environment.push(None);
        columns.latency.push(None);
        self.row_done();
    }
}

impl<W: Write + Send> Records<W> {
    fn push_key(&mut self, flow: FlowId, ordinal: u64, attempt: u32, function: FunctionId) {
        let columns = &mut self.columns;
        columns.traffic.push(Some(self.names.traffic[flow.index()].clone()));
        columns.ordinal.push(Some(ordinal as i64));
        columns.attempt.push(Some(attempt as i32));
        columns
            .function
            .push(Some(self.names.functions[function.index()].clone()));
    }
}

fn point(time: SimTime) -> f64 {
    time.as_millis_f64()
}

fn length(span: Span) -> f64 {
    span.as_millis_f64()
}

/// Every text that can occur, made once: a row then only counts one more user of it.
struct Names {
    traffic: Vec<ByteArray>,
    functions: Vec<ByteArray>,
    versions: Vec<Vec<ByteArray>>,
    words: Vec<ByteArray>,
}

impl Names {
    fn of(plan: &Plan) -> Names {
        let verdicts = [Verdict::Ok, Verdict::Error, Verdict::Timeout, Verdict::Crash].map(Verdict::name);
        let words = ["throttled", "rejected", "running"]
            .into_iter()
            .chain(verdicts)
            .chain(Reason::ALL.map(Reason::name))
            .chain(StartKind::ALL.map(StartKind::name));
        let versions = |function: &Arc<crate::lambda::FunctionConfig>| {
            let versions = function.versions.iter();
            versions.map(|version| version.name.as_str().into()).collect()
        };
        Names {
            traffic: plan
                .flows
                .iter()
                .map(|flow| plan.traffic[flow.traffic.index()].name.as_str().into())
                .collect(),
            functions: plan.functions.iter().map(|f| f.name.as_str().into()).collect(),
            versions: plan.functions.iter().map(versions).collect(),
            words: words.map(ByteArray::from).collect(),
        }
    }

    fn text(&self, word: &str) -> ByteArray {
        let known = self.words.iter().find(|known| known.data() == word.as_bytes());
        known.cloned().unwrap_or_else(|| ByteArray::from(word))
    }
}

/// One row group in the making, by column; `None` is null.
#[derive(Default)]
struct Columns {
    traffic: Vec<Option<ByteArray>>,
    ordinal: Vec<Option<i64>>,
    attempt: Vec<Option<i32>>,
    function: Vec<Option<ByteArray>>,
    version: Vec<Option<ByteArray>>,
    arrival: Vec<Option<f64>>,
    start: Vec<Option<f64>>,
    end: Vec<Option<f64>>,
    outcome: Vec<Option<ByteArray>>,
    reason: Vec<Option<ByteArray>>,
    start_kind: Vec<Option<ByteArray>>,
    init: Vec<Option<f64>>,
    duration: Vec<Option<f64>>,
    billed: Vec<Option<i64>>,
    environment: Vec<Option<i64>>,
    latency: Vec<Option<f64>>,
}

impl Columns {
    /// In the order of [`SCHEMA`].
    fn write<W: Write + Send>(&self, writer: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
        let mut group = writer.next_row_group()?;
        column::<ByteArrayType, W>(&mut group, &self.traffic)?;
        column::<Int64Type, W>(&mut group, &self.ordinal)?;
        column::<Int32Type, W>(&mut group, &self.attempt)?;
        column::<ByteArrayType, W>(&mut group, &self.function)?;
        column::<ByteArrayType, W>(&mut group, &self.version)?;
        column::<DoubleType, W>(&mut group, &self.arrival)?;
        column::<DoubleType, W>(&mut group, &self.start)?;
        column::<DoubleType, W>(&mut group, &self.end)?;
        column::<ByteArrayType, W>(&mut group, &self.outcome)?;
        column::<ByteArrayType, W>(&mut group, &self.reason)?;
        column::<ByteArrayType, W>(&mut group, &self.start_kind)?;
        column::<DoubleType, W>(&mut group, &self.init)?;
        column::<DoubleType, W>(&mut group, &self.duration)?;
        column::<Int64Type, W>(&mut group, &self.billed)?;
        column::<Int64Type, W>(&mut group, &self.environment)?;
        column::<DoubleType, W>(&mut group, &self.latency)?;
        group.close()?;
        Ok(())
    }

    fn clear(&mut self) {
        *self = Columns::default();
    }
}

pub(super) fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: &[Option<T::T>],
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General(
            "a row has more cells than the schema has columns".to_owned(),
        ));
    };
    let present: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.iter().flatten().cloned().collect();
    // Required columns have no level of definition: they ignore `present`.
    column.typed::<T>().write_batch(&values, Some(&present), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Cause, ErrorCode, QualifierId, VersionId};
    use crate::report::sample::Sample;
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    fn attempt(ordinal: u64, completes: bool) -> Attempt {
        Attempt {
            flow: FlowId(0),
            ordinal,
            attempt: 1,
            function: FunctionId(0),
            version: VersionId(1),
            qualifier: QualifierId(1),
            arrived: SimTime::from_micros(1_000),
            start: SimTime::from_micros(2_500),
            end: SimTime::from_micros(90_000),
            answered: SimTime::from_micros(90_000),
            completes,
            verdict: Verdict::Timeout,
            start_kind: StartKind::Cold,
            spilled: false,
            placement: Span::ZERO,
            init: Span::from_micros(310_250),
            init_abandoned: false,
            restore: Span::ZERO,
            duration: Span::from_micros(87_500),
            extension: Span::ZERO,
            billed_ms: 398,
            billed_init_ms: 311,
            environment: 4,
        }
    }

    fn refusal(throttle: Option<(Reason, Cause)>) -> Refusal {
        Refusal {
            flow: FlowId(0),
            ordinal: 9,
            attempt: 0,
            function: FunctionId(1),
            qualifier: QualifierId(0),
            arrived: SimTime::from_micros(1_000),
            time: SimTime::from_micros(5_000),
            throttle,
            code: ErrorCode::TooManyRequests,
        }
    }

    fn write(file: File) {
        let plan = Sample::busy().plan;
        let mut records = Records::new(&plan, "0.1.0", PathBuf::from("out"), file).unwrap();
        records.ran(&attempt(0, true));
        records.ran(&attempt(1, false));
        let throttle = (Reason::ConcurrentInvocationLimitExceeded, Cause::ScalingRate);
        records.refused(&refusal(Some(throttle)));
        records.refused(&refusal(None));
        records.close().unwrap();
    }

    #[test]
    fn every_attempt_can_be_read_again() {
        let file = tempfile::tempfile().unwrap();
        write(file.try_clone().unwrap());
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.metadata().file_metadata().created_by(), Some("lambdasim 0.1.0"));
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let column = |row: usize, name: &str| {
            let found = rows[row].get_column_iter().find(|(known, _)| *known == name);
            found.map(|(_, field)| field.clone()).unwrap()
        };
        let text = |text: &str| Field::Str(text.to_owned());
        assert_eq!(rows.len(), 4);
        assert_eq!(column(0, "traffic"), text("shoppers"));
        assert_eq!(column(0, "version"), text("1"));
        assert_eq!(column(0, "outcome"), text("timeout"));
        assert_eq!(column(0, "init_ms"), Field::Double(310.25));
        assert_eq!(column(0, "latency_ms"), Field::Double(89.0));
        assert_eq!(column(0, "billed_ms"), Field::Long(398));
        assert_eq!(column(1, "outcome"), text("running"));
        assert_eq!(column(1, "end_ms"), Field::Null);
        assert_eq!(column(2, "outcome"), text("throttled"));
        assert_eq!(column(2, "reason"), text("ConcurrentInvocationLimitExceeded"));
        assert_eq!(column(2, "start"), text("none"));
        assert_eq!(column(2, "start_ms"), Field::Double(5.0));
        assert_eq!(column(3, "outcome"), text("rejected"));
        assert_eq!(column(3, "reason"), text("TooManyRequests"));
    }

    #[test]
    fn columns_are_those_of_the_contract_and_the_bytes_are_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        for path in &paths {
            write(File::create(path).unwrap());
        }
        assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
        let reader = SerializedFileReader::new(File::open(&paths[0]).unwrap()).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
        let wanted = "traffic ordinal attempt function version arrival_ms start_ms end_ms outcome reason start init_ms \
                      duration_ms billed_ms environment latency_ms";
        assert_eq!(names, wanted.split_whitespace().collect::<Vec<_>>());
    }
}
