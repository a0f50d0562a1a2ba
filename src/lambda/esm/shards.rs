//! Lanes of streams and Kafka topics at the platform: records go to them, they invoke (lambda-model §5.4, §5.5).

use super::call::{BatchCall, NotTaken, payload};
use super::config::StreamMappingConfig;
use super::lane::{BatchEnd, Next, Tell};
use super::mapping::Mapping;
use super::stream_poller::StreamPoller;
use super::timer::{DriverEvent, Timer};
use crate::facts::{
    BatchEnded, Blockage, EventStep, LinkId, MappingId, Message, Observer, RecordStep, StreamId, Verdict,
};
use crate::kernel::Class;
use crate::lambda::outbox::{Outbox, Outgoing};
use crate::lambda::platform::Platform;
use crate::messaging::Position;
use crate::units::{Bytes, SimTime};

impl Platform {
    /// A stream takes in a record, and so do the lanes that read it.
    pub(in crate::lambda) fn append<O: Observer>(
        &mut self,
        now: SimTime,
        stream: StreamId,
        record: Message,
        observer: &mut O,
    ) {
        observer.record_sent(now, stream, &record);
        let key = self.links[record.link.index()].config.key;
        let position = self.streams[stream.index()].position(&record, key);
        if self.stream_readers[stream.index()].is_empty() {
            self.streams[stream.index()].keep(record);
        }
        for index in 0..self.stream_readers[stream.index()].len() {
            let mapping = self.stream_readers[stream.index()][index];
            self.take_record(now, mapping, &position, record, observer);
        }
    }

    fn take_record<O: Observer>(
        &mut self,
        now: SimTime,
        mapping: MappingId,
        position: &Position,
        record: Message,
        observer: &mut O,
    ) {
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        if !poller.takes(&record, self.links[record.link.index()].config.key) {
            let stream = poller.config.stream;
            observer.records(now, stream, Some(mapping), &[record], RecordStep::Filtered);
            for step in [EventStep::Polled, EventStep::FilteredOut] {
                observer.mapping_events(now, mapping, step, 1);
            }
            if poller.pool.is_some() {
                observer.mapping_events(now, mapping, EventStep::Committed, 1);
            }
            return;
        }
        let lane = poller.lane(position);
        let size = payload(&self.links, &record);
        let look = poller.lanes[lane as usize].append(now, record, size, &poller.config.lane);
        let check = poller.pool.as_mut().and_then(|pool| pool.wake(now));
        if let Some(at) = look {
            self.schedule_lane(at, mapping, Timer::Look, lane);
        }
        if let Some(at) = check {
            self.schedule_lane(at, mapping, Timer::Poll, 0);
        }
    }

    /// Something that lanes wait for has come true.
    pub(super) fn stream_event<O: Observer>(
        &mut self,
        now: SimTime,
        mapping: MappingId,
        timer: Timer,
        lane: u32,
        observer: &mut O,
    ) {
        match timer {
            Timer::Poll => self.check_pollers(now, mapping, observer),
            Timer::Activate => self.activate_lanes(now, mapping, observer),
            _ => self.look_at_lane(now, mapping, lane, observer),
        }
        self.serve_waiting(now, mapping, observer);
    }

    /// The invocation of a lane's batch is over.
    pub(super) fn lane_done<O: Observer>(
        &mut self,
        now: SimTime,
        mapping: MappingId,
        number: u64,
        verdict: Verdict,
        observer: &mut O,
    ) {
        let reports = self.reports_failures(mapping);
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let index = poller.lane_of(number);
        let (stream, flow) = (poller.config.stream, self.flows[poller.flow.index()]);
        let lane = &mut poller.lanes[index as usize];
        let last_sent = lane.records().last().map(|last| last.sent);
        let end = match (verdict, lane.failing) {
            (Verdict::Ok, Some(lowest)) if reports => BatchEnd::FailedFrom(lowest),
            (Verdict::Ok, _) => BatchEnd::Done,
            _ => BatchEnd::FailedFrom(0),
        };
        if let BatchEnd::FailedFrom(lowest) = end {
            let failed = (lane.records().len() as u64).saturating_sub(lowest.into());
            observer.mapping_events(now, mapping, EventStep::FailedInvoke, failed);
            observer.mapping_events(now, mapping, EventStep::InvokeError, u64::from(!verdict.is_ok()));
        }
        let mut telling = Telling::of(&poller.config, mapping, now, &mut self.outbox, observer);
        lane.finished(now, end, &poller.config.lane, &mut telling);
        let (mut offset_lag, mut pollers) = (None, None);
        if let Some(pool) = &mut poller.pool {
            pool.give_back();
            (offset_lag, pollers) = (Some(lane.waiting()), Some(pool.pollers()));
        }
        if let Some(last_sent) = last_sent {
            observer.batch_ended(&BatchEnded {
                time: now,
                stream,
                mapping,
                function: flow.function,
                qualifier: flow.qualifier,
                last_sent,
                offset_lag,
                pollers,
            });
        }
        if poller.tells_lags {
            let lag = poller.lanes.iter().map(|lane| lane.waiting()).sum();
            observer.mapping_events(now, mapping, EventStep::SumOffsetLag, lag);
        }
        self.look_at_lane(now, mapping, index, observer);
        self.serve_waiting(now, mapping, observer);
    }

    /// Lanes get the pollers that are free, in turn.
    fn serve_waiting<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        loop {
            let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
                return;
            };
            let Some(pool) = &mut poller.pool else { return };
            let Some(lane) = pool.next_lane(now) else {
                if let Some(at) = pool.next_fetch(now) {
                    self.schedule_lane(at, mapping, Timer::Look, 0);
                }
                return;
            };
            poller.lanes[lane as usize].wake(now);
            self.look_at_lane(now, mapping, lane, observer);
        }
    }

    fn look_at_lane<O: Observer>(&mut self, now: SimTime, mapping: MappingId, lane: u32, observer: &mut O) {
        self.work_at_lane(now, mapping, lane, observer);
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        if poller.lineage.is_empty() || !poller.lanes[lane as usize].is_drained() {
            return;
        }
        let factor = poller.config.parallelization_factor;
        for shard in poller.lineage.drained(lane, factor) {
            for heir in shard * factor..(shard + 1) * factor {
                if let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] {
                    poller.lanes[heir as usize].wake(now);
                }
                self.look_at_lane(now, mapping, heir, observer);
            }
        }
    }

    fn work_at_lane<O: Observer>(&mut self, now: SimTime, mapping: MappingId, lane: u32, observer: &mut O) {
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let shard = lane / poller.config.parallelization_factor;
        if !poller.enabled || (!poller.lineage.is_empty() && poller.lineage.waits(shard)) {
            return;
        }
        let mut telling = Telling::of(&poller.config, mapping, now, &mut self.outbox, observer);
        let links = &self.links;
        let size = |record: &Message| payload(links, record);
        match poller.lanes[lane as usize].look(now, &poller.config.lane, size, &mut telling) {
            Next::Rest => {}
            Next::LookAt(at) => self.schedule_lane(at, mapping, Timer::Look, lane),
            Next::Invoke => {
                if poller.pool.as_mut().is_none_or(|pool| pool.take(now, lane)) {
                    self.invoke_lane(now, mapping, lane, observer);
                }
            }
        }
    }

    fn invoke_lane<O: Observer>(&mut self, now: SimTime, mapping: MappingId, index: u32, observer: &mut O) {
        let reports = self.reports_failures(mapping);
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let flow = poller.flow;
        let mut lane = std::mem::take(&mut poller.lanes[index as usize]);
        let batch = poller.batch_number(index, lane.number);
        if let (Some(pool), 0) = (&mut poller.pool, lane.attempt) {
            let size = |record: &Message| payload(&self.links, record).0;
            let bytes = Bytes(lane.records().iter().map(size).sum());
            pool.fetched(now, bytes);
            observer.mapping_events(now, mapping, EventStep::Fetched, bytes.0);
        }
        let count = lane.records().len() as u64;
        if lane.attempt == 0 {
            observer.mapping_events(now, mapping, EventStep::Polled, count);
        }
        observer.mapping_events(now, mapping, EventStep::Invoked, count);
        let call = BatchCall {
            flow,
            number: batch,
            attempt: lane.attempt,
            opened: lane.opened,
            hops: lane.records().iter().map(|record| record.hops).max().unwrap_or(0),
            records: lane.records(),
            reports,
        };
        let taken = self.call_batch(now, &call, observer);
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let is_taken = match taken {
            Ok(failed) => {
                lane.started(failed.first().copied());
                true
            }
            Err(refused) => {
                observer.mapping_events(now, mapping, EventStep::FailedInvoke, count);
                observer.mapping_events(now, mapping, EventStep::InvokeError, 1);
                let mut telling = Telling::of(&poller.config, mapping, now, &mut self.outbox, observer);
                match refused {
                    NotTaken::Throttled => lane.throttled(now, &poller.config.lane),
                    NotTaken::Rejected => {
                        lane.finished(now, BatchEnd::FailedFrom(0), &poller.config.lane, &mut telling);
                    }
                }
                if let Some(pool) = &mut poller.pool {
                    pool.give_back();
                    pool.throttled |= refused == NotTaken::Throttled;
                }
                false
            }
        };
        poller.lanes[index as usize] = lane;
        if !is_taken {
            self.look_at_lane(now, mapping, index, observer);
        }
    }

    /// Whether failed records of a mapping's batches are reported one by one.
    pub(super) fn reports_failures(&self, mapping: MappingId) -> bool {
        let (flow, own) = match &self.mappings[mapping.index()] {
            Mapping::Queue(pollers) => (pollers.flow, pollers.reports_failures),
            Mapping::Stream(poller) => (poller.flow, poller.reports_failures),
        };
        let function = self.flows[flow.index()].function;
        own.unwrap_or(self.functions[function.index()].config.records.reports_failures)
    }

    /// KAF-1: once a minute the lag decides about pollers.
    fn check_pollers<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let lag = poller.lanes.iter().map(|lane| lane.behind()).sum();
        let batch_size = poller.config.lane.batch_size;
        let Some(pool) = &mut poller.pool else { return };
        let next = pool.check(now, lag, batch_size);
        if let Some(at) = next {
            self.schedule_lane(at, mapping, Timer::Poll, 0);
        }
        self.tell_units(now, mapping, observer);
    }

    pub(super) fn activate_lanes<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] else {
            return;
        };
        if let Some(config) = poller.pending.due(now) {
            poller.change(&config);
        }
        let waiting = |lane: &u32| !poller.lanes[*lane as usize].is_drained();
        let lanes: Vec<u32> = (0..poller.lanes.len() as u32).filter(waiting).collect();
        if let Some(at) = poller.pool.as_mut().and_then(|pool| pool.wake(now)) {
            self.schedule_lane(at, mapping, Timer::Poll, 0);
        }
        for changed in (0..self.mappings.len() as u32).map(MappingId) {
            // It may have left a group.
            self.tell_units(now, changed, observer);
        }
        for lane in lanes {
            if let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] {
                poller.lanes[lane as usize].wake(now);
            }
            self.look_at_lane(now, mapping, lane, observer);
        }
    }

    /// Closes the shards of a stream and opens `count` others: records from now on belong to those, which are read once the
    /// ones are drained whose keys they have taken over (STRM-15).
    pub fn set_shards(&mut self, stream: StreamId, count: u32) {
        let resharding = self.streams[stream.index()].reshard(count);
        for mapping in &self.stream_readers[stream.index()] {
            if let Mapping::Stream(poller) = &mut self.mappings[mapping.index()] {
                poller.reshard(&resharding);
            }
        }
    }

    fn schedule_lane(&mut self, at: SimTime, mapping: MappingId, timer: Timer, lane: u32) {
        if at < self.horizon {
            let event = DriverEvent::Mapping(mapping, timer, lane);
            self.agenda.schedule(at, Class::Timer, event.pack());
        }
    }

    /// Tells at the end of the run what listeners have not heard of streams: records that have expired, lanes that are
    /// still stopped.
    pub(in crate::lambda) fn close_streams<O: Observer>(&mut self, end: SimTime, observer: &mut O) {
        // What is due at the end does not happen any more.
        let last = end.just_before();
        for (index, stream) in (0..).zip(&mut self.streams) {
            while let Some(record) = stream.expire(last) {
                observer.records(last, StreamId(index), None, &[record], RecordStep::Expired);
            }
        }
        for (mapping, poller) in (0..).map(MappingId).zip(&mut self.mappings) {
            if let Mapping::Stream(poller) = poller {
                close_lanes((last, end), mapping, poller, &mut self.outbox, observer);
            }
        }
    }
}

/// `last` is the last instant that counts, `end` the one after it.
fn close_lanes<O: Observer>(
    (last, end): (SimTime, SimTime),
    mapping: MappingId,
    poller: &mut StreamPoller,
    outbox: &mut Outbox,
    observer: &mut O,
) {
    let stream = poller.config.stream;
    for lane in &mut poller.lanes {
        let mut telling = Telling {
            now: last,
            stream,
            mapping,
            on_failure: None,
            commits: poller.config.pollers.is_some(),
            outbox,
            observer,
        };
        lane.close(last, &poller.config.lane, &mut telling);
        if let Some((since, first)) = lane.blocked() {
            observer.blocked(&Blockage {
                stream,
                mapping,
                since,
                until: end,
                first,
                at_end: true,
            });
        }
    }
}

/// Passes on what lanes tell.
struct Telling<'a, O> {
    now: SimTime,
    stream: StreamId,
    mapping: MappingId,
    on_failure: Option<LinkId>,
    /// Whether what is read is a Kafka topic, whose offset is committed.
    commits: bool,
    outbox: &'a mut Outbox,
    observer: &'a mut O,
}

impl<'a, O> Telling<'a, O> {
    fn of(
        config: &StreamMappingConfig,
        mapping: MappingId,
        now: SimTime,
        outbox: &'a mut Outbox,
        observer: &'a mut O,
    ) -> Telling<'a, O> {
        Telling {
            now,
            stream: config.stream,
            mapping,
            on_failure: config.on_failure,
            commits: config.pollers.is_some(),
            outbox,
            observer,
        }
    }
}

impl<O: Observer> Telling<'_, O> {
    fn tell(&mut self, step: EventStep, count: u64) {
        self.observer.mapping_events(self.now, self.mapping, step, count);
    }
}

impl<O: Observer> Tell for Telling<'_, O> {
    fn records(&mut self, records: &[Message], step: RecordStep) {
        let Some(hops) = records.iter().map(|record| record.hops).max() else {
            return;
        };
        self.observer
            .records(self.now, self.stream, Some(self.mapping), records, step);
        let count = records.len() as u64;
        if self.commits && matches!(step, RecordStep::Processed | RecordStep::Discarded) {
            self.tell(EventStep::Committed, count);
        }
        if step == RecordStep::Discarded {
            self.tell(EventStep::Dropped, count);
        }
        if let (RecordStep::Discarded, Some(link)) = (step, self.on_failure) {
            self.tell(EventStep::Delivered, count);
            // STRM-11: one message with where the batch was in the stream.
            self.outbox.push_back(Outgoing::Send {
                link,
                hops: hops.saturating_add(1),
            });
        }
    }

    fn unblocked(&mut self, since: SimTime, first: bool) {
        self.observer.blocked(&Blockage {
            stream: self.stream,
            mapping: self.mapping,
            since,
            until: self.now,
            first,
            at_end: false,
        });
    }
}
