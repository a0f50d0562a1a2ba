//! JSON documents: what `aws logs filter-log-events`, `get-log-events` and `get-query-results` print, and exports of Logs Insights.
//! Events are handed over one by one, so a document may have any size.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::row::{Field, Row};

/// Keys under which lists of events stand.
const LISTS: [&str; 2] = ["events", "results"];
/// Bytes of an event, with what stands between it and the one before; CloudWatch takes messages up to 1 MB.
const LONGEST_EVENT: usize = 8 << 20;

/// Hands every event of the documents in `source` to `take`, with the line of its end.
///
/// # Errors
/// Where the text is no JSON or ends early; events before it were handed over.
pub(super) fn read_documents(source: impl Read, mut take: impl FnMut(u64, &Row)) -> Result<(), serde_json::Error> {
    let line = Cell::new(1);
    let since_event = Cell::new(0);
    let source = CountedLines {
        source: BufReader::new(source),
        line: &line,
        since_event: &since_event,
    };
    let mut documents = serde_json::Deserializer::from_reader(source);
    let mut events = Events {
        row: Row::default(),
        line: &line,
        since_event: &since_event,
        take: &mut take,
    };
    // An empty rest is the end; several documents may stand one after another.
    while documents.end().is_err() {
        Document(&mut events).deserialize(&mut documents)?;
    }
    Ok(())
}

struct Events<'a> {
    row: Row,
    line: &'a Cell<u64>,
    since_event: &'a Cell<usize>,
    take: &'a mut dyn FnMut(u64, &Row),
}

/// A whole document: a list of events, or an object with such a list.
struct Document<'e, 'a>(&'e mut Events<'a>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of log events, or an object with `events` or `results`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Event(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            if LISTS.contains(&key.as_ref()) {
                map.next_value_seed(Document(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// One event: an object, or a list of `{ "field": …, "value": … }`.
struct Event<'e, 'a>(&'e mut Events<'a>);

impl<'de> DeserializeSeed<'de> for Event<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[derive(Deserialize)]
struct FieldAndValue {
    field: String,
    value: String,
}

impl<'de> Visitor<'de> for Event<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a log event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.row.clear();
        while let Some(key) = map.next_key::<String>()? {
            match Field::named(&key) {
                Some(field) => {
                    let value: Value = map.next_value()?;
                    // A message may itself be an object.
                    match &value {
                        Value::String(text) => self.0.row.set(field, text.as_bytes()),
                        other => self.0.row.set(field, other.to_string().as_bytes()),
                    }
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.0.end();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.0.row.clear();
        while let Some(entry) = fields.next_element::<FieldAndValue>()? {
            if let Some(field) = Field::named(&entry.field) {
                self.0.row.set(field, entry.value.as_bytes());
            }
        }
        self.0.end();
        Ok(())
    }
}

impl Events<'_> {
    fn end(&mut self) {
        self.since_event.set(0);
        (self.take)(self.line.get(), &self.row);
    }
}

/// Counts line ends in what it gives out, byte by byte, and ends where no event comes for very long: an event that never ends
/// would fill the memory.
struct CountedLines<'a, R> {
    source: R,
    line: &'a Cell<u64>,
    /// Bytes behind the end of the latest event.
    since_event: &'a Cell<usize>,
}

impl<R: Read> Read for CountedLines<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.since_event.get() > LONGEST_EVENT {
            return Err(io::Error::other("no log event ends within 8 MB"));
        }
        let count = self.source.read(target)?;
        self.since_event.set(self.since_event.get() + count);
        let ends = memchr::memchr_iter(b'\n', &target[..count]).count();
        self.line.set(self.line.get() + ends as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::super::line_reader::LineReader;
    use super::*;

    fn reports(text: &str) -> (Vec<u64>, Option<usize>) {
        let reader = LineReader::default();
        let mut lines = Vec::new();
        let read = read_documents(text.as_bytes(), |line, row| {
            if matches!(row.read(&reader).1, Line::Report(_)) {
                lines.push(line);
            }
        });
        (lines, read.err().map(|error| error.line()))
    }

    const EVENT: &str = r#"{"logStreamName":"2026/11/20/[7]ab","timestamp":1795168800250,"message":"REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\n"}"#;

    #[test]
    fn events_are_found_in_lists_under_events_and_results_and_in_several_documents() {
        let results = r#"{"results":[[{"field":"@duration","value":"1"},{"field":"@billedDuration","value":"1"}]],"status":"Complete"}"#;
        for (text, count) in [
            (format!("[{EVENT},{EVENT}]"), 2),
            (
                format!("{{\"events\":[{EVENT}],\"searchedLogStreams\":[{{\"a\":[1]}}]}}\n"),
                1,
            ),
            (results.to_owned(), 1),
            (format!("{{\"events\":[{EVENT}]}}\n{{\"events\":[{EVENT}]}}"), 2),
        ] {
            let (lines, error) = reports(&text);
            assert_eq!((lines.len(), error), (count, None), "{text}");
        }
    }

    #[test]
    fn a_document_that_ends_early_gives_what_came_before_and_its_line() {
        let text = format!("{{\n\"events\": [\n{EVENT},\n{EVENT},\n{{\"message\": \"REP");
        assert_eq!(reports(&text), (vec![3, 4], Some(5)));
    }
}
