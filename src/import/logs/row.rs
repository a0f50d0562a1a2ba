use super::instant::instant;
use super::line::Line;
use super::line_reader::LineReader;
use super::number::{length, milliseconds};
use super::origin::{Origin, function_of_group};
use super::report::{Report, RequestId};

/// Logs Insights gives memory in bytes, a million for each MB (LOG-12).
const INSIGHTS_MEGABYTE: u64 = 1_000_000;

/// Fields of exported log events that are read. Names of Logs Insights stand first, then those of the API and the console.
const NAMES: [(&str, Field); 18] = [
    ("@timestamp", Field::Time),
    ("@message", Field::Message),
    ("@logStream", Field::Stream),
    ("@log", Field::Group),
    ("@type", Field::Kind),
    ("@requestId", Field::RequestId),
    ("@duration", Field::Duration),
    ("@billedDuration", Field::Billed),
    ("@initDuration", Field::Init),
    ("@memorySize", Field::Memory),
    ("@maxMemoryUsed", Field::MaxMemory),
    ("timestamp", Field::Time),
    ("message", Field::Message),
    ("logStreamName", Field::Stream),
    ("logGroupName", Field::Group),
    ("logGroupIdentifier", Field::Group),
    ("logGroup", Field::Group),
    ("logStream", Field::Stream),
];
const FIELDS: usize = 11;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    Message,
    Stream,
    Group,
    Kind,
    RequestId,
    Duration,
    Billed,
    Init,
    Memory,
    MaxMemory,
}

impl Field {
    /// The field with this name.
    pub fn named(name: &str) -> Option<Field> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }
}

/// One exported log event: whole messages, or columns that Logs Insights has taken out of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Row([Vec<u8>; FIELDS]);

impl Row {
    /// Forgets all fields, but keeps their memory.
    pub fn clear(&mut self) {
        self.0.iter_mut().for_each(Vec::clear);
    }

    pub fn set(&mut self, field: Field, value: &[u8]) {
        let place = &mut self.0[field as usize];
        place.clear();
        place.extend_from_slice(value.trim_ascii());
    }

    fn get(&self, field: Field) -> Option<&[u8]> {
        let value = self.0[field as usize].as_slice();
        (!value.is_empty()).then_some(value)
    }

    /// What the event tells.
    pub fn read(&self, reader: &LineReader) -> (Origin<'_>, Line<'_>) {
        let mut origin = Origin {
            time: self.get(Field::Time).and_then(instant),
            function: self.get(Field::Group).and_then(function_of_group),
            stream: self.get(Field::Stream),
        };
        let Some(message) = self.get(Field::Message) else {
            let line = match self.get(Field::Kind) {
                None | Some(b"REPORT") => self.report().map_or(Line::Broken, Line::Report),
                Some(b"START" | b"END") => Line::Platform,
                Some(_) => Line::Application,
            };
            return (origin, line);
        };
        let (time, line) = reader.message(message);
        origin.time = origin.time.or(time);
        (origin, line)
    }

    /// LOG-12.
    fn report(&self) -> Option<Report> {
        let span = |field| match self.get(field) {
            None => Some(None),
            Some(text) => Some(Some(length(number(text)?)?)),
        };
        let megabytes = |field| match self.get(field) {
            None => Some(0),
            Some(text) => u32::try_from(number(text)? / 1_000 / INSIGHTS_MEGABYTE).ok(),
        };
        Some(Report {
            request: RequestId::of(self.get(Field::RequestId).unwrap_or_default()),
            duration: span(Field::Duration)??,
            billed_ms: number(self.get(Field::Billed)?)? / 1_000,
            memory: megabytes(Field::Memory)?,
            max_memory: megabytes(Field::MaxMemory)?,
            init: span(Field::Init)?,
            ..Report::default()
        })
    }
}

/// A decimal number in thousandths, `1.28E8` as well.
fn number(text: &[u8]) -> Option<u64> {
    match milliseconds(text) {
        Some((value, b"")) => Some(value),
        _ => {
            let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
            (0.0..1e15).contains(&value).then(|| (value * 1e3).round() as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn row(fields: &[(&str, &str)]) -> Row {
        let mut row = Row::default();
        for (name, value) in fields {
            row.set(Field::named(name).expect("a known name"), value.as_bytes());
        }
        row
    }

    #[test]
    fn log_12_columns_of_logs_insights_are_a_report() {
        let row = row(&[
            ("@timestamp", "2026-11-20 10:00:00.250"),
            ("@type", "REPORT"),
            ("@requestId", "r-1"),
            ("@duration", "250.06"),
            ("@billedDuration", "351.0"),
            ("@initDuration", "100.77"),
            ("@memorySize", "1.28E8"),
            ("@maxMemoryUsed", "76000000"),
            ("@log", "123456789012:/aws/lambda/shop"),
            ("@logStream", "2026/11/20/[$LATEST]00"),
        ]);
        let (origin, line) = row.read(&LineReader::default());
        assert_eq!(origin.function, Some(&b"shop"[..]));
        assert_eq!(origin.version(), Some(&b"$LATEST"[..]));
        let expected = Report {
            request: RequestId::of(b"r-1"),
            duration: Span::from_micros(250_060),
            billed_ms: 351,
            memory: 128,
            max_memory: 76,
            init: Some(Span::from_micros(100_770)),
            ..Report::default()
        };
        assert_eq!(line, Line::Report(expected));
    }

    #[test]
    fn a_message_wins_over_columns_and_a_row_without_numbers_is_broken() {
        let reader = LineReader::default();
        let with_message = row(&[
            ("timestamp", "1795168800250"),
            ("message", "END RequestId: r-1\n"),
            ("@duration", "5"),
        ]);
        assert_eq!(with_message.read(&reader).1, Line::Platform);
        assert_eq!(row(&[("@duration", "5")]).read(&reader).1, Line::Broken);
        assert_eq!(
            row(&[("@duration", "fast"), ("@billedDuration", "1")]).read(&reader).1,
            Line::Broken
        );
        assert_eq!(row(&[("@type", "START")]).read(&reader).1, Line::Platform);
    }
}
