use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::guarded::GuardedText;
use super::problem::{TraceProblem, quoted};
use super::source::open_text;

/// Longest line, in MB.
const LONGEST_LINE: u64 = 1;

/// How many columns a message lists.
const COLUMNS_SHOWN: usize = 12;

/// A CSV file with a header, read row by row.
///
/// Fields are handed out without surrounding white space; blank lines are passed over; lines may end in CR LF.
pub(super) struct Table {
    path: PathBuf,
    reader: Reader<GuardedText<Box<dyn Read + Send>>>,
    header: Vec<Vec<u8>>,
    record: ByteRecord,
}

impl Table {
    /// Opens the file and reads its header.
    ///
    /// # Errors
    /// A file that cannot be opened or read, or is empty.
    pub(super) fn open(path: &Path) -> Result<Table, TraceProblem> {
        let text = GuardedText::new(open_text(path)?, LONGEST_LINE);
        // Lines end at LF alone (a CR before it is trimmed with the field), so that the reader's line count is exact.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(64 * 1024)
            .from_reader(text);
        let mut table = Table {
            path: path.to_owned(),
            reader,
            header: Vec::new(),
            record: ByteRecord::new(),
        };
        if !table.read_record()? {
            return Err(TraceProblem::of_file(
                path,
                "is empty; the first line must name the columns",
            ));
        }
        table.header = table.record.iter().map(|name| name.trim_ascii().to_owned()).collect();
        Ok(table)
    }

    /// Reads the next row. `false` at the end of the file.
    ///
    /// # Errors
    /// A file that cannot be read on, a line that is too long, a row whose length is not the header's.
    pub(super) fn advance(&mut self) -> Result<bool, TraceProblem> {
        if !self.read_record()? {
            return Ok(false);
        }
        if self.record.len() != self.header.len() {
            let (found, wanted) = (self.record.len(), self.header.len());
            return Err(self.problem(format!("the row has {found} fields, the header has {wanted}")));
        }
        Ok(true)
    }

    fn read_record(&mut self) -> Result<bool, TraceProblem> {
        loop {
            let start = self.reader.position().byte();
            self.reader.get_mut().line_starts_at(start);
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return Ok(false),
                Ok(true) => {}
                Err(error) => {
                    let line = self.reader.position().line();
                    return Err(TraceProblem::at_row(
                        &self.path,
                        line,
                        format!("cannot be read: {error}"),
                    ));
                }
            }
            if self.reader.get_ref().is_too_long(self.reader.position().byte() - start) {
                return Err(self.problem(self.reader.get_ref().too_long()));
            }
            let blank = self.record.len() == 1 && self.field(0).is_empty();
            if !blank {
                return Ok(true);
            }
        }
    }

    /// The field of the current row in a column, trimmed.
    pub(super) fn field(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default().trim_ascii()
    }

    /// Line number of the current row; the header's is 1.
    pub(super) fn line(&self) -> u64 {
        // The guarded text ends every line, the last one too, so the reader is one line further.
        self.reader.position().line() - 1
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[Vec<u8>] {
        &self.header
    }

    /// Where the column of that name is.
    ///
    /// # Errors
    /// Two columns of that name.
    pub(super) fn column(&self, name: &str) -> Result<Option<usize>, TraceProblem> {
        find_column(&self.header, name).map_err(|message| TraceProblem::at_row(&self.path, 1, message))
    }

    /// Where the column of that name is.
    ///
    /// # Errors
    /// No such column, or two.
    pub(super) fn required_column(&self, name: &str) -> Result<usize, TraceProblem> {
        self.column(name)?
            .ok_or_else(|| TraceProblem::at_row(&self.path, 1, missing_column(&self.header, name)))
    }

    /// A problem of the current row.
    pub(super) fn problem(&self, message: impl Into<String>) -> TraceProblem {
        TraceProblem::at_row(&self.path, self.line(), message)
    }

    /// A problem of the file as a whole.
    pub(super) fn problem_of_file(&self, message: impl Into<String>) -> TraceProblem {
        TraceProblem::of_file(&self.path, message)
    }
}

/// Where the column `name` is among `names`; the error is a message about two of them.
pub(super) fn find_column<N: AsRef<[u8]>>(names: &[N], name: &str) -> Result<Option<usize>, String> {
    let mut found = (0..names.len()).filter(|&index| names[index].as_ref() == name.as_bytes());
    let first = found.next();
    match found.next() {
        None => Ok(first),
        Some(_) => Err(format!("there are two columns `{name}`; keep one")),
    }
}

/// The message about a column that is not there.
pub(super) fn missing_column<N: AsRef<[u8]>>(names: &[N], name: &str) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(COLUMNS_SHOWN)
        .map(|name| quoted(name.as_ref()))
        .collect();
    let more = if names.len() > COLUMNS_SHOWN { ", …" } else { "" };
    format!("there is no column `{name}`; found: {}{more}", shown.join(", "))
}
