use super::number::{length, milliseconds, whole};
use crate::units::Span;

/// How an invocation ended, as far as its line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing else is told.
    #[default]
    Ok,
    /// A function error.
    Error,
    /// The runtime ended.
    Crash,
    /// The timeout passed.
    Timeout,
}

impl Status {
    /// The words of REPORT lines and of the JSON format (LOG-3, LOG-7).
    pub(super) fn of(status: &[u8], error_type: &[u8]) -> Status {
        match status {
            b"timeout" => Status::Timeout,
            b"error" | b"failure" if error_type.starts_with(b"Runtime.Exit") => Status::Crash,
            b"error" | b"failure" => Status::Error,
            _ => Status::Ok,
        }
    }
}

/// A request, told from others by 64 bits of its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

impl RequestId {
    /// The request with this id.
    pub fn of(text: &[u8]) -> RequestId {
        RequestId(mixed(text))
    }
}

/// 64 bits of a text: multiplied and folded, eight bytes at a time.
pub(super) fn mixed(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = text.len() as u64;
    for chunk in text.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let product = u128::from(hash ^ u64::from_le_bytes(word) ^ ODD) * u128::from(ODD);
        hash = (product as u64) ^ ((product >> 64) as u64).rotate_left(23);
    }
    hash
}

/// What a REPORT line says (LOG-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Which request it was.
    pub request: RequestId,
    /// `Duration`.
    pub duration: Span,
    /// `Billed Duration` in milliseconds.
    pub billed_ms: u64,
    /// `Memory Size` in MB; 0 where it is not told.
    pub memory: u32,
    /// `Max Memory Used` in MB; 0 where it is not told.
    pub max_memory: u32,
    /// `Init Duration`: the environment was made for this request (LOG-9).
    pub init: Option<Span>,
    /// `Restore Duration`: it was restored from a snapshot for this request.
    pub restore: Option<Span>,
    /// `Billed Restore Duration` in milliseconds.
    pub billed_restore_ms: u64,
    /// How it ended.
    pub status: Status,
}

/// Names of fields that are read; the longer ones that begin alike come first.
const FIELDS: [(&[u8], Field); 11] = [
    (b"Duration:", Field::Duration),
    (b"Billed Duration:", Field::Billed),
    (b"Memory Size:", Field::Memory),
    (b"Max Memory Used:", Field::MaxMemory),
    (b"Init Duration:", Field::Init),
    (b"Restore Duration:", Field::Restore),
    (b"Billed Restore Duration:", Field::BilledRestore),
    (b"Status:", Field::Status),
    (b"Error Type:", Field::ErrorType),
    (b"Phase:", Field::Phase),
    (b"RequestId:", Field::RequestId),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Duration,
    Billed,
    Memory,
    MaxMemory,
    Init,
    Restore,
    BilledRestore,
    Status,
    ErrorType,
    Phase,
    RequestId,
}

/// Fields of a REPORT line in whatever order they stand. Between them there are tabs, in copies also blanks, backslashes or
/// nothing at all.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (Field, &'a [u8]);

    /// The next field with the text from its value on.
    fn next(&mut self) -> Option<(Field, &'a [u8])> {
        loop {
            self.0 = trimmed(self.0);
            if self.0.is_empty() {
                return None;
            }
            let known = FIELDS.iter().find(|(name, _)| self.0.starts_with(name));
            if let Some((name, field)) = known {
                let value = trimmed(&self.0[name.len()..]);
                self.0 = after(value);
                return Some((*field, value));
            }
            self.0 = after(self.0);
        }
    }
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'"')
}

fn trimmed(text: &[u8]) -> &[u8] {
    let gap = text.iter().take_while(|byte| is_gap(**byte)).count();
    &text[gap..]
}

/// What follows a word; of a number also its unit.
fn after(text: &[u8]) -> &[u8] {
    if let Some((_, rest)) = milliseconds(text) {
        let rest = trimmed(rest);
        return rest.strip_prefix(b"ms").or(rest.strip_prefix(b"MB")).unwrap_or(rest);
    }
    let word = text.iter().take_while(|byte| !is_gap(**byte)).count();
    &text[word..]
}

/// The word at the start of `text`.
pub(super) fn word(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| !is_gap(**byte)).count();
    &text[..length]
}

/// What stands after `REPORT` in a line; `None` where a field is missing or no number: the line is cut off.
pub(super) fn parse_report(text: &[u8]) -> Option<Report> {
    let mut report = Report::default();
    let (mut status, mut error_type) = (&b""[..], &b""[..]);
    let (mut has_duration, mut has_billed) = (false, false);
    for (field, value) in Fields(text) {
        match field {
            Field::RequestId => report.request = RequestId::of(word(value)),
            Field::Duration => (report.duration, has_duration) = (span(value)?, true),
            Field::Billed => (report.billed_ms, has_billed) = (milliseconds(value)?.0 / 1_000, true),
            Field::Memory => report.memory = megabytes(value)?,
            Field::MaxMemory => report.max_memory = megabytes(value)?,
            Field::Init => report.init = Some(span(value)?),
            Field::Restore => report.restore = Some(span(value)?),
            Field::BilledRestore => report.billed_restore_ms = milliseconds(value)?.0 / 1_000,
            Field::Status => status = word(value),
            Field::ErrorType => error_type = word(value),
            Field::Phase => {}
        }
    }
    report.status = Status::of(status, error_type);
    (has_duration && has_billed).then_some(report)
}

/// INIT_REPORT and RESTORE_REPORT (LOG-5): how long it took, and whether it failed.
pub(super) fn parse_phase_report(text: &[u8]) -> Option<(Span, bool)> {
    let (mut length, mut failed) = (None, false);
    for (field, value) in Fields(text) {
        match field {
            Field::Init | Field::Restore => length = Some(span(value)?),
            Field::Status => failed = matches!(word(value), b"timeout" | b"error" | b"failure"),
            _ => {}
        }
    }
    Some((length?, failed))
}

fn span(value: &[u8]) -> Option<Span> {
    milliseconds(value).and_then(|(micros, _)| length(micros))
}

fn megabytes(value: &[u8]) -> Option<u32> {
    whole(value).and_then(|(number, _)| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Report {
        parse_report(line.as_bytes()).unwrap_or_else(|| panic!("not read: {line}"))
    }

    #[test]
    fn log_3_fields_are_read_between_tabs_blanks_backslashes_and_nothing() {
        let expected = Report {
            request: RequestId::of(b"8f5f1a4e-0000-4000-8000-00000000000a"),
            duration: Span::from_micros(250_060),
            billed_ms: 351,
            memory: 512,
            max_memory: 76,
            init: Some(Span::from_micros(100_770)),
            ..Report::default()
        };
        let fields = [
            "RequestId: 8f5f1a4e-0000-4000-8000-00000000000a",
            "Duration: 250.06 ms",
            "Billed Duration: 351 ms",
            "Memory Size: 512 MB",
            "Max Memory Used: 76 MB",
            "Init Duration: 100.77 ms",
        ];
        for between in ["\t", "  ", "\\\t", " \t "] {
            assert_eq!(
                read(&format!(" {}{between}", fields.join(between))),
                expected,
                "{between:?}"
            );
        }
        let glued = " RequestId: 8f5f1a4e-0000-4000-8000-00000000000a Duration: 250.06 msBilled Duration: 351 msMemory Size: \
                     512 MBMax Memory Used: 76 MBInit Duration: 100.77 ms";
        assert_eq!(read(glued), expected);
    }

    #[test]
    fn log_3_status_and_restore_are_read_and_x_ray_is_passed_over() {
        let restored = read(
            " RequestId: a\tDuration: 127.10 ms\tBilled Duration: 154 ms\tMemory Size: 2048 MB\tMax Memory Used: 212 \
             MB\tRestore Duration: 325.93 ms\tBilled Restore Duration: 26 ms\tXRAY TraceId: 1-5\tSegmentId: 7\tSampled: true",
        );
        assert_eq!(
            (restored.restore, restored.billed_restore_ms, restored.init),
            (Some(Span::from_micros(325_930)), 26, None)
        );
        let ended = |rest: &str| read(&format!(" RequestId: a Duration: 1 ms Billed Duration: 1 ms {rest}")).status;
        assert_eq!(ended("Status: timeout"), Status::Timeout);
        assert_eq!(ended("Status: error\tError Type: Runtime.ExitError"), Status::Crash);
        assert_eq!(ended("Status: error\tError Type: Function.Unknown"), Status::Error);
        assert_eq!(ended(""), Status::Ok);
    }

    #[test]
    fn a_line_that_is_cut_off_is_none() {
        for text in [
            " RequestId: a\tDuration: 250.06 ms\tBilled Dur",
            " RequestId: a\tDuration:",
            " RequestId: a",
            "",
            " RequestId: a\tDuration: fast\tBilled Duration: 1 ms",
        ] {
            assert_eq!(parse_report(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn log_5_reports_of_phases_tell_their_length_and_whether_they_failed() {
        let failed = parse_phase_report(b" Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\t");
        assert_eq!(failed, Some((Span::from_secs(10), true)));
        let restored = parse_phase_report(b" Restore Duration: 325.93 ms");
        assert_eq!(restored, Some((Span::from_micros(325_930), false)));
    }
}
