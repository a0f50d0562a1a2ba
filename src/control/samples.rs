use std::collections::VecDeque;

use super::metric::Statistic;
use crate::units::Fraction;

/// The samples of one period: whole numbers, or microseconds of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Samples {
    count: u64,
    sum: u128,
    smallest: u64,
    largest: u64,
}

impl Samples {
    /// A single one.
    pub fn one(value: u64) -> Samples {
        Samples {
            count: 1,
            sum: value.into(),
            smallest: value,
            largest: value,
        }
    }

    pub fn add(&mut self, other: &Samples) {
        self.count += other.count;
        self.sum += other.sum;
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
    }

    /// The statistic in the metric's unit, of which a sample holds `per_unit`.
    pub fn statistic(&self, statistic: Statistic, per_unit: u128) -> Fraction {
        match statistic {
            Statistic::Sum => Fraction::new(self.sum, per_unit),
            Statistic::Average => Fraction::new(self.sum, per_unit * u128::from(self.count)),
            Statistic::Maximum => Fraction::new(self.largest.into(), per_unit),
            Statistic::Minimum => Fraction::new(self.smallest.into(), per_unit),
            Statistic::SampleCount => Fraction::new(self.count.into(), 1),
        }
    }
}

/// Something by period, of which only recent periods are kept.
#[derive(Clone, Debug)]
pub(super) struct ByPeriod<T>(VecDeque<(u64, T)>);

impl<T> Default for ByPeriod<T> {
    fn default() -> ByPeriod<T> {
        ByPeriod(VecDeque::new())
    }
}

impl<T> ByPeriod<T> {
    pub fn get(&self, period: u64) -> Option<&T> {
        let place = self.0.partition_point(|(at, _)| *at < period);
        let (at, value) = self.0.get(place)?;
        (*at == period).then_some(value)
    }

    /// What is kept of `period`; made by `new` where there is nothing yet.
    pub fn entry(&mut self, period: u64, new: impl FnOnce() -> T) -> &mut T {
        let place = self.0.partition_point(|(at, _)| *at < period);
        if self.0.get(place).is_none_or(|(at, _)| *at != period) {
            self.0.insert(place, (period, new()));
        }
        &mut self.0[place].1
    }

    /// Forgets the periods before `first`.
    pub fn forget_before(&mut self, first: u64) {
        while self.0.front().is_some_and(|(period, _)| *period < first) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_three_durations_are_in_milliseconds() {
        let mut samples = Samples::one(1_500);
        samples.add(&Samples::one(500));
        samples.add(&Samples::one(2_000));
        let values = Statistic::ALL.map(|statistic| samples.statistic(statistic, 1_000));
        let expected = [(4, 1), (4, 3), (2, 1), (1, 2), (3, 1)].map(|(a, b)| Fraction::new(a, b));
        assert_eq!(values, expected);
    }

    #[test]
    fn periods_are_kept_in_order_and_forgotten_from_the_front() {
        let mut points = ByPeriod::default();
        *points.entry(7, || 0) += 1;
        *points.entry(5, || 0) += 2;
        *points.entry(7, || 0) += 3;
        assert_eq!(
            (points.get(5), points.get(6), points.get(7)),
            (Some(&2), None, Some(&4))
        );
        points.forget_before(6);
        assert_eq!((points.get(5), points.get(7)), (None, Some(&4)));
    }
}
