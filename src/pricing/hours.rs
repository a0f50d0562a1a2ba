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
