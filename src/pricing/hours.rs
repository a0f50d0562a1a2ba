//! How usage is spread over the hours of a run: a savings plan pays for each hour on its own (PRICE-19).

use super::month::Month;
use super::usage::{Hour, Measure};
use crate::units::{SimTime, Span, Timestamp};
use std::collections::BTreeMap;

const HOUR: Span = Span::from_secs(3_600);

/// MB·µs by hour since the start of the run, architecture and [`Hour::MEASURES`].
#[derive(Clone, Debug, Default)]
pub(super) struct Hours(BTreeMap<u64, [[u128; 3]; 2]>);

impl Hours {
    /// Adds MB·ms of one measure, used by what began at `time`.
    pub fn add(&mut self, time: SimTime, architecture: usize, measure: Measure, mb_ms: u128) {
        let hour = time.as_micros() / HOUR.as_micros();
        self.add_micros(hour, architecture, measure, mb_ms * 1_000);
    }

    /// Adds provisioned concurrency of `memory` MB that was enabled from the first instant to the second.
    pub fn provide(&mut self, architecture: usize, (from, until): (SimTime, SimTime), memory: u128) {
        let (mut from, until) = (from.as_micros(), until.as_micros());
        while from < until {
            let hour = from / HOUR.as_micros();
            let end = ((hour + 1) * HOUR.as_micros()).min(until);
            let used = memory * (end - from) as u128;
            self.add_micros(hour, architecture, Measure::ProvisionedConcurrency, used);
            from = end;
        }
    }

    /// Adds all of another's.
    pub fn add_all(&mut self, other: &Hours) {
        for (hour, used) in &other.0 {
            let own = self.0.entry(*hour).or_default();
            for (own, used) in own.iter_mut().flatten().zip(used.iter().flatten()) {
                *own += used;
            }
        }
    }

    fn add_micros(&mut self, hour: u64, architecture: usize, measure: Measure, used: u128) {
        if let Some(place) = Hour::MEASURES.iter().position(|one| *one == measure) {
            self.0.entry(hour).or_default()[architecture][place] += used;
        }
    }

    /// The hours with usage of a run that begins at `start` and ends at `end`.
    pub fn of_run(&self, start: Timestamp, end: SimTime) -> Vec<Hour> {
        let hour = |(hour, used): (&u64, &[[u128; 3]; 2])| {
            let from = hour * HOUR.as_micros();
            Hour {
                month: Month::of(Timestamp(start.0.saturating_add_unsigned(from))),
                length: Span::from_micros(HOUR.as_micros().min(end.as_micros().saturating_sub(from))),
                used: *used,
            }
        };
        self.0.iter().map(hour).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_two_have_used_adds_up_hour_by_hour() {
        let used = |entries: &[(u64, u128)]| {
            let mut hours = Hours::default();
            entries
                .iter()
                .for_each(|(seconds, mb_ms)| hours.add(at(*seconds), 0, Measure::Duration, *mb_ms));
            hours
        };
        let mut both = used(&[(10, 5), (3_700, 1)]);
        both.add_all(&used(&[(20, 7), (7_300, 2)]));
        assert_eq!(both.0, used(&[(30, 12), (3_800, 1), (7_400, 2)]).0);
    }

    #[test]
    fn price_19_usage_is_mb_micros_of_the_hour_of_the_run_in_which_it_is_used() {
        let mut hours = Hours::default();
        hours.add(at(3_599), 1, Measure::Duration, 512);
        hours.add(at(3_600), 1, Measure::Duration, 1_024);
        hours.add(at(3_600), 1, Measure::Requests, 1);
        // 600 s of the first hour, all of the second, 300 s of the third.
        hours.provide(0, (at(3_000), at(7_500)), 2_048);
        // 23:00 on the last day of November 2026.
        let start = Timestamp(1_796_079_600_000_000);
        let found = hours.of_run(start, at(7_500));
        let hour = |month: i64, seconds, duration, provisioned| Hour {
            month: Month::of(Timestamp(start.0 + month * 3_600_000_000)),
            length: Span::from_secs(seconds),
            used: [[0, 0, provisioned], [duration, 0, 0]],
        };
        let second = 2_048 * 1_000_000;
        assert_eq!(
            found,
            [
                hour(0, 3_600, 512_000, 600 * second),
                hour(1, 3_600, 1_024_000, 3_600 * second),
                hour(1, 300, 0, 300 * second),
            ]
        );
    }
}
