//! Numbers as people and files want them.

use crate::units::Money;

/// `1234567` as `1,234,567`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `value` to six decimals, so that files stay short and the last bits of a platform's mathematics stay out.
pub(super) fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e6;
    const EXACT_BELOW: f64 = 1e9;
    if !value.is_finite() {
        return 0.0;
    }
    if value.abs() >= EXACT_BELOW {
        return value;
    }
    // Adding zero turns a negative zero into a positive one.
    (value * PLACES).round() / PLACES + 0.0
}

/// `part / whole`, or zero where there is no whole.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `numerator / denominator` with at most `places` decimals, rounded half away from zero, without trailing zeros.
/// `denominator` is positive.
pub(super) fn decimal(numerator: i128, denominator: i128, places: u32) -> String {
    let scale = 10u128.pow(places);
    let (magnitude, divisor) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let fraction = ((magnitude % divisor) * scale + divisor / 2) / divisor;
    let whole = magnitude / divisor + fraction / scale;
    let fraction = fraction % scale;
    let sign = if numerator < 0 && (whole > 0 || fraction > 0) {
        "-"
    } else {
        ""
    };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// [`decimal`] as the nearest float, which prints with the same digits.
pub(super) fn decimal_f64(numerator: i128, denominator: i128, places: u32) -> f64 {
    decimal(numerator, denominator, places).parse().unwrap_or(0.0)
}

/// An amount in dollars to a trillionth, for `summary.json`.
pub(super) fn dollars_f64(amount: Money) -> f64 {
    decimal_f64(amount.atoms(), Money::ATOMS_PER_USD, 12)
}

/// `$1,234.56`; below a dollar with as many digits as it takes to see something: `$0.0021`.
pub(super) fn dollars(amount: Money) -> String {
    let cents = amount.cents();
    let sign = if amount < Money::ZERO { "-" } else { "" };
    if amount == Money::ZERO || cents.abs() >= 100 {
        let cents = cents.unsigned_abs();
        let whole = u64::try_from(cents / 100).unwrap_or(u64::MAX);
        return format!("{sign}${}.{:02}", grouped(whole), cents % 100);
    }
    let places = (2..=12)
        .find(|places| decimal_f64(amount.atoms(), Money::ATOMS_PER_USD, places - 1) != 0.0)
        .unwrap_or(12);
    format!(
        "{sign}${}",
        decimal(amount.atoms(), Money::ATOMS_PER_USD, places).trim_start_matches('-')
    )
}

/// A time in the unit a person would use: `40 µs`, `85.2 ms`, `1.24 s`, `12.5 min`, `5.99 h`.
pub(super) fn milliseconds(ms: f64) -> String {
    let (value, unit) = match ms {
        ms if ms > 0.0 && ms < 0.1 => (ms * 1e3, "µs"),
        ms if ms < 1e3 => (ms, "ms"),
        ms if ms < 120e3 => (ms / 1e3, "s"),
        ms if ms < 7_200e3 => (ms / 60e3, "min"),
        _ => (ms / 3_600e3, "h"),
    };
    format!("{} {unit}", significant(value))
}

/// About three digits: `1,234`, `85.2`, `1.24`.
pub(super) fn significant(value: f64) -> String {
    match value.abs() {
        size if size >= 1e15 => format!("{value:.0}"),
        size if size >= 99.95 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(size.round() as u64))
        }
        size if size >= 9.995 => trimmed(&format!("{value:.1}")),
        _ => trimmed(&format!("{value:.2}")),
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `0.0123` as `1.23 %`; what is more than nothing never prints as `0 %`, what is less than all never as `100 %`.
pub(super) fn percent(share: f64) -> String {
    let text = significant(share * 100.0);
    match text.as_str() {
        "0" if share > 0.0 => "< 0.01 %".to_owned(),
        "100" if share < 1.0 => "> 99.9 %".to_owned(),
        _ => format!("{text} %"),
    }
}

/// `count` things: `1 sample`, `312 samples`.
pub(super) fn counted(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn decimals_round_half_away_from_zero_and_carry() {
        assert_eq!(decimal(1, 3, 4), "0.3333");
        assert_eq!(decimal(-5, 1_000, 2), "-0.01");
        assert_eq!(decimal(-1, 1_000, 2), "0");
        assert_eq!(decimal(1_999, 1_000, 2), "2");
        assert_eq!(decimal(16_666_700_000, 1_000_000_000_000_000, 15), "0.0000166667");
    }

    #[test]
    fn times_and_shares_print_in_the_unit_a_person_would_use() {
        assert_eq!(milliseconds(85.24), "85.2 ms");
        assert_eq!(milliseconds(1_240.0), "1.24 s");
        assert_eq!(milliseconds(0.0), "0 ms");
        assert_eq!(milliseconds(0.01), "10 µs");
        assert_eq!(milliseconds(21_600_000.0), "6 h");
        assert_eq!(percent(0.0123), "1.23 %");
        assert_eq!(percent(0.000_001), "< 0.01 %");
        assert_eq!(percent(0.999_999_9), "> 99.9 %");
        assert_eq!(percent(0.0), "0 %");
    }

    #[test]
    fn small_amounts_keep_digits_that_say_something() {
        let usd = |micros: i128| Money::from_atoms(Money::ATOMS_PER_USD / 1_000_000 * micros);
        assert_eq!(dollars(usd(1_234_560_000)), "$1,234.56");
        assert_eq!(dollars(usd(2_100)), "$0.0021");
        assert_eq!(dollars(usd(0)), "$0.00");
        assert_eq!(dollars(usd(-5_000_000)), "-$5.00");
    }

    #[test]
    fn floats_in_files_have_at_most_six_decimals_and_no_negative_zero() {
        assert_eq!(rounded(1.0 / 3.0), 0.333_333);
        assert!(rounded(-1e-9).is_sign_positive());
        assert_eq!(rounded(f64::NAN), 0.0);
    }
}
