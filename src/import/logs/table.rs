//! Tables: CSV exports of Logs Insights and of the console's log events.

use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use super::row::{Field, Row};
use crate::trace::GuardedText;

/// Longest row, in MB: a message has up to 1 MB.
const LONGEST_ROW: u64 = 4;

/// What may be wrong with a row of a table.
pub(super) enum TableRow<'a> {
    Event(&'a Row),
    /// A row with another number of fields than the header, or that cannot be read.
    Broken,
}

/// Whether this first line names columns of log events.
pub(super) fn is_header(line: &[u8]) -> bool {
    let mut names = line.split(|byte| *byte == b',').map(unquoted);
    let known = |name: &[u8]| std::str::from_utf8(name).is_ok_and(|name| Field::named(name).is_some());
    line.contains(&b',') && names.any(known) || known(unquoted(line))
}

fn unquoted(name: &[u8]) -> &[u8] {
    let name = name.trim_ascii();
    name.strip_prefix(b"\"")
        .and_then(|name| name.strip_suffix(b"\""))
        .unwrap_or(name)
}

/// Hands every row of the table to `take`, with its line.
///
/// # Errors
/// Where the source cannot be read on; rows before it were handed over.
pub(super) fn read_table(source: impl Read, mut take: impl FnMut(u64, TableRow)) -> Result<(), csv::Error> {
    let mut table = ReaderBuilder::new()
        .flexible(true)
        .from_reader(GuardedText::new(source, LONGEST_ROW));
    let columns: Vec<Option<Field>> = table
        .byte_headers()?
        .iter()
        .map(|name| std::str::from_utf8(name.trim_ascii()).ok().and_then(Field::named))
        .collect();
    let mut record = ByteRecord::new();
    let mut row = Row::default();
    loop {
        let start = table.position().byte();
        table.get_mut().line_starts_at(start);
        if !table.read_byte_record(&mut record)? {
            return Ok(());
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != columns.len() {
            take(line, TableRow::Broken);
            continue;
        }
        row.clear();
        for (column, value) in columns.iter().zip(&record) {
            if let Some(field) = column {
                row.set(*field, value);
            }
        }
        take(line, TableRow::Event(&row));
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::super::line_reader::LineReader;
    use super::*;

    #[test]
    fn rows_are_events_and_short_rows_are_broken() {
        let text =
            "timestamp,message\n1795168800250,\"REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\n\"\n5\n";
        let mut found = Vec::new();
        let read = read_table(text.as_bytes(), |line, row| {
            let is_report = match row {
                TableRow::Event(row) => matches!(row.read(&LineReader::default()).1, Line::Report(_)),
                TableRow::Broken => false,
            };
            found.push((line, is_report));
        });
        assert!(read.is_ok());
        assert_eq!(found, [(2, true), (4, false)]);
    }

    #[test]
    fn a_header_names_at_least_one_column_of_log_events() {
        assert!(is_header(b"@timestamp,@message"));
        assert!(is_header(b"\"@requestId\",\"@duration\"\r"));
        assert!(is_header(b"timestamp,message"));
        assert!(!is_header(b"REPORT RequestId: r-1,a"));
        assert!(!is_header(b"hello"));
    }
}
