use std::fmt;

/// Longest length and latest instant a file may hold: 2^51 − 1 µs, 71 years, as far as draws reach too.
pub(super) const LONGEST_MICROS: u64 = (1 << 51) - 1;

/// Why a field is not the number that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFault {
    Malformed,
    Negative,
    NotFinite,
    TooLarge,
}

impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumberFault::Malformed => "not a number",
            NumberFault::Negative => "negative",
            NumberFault::NotFinite => "not finite",
            NumberFault::TooLarge => "more than 71 years",
        })
    }
}

/// Digits that always fit a `u64`.
const DIGITS_KEPT: u32 = 19;

/// A decimal number such as `12.5`, `+3`, `1e-05` times 10^`scale`, to the nearest integer (halves up), exactly: no
/// float is involved. Digits beyond the 19th significant one are cut.
///
/// # Errors
/// Anything that is no finite decimal number from 0 to [`LONGEST_MICROS`] / 10^`scale`.
pub(super) fn parse_scaled(text: &[u8], scale: i32) -> Result<u64, NumberFault> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (mantissa, power) = parse_unsigned(digits)?;
    let value = shift(mantissa, power.saturating_add(scale)).ok_or(NumberFault::TooLarge);
    if negative && mantissa > 0 {
        return Err(NumberFault::Negative);
    }
    value.and_then(|micros| {
        if micros <= LONGEST_MICROS {
            Ok(micros)
        } else {
            Err(NumberFault::TooLarge)
        }
    })
}

/// The significant digits as an integer, and the power of ten they are to be multiplied by.
fn parse_unsigned(text: &[u8]) -> Result<(u64, i32), NumberFault> {
    let (mut mantissa, mut power, mut kept, mut seen) = (0u64, 0i32, 0u32, false);
    let mut in_fraction = false;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                if kept < DIGITS_KEPT {
                    mantissa = mantissa * 10 + u64::from(byte - b'0');
                    kept += u32::from(mantissa > 0);
                    power -= i32::from(in_fraction);
                } else {
                    power += i32::from(!in_fraction);
                }
            }
            b'.' if !in_fraction => in_fraction = true,
            b'e' | b'E' if seen => {
                power = power.saturating_add(parse_exponent(tail)?);
                break;
            }
            _ => return Err(not_a_number(text)),
        }
        rest = tail;
    }
    if seen {
        Ok((mantissa, power))
    } else {
        Err(not_a_number(text))
    }
}

fn parse_exponent(text: &[u8]) -> Result<i32, NumberFault> {
    let text = std::str::from_utf8(text).map_err(|_| NumberFault::Malformed)?;
    let exponent: i32 = text.parse().map_err(|_| NumberFault::Malformed)?;
    Ok(exponent.clamp(-10_000, 10_000))
}

fn not_a_number(text: &[u8]) -> NumberFault {
    const NAMES: [&[u8]; 3] = [b"nan", b"inf", b"infinity"];
    if NAMES.iter().any(|name| text.eq_ignore_ascii_case(name)) {
        NumberFault::NotFinite
    } else {
        NumberFault::Malformed
    }
}

/// `mantissa` × 10^`power` to the nearest integer, or `None` above what a `u64` holds.
fn shift(mantissa: u64, power: i32) -> Option<u64> {
    if mantissa == 0 {
        return Some(0);
    }
    let factor = 10u64.checked_pow(power.unsigned_abs());
    if power >= 0 {
        return mantissa.checked_mul(factor?);
    }
    // A divisor beyond 10^19 leaves less than half of one.
    Some(factor.map_or(0, |divisor| {
        mantissa / divisor + u64::from(mantissa % divisor >= divisor.div_ceil(2))
    }))
}

/// A float number of units in microseconds, to the nearest.
///
/// # Errors
/// What is not finite, negative, or above [`LONGEST_MICROS`].
pub(super) fn float_micros(value: f64, micros_per_unit: f64) -> Result<u64, NumberFault> {
    let micros = (value * micros_per_unit).round();
    if !value.is_finite() {
        Err(NumberFault::NotFinite)
    } else if value < 0.0 {
        Err(NumberFault::Negative)
    } else if micros > LONGEST_MICROS as f64 {
        Err(NumberFault::TooLarge)
    } else {
        Ok(micros as u64)
    }
}

/// A whole number of units in microseconds.
///
/// # Errors
/// What is negative or above [`LONGEST_MICROS`].
pub(super) fn integer_micros(value: i64, micros_per_unit: u64) -> Result<u64, NumberFault> {
    let value = u64::try_from(value).map_err(|_| NumberFault::Negative)?;
    value
        .checked_mul(micros_per_unit)
        .filter(|&micros| micros <= LONGEST_MICROS)
        .ok_or(NumberFault::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_integers_without_a_float_between() {
        let cases: [(&str, u64); 13] = [
            ("0", 0),
            ("-0.0", 0),
            ("12.5", 12_500_000),
            ("+3", 3_000_000),
            (".25", 250_000),
            ("7.", 7_000_000),
            ("0.1", 100_000),
            ("4503599.627371", 4_503_599_627_371),
            ("0.0000005", 1),
            ("0.00000049999", 0),
            ("0.99999999999999999999999999", 1_000_000),
            ("1e-05", 10),
            ("1.5E3", 1_500_000_000),
        ];
        for (text, micros) in cases {
            assert_eq!(parse_scaled(text.as_bytes(), 6), Ok(micros), "{text}");
        }
    }

    #[test]
    fn leading_and_trailing_zeros_cost_no_precision() {
        assert_eq!(parse_scaled(b"000000000000000000000000012.5", 6), Ok(12_500_000));
        assert_eq!(parse_scaled(b"12.5000000000000000000000000000", 6), Ok(12_500_000));
        assert_eq!(parse_scaled(b"0.00000000000000000000000000001e29", 6), Ok(1_000_000));
    }

    #[test]
    fn what_is_not_a_length_of_time_says_why() {
        let cases = [
            ("", NumberFault::Malformed),
            (".", NumberFault::Malformed),
            ("1.2.3", NumberFault::Malformed),
            ("e5", NumberFault::Malformed),
            ("1e", NumberFault::Malformed),
            ("1,5", NumberFault::Malformed),
            ("--1", NumberFault::Malformed),
            ("-1", NumberFault::Negative),
            ("-1e-9", NumberFault::Negative),
            ("-1e99", NumberFault::Negative),
            ("NaN", NumberFault::NotFinite),
            ("-inf", NumberFault::NotFinite),
            ("1e999999", NumberFault::TooLarge),
            ("1700000000000", NumberFault::TooLarge),
            ("99999999999999999999999999", NumberFault::TooLarge),
        ];
        for (text, fault) in cases {
            assert_eq!(parse_scaled(text.as_bytes(), 6), Err(fault), "{text}");
        }
    }

    #[test]
    fn floats_and_integers_obey_the_same_limits() {
        assert_eq!(float_micros(0.1, 1e6), Ok(100_000));
        assert_eq!(float_micros(-0.0, 1e6), Ok(0));
        assert_eq!(float_micros(f64::NAN, 1e6), Err(NumberFault::NotFinite));
        assert_eq!(float_micros(f64::INFINITY, 1e6), Err(NumberFault::NotFinite));
        assert_eq!(float_micros(-1.0, 1e6), Err(NumberFault::Negative));
        assert_eq!(float_micros(1e30, 1e6), Err(NumberFault::TooLarge));
        assert_eq!(integer_micros(3, 1_000_000), Ok(3_000_000));
        assert_eq!(integer_micros(-3, 1_000_000), Err(NumberFault::Negative));
        assert_eq!(integer_micros(i64::MAX, 1_000_000), Err(NumberFault::TooLarge));
    }
}
