use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use flate2::Crc;

use crate::units::{SimTime, Span, Timestamp};
use crate::workload::{TraceFile, TraceRow};

use super::problem::TraceProblem;
use super::row::Row;
use super::rows::Rows;

/// How far a row may lie before the latest row above it; such rows are put in order.
const TOLERANCE: Span = Span::from_secs(1);

/// The most functions one trace may name.
const MOST_FUNCTIONS: usize = 100_000;

/// A trace (contract §2.2, `trace:`) that was read once and found good: CSV, plain or compressed, or Parquet.
///
/// It holds what concerns the whole file, not its rows; [`TraceFile::rows`] reads them again. The columns are `time`
/// (seconds from t = 0, or RFC 3339) and, if wanted, `duration_ms`, `error` and `function`; others are passed over.
/// Rows stand in order of time; one may be up to 1 s earlier than the latest before it.
#[derive(Clone, Debug)]
pub struct CsvTrace {
    checked: Arc<Checked>,
}

/// What the first reading found, and the first problem of later ones.
#[derive(Debug)]
struct Checked {
    path: PathBuf,
    start: Timestamp,
    functions: Vec<String>,
    counts: Vec<u64>,
    has_duration: bool,
    last: SimTime,
    /// How far the worst row lies before the latest one above it.
    disorder: Span,
    fingerprint: u32,
    error: OnceLock<TraceProblem>,
}

impl CsvTrace {
    /// Reads the whole file and checks every row. `start` is the instant of t = 0.
    ///
    /// # Errors
    /// The first problem: a file that cannot be read or has no rows, a missing column, a bad field, a row that lies
    /// more than 1 s before the latest one above it, more than 100,000 functions.
    pub fn check(path: &Path, start: Timestamp) -> Result<CsvTrace, TraceProblem> {
        let mut rows = Rows::open(path, start)?;
        let mut order = Order::new(TOLERANCE);
        let mut names = NameCounts::default();
        let mut fingerprint = Crc::new();
        while let Some(row) = rows.advance()? {
            let problem = |message: String| TraceProblem::at_row(path, row.number, message);
            order.accept(row.time).map_err(problem)?;
            let function = rows.function()?.unwrap_or_default();
            names.count(function).map_err(problem)?;
            add_to_fingerprint(&mut fingerprint, &row, function);
        }
        if names.counts.is_empty() {
            return Err(TraceProblem::of_file(path, "has a header but no rows"));
        }
        let (mut functions, counts) = names.sorted();
        if !rows.has_function() {
            functions.clear();
        }
        let checked = Checked {
            path: path.to_owned(),
            start,
            functions,
            counts,
            has_duration: rows.has_duration(),
            last: order.latest,
            disorder: order.worst,
            fingerprint: fingerprint.sum(),
            error: OnceLock::new(),
        };
        Ok(CsvTrace {
            checked: Arc::new(checked),
        })
    }

    /// The values of the column `function`, each once, in byte order; empty without such a column.
    pub fn functions(&self) -> &[String] {
        &self.checked.functions
    }

    /// Rows of each of [`CsvTrace::functions`]; without such a column one entry with all rows.
    pub fn counts(&self) -> &[u64] {
        &self.checked.counts
    }

    /// Whether the file has a column `duration_ms`.
    pub fn has_duration(&self) -> bool {
        self.checked.has_duration
    }

    /// All rows (at least one).
    pub fn rows_total(&self) -> u64 {
        self.checked.counts.iter().sum()
    }

    /// The latest time of all rows.
    pub fn last(&self) -> Option<SimTime> {
        Some(self.checked.last)
    }

    /// Why a later reading ended too early, or that it found other rows than the first one did.
    pub fn error(&self) -> Option<TraceProblem> {
        self.checked.error.get().cloned()
    }
}

impl TraceFile for CsvTrace {
    fn rows(&self) -> Box<dyn Iterator<Item = TraceRow> + Send> {
        let checked = Arc::clone(&self.checked);
        match Rows::open(&checked.path, checked.start) {
            Ok(rows) => Box::new(SortedRows::new(rows, checked)),
            Err(problem) => {
                checked.keep(problem);
                Box::new(std::iter::empty())
            }
        }
    }

    fn failure(&self) -> Option<String> {
        self.error().map(|problem| problem.to_string())
    }
}

impl Checked {
    /// Keeps the first problem; later ones mostly follow from it.
    fn keep(&self, problem: TraceProblem) {
        self.error.get_or_init(|| problem);
    }
}

/// The CRC of the rows in file order, by which a second reading notices that the file has changed.
fn add_to_fingerprint(fingerprint: &mut Crc, row: &Row, function: &str) {
    let duration = row.recorded.duration().map_or(u64::MAX, Span::as_micros);
    let mut bytes = [0; 17];
    bytes[..8].copy_from_slice(&row.time.as_micros().to_le_bytes());
    bytes[8..16].copy_from_slice(&duration.to_le_bytes());
    bytes[16] = row.recorded.error().map_or(2, u8::from);
    fingerprint.update(&bytes);
    fingerprint.update(function.as_bytes());
}

/// Whether rows come in order of time, but for a tolerance.
struct Order {
    tolerance: Span,
    latest: SimTime,
    worst: Span,
}

impl Order {
    fn new(tolerance: Span) -> Order {
        Order {
            tolerance,
            latest: SimTime::ZERO,
            worst: Span::ZERO,
        }
    }

    fn accept(&mut self, time: SimTime) -> Result<(), String> {
        let behind = self.latest.since(time);
        if behind > self.tolerance {
            return Err(format!(
                "`time` lies {behind} before that of an earlier row; rows must be sorted by time, up to {} late",
                self.tolerance
            ));
        }
        self.worst = self.worst.max(behind);
        self.latest = self.latest.max(time);
        Ok(())
    }
}

/// Rows per function name.
#[derive(Default)]
struct NameCounts {
    by_name: BTreeMap<String, usize>,
    counts: Vec<u64>,
    /// The name of the row before and its place in `counts`: most rows repeat it.
    last: Option<(String, usize)>,
}

impl NameCounts {
    fn count(&mut self, name: &str) -> Result<(), String> {
        let index = match &mut self.last {
            Some((last, index)) if last == name => *index,
            _ => self.find(name)?,
        };
        self.counts[index] += 1;
        Ok(())
    }

    fn find(&mut self, name: &str) -> Result<usize, String> {
        let index = match self.by_name.get(name) {
            Some(&index) => index,
            None if self.counts.len() == MOST_FUNCTIONS => {
                return Err(format!(
                    "more than {MOST_FUNCTIONS} different functions; split the trace"
                ));
            }
            None => {
                self.by_name.insert(name.to_owned(), self.counts.len());
                self.counts.push(0);
                self.counts.len() - 1
            }
        };
        let (last, last_index) = self.last.get_or_insert_default();
        name.clone_into(last);
        *last_index = index;
        Ok(index)
    }

    /// Names in byte order and their counts.
    fn sorted(self) -> (Vec<String>, Vec<u64>) {
        self.by_name
            .into_iter()
            .map(|(name, index)| (name, self.counts[index]))
            .unzip()
    }
}

/// The rows of a checked trace in order of time; rows of one instant in the order of the file.
struct SortedRows {
    rows: Rows,
    checked: Arc<Checked>,
    order: Order,
    waiting: BinaryHeap<Waiting>,
    fingerprint: Crc,
    last_stream: usize,
    ended: bool,
}

impl SortedRows {
    fn new(rows: Rows, checked: Arc<Checked>) -> SortedRows {
        SortedRows {
            rows,
            order: Order::new(checked.disorder),
            checked,
            waiting: BinaryHeap::new(),
            fingerprint: Crc::new(),
            last_stream: 0,
            ended: false,
        }
    }

    fn read(&mut self) -> Result<Option<Waiting>, TraceProblem> {
        let Some(row) = self.rows.advance()? else {
            return Ok(None);
        };
        let changed = || TraceProblem::at_row(&self.checked.path, row.number, CHANGED);
        self.order.accept(row.time).map_err(|_| changed())?;
        let function = self.rows.function()?.unwrap_or_default();
        add_to_fingerprint(&mut self.fingerprint, &row, function);
        let functions = &self.checked.functions;
        let is_last = functions.get(self.last_stream).is_some_and(|last| last == function);
        if !functions.is_empty() && !is_last {
            self.last_stream = functions
                .binary_search_by(|name| name.as_str().cmp(function))
                .map_err(|_| changed())?;
        }
        Ok(Some(Waiting {
            number: row.number,
            row: TraceRow {
                time: row.time,
                flow: self.last_stream as u32,
                recorded: row.recorded,
            },
        }))
    }

    fn end(&mut self) {
        self.ended = true;
        if self.fingerprint.sum() != self.checked.fingerprint {
            self.checked.keep(TraceProblem::of_file(&self.checked.path, CHANGED));
        }
    }
}

const CHANGED: &str = "the file has changed since it was checked; run again while nothing writes to it";

impl Iterator for SortedRows {
    type Item = TraceRow;

    fn next(&mut self) -> Option<TraceRow> {
        loop {
            // No row to come lies further behind the latest than the worst of the first reading did.
            let due = |first: &Waiting| {
                self.ended || first.row.time.saturating_add(self.checked.disorder) <= self.order.latest
            };
            if self.waiting.peek().is_some_and(due) {
                return self.waiting.pop().map(|first| first.row);
            }
            if self.ended {
                return None;
            }
            match self.read() {
                Ok(Some(row)) => self.waiting.push(row),
                Ok(None) => self.end(),
                Err(problem) => {
                    self.checked.keep(problem);
                    self.ended = true;
                }
            }
        }
    }
}

/// A row that an earlier one may still overtake. The greatest is the next: earliest time, then first in the file.
struct Waiting {
    number: u64,
    row: TraceRow,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> Ordering {
        (other.row.time, other.number).cmp(&(self.row.time, self.number))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Recorded;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use parquet::data_type::{ByteArrayType, DoubleType};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::fs::{self, File};
    use std::io::Write;
    use tempfile::TempDir;

    const TEXT: &str = "time,function,duration_ms,note,error\n\
        0,b,12.5,x,false\n\
        0.000001,a,,y,1\n\
        2.5,b,3,\"z,\",\n";

    fn folder() -> TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn check_bytes(name: &str, bytes: &[u8]) -> Result<(CsvTrace, Vec<TraceRow>), TraceProblem> {
        let folder = folder();
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let trace = CsvTrace::check(&path, Timestamp(0))?;
        let rows = trace.rows().collect();
        assert_eq!(trace.error(), None);
        Ok((trace, rows))
    }

    fn check(text: &str) -> Result<(CsvTrace, Vec<TraceRow>), TraceProblem> {
        check_bytes("trace.csv", text.as_bytes())
    }

    fn micros(rows: &[TraceRow]) -> Vec<u64> {
        rows.iter().map(|row| row.time.as_micros()).collect()
    }

    fn row(time: u64, flow: u32, duration: Option<u64>, error: Option<bool>) -> TraceRow {
        TraceRow {
            time: SimTime::from_micros(time),
            flow,
            recorded: Recorded::new(duration.map(Span::from_micros), error),
        }
    }

    /// The rows of [`TEXT`]; functions are `a` (0) and `b` (1).
    fn expected() -> Vec<TraceRow> {
        vec![
            row(0, 1, Some(12_500), Some(false)),
            row(1, 0, None, Some(true)),
            row(2_500_000, 1, Some(3_000), None),
        ]
    }

    #[test]
    fn every_text_format_gives_the_same_rows() {
        let (first, second) = TEXT.as_bytes().split_at(60);
        let windows = format!("\u{feff}{}", TEXT.replace('\n', "\r\n\r\n"));
        let files: [(&str, Vec<u8>); 8] = [
            ("a.csv", TEXT.into()),
            ("a.CSV", TEXT.trim_end().into()),
            ("a.csv", windows.into()),
            ("a.csv.gz", gzip(TEXT.as_bytes())),
            ("a.gz", [gzip(first), gzip(second)].concat()),
            ("a.csv.zst", zstd(TEXT.as_bytes())),
            ("a.zst", [zstd(first), zstd(second)].concat()),
            ("a.csv", TEXT.replace(',', " , ").replace("\"z , \"", "z").into()),
        ];
        for (name, bytes) in files {
            let (trace, rows) = check_bytes(name, &bytes).expect(name);
            assert_eq!(rows, expected(), "{name}");
            assert_eq!(trace.functions(), ["a", "b"]);
            assert_eq!((trace.counts(), trace.rows_total()), (&[1, 2][..], 3));
            assert_eq!(
                (trace.has_duration(), trace.last()),
                (true, Some(SimTime::from_micros(2_500_000)))
            );
        }
    }

    #[test]
    fn parquet_gives_the_rows_of_the_text() {
        let folder = folder();
        let path = folder.path().join("a.parquet");
        let schema = "message m { required double time; required binary function (UTF8); optional double duration_ms; \
                      optional binary error (UTF8); }";
        let schema = Arc::new(parse_message_type(schema).expect("a schema"));
        let mut writer =
            SerializedFileWriter::new(File::create(&path).expect("a file"), schema, Arc::default()).expect("a writer");
        let mut group = writer.next_row_group().expect("a row group");
        let mut column = group.next_column().expect("a column").expect("time");
        column
            .typed::<DoubleType>()
            .write_batch(&[0.0, 0.000001, 2.5], None, None)
            .expect("time");
        column.close().expect("time");
        let mut column = group.next_column().expect("a column").expect("function");
        column
            .typed::<ByteArrayType>()
            .write_batch(&["b".into(), "a".into(), "b".into()], None, None)
            .expect("function");
        column.close().expect("function");
        let mut column = group.next_column().expect("a column").expect("duration");
        column
            .typed::<DoubleType>()
            .write_batch(&[12.5, 3.0], Some(&[1, 0, 1]), None)
            .expect("duration");
        column.close().expect("duration");
        let mut column = group.next_column().expect("a column").expect("error");
        column
            .typed::<ByteArrayType>()
            .write_batch(&["false".into(), "1".into()], Some(&[1, 1, 0]), None)
            .expect("error");
        column.close().expect("error");
        group.close().expect("a row group");
        writer.close().expect("a file");
        let trace = CsvTrace::check(&path, Timestamp(0)).expect("a good file");
        assert_eq!(trace.rows().collect::<Vec<_>>(), expected());
        assert_eq!(
            (trace.functions(), trace.counts(), trace.error()),
            (&["a".to_owned(), "b".to_owned()][..], &[1, 2][..], None)
        );
    }

    #[test]
    fn without_a_function_column_there_is_one_stream() {
        let (trace, rows) = check("time\n1\n2\n").expect("a good file");
        assert!(trace.functions().is_empty() && !trace.has_duration());
        assert_eq!(trace.counts(), [2]);
        assert_eq!(rows, [row(1_000_000, 0, None, None), row(2_000_000, 0, None, None)]);
    }

    #[test]
    fn a_row_up_to_a_second_late_is_put_in_its_place() {
        let (_, rows) = check("time,duration_ms\n1,1\n2,2\n1,3\n1.5,4\n2,5\n9,6\n8,7\n").expect("within the tolerance");
        assert_eq!(
            micros(&rows),
            [
                1_000_000, 1_000_000, 1_500_000, 2_000_000, 2_000_000, 8_000_000, 9_000_000
            ]
        );
        let durations: Vec<u64> = rows
            .iter()
            .filter_map(|row| row.recorded.duration())
            .map(Span::as_micros)
            .collect();
        assert_eq!(durations, [1_000, 3_000, 4_000, 2_000, 5_000, 7_000, 6_000]);
    }

    #[test]
    fn a_row_more_than_a_second_late_tells_its_number() {
        let problem = check("time\n5\n7\n5.999999\n").expect_err("too late");
        assert_eq!(problem.row, Some(4));
        assert!(problem.message.contains("1 s late"), "{problem}");
    }

    #[test]
    fn each_bad_row_tells_its_number() {
        let long = format!("\"{}\",1,0,f", "x".repeat(1_100_000));
        let open_quote = format!("\"{}", "x,\n".repeat(700_000));
        let bad = [
            "-1,1,0,f",
            "x,1,0,f",
            ",1,0,f",
            "nan,1,0,f",
            "inf,1,0,f",
            "1e300,1,0,f",
            "1,-1,0,f",
            "1,x,0,f",
            "1,inf,0,f",
            "1,1,2,f",
            "1,1,yes,f",
            "1,1,0,",
            "1,1,0",
            "1,1,0,f,g",
            "1969-12-31T23:59:59Z,1,0,f",
            "1970-01-01T25:00:00Z,1,0,f",
            &long,
        ];
        for line in bad {
            let problem = check(&format!(
                "time,duration_ms,error,function\n\n0,1,0,f\n{line}\n2,1,0,f\n"
            ))
            .expect_err(line);
            assert_eq!(problem.row, Some(4), "{line:.40}: {problem}");
        }
        let problem = check(&format!("time,function\n0,f\n{open_quote}")).expect_err("an open quote");
        assert!(problem.row.is_some() && problem.message.contains("1 MB"), "{problem}");
    }

    #[test]
    fn empty_files_and_missing_or_double_columns_are_refused() {
        assert!(check("").expect_err("no header").message.contains("empty"));
        assert!(check("\n\n").expect_err("no header").message.contains("empty"));
        assert!(check("time\n").expect_err("no rows").message.contains("no rows"));
        let missing = check("when,what\n1,2\n").expect_err("no time");
        assert_eq!(missing.row, Some(1));
        assert!(missing.message.contains("`when`, `what`"), "{missing}");
        assert!(check("time,time\n1,2\n").is_err());
    }

    #[test]
    fn a_cut_compressed_file_is_an_error() {
        let text: String = std::iter::once("time\n".to_owned())
            .chain((0..5000).map(|k| format!("{k}.{k}\n")))
            .collect();
        for (name, bytes) in [
            ("a.csv.gz", gzip(text.as_bytes())),
            ("a.csv.zst", zstd(text.as_bytes())),
        ] {
            assert_eq!(check_bytes(name, &bytes).expect(name).1.len(), 5000);
            let problem = check_bytes(name, &bytes[..bytes.len() / 2]).expect_err(name);
            assert!(
                problem.message.contains("cannot be read") && problem.row.is_some(),
                "{problem}"
            );
        }
        assert!(check_bytes("a.csv.gz", TEXT.as_bytes()).is_err());
    }

    #[test]
    fn files_of_unknown_or_no_kind_are_refused() {
        let folder = folder();
        assert!(
            check_bytes("trace.txt", TEXT.as_bytes())
                .expect_err("unknown")
                .message
                .contains(".parquet")
        );
        assert!(CsvTrace::check(&folder.path().join("absent.csv"), Timestamp(0)).is_err());
        fs::create_dir(folder.path().join("folder.csv")).expect("a folder");
        assert!(CsvTrace::check(&folder.path().join("folder.csv"), Timestamp(0)).is_err());
    }

    #[test]
    fn a_file_that_changes_after_the_check_is_noticed() {
        let changes = [
            "time,function\n1,f\n2,f\n3,f\n",
            "time,function\n1,f\n3,f\n",
            "time,function\n1,f\n2,g\n",
            "time,function\n2,f\n1,f\n",
            "time,function\n1,f\nx,f\n",
            "time,function\n1,f\n",
            "",
        ];
        for change in changes {
            let folder = folder();
            let path = folder.path().join("trace.csv");
            fs::write(&path, "time,function\n1,f\n2,f\n").expect("a file");
            let trace = CsvTrace::check(&path, Timestamp(0)).expect("a good file");
            assert_eq!(
                (trace.rows().count(), trace.rows().count(), trace.error()),
                (2, 2, None)
            );
            fs::write(&path, change).expect("a file");
            assert!(trace.rows().count() <= 3 && trace.error().is_some(), "{change:?}");
        }
    }
}
