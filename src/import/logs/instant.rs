use super::number::whole;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Whole numbers from here on are milliseconds since 1970: CloudWatch's own form, since 2001.
const LEAST_EPOCH_MS: u64 = 1_000_000_000_000;
const MOST_EPOCH_MS: u64 = 7_258_118_400_000;
/// Years that scenarios may begin in.
const YEARS: std::ops::Range<i64> = 1970..2200;

/// Microseconds since 1970 of an instant as logs write them: `2026-11-20T00:00:00.123Z`, with `+01:00` or a blank between date and
/// time, or milliseconds since 1970. Without an offset it is UTC. Only instants from 1970 to 2199 are some.
pub(in crate::import) fn instant(text: &[u8]) -> Option<i64> {
    if let Some((number, b"")) = whole(text) {
        let is_epoch = (LEAST_EPOCH_MS..MOST_EPOCH_MS).contains(&number);
        return is_epoch.then(|| number as i64 * 1_000);
    }
    calendar(text)
}

fn calendar(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = day_of(date, b'-')?;
    let time = rest.strip_prefix(b"T").or(rest.strip_prefix(b" "))?;
    let (clock, rest) = time.split_at_checked(8)?;
    let [hour, minute, second] = [two(clock, 0)?, two(clock, 3)?, two(clock, 6)?];
    if clock[2] != b':' || clock[5] != b':' || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (micros, zone) = fraction(rest);
    let seconds = day * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second - offset(zone)?;
    (seconds >= 0).then_some(seconds * MICROS_PER_SECOND + micros)
}

/// Days since 1970-01-01 of `2026-11-20`, or with another sign between.
pub(super) fn day_of(date: &[u8], sign: u8) -> Option<i64> {
    if date.len() < 10 || date[4] != sign || date[7] != sign {
        return None;
    }
    let year = two(date, 0)? * 100 + two(date, 2)?;
    let (month, day) = (two(date, 5)?, two(date, 8)?);
    if !YEARS.contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March have the day that may be missing at their end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 719_469)
}

fn two(text: &[u8], place: usize) -> Option<i64> {
    match text.get(place..place + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i64::from(a - b'0') * 10 + i64::from(b - b'0')),
        _ => None,
    }
}

/// Microseconds after a point or comma, and what follows.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let Some((b'.' | b',', digits)) = text.split_first() else {
        return (0, text);
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |place: usize| digits[..length].get(place).map_or(0, |digit| i64::from(digit - b'0'));
    (
        (0..6).fold(0, |micros, place| micros * 10 + digit(place)),
        &digits[length..],
    )
}

/// Seconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone.split_first() {
        None | Some((b'Z', b"")) => return Some(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let minutes = match rest.len() {
        2 => 0,
        4 => two(rest, 2)?,
        5 if rest[2] == b':' => two(rest, 3)?,
        _ => return None,
    };
    Some(sign * (two(rest, 0)? * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_those_that_a_calendar_library_finds() {
        for text in [
            "2026-11-20T00:00:00.123Z",
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59.999999Z",
            "2000-03-01T12:30:00+01:30",
            "2100-12-31T05:06:07.5-08:00",
        ] {
            let expected = text.parse::<jiff::Timestamp>().expect("an instant").as_microsecond();
            assert_eq!(instant(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_forms_of_logs_are_read_and_other_numbers_are_not() {
        let expected = instant(b"2026-11-20T10:00:00.250Z");
        assert!(expected.is_some());
        for text in [
            "2026-11-20 10:00:00.250",
            "2026-11-20T10:00:00.250000+00:00",
            "2026-11-20T11:00:00,250+0100",
            "1795168800250",
        ] {
            assert_eq!(instant(text.as_bytes()), expected, "{text}");
        }
        for text in [
            "250",
            "2026-13-20T10:00:00Z",
            "2026-11-20T25:00:00Z",
            "2026-11-20",
            "RequestId",
            "1000-11-20T10:00:00Z",
            "2200-01-01T00:00:00Z",
            "1970-01-01T00:30:00+01:00",
            "7258118400000",
        ] {
            assert_eq!(instant(text.as_bytes()), None, "{text}");
        }
    }
}
