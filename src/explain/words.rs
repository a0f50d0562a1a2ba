//! Times and numbers as people read them, with every digit.

use crate::units::{SimTime, Span};

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A point of the run: `00:02:00.250000`, after a day `1 d 00:02:00.250000`.
pub(super) fn clock(time: SimTime) -> String {
    let micros = time.as_micros();
    let rest = micros % DAY;
    let (hours, minutes) = (rest / HOUR, rest % HOUR / MINUTE);
    let (seconds, fraction) = (rest % MINUTE / SECOND, rest % SECOND);
    let of_day = format!("{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}");
    match micros / DAY {
        0 => of_day,
        days => format!("{days} d {of_day}"),
    }
}

/// A length with all its digits: `250 µs`, `85.123 ms`, `1.5 s`, `2 min 5 s`, `1 h 4 min`.
pub(super) fn exact(span: Span) -> String {
    let micros = span.as_micros();
    match micros {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{micros} µs"),
        1_000..SECOND => format!("{} ms", fraction(micros, 1_000)),
        SECOND..120_000_000 => format!("{} s", fraction(micros, SECOND)),
        120_000_000..HOUR => parts(micros, (MINUTE, "min"), (SECOND, "s")),
        HOUR..DAY => parts(micros, (HOUR, "h"), (MINUTE, "min")),
        _ => parts(micros, (DAY, "d"), (HOUR, "h")),
    }
}

/// Whole units of the larger kind and what is left in the smaller one.
fn parts(micros: u64, (large, large_name): (u64, &str), (small, small_name): (u64, &str)) -> String {
    let whole = format!("{} {large_name}", micros / large);
    match micros % large {
        0 => whole,
        rest if small > SECOND && rest % small > 0 => format!("{whole} {}", exact(Span::from_micros(rest))),
        rest => format!("{whole} {} {small_name}", fraction(rest, small)),
    }
}

/// `micros / unit` with as many of its decimals as it has; `unit` is a power of ten, or divides without a rest.
fn fraction(micros: u64, unit: u64) -> String {
    let (whole, rest) = (micros / unit, micros % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    let decimals = format!("{rest:0digits$}");
    format!("{whole}.{}", decimals.trim_end_matches('0'))
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 message`, `2 messages`, `no messages`.
pub(super) fn counted(count: u64, one: &str) -> String {
    match count {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        more => format!("{} {one}s", grouped(more)),
    }
}

/// `1st`, `2nd`, `3rd`, `4th`.
pub(super) fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, 1..=10 | 20..) => "st",
        (2, 1..=10 | 20..) => "nd",
        (3, 1..=10 | 20..) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A share in percent, with as few decimals as show it.
pub(super) fn percent(fraction: f64) -> String {
    let text = format!("{:.4}", fraction * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_all_their_digits() {
        let shown = [0, 250, 85_123, 1_500_000, 125_000_001, 3_840_000_000, 90_000_000_000];
        let expected = [
            "0 s",
            "250 µs",
            "85.123 ms",
            "1.5 s",
            "2 min 5.000001 s",
            "1 h 4 min",
            "1 d 1 h",
        ];
        assert_eq!(shown.map(|micros| exact(Span::from_micros(micros))), expected);
        assert_eq!(exact(Span::from_micros(3_600_500_000)), "1 h 500 ms");
    }

    #[test]
    fn points_of_the_run_are_clock_times() {
        let at = |micros| clock(SimTime::from_micros(micros));
        assert_eq!(at(120_250_000), "00:02:00.250000");
        assert_eq!(at(86_400_000_001), "1 d 00:00:00.000001");
    }

    #[test]
    fn numbers_are_counted_as_people_do() {
        assert_eq!(
            [0, 1, 1_234].map(|count| counted(count, "slot")),
            ["no slots", "1 slot", "1,234 slots"]
        );
        assert_eq!(
            [1, 2, 3, 4, 11, 21, 112].map(ordinal),
            ["1st", "2nd", "3rd", "4th", "11th", "21st", "112th"]
        );
        assert_eq!([0.1, 0.0025, 1.0].map(percent), ["10 %", "0.25 %", "100 %"]);
    }
}
