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

/// `1234567.5` as `1,234,567.5`.
pub(super) fn grouped_decimal(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    }
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

/// `$1,234.50` from a cent up; below a cent two significant digits: `$0.0021`.
pub(super) fn dollars(amount: Money) -> String {
    priced(amount.as_f64(), amount.cents())
}

/// [`dollars`] of an amount that is a float already.
pub(super) fn dollars_of(usd: f64) -> String {
    priced(usd, (usd * 100.0).round() as i128)
}

fn priced(usd: f64, cents: i128) -> String {
    /// From here on two digits round up to a cent.
    const NEARLY_A_CENT: f64 = 0.009_95;
    let sign = if usd < 0.0 { "-" } else { "" };
    let size = usd.abs();
    if size > 0.0 && size < NEARLY_A_CENT {
        let places = two_digit_places(size);
        return format!("{sign}${size:.places$}");
    }
    let cents = cents.unsigned_abs();
    let whole = u64::try_from(cents / 100).unwrap_or(u64::MAX);
    format!("{sign}${}.{:02}", grouped(whole), cents % 100)
}

/// As many decimals as show two significant digits of `size`, which is positive.
pub(super) fn two_digit_places(size: f64) -> usize {
    // The format rounds before it chooses the exponent: 0.00999 has that of 0.010.
    let text = format!("{size:.1e}");
    let exponent: i32 = text.rsplit('e').next().and_then(|tail| tail.parse().ok()).unwrap_or(0);
    usize::try_from(1 - exponent).unwrap_or(0)
}

/// [`significant`], with at least two significant digits below 1 and as many of what is missing to 1: `0.000095`,
/// `0.99962`.
pub(super) fn precise(value: f64) -> String {
    if value > 0.0 && value < 1.0 {
        let places = share_places(value);
        trimmed(&format!("{value:.places$}"))
    } else {
        significant(value)
    }
}

/// [`precise`] for a share, in percent: `0.0095 %`, `99.962 %`.
pub(super) fn precise_percent(share: f64) -> String {
    if share > 0.0 && share < 1.0 {
        let places = share_places(share).saturating_sub(2);
        format!("{} %", trimmed(&format!("{:.places$}", share * 100.0)))
    } else {
        format!("{} %", significant(share * 100.0))
    }
}

fn share_places(share: f64) -> usize {
    two_digit_places(share).max(two_digit_places(1.0 - share))
}

/// A name of more than 24 characters, shortened in the middle so that both ends can still be recognised.
pub(super) fn short_name(name: &str) -> String {
    const LONGEST: usize = 24;
    const FIRST: usize = 10;
    const LAST: usize = 8;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST {
        return name.to_owned();
    }
    let (first, last) = (&letters[..FIRST], &letters[letters.len() - LAST..]);
    first.iter().chain(['…'].iter()).chain(last).collect()
}

/// A text without what would steer a terminal, turn the direction of writing around, or not be allowed in XML.
pub(super) fn legible(text: &str) -> String {
    let steers = |letter: char| {
        let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (letter.is_control() && letter != '\n')
    };
    text.chars()
        .map(|letter| if steers(letter) { '?' } else { letter })
        .collect()
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
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// `0.0123` as `1.23 %`; what is more than nothing never prints as `0 %`, what is less than all never as `100 %`.
pub(super) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.000_1 {
        return "< 0.01 %".to_owned();
    }
    if share > 0.0 && share < 0.001 {
        return precise_percent(share);
    }
    let text = significant(share * 100.0);
    match text.as_str() {
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
        assert_eq!(percent(0.000_07), "< 0.01 %");
        assert_eq!(percent(0.000_512_8), "0.051 %");
        assert_eq!(percent(0.999_999_9), "> 99.9 %");
        assert_eq!(percent(0.0), "0 %");
    }

    #[test]
    fn money_has_two_decimals_from_a_cent_up_and_two_significant_digits_below() {
        let usd = |micros: i128| Money::from_atoms(Money::ATOMS_PER_USD / 1_000_000 * micros);
        let shown = |micros: i128| dollars(usd(micros));
        assert_eq!(shown(1_234_560_000), "$1,234.56");
        assert_eq!(shown(200_000), "$0.20");
        assert_eq!(shown(24_000), "$0.02");
        assert_eq!(shown(10_000), "$0.01");
        assert_eq!(shown(9_990), "$0.01");
        assert_eq!(shown(4_000), "$0.0040");
        assert_eq!(shown(2_149), "$0.0021");
        assert_eq!(shown(12), "$0.000012");
        assert_eq!(shown(-2_149), "-$0.0021");
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(-5_000_000), "-$5.00");
    }

    #[test]
    fn small_values_keep_two_significant_digits_and_never_round_to_nothing_or_all() {
        assert_eq!(precise(0.0), "0");
        assert_eq!(precise(0.000_094_6), "0.000095");
        assert_eq!(precise(0.0333), "0.033");
        assert_eq!(precise(0.5), "0.5");
        assert_eq!(precise(0.999_62), "0.99962");
        assert_eq!(precise(1.0), "1");
        assert_eq!(precise(41_250.0), "41,250");
        assert_eq!(precise_percent(0.000_094_6), "0.0095 %");
        assert_eq!(precise_percent(0.664_77), "66 %");
        assert_eq!(precise_percent(0.999_62), "99.962 %");
        assert_eq!(precise_percent(1.0), "100 %");
        assert_eq!(precise_percent(0.0), "0 %");
    }

    #[test]
    fn only_long_names_are_shortened_and_both_ends_stay() {
        assert_eq!(short_name("twenty-four-characters-x"), "twenty-four-characters-x");
        assert_eq!(short_name("twenty-five-characters-xy"), "twenty-fiv…cters-xy");
        assert_eq!(short_name("ÄÖÜ"), "ÄÖÜ");
    }

    #[test]
    fn floats_in_files_have_at_most_six_decimals_and_no_negative_zero() {
        assert_eq!(rounded(1.0 / 3.0), 0.333_333);
        assert!(rounded(-1e-9).is_sign_positive());
        assert_eq!(rounded(f64::NAN), 0.0);
    }
}
