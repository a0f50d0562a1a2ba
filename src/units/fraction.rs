use std::cmp::Ordering;

/// An exact ratio of whole numbers, never negative: what a metric's statistic is, and what it is compared with.
///
/// Numerators and denominators of metrics and limits stay below 10^19, so that two of them compare without overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

/// Digits behind the point that a limit of a scenario keeps.
const BILLION: u128 = 1_000_000_000;
/// From here on a limit of a scenario is a whole number.
const MOST_EXACT: f64 = 1e10;
/// The highest limit: no metric comes near it.
const MOST: f64 = 1e18;

impl Fraction {
    /// Nothing.
    pub const ZERO: Fraction = Fraction::new(0, 1);

    /// `numerator / denominator`; a denominator of 0 is taken as 1.
    pub const fn new(numerator: u128, denominator: u128) -> Fraction {
        let denominator = if denominator == 0 { 1 } else { denominator };
        let (mut divisor, mut rest) = (denominator, numerator % denominator);
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Fraction {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        }
    }

    /// A number from a scenario, exact to a billionth below 10^10, whole above it, and at most 10^18; 0 for what is negative.
    pub fn from_decimal(number: f64) -> Fraction {
        if number >= MOST_EXACT {
            return Fraction::new(number.min(MOST) as u128, 1);
        }
        let whole = number.trunc().max(0.0);
        let rest = ((number - whole) * BILLION as f64).round().max(0.0);
        Fraction::new(whole as u128 * BILLION + rest as u128, BILLION)
    }

    /// For printing only.
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// `self × other`.
    pub const fn times(self, other: Fraction) -> Fraction {
        Fraction::new(self.numerator * other.numerator, self.denominator * other.denominator)
    }

    /// `ceil(count × self / divisor)`, without rounding on the way (AAS-5); 0 where the divisor is 0.
    pub fn scaled_up(self, count: u32, divisor: Fraction) -> u32 {
        if divisor.numerator == 0 {
            return 0;
        }
        let product = u128::from(count) * self.numerator * divisor.denominator;
        u32::try_from(product.div_ceil(self.denominator * divisor.numerator)).unwrap_or(u32::MAX)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.numerator * other.denominator).cmp(&(other.numerator * self.denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gvb_18_a_hundred_at_84_percent_of_a_target_of_70_are_120_and_not_121() {
        let target = Fraction::from_decimal(0.7);
        assert_eq!(Fraction::new(84, 100).scaled_up(100, target), 120);
        assert_eq!(Fraction::new(8_400_000_001, 10_000_000_000).scaled_up(100, target), 121);
        assert_eq!(Fraction::new(62, 100).scaled_up(100, target), 89);
    }

    #[test]
    fn equal_ratios_are_equal_however_they_are_written() {
        let low = Fraction::from_decimal(0.7).times(Fraction::new(9, 10));
        assert_eq!(low, Fraction::new(63, 100));
        assert!(Fraction::new(629_999_999, 1_000_000_000) < low && Fraction::new(2, 3) > low);
        assert_eq!(Fraction::from_decimal(12.5), Fraction::new(25, 2));
        assert_eq!(Fraction::from_decimal(-3.0), Fraction::ZERO);
    }

    #[test]
    fn limits_beyond_every_metric_compare_as_what_they_are() {
        let most = Fraction::new(9_999_999_999_999_999_999, 1);
        let little = Fraction::new(1, 9_999_999_999_999_999_999);
        assert_eq!(Fraction::from_decimal(3e10), Fraction::new(30_000_000_000, 1));
        for limit in [9_999_999_999.75, 3e10, 1e18, 1e308, f64::INFINITY].map(Fraction::from_decimal) {
            assert!(little < limit && limit < most && limit > Fraction::new(9_999_999_999, 1));
        }
    }
}
