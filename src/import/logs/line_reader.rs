use memchr::memmem;

use super::line::Line;
use super::origin::Origin;
use super::platform::parse_platform;
use super::report::{RequestId, parse_phase_report, parse_report, word};

const REPORT: &[u8] = b"REPORT";
const TIMED_OUT: &[u8] = b" Task timed out after ";

/// Tells lines of the platform from all others.
pub struct LineReader {
    request_id: memmem::Finder<'static>,
    phase: memmem::Finder<'static>,
    timed_out: memmem::Finder<'static>,
    json: memmem::Finder<'static>,
}

impl Default for LineReader {
    fn default() -> LineReader {
        LineReader {
            request_id: memmem::Finder::new(b" RequestId: "),
            phase: memmem::Finder::new(b"_REPORT "),
            timed_out: memmem::Finder::new(TIMED_OUT),
            json: memmem::Finder::new(b"\"platform."),
        }
    }
}

impl LineReader {
    /// A line with whatever stands before its message.
    pub fn read<'a>(&self, line: &'a [u8]) -> (Origin<'a>, Line<'a>) {
        let (start, time, read) = self.parse(line);
        let mut origin = Origin::of_prefix(&line[..start]);
        origin.time = origin.time.or(time);
        (origin, read)
    }

    /// A message by itself, with the instant that it tells.
    pub fn message<'a>(&self, message: &'a [u8]) -> (Option<i64>, Line<'a>) {
        let (_, time, read) = self.parse(message);
        (time, read)
    }

    /// Where the message begins, the instant inside it, and what it is.
    fn parse<'a>(&self, line: &'a [u8]) -> (usize, Option<i64>, Line<'a>) {
        if let Some((start, read)) = self.text(line) {
            return (start, None, read);
        }
        if self.json.find(line).is_some()
            && let Some(start) = memchr::memchr(b'{', line)
        {
            let (time, read) = parse_platform(&line[start..]);
            return (start, time, read);
        }
        if let Some(at) = self.timed_out.find(line) {
            let id = line[..at].rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
            return (at - id.len(), None, Line::TimedOut(RequestId::of(id)));
        }
        match memmem::find(line, b"INIT_START ").or_else(|| memmem::find(line, b"XRAY TraceId:")) {
            Some(start) if may_begin(line, start) => (start, None, Line::Platform),
            _ => (0, None, Line::Application),
        }
    }

    /// Lines of the text format.
    fn text<'a>(&self, line: &'a [u8]) -> Option<(usize, Line<'a>)> {
        if let Some(at) = self.request_id.find(line) {
            let start = line[..at]
                .iter()
                .rposition(|byte| !byte.is_ascii_uppercase())
                .map_or(0, |place| place + 1);
            let fields = &line[at..];
            let read = match &line[start..at] {
                REPORT => parse_report(fields).map_or(Line::Broken, Line::Report),
                b"START" => start_line(fields),
                b"END" => Line::Platform,
                _ => return None,
            };
            return may_begin(line, start).then_some((start, read));
        }
        let at = self.phase.find(line)?;
        let start = at.saturating_sub(b"RESTORE".len());
        let (start, read) = match &line[start..at] {
            b"RESTORE" => (start, Line::Platform),
            other if other.ends_with(b"INIT") => {
                let report = parse_phase_report(&line[at + b"_REPORT".len()..]);
                let told = report.map(|(length, failed)| Line::InitReport { length, failed });
                (at - b"INIT".len(), told.unwrap_or(Line::Broken))
            }
            _ => return None,
        };
        may_begin(line, start).then_some((start, read))
    }
}

/// ` RequestId: ID Version: V`.
fn start_line(fields: &[u8]) -> Line<'_> {
    let value = fields[b" RequestId: ".len()..].trim_ascii_start();
    let id = word(value);
    let rest = value[id.len()..].trim_ascii_start();
    let version = rest.strip_prefix(b"Version:").map(|rest| word(rest.trim_ascii_start()));
    match id {
        b"" => Line::Broken,
        id => Line::Start {
            request: RequestId::of(id),
            version: version.filter(|version| !version.is_empty()),
        },
    }
}

/// Whether a message may begin there: at a word, and not inside an object of the application's own (LOG-8).
fn may_begin(line: &[u8], at: usize) -> bool {
    let before = &line[..at];
    let is_word = !before
        .last()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    is_word && !before.contains(&b'{')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn log_2_lines_of_the_platform_are_told_from_those_of_the_application() {
        let reader = LineReader::default();
        let read = |line: &'static str| reader.read(line.as_bytes()).1;
        let request = RequestId::of(b"r-1");
        let start = |version| Line::Start { request, version };
        assert_eq!(
            read("START RequestId: r-1 Version: $LATEST"),
            start(Some(&b"$LATEST"[..]))
        );
        assert_eq!(
            read("1795168800250\tSTART RequestId: r-1 Version: 7\n"),
            start(Some(&b"7"[..]))
        );
        assert_eq!(read("START RequestId: r-1"), start(None));
        assert_eq!(read("END RequestId: r-1"), Line::Platform);
        assert_eq!(read("INIT_START Runtime Version: python:3.13.v1"), Line::Platform);
        assert_eq!(read("XRAY TraceId: 1-5 SegmentId: 7 Sampled: true"), Line::Platform);
        assert_eq!(read("RESTORE_REPORT Restore Duration: 1.00 ms"), Line::Platform);
        for application in [
            "hello",
            "",
            "RESTART RequestId: r-1",
            "info RequestId: r-1",
            "MY_REPORT x",
            "{\"level\":\"INFO\"}",
            "{\"message\":\"it said REPORT RequestId: r-1 Duration: 1 ms Billed Duration: 1 ms\"}",
        ] {
            assert_eq!(read(application), Line::Application, "{application}");
        }
        for broken in [
            "REPORT RequestId: r-1\tDuration: 2",
            "START RequestId: ",
            "INIT_REPORT Init Dur",
        ] {
            assert_eq!(read(broken), Line::Broken, "{broken}");
        }
    }

    #[test]
    fn log_4_an_older_timeout_names_its_request() {
        let line = b"2026-11-20T10:00:00.250Z r-1 Task timed out after 3.00 seconds";
        let (origin, read) = LineReader::default().read(line);
        assert_eq!(read, Line::TimedOut(RequestId::of(b"r-1")));
        assert!(origin.time.is_some());
    }

    #[test]
    fn log_5_a_failed_init_has_a_line_of_its_own() {
        let line = b"x INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout";
        let length = Span::from_secs(10);
        assert_eq!(
            LineReader::default().read(line).1,
            Line::InitReport { length, failed: true }
        );
    }
}
