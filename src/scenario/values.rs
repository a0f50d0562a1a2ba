//! Scalars with their units: text to whole numbers.

use std::time::Duration;

use super::keys::nearest;
use super::problem::Fault;
use super::tree::shortened;
use crate::pricing::Discount;
use crate::units::{Bytes, MemoryMb, Money, Rate, Span, Timestamp};

const DURATION: &str =
    "a duration is a number with a unit, such as 250 ms, 5 s, 10 min, 6 h, 30 d or 1h30m; a bare number is seconds";
const MEMORY: &str = "a memory size is a whole number of MB, such as 1024 MB or 2 GB; a bare number is MB";
const SIZE: &str = "a size is a number of bytes with a unit, such as 12 KB or 1.5 MB; a bare number is bytes";
const SHARE: &str = "a share is 0 % to 100 %, such as 0.2 % or 0.002";
const RATE: &str = "a rate is a number per unit of time, such as 120/s, 5/min or 3 million/month";
const INSTANT: &str = "an instant is written 2026-11-27T00:00:00Z";
const DATE: &str = "a date is written 2026-11-20";
const NUMBER: &str = "a finite number is allowed";
const FLAG: &str = "true, on, false, off and none are allowed";

/// Memory of a function that says nothing of it (LIM-1).
pub(super) const DEFAULT_MEMORY: &str = "128 MB";

/// Longest length of time anything takes.
const LONGEST_MICROS: u128 = 70 * 365 * 86_400 * 1_000_000;
/// Largest size anything takes.
const LARGEST_BYTES: u128 = 1 << 40;
/// Highest rate, per second.
const HIGHEST_RATE: u128 = 1_000_000_000;
const SECONDS_BY_UNIT: &[(&[&str], u64)] = &[
    (&["s", "sec", "second"], 1),
    (&["min", "minute"], 60),
    (&["h", "hour"], 3_600),
    (&["d", "day"], 86_400),
    (&["month"], 730 * 3_600),
];
const MULTIPLES: &[(&str, u128)] = &[("thousand", 1_000), ("million", 1_000_000), ("billion", 1_000_000_000)];

fn is(text: &str) -> String {
    format!("is \"{}\"", shortened(text))
}

/// `none`, `off` and `false` mean the same (contract §2.4).
pub(super) fn is_off(text: &str) -> bool {
    matches!(text, "none" | "off" | "false")
}

/// A flag.
pub(super) fn flag(text: &str) -> Result<bool, Fault> {
    match text {
        "true" | "on" => Ok(true),
        _ if is_off(text) => Ok(false),
        _ => Err(Fault::new(is(text), FLAG)),
    }
}

/// A length of time, rounded to whole microseconds.
pub(super) fn duration(text: &str) -> Result<Span, Fault> {
    let text = text.trim();
    finite_and_positive(text, DURATION)?;
    let micros = match split_number(text) {
        Some((number, "")) => number.times(1_000_000, 0),
        Some(_) => humane(text).map(|duration| (duration.as_nanos() + 500) / 1_000),
        None => None,
    };
    match micros {
        None => Err(Fault::new(is(text), DURATION)),
        Some(micros) if micros > LONGEST_MICROS => {
            Err(Fault::new(is(text), "a duration of at most 70 years is allowed"))
        }
        Some(micros) => Ok(Span::from_micros(micros as u64)),
    }
}

/// What the library reads, without its months and years, which are no fixed lengths (and `1 M` would be one).
fn humane(text: &str) -> Option<Duration> {
    let ambiguous = ["M", "month", "months", "y", "yr", "yrs", "year", "years"];
    let mut words = text.split(|c: char| !c.is_alphabetic());
    if words.any(|word| ambiguous.contains(&word)) {
        return None;
    }
    humantime::parse_duration(text).ok()
}

/// A memory size in whole MB of 2^20 bytes.
pub(super) fn memory(text: &str) -> Result<MemoryMb, Fault> {
    let text = text.trim();
    finite_and_positive(text, MEMORY)?;
    let fault = || Fault::new(is(text), MEMORY);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let per_unit = match unit {
        "" | "MB" | "MiB" => 1,
        "GB" | "GiB" => 1_024,
        _ => return Err(fault()),
    };
    let megabytes = number.exactly(per_unit, 0).ok_or_else(fault)?;
    u32::try_from(megabytes).map(MemoryMb).map_err(|_| fault())
}

/// A size in bytes, rounded to whole ones; KB, MB and GB are powers of 1,024.
pub(super) fn size(text: &str) -> Result<Bytes, Fault> {
    let text = text.trim();
    finite_and_positive(text, SIZE)?;
    let fault = || Fault::new(is(text), SIZE);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let per_unit = match unit {
        "" | "B" => 1,
        "KB" | "KiB" => 1 << 10,
        "MB" | "MiB" => 1 << 20,
        "GB" | "GiB" => 1 << 30,
        _ => return Err(fault()),
    };
    let bytes = number.times(per_unit, 0).ok_or_else(fault)?;
    if bytes > LARGEST_BYTES {
        return Err(Fault::new(is(text), "a size of at most 1024 GB is allowed"));
    }
    Ok(Bytes(bytes as u64))
}

/// A share in 0..=1.
pub(super) fn share(text: &str) -> Result<f64, Fault> {
    let text = text.trim();
    finite_and_positive(text, SHARE)?;
    let fault = || Fault::new(is(text), SHARE);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let fraction = match unit {
        "" => number.to_f64(0),
        "%" => number.to_f64(-2),
        _ => return Err(fault()),
    };
    if fraction > 1.0 {
        return Err(Fault::new(format!("{}, which is above 100 %", is(text)), SHARE));
    }
    Ok(fraction)
}

/// A rate, exact to a billionth of an event.
pub(super) fn rate(text: &str) -> Result<Rate, Fault> {
    let text = text.trim();
    finite_and_positive(text, RATE)?;
    let fault = || Fault::new(is(text), RATE);
    let (number, rest) = split_number(text).ok_or_else(fault)?;
    let (multiple, unit) = rest.split_once('/').ok_or_else(fault)?;
    let (multiple, unit) = (multiple.trim(), unit.trim());
    let multiple = match multiple {
        "" => 1,
        word => MULTIPLES.iter().find(|(name, _)| *name == word).ok_or_else(fault)?.1,
    };
    let seconds = SECONDS_BY_UNIT
        .iter()
        .find(|(names, _)| names.contains(&unit))
        .ok_or_else(fault)?
        .1;
    let nano_events = number.times(multiple, 9).ok_or_else(fault)?;
    if nano_events / 1_000_000_000 > HIGHEST_RATE * u128::from(seconds) {
        return Err(Fault::new(
            is(text),
            "a rate of at most a billion per second is allowed",
        ));
    }
    Ok(Rate::new(nano_events, Span::from_secs(seconds)))
}

/// A finite number.
pub(super) fn number(text: &str) -> Result<f64, Fault> {
    let text = text.trim();
    not_infinite(text, NUMBER)?;
    let parsed = text.parse::<f64>().ok().filter(|value| value.is_finite());
    parsed.ok_or_else(|| Fault::new(is(text), NUMBER))
}

/// A finite number that is not negative.
pub(super) fn factor(text: &str) -> Result<f64, Fault> {
    finite_and_positive(text.trim(), NUMBER)?;
    number(text)
}

/// A whole number in `lowest..=highest`.
pub(super) fn count(text: &str, lowest: u64, highest: u64) -> Result<u64, Fault> {
    let allowed = match highest {
        u64::MAX if lowest == 0 => "a whole number from 0 to 18446744073709551615 is allowed".to_owned(),
        _ => format!("a whole number from {lowest} to {highest} is allowed"),
    };
    let text = text.trim();
    let parsed = text.parse::<u64>().ok();
    parsed
        .filter(|value| (lowest..=highest).contains(value))
        .ok_or_else(|| Fault::new(is(text), allowed))
}

/// GB-seconds as whole MB·ms, rounded to the nearest.
pub(super) fn gb_seconds(text: &str) -> Result<u128, Fault> {
    let text = text.trim();
    finite_and_positive(text, NUMBER)?;
    let fault = || Fault::new(is(text), "a number of GB-seconds up to 10^15 is allowed");
    match split_number(text) {
        Some((number, "")) => number
            .times(1_024_000, 0)
            .filter(|atoms| *atoms <= 1_024_000 * 10u128.pow(15))
            .ok_or_else(fault),
        _ => Err(fault()),
    }
}

/// GB of 2^30 bytes as whole bytes, rounded to the nearest.
pub(super) fn gibibytes(text: &str) -> Result<u128, Fault> {
    let text = text.trim();
    finite_and_positive(text, NUMBER)?;
    let fault = || Fault::new(is(text), "a number of GB up to 10^12 is allowed");
    match split_number(text) {
        Some((number, "")) => number
            .times(1 << 30, 0)
            .filter(|bytes| *bytes <= (1 << 30) * 10u128.pow(12))
            .ok_or_else(fault),
        _ => Err(fault()),
    }
}

/// A share of a bill, to a hundredth of a per cent.
pub(super) fn discount(text: &str) -> Result<Discount, Fault> {
    const DISCOUNT: &str = "a discount is 0 % to 100 % with up to two decimals, such as 12.5 %";
    let text = text.trim();
    finite_and_positive(text, DISCOUNT)?;
    let fault = || Fault::new(is(text), DISCOUNT);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let points = match unit {
        "" => number.exactly(1, 4),
        "%" => number.exactly(1, 2),
        _ => None,
    };
    let points = points.and_then(|points| u32::try_from(points).ok());
    points.and_then(Discount::from_basis_points).ok_or_else(fault)
}

/// A share in billionths, rounded to the nearest.
pub(super) fn billionths(text: &str) -> Result<u32, Fault> {
    share(text)?;
    let (number, unit) = split_number(text.trim()).ok_or_else(|| Fault::new(is(text), SHARE))?;
    let power = if unit == "%" { 7 } else { 9 };
    let billionths = number.times(1, power).and_then(|parts| u32::try_from(parts).ok());
    billionths.ok_or_else(|| Fault::new(is(text), SHARE))
}

/// A size in whole bytes of 1,000 a KB, as durable functions count them; a bare number is bytes.
pub(super) fn decimal_bytes(text: &str) -> Result<u64, Fault> {
    const DECIMAL: &str = "a size such as 500 MB or 104 GB, up to 1000 TB, is allowed";
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    const MOST: u64 = 1_000_000_000_000_000;
    let text = text.trim();
    finite_and_positive(text, DECIMAL)?;
    let fault = || Fault::new(is(text), DECIMAL);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let unit = if unit.is_empty() { "B" } else { unit };
    let power = UNITS.iter().position(|name| *name == unit).ok_or_else(fault)?;
    let bytes = number.times(1_000_u128.pow(power as u32), 0);
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    bytes.filter(|bytes| *bytes <= MOST).ok_or_else(fault)
}

/// An amount of USD in whole cents.
pub(super) fn usd(text: &str) -> Result<Money, Fault> {
    const AMOUNT: &str =
        "an amount in USD with up to two decimals, such as 99.90 USD, up to 1000000000000 USD, is allowed";
    let text = text.trim();
    finite_and_positive(text, AMOUNT)?;
    let fault = || Fault::new(is(text), AMOUNT);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let cents = number.exactly(1, 2).filter(|_| matches!(unit, "" | "USD"));
    let cents = cents.filter(|cents| *cents <= 100_000_000_000_000).ok_or_else(fault)?;
    Ok(Money::from_atoms(cents as i128 * (Money::ATOMS_PER_USD / 100)))
}

/// USD an hour in units of 10^-15 USD, with up to eight decimals.
pub(super) fn usd_per_hour(text: &str) -> Result<i128, Fault> {
    const PER_HOUR: &str =
        "USD an hour with up to eight decimals, such as 1.50 USD/h, up to 1000000 USD/h, are allowed";
    let text = text.trim();
    finite_and_positive(text, PER_HOUR)?;
    let fault = || Fault::new(is(text), PER_HOUR);
    let (number, unit) = split_number(text).ok_or_else(fault)?;
    let atoms = number.exactly(1, 8).filter(|_| matches!(unit, "" | "USD" | "USD/h"));
    let atoms = atoms
        .filter(|atoms| *atoms <= 1_000_000 * 100_000_000)
        .ok_or_else(fault)?;
    Ok(atoms as i128 * 10_000_000)
}

/// One of `words`, by its position.
pub(super) fn choice(text: &str, words: &[&str]) -> Result<usize, Fault> {
    let position = words.iter().position(|word| *word == text);
    position.ok_or_else(|| {
        let all = format!("allowed: {}", words.join(", "));
        match nearest(text, words.iter().copied()) {
            Some(close) if words.len() > 1 => Fault::new(is(text), format!("did you mean {close}? {all}")),
            _ => Fault::new(is(text), all),
        }
    })
}

/// An instant of the years 1970 to 2199; a bare date is its midnight in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, Fault> {
    let text = text.trim();
    let fault = || Fault::new(is(text), INSTANT);
    let parsed = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant,
        Err(_) => {
            let midnight = date(text).map_err(|_| fault())?.to_zoned(jiff::tz::TimeZone::UTC);
            midnight.map_err(|_| fault())?.timestamp()
        }
    };
    let year = jiff::tz::TimeZone::UTC.to_datetime(parsed).year();
    if !(1970..=2199).contains(&year) {
        return Err(Fault::new(is(text), "an instant of the years 1970 to 2199 is allowed"));
    }
    Ok(Timestamp(parsed.as_microsecond()))
}

/// A day.
pub(super) fn date(text: &str) -> Result<jiff::civil::Date, Fault> {
    let text = text.trim();
    let parsed = jiff::civil::Date::strptime("%Y-%m-%d", text).ok();
    let in_range = parsed.filter(|day| text.len() == 10 && (1970..=2199).contains(&day.year()));
    in_range.ok_or_else(|| Fault::new(is(text), DATE))
}

fn not_infinite(text: &str, allowed: &str) -> Result<(), Fault> {
    let word = text.trim_start_matches(['+', '-', '.']).to_ascii_lowercase();
    let word = word.split_whitespace().next().unwrap_or("");
    if matches!(word, "inf" | "infinity" | "nan") {
        return Err(Fault::new(
            format!("{}, which is not a finite number", is(text)),
            allowed,
        ));
    }
    Ok(())
}

fn finite_and_positive(text: &str, allowed: &str) -> Result<(), Fault> {
    not_infinite(text, allowed)?;
    if text.starts_with('-') && text.len() > 1 {
        return Err(Fault::new(format!("{}, which is negative", is(text)), allowed));
    }
    Ok(())
}

/// A decimal number as written: `digits` × 10^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// The number × `factor` × 10^`power`, rounded half-up to a whole number.
    fn times(self, factor: u128, power: i32) -> Option<u128> {
        let product = self.digits.checked_mul(factor)?;
        let shift = self.exponent.checked_add(power)?;
        let scale = 10u128.checked_pow(shift.unsigned_abs());
        match (shift < 0, scale) {
            (_, _) if product == 0 => Some(0),
            (false, Some(scale)) => product.checked_mul(scale),
            (false, None) => None,
            (true, Some(scale)) => Some(product / scale + u128::from(product % scale >= scale - scale / 2)),
            (true, None) => Some(0),
        }
    }

    /// As [`Decimal::times`]; `None` where the product is not whole.
    fn exactly(self, factor: u128, power: i32) -> Option<u128> {
        let product = self.times(factor, power)?;
        let finer = self.times(factor, power.checked_add(12)?)?;
        (product.checked_mul(10u128.pow(12))? == finer).then_some(product)
    }

    fn to_f64(self, power: i32) -> f64 {
        let text = format!("{}e{}", self.digits, self.exponent.saturating_add(power));
        text.parse().unwrap_or(f64::INFINITY)
    }
}

/// An unsigned decimal number at the beginning of `text`, and the rest without blanks around it.
fn split_number(text: &str) -> Option<(Decimal, &str)> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits_end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (mantissa, mut rest) = text.split_at(digits_end);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if fraction.contains('.') || whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut exponent: i32 = 0;
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let signed = usize::from(after.starts_with(['+', '-']));
        let end = after[signed..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(after.len(), |at| at + signed);
        if let Ok(power) = after[..end].parse::<i32>() {
            exponent = power;
            rest = &after[end..];
        }
    }
    let digits = format!("{whole}{fraction}").parse().ok()?;
    let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    Some((Decimal { digits, exponent }, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> u64 {
        duration(text).unwrap().as_micros()
    }

    #[test]
    fn durations_take_every_unit_and_bare_seconds() {
        assert_eq!(micros("250 ms"), 250_000);
        assert_eq!(micros("5 s"), 5_000_000);
        assert_eq!(micros("10 min"), 600_000_000);
        assert_eq!(micros("6 h"), 21_600_000_000);
        assert_eq!(micros("30 d"), 2_592_000_000_000);
        assert_eq!(micros("1h30m"), 5_400_000_000);
        assert_eq!(micros("1.5 s"), 1_500_000);
        assert_eq!(micros("900"), 900_000_000);
        assert_eq!(micros("0.0000015"), 2);
        assert_eq!(micros("1e3"), 1_000_000_000);
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, word) in [
            ("5 parsecs", "5 parsecs"),
            ("1 M", "1 M"),
            ("2 years", "2 years"),
            ("-3 s", "negative"),
            (".inf", "finite"),
            ("nan", "finite"),
            ("99999999999 d", "99999999999 d"),
            ("", "\"\""),
        ] {
            let fault = duration(text).unwrap_err();
            assert!(fault.found.contains(word) && !fault.allowed.is_empty(), "{fault:?}");
        }
    }

    #[test]
    fn memory_is_whole_megabytes_of_1024_to_the_gigabyte() {
        assert_eq!(memory("1024").unwrap(), MemoryMb(1_024));
        assert_eq!(memory("512 MB").unwrap(), MemoryMb(512));
        assert_eq!(memory("1.5 GB").unwrap(), MemoryMb(1_536));
        for wrong in ["128.5 MB", "128 KB", "1 TB", "-1", "MB", "1e300"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_bytes_in_powers_of_1024() {
        assert_eq!(size("12 KB").unwrap(), Bytes(12_288));
        assert_eq!(size("1.5 MB").unwrap(), Bytes(1_572_864));
        assert_eq!(size("100").unwrap(), Bytes(100));
        for wrong in ["12 kb", "1 TB", "-1", "2000 GB", "6 s", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_percent_or_fraction() {
        assert_eq!(share("0.2 %").unwrap(), 0.002);
        assert_eq!(share("0.002").unwrap(), 0.002);
        assert_eq!(share("100%").unwrap(), 1.0);
        assert!(share("110 %").unwrap_err().found.contains("above 100 %"));
        assert!(share("10").unwrap_err().found.contains("above 100 %"));
        assert!(share("5 ms").is_err());
    }

    #[test]
    fn rates_are_exact_and_a_month_has_730_hours() {
        assert_eq!(rate("120/s").unwrap(), Rate::events(120, Span::from_secs(1)));
        assert_eq!(rate("0.1/s").unwrap(), Rate::new(100_000_000, Span::from_secs(1)));
        assert_eq!(rate("5/min").unwrap(), Rate::events(5, Span::from_secs(60)));
        assert_eq!(
            rate("3 million/month").unwrap(),
            Rate::events(3_000_000, Span::from_secs(2_628_000))
        );
        assert_eq!(
            rate("2 thousand / day").unwrap(),
            Rate::events(2_000, Span::from_secs(86_400))
        );
        for wrong in ["120", "120/fortnight", "3 dozen/s", "-1/s", "2 billion/s", "inf/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_are_rfc_3339_and_dates_are_days() {
        assert_eq!(instant("1970-01-02T00:00:00Z").unwrap(), Timestamp(86_400_000_000));
        assert_eq!(instant("1970-01-01T01:00:00+01:00").unwrap(), Timestamp(0));
        assert_eq!(instant("1970-01-02").unwrap(), Timestamp(86_400_000_000));
        assert!(instant("yesterday").is_err() && instant("2026-13-01").is_err());
        assert!(date("2026-02-30").is_err() && date("2026-2-3").is_err());
    }

    #[test]
    fn a_count_beyond_its_range_is_refused() {
        assert_eq!(count("18446744073709551615", 0, u64::MAX).unwrap(), u64::MAX);
        assert!(count("18446744073709551616", 0, u64::MAX).is_err());
        assert!(count("3", 0, 2).unwrap_err().allowed.contains("0 to 2"));
        assert!(count("1.5", 0, 2).is_err() && count("-1", 0, 2).is_err());
    }

    #[test]
    fn usage_in_gb_seconds_becomes_whole_mb_milliseconds() {
        assert_eq!(gb_seconds("0.5").unwrap(), 512_000);
        assert!(gb_seconds("1e30").is_err());
    }
}
