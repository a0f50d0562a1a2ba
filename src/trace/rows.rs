use std::path::Path;

use crate::facts::Recorded;
use crate::units::Timestamp;

use super::field::{parse_duration, parse_error, parse_function, parse_time};
use super::parquet_rows::ParquetRows;
use super::problem::TraceProblem;
use super::row::Row;
use super::source::Format;
use super::table::Table;

/// The rows of a trace in the order of its file, whatever its format.
pub(super) enum Rows {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
}

impl Rows {
    /// Opens the file and finds its columns. Instants of RFC 3339 count from `start`.
    ///
    /// # Errors
    /// A file that cannot be opened, or without a column `time`.
    pub(super) fn open(path: &Path, start: Timestamp) -> Result<Rows, TraceProblem> {
        match Format::of(path)? {
            Format::Parquet => ParquetRows::open(path, start).map(|rows| Rows::Parquet(Box::new(rows))),
            Format::Plain | Format::Gzip | Format::Zstandard => {
                CsvRows::open(path, start).map(|rows| Rows::Csv(Box::new(rows)))
            }
        }
    }

    /// Reads the next row. `None` at the end of the file.
    ///
    /// # Errors
    /// A bad row, or a file that cannot be read on.
    pub(super) fn advance(&mut self) -> Result<Option<Row>, TraceProblem> {
        match self {
            Rows::Csv(rows) => rows.advance(),
            Rows::Parquet(rows) => rows.advance(),
        }
    }

    /// The function of the row that was read last; `None` without such a column.
    ///
    /// # Errors
    /// A field that is no name.
    pub(super) fn function(&self) -> Result<Option<&str>, TraceProblem> {
        match self {
            Rows::Csv(rows) => rows.function(),
            Rows::Parquet(rows) => rows.function(),
        }
    }

    /// Whether there is a column `function`.
    pub(super) fn has_function(&self) -> bool {
        match self {
            Rows::Csv(rows) => rows.function.is_some(),
            Rows::Parquet(rows) => rows.has_function(),
        }
    }

    /// Whether there is a column `duration_ms`.
    pub(super) fn has_duration(&self) -> bool {
        match self {
            Rows::Csv(rows) => rows.duration.is_some(),
            Rows::Parquet(rows) => rows.has_duration(),
        }
    }
}

/// The rows of a CSV trace.
pub(super) struct CsvRows {
    table: Table,
    start: Timestamp,
    time: usize,
    duration: Option<usize>,
    error: Option<usize>,
    function: Option<usize>,
}

impl CsvRows {
    fn open(path: &Path, start: Timestamp) -> Result<CsvRows, TraceProblem> {
        let table = Table::open(path)?;
        Ok(CsvRows {
            start,
            time: table.required_column("time")?,
            duration: table.column("duration_ms")?,
            error: table.column("error")?,
            function: table.column("function")?,
            table,
        })
    }

    fn advance(&mut self) -> Result<Option<Row>, TraceProblem> {
        if !self.table.advance()? {
            return Ok(None);
        }
        self.parse().map(Some).map_err(|message| self.table.problem(message))
    }

    fn parse(&self) -> Result<Row, String> {
        let optional = |column: Option<usize>| column.map_or(&b""[..], |column| self.table.field(column));
        Ok(Row {
            number: self.table.line(),
            time: parse_time(self.table.field(self.time), self.start)?,
            recorded: Recorded::new(
                parse_duration(optional(self.duration))?,
                parse_error(optional(self.error))?,
            ),
        })
    }

    fn function(&self) -> Result<Option<&str>, TraceProblem> {
        let name = self.function.map(|column| parse_function(self.table.field(column)));
        name.transpose().map_err(|message| self.table.problem(message))
    }
}
