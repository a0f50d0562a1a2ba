use std::collections::BTreeMap;

use super::metric::Statistic;
use super::samples::ByPeriod;
use crate::facts::{Message, MessageStep};
use crate::units::{Fraction, SimTime, Span};

const MICROS_PER_SECOND: u128 = 1_000_000;

/// `ApproximateAgeOfOldestMessage` of one queue: it grows with time until the oldest message is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Ages {
    /// Messages that are not deleted, by when they were sent.
    present: BTreeMap<SimTime, u32>,
    since: SimTime,
    points: ByPeriod<Aged>,
}

/// How old the oldest was during one period, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Aged {
    /// Twice age × microseconds: half of it would not be whole.
    doubled_integral: u128,
    largest: u64,
    smallest: u64,
}

impl Ages {
    /// A message takes a step.
    pub fn step(&mut self, time: SimTime, message: &Message, step: MessageStep, period: Span) {
        self.advance(time, period);
        match step {
            MessageStep::Sent => *self.present.entry(message.sent).or_insert(0) += 1,
            MessageStep::Received | MessageStep::Returned | MessageStep::Rejected => {}
            MessageStep::Deleted | MessageStep::DeadLettered | MessageStep::Expired => self.remove(message.sent),
        }
    }

    fn remove(&mut self, sent: SimTime) {
        if let Some(count) = self.present.get_mut(&sent) {
            *count -= 1;
            if *count == 0 {
                self.present.remove(&sent);
            }
        }
    }

    /// Accounts for the time up to `time`.
    pub fn advance(&mut self, time: SimTime, period: Span) {
        let oldest = self.present.keys().next().copied();
        let age = |at: SimTime| oldest.map_or(0, |sent| at.since(sent).as_micros());
        while self.since < time {
            let index = self.since.as_micros() / period.as_micros();
            let end = SimTime::from_micros((index + 1) * period.as_micros()).min(time);
            let (first, last) = (age(self.since), age(end));
            let point = self.points.entry(index, || Aged {
                doubled_integral: 0,
                largest: last,
                smallest: first,
            });
            point.doubled_integral +=
                (u128::from(first) + u128::from(last)) * u128::from(end.since(self.since).as_micros());
            point.largest = point.largest.max(last);
            point.smallest = point.smallest.min(first);
            self.since = end;
        }
    }

    /// The statistic of a period that is over, in seconds.
    pub fn statistic(&self, index: u64, period: Span, statistic: Statistic) -> Option<Fraction> {
        let aged = self.points.get(index)?;
        Some(match statistic {
            Statistic::Maximum => Fraction::new(aged.largest.into(), MICROS_PER_SECOND),
            Statistic::Minimum => Fraction::new(aged.smallest.into(), MICROS_PER_SECOND),
            Statistic::Average | Statistic::Sum | Statistic::SampleCount => {
                let length = u128::from(period.as_micros());
                Fraction::new(aged.doubled_integral, 2 * length * MICROS_PER_SECOND)
            }
        })
    }

    pub fn forget_before(&mut self, first: u64) {
        self.points.forget_before(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LinkId;

    const MINUTE: Span = Span::from_secs(60);

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn the_oldest_message_ages_until_it_is_deleted_and_an_empty_queue_is_at_zero() {
        let message = |sent| Message {
            sent: at(sent),
            ordinal: 0,
            link: LinkId(0),
            receives: 0,
            hops: 0,
        };
        let mut ages = Ages::default();
        ages.step(at(30), &message(30), MessageStep::Sent, MINUTE);
        ages.step(at(40), &message(40), MessageStep::Sent, MINUTE);
        ages.step(at(90), &message(30), MessageStep::Deleted, MINUTE);
        ages.step(at(100), &message(40), MessageStep::Deleted, MINUTE);
        ages.advance(at(180), MINUTE);
        let of = |minute, statistic| ages.statistic(minute, MINUTE, statistic);
        // First minute: nothing for half of it, then up to 30 s.
        assert_eq!(of(0, Statistic::Maximum), Some(Fraction::new(30, 1)));
        assert_eq!(of(0, Statistic::Minimum), Some(Fraction::ZERO));
        assert_eq!(of(0, Statistic::Average), Some(Fraction::new(30 * 15, 60)));
        // Second: 30 s to 60 s, then the other one 50 s to 60 s, then nothing.
        assert_eq!(of(1, Statistic::Maximum), Some(Fraction::new(60, 1)));
        assert_eq!(of(1, Statistic::Average), Some(Fraction::new(30 * 45 + 10 * 55, 60)));
        assert_eq!(of(2, Statistic::Maximum), Some(Fraction::ZERO));
    }
}
