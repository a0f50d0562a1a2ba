use super::instant::{day_of, instant};

const GROUP: &[u8] = b"/aws/lambda/";
/// Length of `2026-11-20`.
const DATE: usize = 10;
/// Digits of a version.
const LONGEST_VERSION: usize = 9;
/// Length of `2026/11/20/[`.
const STREAM_START: usize = 12;

/// Where a line comes from, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Microseconds since 1970.
    pub time: Option<i64>,
    /// Name of the function, from its log group (LOG-1).
    pub function: Option<&'a [u8]>,
    /// The whole name of the log stream.
    pub stream: Option<&'a [u8]>,
}

impl<'a> Origin<'a> {
    /// What stands before a message, in any order: instant, log group, log stream.
    pub fn of_prefix(prefix: &'a [u8]) -> Origin<'a> {
        let mut origin = Origin::default();
        let mut rest = prefix;
        while let Some(start) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
            rest = &rest[start..];
            let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let length = origin.take(rest, length);
            rest = &rest[length..];
        }
        origin
    }

    /// Takes in the word of this length at the start of `rest`; returns how much of `rest` it used.
    fn take(&mut self, rest: &'a [u8], length: usize) -> usize {
        let word = &rest[..length];
        if let Some(function) = function_of_group(word) {
            self.function = Some(function);
        } else if is_stream(word) {
            self.stream = Some(word);
        } else if let Some(time) = instant(word) {
            self.time = Some(time);
        } else if length == DATE {
            return self.take_date_and_time(rest);
        }
        length
    }

    /// Date and time with a blank between are one instant.
    fn take_date_and_time(&mut self, rest: &'a [u8]) -> usize {
        let time = &rest[(DATE + 1).min(rest.len())..];
        let end = time.iter().position(u8::is_ascii_whitespace).unwrap_or(time.len());
        let both = (DATE + 1 + end).min(rest.len());
        match instant(&rest[..both]) {
            Some(time) => {
                self.time = Some(time);
                both
            }
            None => DATE,
        }
    }

    /// The version in the name of the stream.
    pub fn version(&self) -> Option<&'a [u8]> {
        let name = self.stream?.get(STREAM_START..)?;
        let end = name.iter().position(|byte| *byte == b']')?;
        Some(&name[..end]).filter(|name| is_version(name))
    }
}

/// Whether this is `$LATEST` or a whole number from 1 (VER-1).
pub(super) fn is_version(name: &[u8]) -> bool {
    let is_number = name.len() <= LONGEST_VERSION && name.iter().all(u8::is_ascii_digit);
    name == b"$LATEST" || (is_number && !name.is_empty() && name[0] != b'0')
}

/// The function whose log group this is; an account may stand before it (`123456789012:/aws/lambda/NAME`).
pub(super) fn function_of_group(group: &[u8]) -> Option<&[u8]> {
    let at = match group.first() {
        Some(b'/') => 0,
        _ => group.iter().position(|byte| *byte == b':')? + 1,
    };
    group[at..].strip_prefix(GROUP).filter(|name| !name.is_empty())
}

/// Whether this is `2026/11/20/[VERSION]…` (LOG-1).
fn is_stream(word: &[u8]) -> bool {
    word.get(..STREAM_START)
        .is_some_and(|start| day_of(start, b'/').is_some() && start.ends_with(b"/["))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_1_instant_group_and_stream_are_found_in_any_order() {
        let stream = "2026/11/20/[12]00000000000000000000000000000004";
        for prefix in [
            format!("2026-11-20T10:00:00.250Z /aws/lambda/shop {stream} "),
            format!("/aws/lambda/shop {stream} 1795168800250\t"),
            format!("{stream}\t2026-11-20 10:00:00.250 123456789012:/aws/lambda/shop"),
        ] {
            let origin = Origin::of_prefix(prefix.as_bytes());
            assert_eq!(origin.time, instant(b"2026-11-20T10:00:00.250Z"), "{prefix}");
            assert_eq!(origin.function, Some(&b"shop"[..]), "{prefix}");
            assert_eq!(origin.version(), Some(&b"12"[..]), "{prefix}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_passed_over() {
        let origin = Origin::of_prefix(b"7 2026-11-20 | api-gateway /var/log/x 20/11/2026/[1]");
        assert_eq!(origin, Origin::default());
    }
}
