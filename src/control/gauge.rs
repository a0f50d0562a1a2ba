use super::metric::Statistic;
use super::samples::ByPeriod;
use crate::units::{Fraction, SimTime, Span};

/// A ratio of whole numbers that holds until it changes: a plain count over 1, or busy over ready environments (PC-11).
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    pub value: u64,
    /// What `value` is a part of; while it is 0 nothing is measured.
    pub whole: u64,
    since: SimTime,
    points: ByPeriod<Held>,
}

/// What a gauge held during one period.
#[derive(Clone, Debug)]
struct Held {
    /// Value × microseconds, by whole: nearly always a single one, which keeps the mean exact.
    integrals: Vec<(u64, u128)>,
    largest: Ratio,
    smallest: Ratio,
}

/// Value and whole as they were: no gcd for every step of a busy function.
#[derive(Clone, Copy, Debug)]
struct Ratio(u64, u64);

impl Ratio {
    fn above(self, other: Ratio) -> bool {
        u128::from(self.0) * u128::from(other.1) > u128::from(other.0) * u128::from(self.1)
    }

    fn fraction(self) -> Fraction {
        Fraction::new(self.0.into(), self.1.into())
    }
}

impl Gauge {
    pub fn new(whole: u64) -> Gauge {
        Gauge {
            value: 0,
            whole,
            since: SimTime::ZERO,
            points: ByPeriod::default(),
        }
    }

    /// Accounts for what it held up to `time`.
    pub fn advance(&mut self, time: SimTime, period: Span) {
        let length = period.as_micros();
        while self.since < time {
            let index = self.since.as_micros() / length;
            let end = SimTime::from_micros((index + 1) * length).min(time);
            self.hold(index, end.since(self.since).as_micros());
            self.since = end;
        }
    }

    /// Notes a value that is reached at this instant, however short it lasts.
    pub fn touch(&mut self, period: Span) {
        self.hold(self.since.as_micros() / period.as_micros(), 0);
    }

    fn hold(&mut self, index: u64, micros: u64) {
        if self.whole == 0 {
            return;
        }
        let held = Ratio(self.value, self.whole);
        let point = self.points.entry(index, || Held {
            integrals: Vec::new(),
            largest: held,
            smallest: held,
        });
        if held.above(point.largest) {
            point.largest = held;
        }
        if point.smallest.above(held) {
            point.smallest = held;
        }
        let integral = u128::from(self.value) * u128::from(micros);
        match point.integrals.iter_mut().find(|(whole, _)| *whole == self.whole) {
            Some((_, sum)) => *sum += integral,
            None => point.integrals.push((self.whole, integral)),
        }
    }

    /// The statistic of a period that is over; none where the gauge was at 0 throughout (PC-11).
    pub fn statistic(&self, index: u64, period: Span, statistic: Statistic) -> Option<Fraction> {
        let held = self.points.get(index)?;
        if held.largest.0 == 0 {
            return None;
        }
        Some(match statistic {
            Statistic::Maximum => held.largest.fraction(),
            Statistic::Minimum => held.smallest.fraction(),
            Statistic::Average | Statistic::Sum | Statistic::SampleCount => mean(&held.integrals, period),
        })
    }

    pub fn forget_before(&mut self, first: u64) {
        self.points.forget_before(first);
    }
}

/// The mean over a period, weighted with time: exact for one whole, within a billionth for several.
fn mean(integrals: &[(u64, u128)], period: Span) -> Fraction {
    const SCALE: u128 = 1_000_000_000;
    let length = u128::from(period.as_micros());
    match integrals {
        [(whole, integral)] => Fraction::new(*integral, length * u128::from(*whole)),
        several => {
            let sum: u128 = several
                .iter()
                .map(|(whole, integral)| integral * SCALE / u128::from(*whole))
                .sum();
            Fraction::new(sum / length, SCALE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Span = Span::from_secs(60);

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn utilization_is_weighted_with_time_and_missing_where_nothing_runs() {
        let mut gauge = Gauge::new(100);
        gauge.advance(at(60), MINUTE);
        gauge.value = 84;
        gauge.advance(at(90), MINUTE);
        gauge.value = 60;
        gauge.advance(at(120), MINUTE);
        gauge.value = 0;
        gauge.advance(at(240), MINUTE);
        assert_eq!(gauge.statistic(0, MINUTE, Statistic::Average), None);
        // Half a minute at 84 and half a minute at 60 of a hundred.
        assert_eq!(
            gauge.statistic(1, MINUTE, Statistic::Average),
            Some(Fraction::new(72, 100))
        );
        assert_eq!(
            gauge.statistic(1, MINUTE, Statistic::Maximum),
            Some(Fraction::new(84, 100))
        );
        assert_eq!(
            gauge.statistic(1, MINUTE, Statistic::Minimum),
            Some(Fraction::new(60, 100))
        );
        assert_eq!(gauge.statistic(2, MINUTE, Statistic::Maximum), None);
    }

    #[test]
    fn a_whole_that_grows_counts_from_then_on() {
        let mut gauge = Gauge::new(10);
        gauge.value = 8;
        gauge.advance(at(30), MINUTE);
        gauge.whole = 20;
        gauge.advance(at(60), MINUTE);
        // Half a minute at 0.8 and half a minute at 0.4.
        assert_eq!(
            gauge.statistic(0, MINUTE, Statistic::Average),
            Some(Fraction::new(6, 10))
        );
    }

    #[test]
    fn a_peak_of_no_length_is_seen() {
        let mut gauge = Gauge::new(1);
        gauge.advance(at(10), MINUTE);
        gauge.value = 3;
        gauge.touch(MINUTE);
        gauge.value = 0;
        gauge.advance(at(60), MINUTE);
        assert_eq!(
            gauge.statistic(0, MINUTE, Statistic::Maximum),
            Some(Fraction::new(3, 1))
        );
        assert_eq!(gauge.statistic(0, MINUTE, Statistic::Average), Some(Fraction::ZERO));
    }
}
