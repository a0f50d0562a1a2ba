//! Files of logs: found out what they are, and read into a [`LogBook`].

use std::io::{self, Read};
use std::path::Path;

use super::book::LogBook;
use super::document::read_documents;
use super::line_reader::LineReader;
use super::lines::{Lines, Next};
use super::oddities::Oddity;
use super::table::{TableRow, is_header, read_table};
use crate::import::ImportError;
use crate::trace::open_plain_or_gzip;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The form of a text, found out by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A line for each event: text, or objects of the JSON format, also mixed.
    Lines,
    Document,
    Table,
}

/// Reads a file, compressed or not, into `book`; where its lines name no function they belong to `function`.
///
/// # Errors
/// A file that cannot be opened. One that ends early or is damaged is a remark: what came before counts.
pub(super) fn read_file(
    book: &mut LogBook,
    reader: &LineReader,
    path: &Path,
    function: &str,
) -> Result<(), ImportError> {
    let unreadable = |cause| ImportError::Read {
        path: path.to_owned(),
        cause,
    };
    let text = open_plain_or_gzip(path).map_err(unreadable)?;
    book.begin_file(&path.display().to_string(), function);
    read_text(book, reader, text);
    book.end_file();
    Ok(())
}

fn read_text(book: &mut LogBook, reader: &LineReader, text: impl Read) {
    let mut lines = Lines::new(text);
    match form_of(lines.peek()) {
        Form::Lines => read_lines(book, reader, lines),
        Form::Document => {
            let read = read_documents(lines.into_reader(), |line, row| {
                let (origin, told) = row.read(reader);
                book.take(line, &origin, told);
            });
            if let Err(error) = read {
                let line = error.line() as u64;
                book.remark(
                    line,
                    format!("the JSON is cut off or damaged here ({error}); what stands before it counts"),
                );
            }
        }
        Form::Table => {
            let read = read_table(lines.into_reader(), |line, row| match row {
                TableRow::Event(row) => {
                    let (origin, told) = row.read(reader);
                    book.take(line, &origin, told);
                }
                TableRow::Broken => book.odd(Oddity::Broken, line),
            });
            if let Err(error) = read {
                let line = error.position().map_or(0, csv::Position::line);
                book.remark(
                    line,
                    format!("the table cannot be read on: {error}; what stands before it counts"),
                );
            }
        }
    }
}

fn read_lines(book: &mut LogBook, reader: &LineReader, mut lines: Lines<impl Read>) {
    loop {
        let number = lines.number() + 1;
        match lines.next() {
            Ok(Next::Line(line)) => {
                if std::str::from_utf8(line).is_err() {
                    book.odd(Oddity::NotUtf8, number);
                }
                let (origin, told) = reader.read(line);
                book.take(number, &origin, told);
            }
            Ok(Next::TooLong) => book.odd(Oddity::TooLong, number),
            Ok(Next::End) => return,
            Err(error) => book.remark(number, ended(&error)),
        }
    }
}

fn ended(error: &io::Error) -> String {
    format!("the file cannot be read on: {error}; what stands before it counts")
}

fn form_of(start: &[u8]) -> Form {
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii_start();
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_list = |text: &[u8]| matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b']'));
    match start.first() {
        Some(b'[') if is_list(&start[1..]) => Form::Document,
        // A line that is an object by itself is one event; anything else that begins as one goes on over several lines.
        Some(b'{') if is_whole_event(first) => Form::Lines,
        Some(b'{') => Form::Document,
        _ if is_header(first) => Form::Table,
        _ => Form::Lines,
    }
}

/// Whether a line is an object that does not list events.
fn is_whole_event(line: &[u8]) -> bool {
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line);
    match object {
        Ok(object) => !object.contains_key("events") && !object.contains_key("results"),
        // Half a line of the JSON format still names its type.
        Err(_) => memchr::memmem::find(line, b"\"platform.").is_some() && line.len() < 1 << 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells_the_form() {
        for (start, form) in [
            ("REPORT RequestId: r", Form::Lines),
            ("[ERROR] 2026-11-20 no", Form::Lines),
            ("", Form::Lines),
            (
                "{\"time\":\"\",\"type\":\"platform.report\",\"record\":{}}\n{",
                Form::Lines,
            ),
            ("{\"time\":\"\",\"type\":\"platform.report\",\"rec\n", Form::Lines),
            ("\u{feff}{\n  \"events\": [", Form::Document),
            ("{\"events\":[]}", Form::Document),
            ("[\n {\"@message\":", Form::Document),
            ("[]", Form::Document),
            ("@timestamp,@message\n", Form::Table),
        ] {
            assert_eq!(form_of(start.as_bytes()), form, "{start:?}");
        }
    }
}
