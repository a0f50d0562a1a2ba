use statrs::distribution::{Beta, Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

use crate::kernel::math::{exp, inverse_normal};

/// Values of independent replications in a few numbers, gathered one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    count: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
    lowest: f64,
    highest: f64,
}

impl Sample {
    /// One more value.
    pub fn add(&mut self, value: f64) {
        if self.count == 0 {
            (self.lowest, self.highest) = (value, value);
        }
        self.count += 1;
        // Welford's recurrence: sums of squares would lose what differs between large, nearly equal values.
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(value);
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 without any.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their variance with one degree of freedom taken off; 0 for fewer than two.
    pub fn variance(&self) -> f64 {
        match self.count {
            0 | 1 => 0.0,
            count => self.squares.max(0.0) / (count - 1) as f64,
        }
    }

    /// The root of [`Sample::variance`]: their standard deviation.
    pub fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The smallest; 0 without any.
    pub fn lowest(&self) -> f64 {
        self.lowest
    }

    /// The largest; 0 without any.
    pub fn highest(&self) -> f64 {
        self.highest
    }

    /// An interval that holds the expected value with this `confidence` (0 to 1, both excluded): Student's t. `None` for
    /// fewer than two values, which say nothing of their spread.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        if self.count < 2 {
            return None;
        }
        let quantile = StudentsT::new(0.0, 1.0, (self.count - 1) as f64).ok()?;
        let half = quantile.inverse_cdf(0.5 + confidence / 2.0) * self.deviation() / (self.count as f64).sqrt();
        Some(Interval {
            low: self.mean - half,
            high: self.mean + half,
        })
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Sample {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.add(value));
        sample
    }
}

/// Where a number lies with some confidence, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Half the distance of its ends.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether it holds `value`.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The exact interval of Clopper and Pearson for a probability of which `hits` of `trials` independent trials came true:
/// it holds the truth at least with this `confidence`. Everything is possible without trials.
pub fn probability_interval(hits: u64, trials: u64, confidence: f64) -> Interval {
    let beyond = (1.0 - confidence) / 2.0;
    let misses = trials.saturating_sub(hits);
    // A beta distribution exists for both parameters above 0 alone: without hits, or without misses, that end is known.
    Interval {
        low: beta_quantile(hits as f64, misses as f64 + 1.0, beyond).unwrap_or(0.0),
        high: beta_quantile(hits as f64 + 1.0, misses as f64, 1.0 - beyond).unwrap_or(1.0),
    }
}

/// Counts from which normal approximations with a correction for skewness differ from exact quantiles by less than a
/// hundred-thousandth of a standard deviation, and the library's series ends before it has converged.
const MANY: f64 = 10_000.0;

/// Quantile `at` of the beta distribution; none where a parameter is not above 0. The library's own inverse goes on for ever for
/// small shares of large counts.
fn beta_quantile(alpha: f64, beta: f64, at: f64) -> Option<f64> {
    let distribution = Beta::new(alpha, beta).ok()?;
    if alpha.min(beta) > MANY {
        return Some(quantile_of_large_beta(alpha, beta, at));
    }
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            return Some(middle);
        }
        if distribution.cdf(middle) < at {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.22.
fn quantile_of_large_beta(alpha: f64, beta: f64, at: f64) -> f64 {
    let y = -inverse_normal(at);
    let lambda = (y * y - 3.0) / 6.0;
    let (s, t) = (1.0 / (2.0 * alpha - 1.0), 1.0 / (2.0 * beta - 1.0));
    let h = 2.0 / (s + t);
    let w = y * (h + lambda).sqrt() / h - (t - s) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    alpha / (alpha + beta * exp(2.0 * w))
}

/// The least number of successes in `count` trials that is not exceeded with a probability of at least `at`, where the number
/// of expected successes and failures is large (Cornish and Fisher's expansion with one term, corrected for continuity).
fn quantile_of_large_binomial(count: u64, fraction: f64, at: f64) -> u64 {
    let z = inverse_normal(at);
    let mean = count as f64 * fraction;
    let deviation = (mean * (1.0 - fraction)).sqrt();
    let skewness = (1.0 - 2.0 * fraction) * (z * z - 1.0) / 6.0;
    (mean + z * deviation + skewness - 0.5).ceil() as u64
}

/// The ranks (from 1) of the two of `count` independent values, in rising order, between which quantile `fraction` of their
/// distribution lies with this `confidence`, whatever that distribution is. `None` where there are too few of them.
pub fn quantile_ranks(count: u64, fraction: f64, confidence: f64) -> Option<(u64, u64)> {
    let beyond = (1.0 - confidence) / 2.0;
    if count as f64 * fraction.min(1.0 - fraction) > MANY {
        let quantile = |at| quantile_of_large_binomial(count, fraction, at);
        return Some((quantile(beyond), quantile(1.0 - beyond) + 1));
    }
    let below = Binomial::new(fraction, count).ok()?;
    // Rank k lies at or below the quantile if at least k values do, rank k above it if at most k - 1 do.
    let first = (1..=below.inverse_cdf(beyond) + 1)
        .rev()
        .find(|rank| below.cdf(rank - 1) <= beyond)?;
    let last = below.inverse_cdf(1.0 - beyond) + 1;
    (last <= count).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64) -> bool {
        (found - expected).abs() <= within
    }

    #[test]
    fn a_sample_has_the_mean_deviation_and_extremes_of_its_values() {
        // Deviations -3, -1, -1, -1, 0, 0, 2, 4 of 2, 4, 4, 4, 5, 5, 7, 9: their squares sum to 32.
        let sample: Sample = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().collect();
        assert_eq!((sample.count(), sample.mean()), (8, 5.0));
        assert!(close(sample.deviation(), (32.0f64 / 7.0).sqrt(), 1e-12));
        assert_eq!((sample.lowest(), sample.highest()), (2.0, 9.0));
    }

    #[test]
    fn large_values_that_hardly_differ_keep_their_deviation() {
        let sample: Sample = (0..1_000).map(|n| 1e12 + f64::from(n % 2)).collect();
        assert!(close(sample.deviation(), 0.5, 1e-3), "{}", sample.deviation());
    }

    #[test]
    fn the_interval_of_a_mean_is_students() {
        // Tables: t is 2.262 for 9 degrees of freedom at 97.5 %, 3.250 at 99.5 %.
        let sample: Sample = (1..=10).map(f64::from).collect();
        let error = (82.5f64 / 9.0).sqrt() / 10f64.sqrt();
        let interval = sample.interval(0.95).unwrap();
        assert!(close(interval.half_width(), 2.262 * error, 1e-3 * error));
        assert!(close(
            sample.interval(0.99).unwrap().half_width(),
            3.250 * error,
            1e-3 * error
        ));
        assert!(interval.holds(5.5) && !interval.holds(0.0));
    }

    #[test]
    fn fewer_than_two_values_have_no_interval_and_equal_ones_an_empty_one() {
        assert_eq!(Sample::default().interval(0.95), None);
        assert_eq!([3.0].into_iter().collect::<Sample>().interval(0.95), None);
        let equal: Sample = [3.0; 4].into_iter().collect();
        assert_eq!(equal.interval(0.95), Some(Interval { low: 3.0, high: 3.0 }));
    }

    #[test]
    fn probability_intervals_are_those_of_clopper_and_pearson() {
        // Their ends solve P(X >= hits) = 2.5 % and P(X <= hits) = 2.5 %; without hits the upper one is 1 - 0.025^(1/n).
        let none = probability_interval(0, 10, 0.95);
        assert!(none.low == 0.0 && close(none.high, 0.308_5, 1e-4), "{none:?}");
        let all = probability_interval(10, 10, 0.95);
        assert!(all.high == 1.0 && close(all.low, 0.691_5, 1e-4), "{all:?}");
        let (hits, trials) = (10, 100);
        let some = probability_interval(hits, trials, 0.95);
        let at_least = 1.0 - Binomial::new(some.low, trials).unwrap().cdf(hits - 1);
        let at_most = Binomial::new(some.high, trials).unwrap().cdf(hits);
        assert!(close(at_least, 0.025, 1e-6) && close(at_most, 0.025, 1e-6), "{some:?}");
        assert_eq!(probability_interval(0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn probability_intervals_of_rare_and_of_very_many_hits_end() {
        // Quantiles of gamma distributions, which rare hits follow: of 1 at 2.5 %, -ln 0.975; of 2 at 97.5 %, where
        // (1 + x) e^-x is 2.5 %. And P(X >= 5), solved by sums of 30 digits.
        let once = probability_interval(1, 1_000_000_000, 0.95);
        assert!(close(once.low * 1e9, 0.025_317_808, 1e-7), "{once:?}");
        assert!(close(once.high * 1e9, 5.571_643_4, 1e-5), "{once:?}");
        let rare = probability_interval(5, 1_000_004, 0.95);
        assert!(close(rare.low * 1e6, 1.623_481_8, 1e-6), "{rare:?}");
        for trials in [1_000_000, 100_000_000, 10_000_000_000] {
            for hits in [1, 90, 9_990, 10_010, trials / 3, trials - 11_000] {
                let found = probability_interval(hits, trials, 0.95);
                let share = hits as f64 / trials as f64;
                assert!(found.low < share && share < found.high, "{hits} of {trials}: {found:?}");
            }
        }
    }

    #[test]
    fn approximations_for_large_counts_go_on_where_exact_quantiles_end() {
        for (alpha, beta) in [(9_999.0, 9_999.0), (9_000.0, 3e6), (5e5, 9_999.0)] {
            let both: f64 = alpha + beta;
            let deviation = (alpha * beta / (both + 1.0)).sqrt() / both;
            for at in [0.025, 0.5, 0.975] {
                let exact = beta_quantile(alpha, beta, at).unwrap();
                let found = quantile_of_large_beta(alpha, beta, at);
                assert!(
                    close(found, exact, 1e-5 * deviation),
                    "{alpha} {beta} {at}: {found} {exact}"
                );
            }
        }
        for (count, fraction) in [(19_000, 0.5), (900_000, 0.99), (90_000, 0.9)] {
            for at in [0.025, 0.975] {
                let exact = Binomial::new(fraction, count).unwrap().inverse_cdf(at);
                let found = quantile_of_large_binomial(count, fraction, at);
                assert!(found.abs_diff(exact) <= 1, "{count} {fraction} {at}: {found} {exact}");
            }
        }
    }

    #[test]
    fn ranks_around_a_median_are_those_of_the_sign_test() {
        // Of 10 values at most one lies below the median with probability 11 / 1024 = 1.07 %, at most two with 5.5 %.
        assert_eq!(quantile_ranks(10, 0.5, 0.95), Some((2, 9)));
        // Of 5 all lie on one side with probability 2 / 32.
        assert_eq!(quantile_ranks(5, 0.5, 0.95), None);
        assert_eq!(quantile_ranks(6, 0.5, 0.95), Some((1, 6)));
    }
}
