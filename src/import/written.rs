//! Values as scenario files write them.

use super::draft::Value;
use crate::kernel::math::log10;
use crate::lambda::switches::is_on;
use crate::scenario::is_function_name;

/// Stretches of one rate in the arrivals of a function: more would make a file that nobody reads.
pub(super) const MOST_STRETCHES: usize = 40;
/// The longest scenario, in seconds.
pub(super) const MOST_SECONDS: i64 = 2 * 365 * 86_400;

/// `250.06 ms` of microseconds.
pub(super) fn milliseconds(micros: u64) -> String {
    match micros % 1_000 {
        0 => format!("{} ms", micros / 1_000),
        rest => format!("{}.{} ms", micros / 1_000, format!("{rest:03}").trim_end_matches('0')),
    }
}

/// A share of six digits, in percent.
pub(super) fn share(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

/// Events a second, or an hour where they are rare.
pub(super) fn rate(per_second: f64) -> String {
    if per_second >= 0.1 || per_second == 0.0 {
        format!("{}/s", significant(per_second))
    } else {
        format!("{}/h", significant(per_second * 3_600.0))
    }
}

/// Six significant digits, no exponent.
fn significant(value: f64) -> String {
    let whole = format!("{value:.0}").len();
    let leading_zeros = if value > 0.0 && value < 1.0 {
        (-log10(value).floor()) as usize
    } else {
        0
    };
    let decimals = 6_usize.saturating_sub(whole) + leading_zeros;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A second since 1970 as `2026-11-20T00:00:00Z`.
pub(super) fn second(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MIN);
    at.to_string()
}

/// Lambda's longest timeout in a scenario that begins then, in seconds (LIM-2).
pub(super) fn longest_timeout(second: i64) -> u64 {
    if dated("SW-TIMEOUT", second) { 900 } else { 300 }
}

/// Lambda's largest memory size in a scenario that begins then, in MB (LIM-1).
pub(super) fn largest_memory(second: i64) -> u32 {
    if dated("SW-MEM", second) { 10_240 } else { 3_008 }
}

fn dated(switch: &str, at: i64) -> bool {
    is_on(switch, second(at).get(..10).unwrap_or_default(), &[])
}

/// A distribution by points of percent and microseconds, both rising; one value alone is a constant.
pub(super) fn quantiles(points: impl Iterator<Item = (f64, u64)>) -> Value {
    let points: Vec<(f64, u64)> = points.collect();
    if let Some((_, only)) = points
        .first()
        .filter(|first| points.iter().all(|point| point.1 == first.1))
    {
        return milliseconds(*only).into();
    }
    let name = |percent: f64| format!("p{}", percent.to_string().replace('.', "_"));
    let named = points
        .into_iter()
        .map(|(percent, micros)| (name(percent), milliseconds(micros).into()));
    Value::map([("quantiles", Value::map(named))])
}

/// A name that a function may have in a scenario: other characters become hyphens.
pub(super) fn function_name(name: &str) -> String {
    const LONGEST: usize = 140;
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = name.chars().map(plain).take(LONGEST).collect();
    // What is left is a name, unless it is empty or that of a service.
    match is_function_name(&name) {
        true => name,
        false => format!("{name}-function").trim_start_matches('-').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_exact_as_they_are_known_and_short() {
        assert_eq!(milliseconds(250_060), "250.06 ms");
        assert_eq!(milliseconds(3_000_000), "3000 ms");
        assert_eq!(share(0.002), "0.2 %");
        assert_eq!(share(1.0 / 3.0), "33.3333 %");
        assert_eq!(share(0.000_012_345_67), "0.00123457 %");
        assert_eq!(rate(12.5), "12.5/s");
        assert_eq!(rate(1_234_567.0), "1234567/s");
        assert_eq!(rate(1.0 / 3_600.0), "1/h");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(second(1_795_132_800), "2026-11-20T00:00:00Z");
        assert_eq!(function_name("my fn.é"), "my-fn--");
        assert_eq!(function_name("sqs"), "sqs-function");
    }
}
