//! What the recorder counts of events that come in trains: stored together, and tried together a while later.

use super::recorder::{Recorder, warm_answer};
use crate::facts::{ServedTrain, StoredTrain};
use crate::units::{SimTime, Span};

impl Recorder<'_> {
    /// Events were stored.
    pub(super) fn note_stored(&mut self, train: &StoredTrain) {
        let count = train.times.len() as u64;
        self.tally.arrivals += count;
        self.tally.backlog += count as i64;
        self.tally.events.received += count;
        self.note_in_periods(train.function, train.qualifier, |period| period.stored(count));
        let counted = count - train.times.partition_point(|time| !self.counts(*time)) as u64;
        if counted > 0 {
            self.flows[train.flow.index()].counts.arrivals += counted;
            self.functions[train.function.index()].events().counts.received += counted;
        }
    }

    /// Stored events were tried, and succeed: each is over where its slot is given back.
    pub(super) fn note_tried(&mut self, train: &ServedTrain) {
        self.touch(train.function, train.qualifier);
        let arrived_early = |start: &SimTime| !self.counts(start.saturating_sub(train.waited));
        let before = train.starts().partition_point(arrived_early);
        let flow = &mut self.flows[train.flow.index()];
        let state = &mut self.functions[train.function.index()];
        let version = &mut state.versions[train.version.index()];
        self.fingerprint.add_train(flow.info.identity, train);
        self.tally.invocations += train.count as u64;
        let billed_ms: u64 = train.billed_ms().iter().sum();
        self.tally.billed_mb_ms += u128::from(billed_ms) * u128::from(version.memory.0);
        self.tally.event_age = self.tally.event_age.max(Some(train.waited));
        let (durations, latencies) = &mut *self.values;
        durations.hold(train.durations(), Span::ZERO);
        let first = state.first_period;
        let named = (train.qualifier.0 > 0).then_some(first + u32::from(train.qualifier.0));
        for place in std::iter::once(first).chain(named) {
            let period = &mut self.periods[place as usize];
            period.ran_train(durations);
            period.tried(train.count as u64, train.waited);
        }
        if before == train.count {
            return;
        }
        // In the summary are those that arrived late enough.
        if before > 0 {
            durations.hold(&train.durations()[before..], Span::ZERO);
        }
        latencies.hold(&train.durations()[before..], train.waited);
        let count = durations.count as u64;
        flow.counts.requests += count;
        flow.counts.invocations += count;
        flow.counts.succeeded += count;
        version.counts.invocations += count;
        self.retries[flow.info.traffic.index()].at_once(count);
        flow.latency[warm_answer()]
            .get_or_insert_default()
            .record_all(latencies);
        state.duration.record_all(durations);
        let events = state.events();
        events.latency.record_all(latencies);
        events.age.record_often(train.waited.as_micros(), count as u32);
        events.time.queueing += u128::from(train.waited.as_micros()) * u128::from(count);
        events.time.handler += u128::from(durations.sum);
    }
}
