//! What a difference between two scenarios means, in words.

use super::CONFIDENCE;
use super::headline::Unit;
use super::numbers::{grouped_decimal, significant, two_digit_places};
use crate::experiment::{Difference, Interval, Nature};

/// A difference that may be there is told as a bound where it is at most this part of the base.
const SMALL: f64 = 0.05;
/// The same for shares, of all there is.
const SMALL_SHARE: f64 = 0.005;
/// Relative differences from here on say less than the numbers themselves.
const MANIFOLD: f64 = 10.0;
/// What is left of a difference of equal numbers after floating-point arithmetic, for each unit of the number.
const ROUNDING: f64 = 1e-12;

/// What is known of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both are the same in every replication.
    Same,
    /// The interval lies below 0.
    Less,
    /// The interval lies above 0.
    More,
    /// The interval holds 0.
    Unclear,
    /// There is no interval: a single run, or a maximum.
    NoInterval,
}

/// A difference and what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'a> {
    pub(super) difference: &'a Difference,
    pub(super) interval: Option<Interval>,
    pub(super) verdict: Verdict,
    unit: Unit,
}

impl Verdict {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Less => "less",
            Verdict::More => "more",
            Verdict::Unclear => "unclear",
            Verdict::NoInterval => "no_interval",
        }
    }
}

impl<'a> Judged<'a> {
    /// Of the numbers at a path of `summary.json`.
    pub(super) fn of(path: &str, difference: &'a Difference) -> Judged<'a> {
        let told = match Nature::of(path) {
            Nature::Extreme => None,
            _ => difference.interval(CONFIDENCE),
        };
        let size = difference.base.mean().abs().max(difference.other.mean().abs());
        let nothing = |value: f64| value.abs() <= size * ROUNDING;
        let never = match &difference.apart {
            Some(apart) => nothing(apart.lowest()) && nothing(apart.highest()),
            None => nothing(difference.mean()) && difference.variance_of_sides() == 0.0,
        };
        let verdict = match told {
            _ if never => Verdict::Same,
            Some(interval) if interval.high < 0.0 => Verdict::Less,
            Some(interval) if interval.low > 0.0 => Verdict::More,
            Some(_) => Verdict::Unclear,
            None => Verdict::NoInterval,
        };
        Judged {
            difference,
            interval: told,
            verdict,
            unit: Unit::of(path),
        }
    }

    /// The difference for each unit of the base, with the ends of its interval.
    pub(super) fn relative(&self) -> [Option<f64>; 3] {
        let mean = self.difference.relative();
        let error = self.interval.and(self.difference.relative_error(CONFIDENCE));
        let end = |sign: f64| Some(mean? + sign * error?);
        [mean, end(-1.0), end(1.0)]
    }

    /// The value of the base, or of the other side, for people.
    pub(super) fn shown(&self, value: f64) -> String {
        self.unit.show(value)
    }

    /// In words such as `12.4 ± 0.6 % less`.
    pub(super) fn words(&self) -> String {
        match (self.verdict, self.interval) {
            (Verdict::Same, _) => "no difference seen".to_owned(),
            (Verdict::Unclear, Some(interval)) => self.bounds(interval),
            (_, Some(interval)) => self.directed(interval.half_width()),
            (_, None) => match &self.difference.apart {
                Some(apart) if apart.count() > 1 => self.range(apart.lowest(), apart.highest()),
                _ => self.directed(0.0),
            },
        }
    }

    fn directed(&self, error: f64) -> String {
        let mean = self.difference.mean();
        let direction = if mean < 0.0 { "less" } else { "more" };
        let relative = self.difference.relative().filter(|_| self.unit != Unit::Share);
        let amount = match relative.filter(|relative| relative.abs() < MANIFOLD) {
            Some(relative) => {
                let error = self.difference.relative_error(CONFIDENCE).unwrap_or(0.0);
                format!("{} %", with_error(relative.abs() * 100.0, error * 100.0))
            }
            None => self.amount(mean.abs(), error),
        };
        format!("{amount} {direction}")
    }

    fn bounds(&self, interval: Interval) -> String {
        let bound = interval.low.abs().max(interval.high.abs());
        let small = match self.unit {
            Unit::Share => SMALL_SHARE,
            _ => SMALL * self.difference.base.mean().abs(),
        };
        if bound <= small {
            return match self.unit {
                Unit::Share => format!("differs by less than {}", self.amount(bound, 0.0)),
                _ => format!("differs by less than {}", self.shown(bound)),
            };
        }
        self.range(interval.low, interval.high)
    }

    /// From one difference to another.
    fn range(&self, low: f64, high: f64) -> String {
        let [from, to] = [low, high].map(|value| self.amount(value.abs(), 0.0));
        let one_way = |first: String, last: String, direction: &str| match first == last {
            true => format!("{first} {direction} in every run"),
            false => format!("{first} to {last} {direction}"),
        };
        match (low < 0.0, high > 0.0) {
            (true, true) => format!("{from} less to {to} more"),
            (true, false) => one_way(to, from, "less"),
            _ => one_way(from, to, "more"),
        }
    }

    /// A difference without its sign: in per cent of the base where that says something, shares in percentage points.
    fn amount(&self, size: f64, error: f64) -> String {
        let base = self.difference.base.mean().abs();
        match self.unit {
            Unit::Share => format!("{} points", with_error(size * 100.0, error * 100.0)),
            _ if error == 0.0 && base > 0.0 && size / base < MANIFOLD => {
                format!("{} %", with_error(size / base * 100.0, 0.0))
            }
            Unit::Count => with_error(size, error),
            unit if error > 0.0 => format!("{} ± {}", unit.show(size), unit.show(error)),
            unit => unit.show(size),
        }
    }
}

/// A number with as many decimals as its error has until its first digit other than 0: `12.4 ± 0.6`.
fn with_error(value: f64, error: f64) -> String {
    /// Smaller errors are those of the arithmetic.
    const LEAST: f64 = 1e-6;
    if error <= value.abs() * LEAST {
        return significant_or_small(value);
    }
    let places = two_digit_places(error).saturating_sub(1);
    let [value, error] = [value, error].map(|number| grouped_decimal(&format!("{number:.places$}")));
    format!("{value} ± {error}")
}

fn significant_or_small(value: f64) -> String {
    match value.abs() {
        size if size > 0.0 && size < 0.01 => format!("{value:.*}", two_digit_places(size)),
        _ => significant(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(base: &[f64], other: &[f64]) -> Difference {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        Difference::paired(&some(base), &some(other))
    }

    #[track_caller]
    fn says(path: &str, difference: &Difference, verdict: Verdict, words: &str) {
        let judged = Judged::of(path, difference);
        assert_eq!((judged.verdict, judged.words().as_str()), (verdict, words));
    }

    #[test]
    fn a_sure_difference_is_told_in_per_cent_with_its_error() {
        // Differences -12, -13, -12, -13 of 100: deviation 0.577, t = 3.182, half width 0.919.
        let cheaper = paired(&[100.0; 4], &[88.0, 87.0, 88.0, 87.0]);
        says("cost.total", &cheaper, Verdict::Less, "12.5 ± 0.9 % less");
        let dearer = paired(&[100.0, 50.0, 80.0, 90.0], &[112.0, 56.0, 89.6, 100.8]);
        says("cost.total", &dearer, Verdict::More, "12 % more");
    }

    #[test]
    fn shares_differ_by_points_and_what_was_nothing_by_numbers() {
        let share = paired(&[0.012; 2], &[0.008; 2]);
        says("functions.f.cold_start_share", &share, Verdict::Less, "0.4 points less");
        let gone = paired(&[3_000.0, 2_000.0, 2_500.0], &[0.0; 3]);
        says("totals.Throttles", &gone, Verdict::Less, "100 % less");
        let throttles = paired(&[0.0, 0.0], &[1_200.0, 1_200.0]);
        says("totals.Throttles", &throttles, Verdict::More, "1,200 more");
        let manifold = paired(&[10.0, 10.0], &[1_200.0, 1_200.0]);
        says("totals.Throttles", &manifold, Verdict::More, "1,190 more");
    }

    #[test]
    fn where_zero_is_possible_a_small_bound_or_both_ends_are_told() {
        // Differences -0.1 and 0.1 of 400 ms: half width 12.706 × 0.1 = 1.27 ms.
        let close = paired(&[400.0, 400.0], &[399.9, 400.1]);
        says(
            "functions.f.latency.p99",
            &close,
            Verdict::Unclear,
            "differs by less than 1.27 ms",
        );
        // Differences -10 and 10 of 400: ± 127 of 400 are 31.8 %.
        let wide = paired(&[400.0, 400.0], &[390.0, 410.0]);
        says(
            "functions.f.latency.p99",
            &wide,
            Verdict::Unclear,
            "31.8 % less to 31.8 % more",
        );
    }

    #[test]
    fn equal_numbers_differ_by_nothing_and_the_arithmetic_s_last_bit_is_no_difference() {
        says(
            "totals.Throttles",
            &paired(&[0.0; 3], &[0.0; 3]),
            Verdict::Same,
            "no difference seen",
        );
        let last_bit = paired(&[0.3, 0.3], &[0.1 + 0.2, 0.1 + 0.2]);
        says("cost.total", &last_bit, Verdict::Same, "no difference seen");
    }

    #[test]
    fn maxima_have_the_range_of_their_differences_and_a_single_run_its_own() {
        let maxima = paired(&[100.0, 100.0, 100.0], &[98.0, 96.0, 97.0]);
        says(
            "account.ConcurrentExecutions.max",
            &maxima,
            Verdict::NoInterval,
            "2 % to 4 % less",
        );
        let both = paired(&[100.0, 100.0], &[98.0, 105.0]);
        says(
            "account.ConcurrentExecutions.max",
            &both,
            Verdict::NoInterval,
            "2 % less to 5 % more",
        );
        let alone = paired(&[100.0], &[97.5]);
        says("cost.total", &alone, Verdict::NoInterval, "2.5 % less");
    }
}
