use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use crate::facts::Recorded;
use crate::units::{SimTime, Span, Timestamp};

use super::decimal::{float_micros, integer_micros};
use super::field::{
    bad_duration, bad_error, bad_time, parse_duration, parse_error, parse_function, parse_time, time_of_instant,
};
use super::problem::TraceProblem;
use super::row::Row;
use super::source::open_file;
use super::table::{find_column, missing_column};

/// Rows decoded at a time.
const BLOCK_ROWS: usize = 4096;

/// The rows of a Parquet trace, decoded block by block.
pub(super) struct ParquetRows {
    path: PathBuf,
    file: SerializedFileReader<File>,
    start: Timestamp,
    time_unit: TimeKind,
    time: Column,
    duration: Option<Column>,
    error: Option<Column>,
    function: Option<Column>,
    row_groups_opened: usize,
    rows_left_in_group: usize,
    block_length: usize,
    /// Rows of the block handed out so far; the current row is the one before.
    block_taken: usize,
    row: u64,
}

thread_local! {
    static DECODES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is decoding Parquet. The decoder believes what a file says of itself and panics where that is not
/// true; such a panic becomes a [`TraceProblem`], and who tells panics need not tell it.
pub fn decodes_parquet() -> bool {
    DECODES.get()
}

/// Decodes, or says that the file contradicts itself.
fn guarded<T>(decode: impl FnOnce() -> ParquetResult<T>) -> ParquetResult<T> {
    DECODES.set(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    DECODES.set(false);
    result.unwrap_or_else(|_| Err(ParquetError::General("it contradicts itself".to_owned())))
}

/// What the values of the column `time` mean.
#[derive(Clone, Copy, Debug)]
enum TimeKind {
    /// Seconds since t = 0, or text as in a CSV file.
    Plain,
    /// Instants: so many of them in a second, since 1970.
    Instant { per_second: i64 },
}

/// One column of the file, and what of it is decoded.
struct Column {
    index: usize,
    reader: Option<ColumnReader>,
    block: Vec<Cell>,
}

/// One value of a column.
#[derive(Clone, Debug)]
enum Cell {
    Missing,
    Text(ByteArray),
    Float(f64),
    Integer(i64),
    Boolean(bool),
}

impl ParquetRows {
    /// Opens the file and finds its columns.
    ///
    /// # Errors
    /// A file that cannot be opened, or with columns that are missing or of a type that cannot be read.
    pub(super) fn open(path: &Path, start: Timestamp) -> Result<ParquetRows, TraceProblem> {
        let unreadable = |error: ParquetError| TraceProblem::of_file(path, format!("cannot be read: {error}"));
        let opened = open_file(path)?;
        let file = guarded(|| SerializedFileReader::new(opened)).map_err(unreadable)?;
        let columns = file.metadata().file_metadata().schema_descr().columns();
        let names: Vec<String> = columns.iter().map(|column| column.path().string()).collect();
        let find = |name: &str| -> Result<Option<Column>, TraceProblem> {
            let index = find_column(&names, name).map_err(|message| TraceProblem::of_file(path, message))?;
            index
                .map(|index| {
                    Column::new(index, &columns[index]).map_err(|message| TraceProblem::of_file(path, message))
                })
                .transpose()
        };
        let time = find("time")?.ok_or_else(|| TraceProblem::of_file(path, missing_column(&names, "time")))?;
        Ok(ParquetRows {
            path: path.to_owned(),
            start,
            time_unit: TimeKind::of(&columns[time.index]),
            time,
            duration: find("duration_ms")?,
            error: find("error")?,
            function: find("function")?,
            file,
            row_groups_opened: 0,
            rows_left_in_group: 0,
            block_length: 0,
            block_taken: 0,
            row: 0,
        })
    }

    pub(super) fn advance(&mut self) -> Result<Option<Row>, TraceProblem> {
        self.row += 1;
        while self.block_taken == self.block_length {
            match guarded(|| self.next_block()) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    let remedy = "pages must be uncompressed or Snappy";
                    return Err(self.problem(format!("cannot be read: {error}; {remedy}")));
                }
            }
        }
        self.block_taken += 1;
        self.parse().map(Some).map_err(|message| self.problem(message))
    }

    /// Decodes the next block. `false` at the end of the file.
    fn next_block(&mut self) -> ParquetResult<bool> {
        while self.rows_left_in_group == 0 {
            if self.row_groups_opened == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.row_groups_opened)?;
            self.row_groups_opened += 1;
            self.rows_left_in_group = usize::try_from(group.metadata().num_rows())?;
            let optional = [&mut self.duration, &mut self.error, &mut self.function];
            for column in std::iter::once(&mut self.time).chain(optional.into_iter().flatten()) {
                column.reader = Some(group.get_column_reader(column.index)?);
            }
        }
        let count = self.rows_left_in_group.min(BLOCK_ROWS);
        let optional = [&mut self.duration, &mut self.error, &mut self.function];
        for column in std::iter::once(&mut self.time).chain(optional.into_iter().flatten()) {
            column.read_block(count)?;
        }
        self.rows_left_in_group -= count;
        (self.block_length, self.block_taken) = (count, 0);
        Ok(true)
    }

    fn parse(&self) -> Result<Row, String> {
        Ok(Row {
            number: self.row,
            time: self.time_of(self.cell(&self.time))?,
            recorded: Recorded::new(
                self.duration
                    .as_ref()
                    .map_or(Ok(None), |column| duration_of(self.cell(column)))?,
                self.error
                    .as_ref()
                    .map_or(Ok(None), |column| error_of(self.cell(column)))?,
            ),
        })
    }

    fn cell<'a>(&self, column: &'a Column) -> &'a Cell {
        &column.block[self.block_taken - 1]
    }

    fn time_of(&self, cell: &Cell) -> Result<SimTime, String> {
        let micros = match (cell, self.time_unit) {
            (Cell::Text(text), _) => return parse_time(text.data().trim_ascii(), self.start),
            (&Cell::Integer(value), TimeKind::Instant { per_second }) => {
                // To the nearest microsecond, as in a CSV file.
                let micros =
                    (i128::from(value) * 2_000_000 + i128::from(per_second)).div_euclid(2 * i128::from(per_second));
                return time_of_instant(micros, self.start);
            }
            (&Cell::Integer(value), TimeKind::Plain) => {
                integer_micros(value, 1_000_000).map_err(|fault| bad_time(&value.to_string(), fault))?
            }
            (&Cell::Float(value), _) => {
                float_micros(value, 1e6).map_err(|fault| bad_time(&value.to_string(), fault))?
            }
            (Cell::Missing, _) => return Err(bad_time("missing", "every row needs one")),
            (Cell::Boolean(_), _) => return Err(bad_time("true or false", "not a number")),
        };
        Ok(SimTime::from_micros(micros))
    }

    pub(super) fn function(&self) -> Result<Option<&str>, TraceProblem> {
        let Some(column) = &self.function else { return Ok(None) };
        let text = match self.cell(column) {
            Cell::Text(text) => text.data().trim_ascii(),
            Cell::Missing => b"",
            _ => return Err(self.problem("`function` is not text")),
        };
        parse_function(text).map(Some).map_err(|message| self.problem(message))
    }

    pub(super) fn has_function(&self) -> bool {
        self.function.is_some()
    }

    pub(super) fn has_duration(&self) -> bool {
        self.duration.is_some()
    }

    fn problem(&self, message: impl Into<String>) -> TraceProblem {
        TraceProblem::at_row(&self.path, self.row, message)
    }
}

impl TimeKind {
    fn of(column: &ColumnDescriptor) -> TimeKind {
        let per_second = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(kind)), _) => match kind.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            },
            (_, ConvertedType::TIMESTAMP_MILLIS) => 1_000,
            (_, ConvertedType::TIMESTAMP_MICROS) => 1_000_000,
            _ => return TimeKind::Plain,
        };
        TimeKind::Instant { per_second }
    }
}

impl Column {
    fn new(index: usize, column: &ColumnDescriptor) -> Result<Column, String> {
        let kind = column.physical_type();
        if column.max_rep_level() > 0 || matches!(kind, Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY) {
            return Err(format!(
                "column `{}` is of a type that cannot be read ({kind}); allowed are text, numbers, booleans and timestamps",
                column.name()
            ));
        }
        Ok(Column {
            index,
            reader: None,
            block: Vec::new(),
        })
    }

    fn read_block(&mut self, count: usize) -> ParquetResult<()> {
        let block = &mut self.block;
        match &mut self.reader {
            Some(ColumnReader::BoolColumnReader(reader)) => read_cells(reader, count, block, Cell::Boolean),
            Some(ColumnReader::Int32ColumnReader(reader)) => {
                read_cells(reader, count, block, |value| Cell::Integer(value.into()))
            }
            Some(ColumnReader::Int64ColumnReader(reader)) => read_cells(reader, count, block, Cell::Integer),
            Some(ColumnReader::FloatColumnReader(reader)) => {
                read_cells(reader, count, block, |value| Cell::Float(value.into()))
            }
            Some(ColumnReader::DoubleColumnReader(reader)) => read_cells(reader, count, block, Cell::Float),
            Some(ColumnReader::ByteArrayColumnReader(reader)) => read_cells(reader, count, block, Cell::Text),
            _ => Err(ParquetError::General(
                "a column of a type that cannot be read".to_owned(),
            )),
        }
    }
}

/// Decodes exactly `count` values of a flat column; a null is a missing cell.
fn read_cells<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    block: &mut Vec<Cell>,
    cell: fn(T::T) -> Cell,
) -> ParquetResult<()> {
    let (mut levels, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (rows, present, _) = reader.read_records(count, Some(&mut levels), None, &mut values)?;
    if rows != count {
        return Err(ParquetError::General("a column is shorter than the others".to_owned()));
    }
    block.clear();
    let mut values = values.into_iter();
    if present == count {
        block.extend(values.map(cell));
    } else {
        let present_level = levels.iter().copied().max().unwrap_or(0).max(1);
        block.extend(levels.iter().map(|&level| {
            let value = if level == present_level { values.next() } else { None };
            value.map_or(Cell::Missing, cell)
        }));
    }
    Ok(())
}

fn duration_of(cell: &Cell) -> Result<Option<Span>, String> {
    let (shown, micros) = match cell {
        Cell::Missing => return Ok(None),
        Cell::Text(text) => return parse_duration(text.data().trim_ascii()),
        Cell::Float(value) => (value.to_string(), float_micros(*value, 1e3)),
        Cell::Integer(value) => (value.to_string(), integer_micros(*value, 1_000)),
        Cell::Boolean(_) => return Err(bad_duration("true or false", "not a number")),
    };
    micros
        .map(|micros| Some(Span::from_micros(micros)))
        .map_err(|fault| bad_duration(&shown, fault))
}

fn error_of(cell: &Cell) -> Result<Option<bool>, String> {
    match cell {
        Cell::Missing => Ok(None),
        Cell::Text(text) => parse_error(text.data().trim_ascii()),
        Cell::Boolean(value) => Ok(Some(*value)),
        Cell::Integer(0) => Ok(Some(false)),
        Cell::Integer(1) => Ok(Some(true)),
        Cell::Integer(value) => Err(bad_error(&value.to_string())),
        Cell::Float(value) => Err(bad_error(&value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    /// Values of one column; `None` where the cell is null.
    enum Values {
        Integers(Vec<i64>),
        Doubles(Vec<Option<f64>>),
        Texts(Vec<&'static str>),
        Booleans(Vec<bool>),
    }

    /// Writes `groups` row groups, each with the same columns.
    fn write(path: &Path, schema: &str, groups: usize, columns: &[Values]) {
        let schema = Arc::new(parse_message_type(schema).expect("a schema"));
        let file = File::create(path).expect("a file");
        let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writer");
        for _ in 0..groups {
            let mut group = writer.next_row_group().expect("a row group");
            for values in columns {
                let mut column = group.next_column().expect("a column").expect("one more column");
                match values {
                    Values::Integers(values) => column.typed::<Int64Type>().write_batch(values, None, None),
                    Values::Doubles(cells) => {
                        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
                        let values: Vec<f64> = cells.iter().flatten().copied().collect();
                        column.typed::<DoubleType>().write_batch(&values, Some(&levels), None)
                    }
                    Values::Texts(texts) => {
                        let values: Vec<ByteArray> = texts.iter().map(|&text| text.into()).collect();
                        column.typed::<ByteArrayType>().write_batch(&values, None, None)
                    }
                    Values::Booleans(values) => column.typed::<BoolType>().write_batch(values, None, None),
                }
                .expect("values");
                column.close().expect("a column");
            }
            group.close().expect("a row group");
        }
        writer.close().expect("a file");
    }

    fn read(
        schema: &str,
        groups: usize,
        columns: &[Values],
        start: Timestamp,
    ) -> Result<Vec<(Row, String)>, TraceProblem> {
        let directory = tempfile::tempdir().expect("a folder");
        let path = directory.path().join("trace.parquet");
        write(&path, schema, groups, columns);
        let mut rows = ParquetRows::open(&path, start)?;
        let mut found = Vec::new();
        while let Some(row) = rows.advance()? {
            found.push((row, rows.function()?.unwrap_or("none").to_owned()));
        }
        Ok(found)
    }

    #[test]
    fn every_kind_of_time_gives_the_same_instants() {
        let start = Timestamp(1_000_000_000_000_000);
        let seconds = [
            ("message m { required int64 time; }", Values::Integers(vec![1, 3])),
            (
                "message m { required int64 time (TIMESTAMP_MILLIS); }",
                Values::Integers(vec![1_000_000_001_000, 1_000_000_003_000]),
            ),
            (
                "message m { required int64 time (TIMESTAMP(MICROS, true)); }",
                Values::Integers(vec![1_000_000_001_000_000, 1_000_000_003_000_000]),
            ),
            (
                "message m { required int64 time (TIMESTAMP(NANOS, false)); }",
                Values::Integers(vec![1_000_000_001_000_000_000, 1_000_000_003_000_000_000]),
            ),
            (
                "message m { optional double time; }",
                Values::Doubles(vec![Some(1.0), Some(3.0)]),
            ),
            (
                "message m { required binary time (UTF8); }",
                Values::Texts(vec!["2001-09-09T01:46:41Z", "3"]),
            ),
        ];
        for (schema, values) in seconds {
            let rows = read(schema, 1, &[values], start).expect(schema);
            let times: Vec<u64> = rows.iter().map(|row| row.0.time.as_micros()).collect();
            assert_eq!(times, [1_000_000, 3_000_000], "{schema}");
        }
    }

    #[test]
    fn rows_run_on_over_blocks_and_row_groups_with_nulls_in_their_place() {
        let schema = "message m { required int64 time; optional double duration_ms; required binary function (UTF8); \
                      required boolean error; required int64 other; }";
        let count = 10_000;
        let columns = [
            Values::Integers((0..count).collect()),
            Values::Doubles((0..count).map(|k| (k % 3 != 0).then_some(k as f64)).collect()),
            Values::Texts((0..count).map(|k| if k % 2 == 0 { "even" } else { "odd" }).collect()),
            Values::Booleans((0..count).map(|k| k % 5 == 0).collect()),
            Values::Integers(vec![0; count as usize]),
        ];
        let rows = read(schema, 2, &columns, Timestamp(0)).expect("two row groups");
        assert_eq!(rows.len(), 20_000);
        for (index, (row, function)) in rows.iter().enumerate() {
            let k = index as i64 % 10_000;
            assert_eq!(row.number, index as u64 + 1);
            assert_eq!(row.time.as_micros(), k as u64 * 1_000_000);
            assert_eq!(
                row.recorded.duration(),
                (k % 3 != 0).then_some(Span::from_millis(k as u64))
            );
            assert_eq!(row.recorded.error(), Some(k % 5 == 0));
            assert_eq!(function, if k % 2 == 0 { "even" } else { "odd" });
        }
    }

    #[test]
    fn a_bad_value_tells_its_row_and_a_missing_column_what_there_is() {
        let doubles = "message m { optional double time; }";
        for bad in [None, Some(-1.0), Some(f64::NAN)] {
            let problem = read(doubles, 1, &[Values::Doubles(vec![Some(0.5), bad])], Timestamp(0));
            assert_eq!(problem.expect_err("a bad time").row, Some(2), "{bad:?}");
        }
        let problem = read(
            "message m { required int64 when; }",
            1,
            &[Values::Integers(vec![1])],
            Timestamp(0),
        );
        assert!(problem.expect_err("no time").message.contains("found: `when`"));
        let early = read(
            "message m { required int64 time (TIMESTAMP_MILLIS); }",
            1,
            &[Values::Integers(vec![5])],
            Timestamp(6_000),
        );
        assert!(early.expect_err("before the start").message.contains("start:"));
    }

    #[test]
    fn a_file_that_is_not_parquet_or_cut_is_refused() {
        let directory = tempfile::tempdir().expect("a folder");
        let path = directory.path().join("trace.parquet");
        write(
            &path,
            "message m { required int64 time; }",
            1,
            &[Values::Integers(vec![1, 2, 3])],
        );
        let bytes = std::fs::read(&path).expect("the file");
        for content in [&bytes[..bytes.len() / 2], b"time\n1\n", b""] {
            std::fs::write(&path, content).expect("the file");
            assert!(ParquetRows::open(&path, Timestamp(0)).is_err());
        }
    }
}
