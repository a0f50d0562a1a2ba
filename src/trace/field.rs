use std::fmt::Display;

use crate::units::{SimTime, Span, Timestamp};

use super::decimal::{LONGEST_MICROS, parse_scaled};
use super::problem::quoted;

const TIME_ALLOWED: &str = "allowed are seconds from t = 0 (`12.5`) or an instant of RFC 3339 (`2026-11-27T09:30:00Z`)";
const DURATION_ALLOWED: &str = "allowed are milliseconds, 0 or more";
const ERROR_ALLOWED: &str = "allowed are true, false, 1 and 0";

/// The longest function name that is read, in bytes.
const LONGEST_NAME: usize = 256;

/// The `time` field: seconds from t = 0, or an instant of RFC 3339, which has a colon.
///
/// # Errors
/// A message with what is allowed.
pub(super) fn parse_time(text: &[u8], start: Timestamp) -> Result<SimTime, String> {
    if !text.contains(&b':') {
        let micros = parse_scaled(text, 6).map_err(|fault| bad_time(&quoted(text), fault))?;
        return Ok(SimTime::from_micros(micros));
    }
    let instant: jiff::Timestamp = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| bad_time(&quoted(text), "not an instant with a zone"))?;
    // To the nearest microsecond, as the seconds are.
    let micros = (instant.as_nanosecond() + 500).div_euclid(1_000);
    time_of_instant(micros, start)
}

/// The instant `micros` microseconds after 1970 on the simulated clock.
///
/// # Errors
/// An instant before `start` or too far after it.
pub(super) fn time_of_instant(micros: i128, start: Timestamp) -> Result<SimTime, String> {
    let since_start = micros - i128::from(start.0);
    match u64::try_from(since_start) {
        Ok(since_start) if since_start <= LONGEST_MICROS => Ok(SimTime::from_micros(since_start)),
        Ok(_) => Err(bad_time(
            &calendar(micros),
            "more than 71 years after the scenario's start",
        )),
        Err(_) => Err(format!(
            "`time` {} is before the scenario's start {}; set `start:` of the scenario to the first row's time or earlier",
            calendar(micros),
            calendar(start.0.into())
        )),
    }
}

fn calendar(micros: i128) -> String {
    i64::try_from(micros)
        .ok()
        .and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok())
        .map_or_else(|| format!("{micros} µs after 1970"), |instant| instant.to_string())
}

/// The `duration_ms` field; empty means not recorded.
///
/// # Errors
/// A message with what is allowed.
pub(super) fn parse_duration(text: &[u8]) -> Result<Option<Span>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let micros = parse_scaled(text, 3).map_err(|fault| bad_duration(&quoted(text), fault))?;
    Ok(Some(Span::from_micros(micros)))
}

/// The `error` field; empty means not recorded.
///
/// # Errors
/// A message with what is allowed.
pub(super) fn parse_error(text: &[u8]) -> Result<Option<bool>, String> {
    match text {
        b"" => Ok(None),
        b"1" => Ok(Some(true)),
        b"0" => Ok(Some(false)),
        _ if text.eq_ignore_ascii_case(b"true") => Ok(Some(true)),
        _ if text.eq_ignore_ascii_case(b"false") => Ok(Some(false)),
        _ => Err(bad_error(&quoted(text))),
    }
}

/// The `function` field: 1 to 256 bytes of UTF-8.
///
/// # Errors
/// A message with what is allowed.
pub(super) fn parse_function(text: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(text) {
        Ok(name) if !name.is_empty() && name.len() <= LONGEST_NAME => Ok(name),
        _ => Err(format!(
            "`function` is {}; allowed are names of 1 to {LONGEST_NAME} bytes of UTF-8",
            quoted(text)
        )),
    }
}

/// The message about a `time`.
pub(super) fn bad_time(found: &str, fault: impl Display) -> String {
    format!("`time` is {found}: {fault}; {TIME_ALLOWED}")
}

/// The message about a `duration_ms`.
pub(super) fn bad_duration(found: &str, fault: impl Display) -> String {
    format!("`duration_ms` is {found}: {fault}; {DURATION_ALLOWED}")
}

/// The message about an `error`.
pub(super) fn bad_error(found: &str) -> String {
    format!("`error` is {found}; {ERROR_ALLOWED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27T00:00:00Z: 20,784 days after 1970.
    const START: Timestamp = Timestamp(20_784 * 86_400_000_000);

    #[test]
    fn an_instant_counts_from_the_start_in_any_zone_and_to_the_microsecond() {
        let cases = [
            ("2026-11-27T00:00:00Z", 0),
            ("2026-11-27T01:00:01.25+01:00", 1_250_000),
            ("2026-11-27 00:00:00.0000015Z", 2),
            ("2026-11-28T00:00:00Z", 86_400_000_000),
        ];
        for (text, micros) in cases {
            assert_eq!(
                parse_time(text.as_bytes(), START),
                Ok(SimTime::from_micros(micros)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_instant_before_the_start_names_the_remedy() {
        let message = parse_time(b"2026-11-26T23:59:59.999999Z", START).expect_err("too early");
        assert!(
            message.contains("set `start:`") && message.contains("2026-11-27T00:00:00Z"),
            "{message}"
        );
    }

    #[test]
    fn an_instant_without_zone_or_with_a_wrong_day_is_refused() {
        for text in [
            "2026-11-27T00:00:00",
            "2026-02-30T00:00:00Z",
            "12:30",
            "9999-12-31T23:00:00Z",
        ] {
            assert!(parse_time(text.as_bytes(), START).is_err(), "{text}");
        }
    }

    #[test]
    fn optional_fields_may_be_empty_but_not_wrong() {
        assert_eq!(parse_duration(b""), Ok(None));
        assert_eq!(parse_duration(b"1.2345"), Ok(Some(Span::from_micros(1_235))));
        assert!(parse_duration(b"-1").is_err() && parse_duration(b"inf").is_err() && parse_duration(b"5 ms").is_err());
        assert_eq!(parse_error(b""), Ok(None));
        assert_eq!([&b"1"[..], b"True"].map(parse_error), [Ok(Some(true)), Ok(Some(true))]);
        assert_eq!(
            [&b"0"[..], b"false"].map(parse_error),
            [Ok(Some(false)), Ok(Some(false))]
        );
        assert!(parse_error(b"no").is_err());
        assert!(
            parse_function(b"").is_err() && parse_function(b"\xff").is_err() && parse_function(&[b'a'; 257]).is_err()
        );
    }
}
