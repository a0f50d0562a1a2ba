use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::{Interval, Sample};

/// By how much a metric of one scenario exceeds that of another, over replications of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The values that are compared with.
    pub base: Sample,
    /// The values that are compared.
    pub other: Sample,
    /// Their differences, replication by replication; `None` where the two were not run with the same luck.
    pub apart: Option<Sample>,
    /// What is left of each difference when the base's value is taken off in proportion: how much their ratio varies.
    around: Sample,
}

impl Difference {
    /// Of replications with common random numbers: number k of the one beside number k of the other. What one of them has
    /// alone, or where either has no value, is left out.
    pub fn paired(base: &[Option<f64>], other: &[Option<f64>]) -> Difference {
        let pairs = base
            .iter()
            .zip(other)
            .filter_map(|(base, other)| Some(((*base)?, (*other)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect();
        let base: Sample = pairs.iter().map(|(base, _)| *base).collect();
        let apart: Sample = pairs.iter().map(|(base, other)| other - base).collect();
        let ratio = apart.mean() / base.mean();
        Difference {
            base,
            other: pairs.iter().map(|(_, other)| *other).collect(),
            apart: Some(apart),
            around: pairs.iter().map(|(base, other)| other - base - ratio * base).collect(),
        }
    }

    /// Of independent replications.
    pub fn independent(base: &[Option<f64>], other: &[Option<f64>]) -> Difference {
        Difference {
            base: base.iter().flatten().copied().collect(),
            other: other.iter().flatten().copied().collect(),
            apart: None,
            around: Sample::default(),
        }
    }

    /// The difference of the means.
    pub fn mean(&self) -> f64 {
        match &self.apart {
            Some(apart) => apart.mean(),
            None => self.other.mean() - self.base.mean(),
        }
    }

    /// An interval that holds the expected difference with this `confidence` (0 to 1, both excluded): Student's t of the
    /// differences, or that of Welch where they are no pairs. `None` for fewer than two replications.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        match &self.apart {
            Some(apart) => apart.interval(confidence),
            None => self.welch(confidence),
        }
    }

    /// The difference for each unit of the base: the ratio of the means, less 1. `None` where the base is 0.
    pub fn relative(&self) -> Option<f64> {
        let base = self.base.mean().abs();
        (base > 0.0).then(|| self.mean() / base)
    }

    /// Half the width of its interval: that of a ratio estimator (Cochran, Sampling Techniques, chapter 6). Where one side is
    /// always the same multiple of the other it is 0, however much both vary.
    pub fn relative_error(&self, confidence: f64) -> Option<f64> {
        let base = self.base.mean().abs();
        let half = match &self.apart {
            Some(_) => self.around.interval(confidence)?.half_width(),
            None => {
                let ratio = self.other.mean() / self.base.mean();
                self.independent_error(confidence, ratio)?
            }
        };
        (base > 0.0).then(|| half / base)
    }

    fn welch(&self, confidence: f64) -> Option<Interval> {
        let (mean, half) = (self.mean(), self.independent_error(confidence, 1.0)?);
        Some(Interval {
            low: mean - half,
            high: mean + half,
        })
    }

    /// Half the width of Welch's interval for the other mean less `ratio` times the base's.
    fn independent_error(&self, confidence: f64, ratio: f64) -> Option<f64> {
        let samples = [&self.base, &self.other];
        if samples.iter().any(|sample| sample.count() < 2) {
            return None;
        }
        let errors = samples.map(|sample| sample.variance() / sample.count() as f64);
        let errors = [errors[0] * ratio * ratio, errors[1]];
        let error = errors[0] + errors[1];
        if error == 0.0 {
            return Some(0.0);
        }
        let shares = [0, 1].map(|side| errors[side] * errors[side] / (samples[side].count() - 1) as f64);
        let freedom = error * error / (shares[0] + shares[1]);
        let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?;
        Some(quantile.inverse_cdf(0.5 + confidence / 2.0) * error.sqrt())
    }

    /// The variance that the difference of independent runs would have: the sum of those of both sides.
    pub fn variance_of_sides(&self) -> f64 {
        self.base.variance() + self.other.variance()
    }

    /// The part of the variance that common random numbers take away: 1 less the variance of the paired difference for each
    /// unit of what independent runs would have. Negative where they do harm. `None` where nothing
    /// is paired, or nothing varies.
    pub fn variance_reduction(&self) -> Option<f64> {
        let independent = self.variance_of_sides();
        let apart = self.apart.filter(|_| independent > 0.0)?;
        Some(1.0 - apart.variance() / independent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn paired_differences_leave_out_what_both_have_in_common() {
        // Differences 1, 2, 3: mean 2, deviation 1, t = 4.303 for two degrees of freedom.
        let difference = Difference::paired(&values(&[10.0, 20.0, 30.0]), &values(&[11.0, 22.0, 33.0]));
        assert_eq!(difference.mean(), 2.0);
        let half = difference.interval(0.95).unwrap().half_width();
        assert!((half - 4.303 / 3f64.sqrt()).abs() < 1e-3, "{half}");
        // Variances 100 and 121 of the sides, 1 of the difference.
        let reduction = difference.variance_reduction().unwrap();
        assert!((reduction - 220.0 / 221.0).abs() < 1e-12, "{reduction}");
    }

    #[test]
    fn independent_differences_have_the_interval_of_welch() {
        // Means 2 and 12, variances 1 and 4, three values each: error sqrt(5 / 3); degrees of freedom
        // (5/3)^2 / ((1/3)^2 / 2 + (4/3)^2 / 2) = 50 / 17 = 2.941, of which t is 3.219 (between 3.182 and 4.303).
        let difference = Difference::independent(&values(&[1.0, 2.0, 3.0]), &values(&[10.0, 12.0, 14.0]));
        assert_eq!((difference.mean(), difference.variance_reduction()), (10.0, None));
        let half = difference.interval(0.95).unwrap().half_width();
        let quantile = half / (5.0f64 / 3.0).sqrt();
        assert!((3.182..3.3).contains(&quantile), "{quantile}");
    }

    #[test]
    fn a_fixed_multiple_has_a_relative_difference_without_error() {
        let base = [10.0, 20.0, 30.0];
        let difference = Difference::paired(&values(&base), &values(&base.map(|value| value * 0.75)));
        assert_eq!(difference.relative(), Some(-0.25));
        assert!(difference.relative_error(0.95).unwrap() < 1e-12);
        assert!(
            difference.interval(0.95).unwrap().half_width() > 1.0,
            "the amounts differ"
        );
        let from_nothing = Difference::paired(&values(&[0.0, 0.0]), &values(&[1.0, 2.0]));
        assert_eq!(
            (from_nothing.relative(), from_nothing.relative_error(0.95)),
            (None, None)
        );
        // Residuals of 1, 3 over 2, 2: ratio 1, and -1, 1 are left: t = 12.706, error 1, for each unit of 2.
        let varying = Difference::paired(&values(&[2.0, 2.0]), &values(&[1.0, 3.0]));
        assert!((varying.relative_error(0.95).unwrap() - 12.706 / 2.0).abs() < 1e-3);
    }

    #[test]
    fn what_only_one_side_has_is_no_pair_and_one_pair_has_no_interval() {
        let difference = Difference::paired(&[Some(1.0), None, Some(3.0)], &[Some(2.0), Some(5.0), None, Some(9.0)]);
        assert_eq!((difference.base.count(), difference.mean()), (1, 1.0));
        assert_eq!(
            (difference.interval(0.95), difference.variance_reduction()),
            (None, None)
        );
        let same = Difference::paired(&values(&[4.0, 4.0]), &values(&[4.0, 4.0]));
        assert_eq!(same.interval(0.95), Some(Interval { low: 0.0, high: 0.0 }));
        assert_eq!(same.variance_reduction(), None, "nothing varies");
    }
}
