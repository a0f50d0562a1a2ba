use crate::units::Span;

/// Digits that always fit a `u64`.
const MOST_DIGITS: usize = 18;

/// The whole number at the start of `text`, and what follows; `None` where there is none, or one of more than 18 digits.
pub(super) fn whole(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    let mut length = 0;
    while let Some(digit) = text.get(length).filter(|byte| byte.is_ascii_digit()) {
        value = value * 10 + u64::from(digit - b'0');
        length += 1;
        if length > MOST_DIGITS {
            return None;
        }
    }
    (length > 0).then(|| (value, &text[length..]))
}

/// The decimal number of milliseconds at the start of `text`, in microseconds, and what follows. Decimals beyond the third are
/// cut.
pub(super) fn milliseconds(text: &[u8]) -> Option<(u64, &[u8])> {
    let (units, rest) = whole(text)?;
    let (decimals, rest) = match rest.split_first() {
        Some((b'.', rest)) => decimals(rest),
        _ => (0, rest),
    };
    Some((units.checked_mul(1_000)?.checked_add(decimals)?, rest))
}

/// A length of time that a line tells, in microseconds; none beyond a day, as Lambda's own limit is 15 minutes.
pub(super) fn length(micros: u64) -> Option<Span> {
    const LONGEST: u64 = 86_400_000_000;
    (micros <= LONGEST).then(|| Span::from_micros(micros))
}

/// Thousandths from the digits after a point.
fn decimals(text: &[u8]) -> (u64, &[u8]) {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |place: usize| {
        if place < length {
            u64::from(text[place] - b'0')
        } else {
            0
        }
    };
    (digit(0) * 100 + digit(1) * 10 + digit(2), &text[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_at_most_a_day() {
        assert_eq!(length(24 * 3_600 * 1_000_000), Some(Span::from_secs(24 * 3_600)));
        assert_eq!(length(24 * 3_600 * 1_000_000 + 1), None);
    }

    #[test]
    fn milliseconds_become_microseconds_without_a_float_between() {
        assert_eq!(milliseconds(b"250.06 ms"), Some((250_060, &b" ms"[..])));
        assert_eq!(milliseconds(b"7"), Some((7_000, &b""[..])));
        assert_eq!(milliseconds(b"0.0019x"), Some((1, &b"x"[..])));
        assert_eq!(milliseconds(b".5"), None);
        assert_eq!(milliseconds(b"99999999999999999999"), None);
        assert_eq!(milliseconds(b"999999999999999999"), None, "a product that does not fit");
    }
}
