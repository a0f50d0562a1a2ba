//! Pollers of SQS queues: they read, filter, batch and invoke (lambda-model §5.2, §5.3).

use super::batch::Batch;
use super::call::{BatchCall, NotTaken, payload};
use super::mapping::{Mapping, Pollers};
use super::scaling::Trend;
use super::timer::{DriverEvent, Timer};
use crate::facts::{ActivePollers, EventStep, MappingId, Message, MessageStep, Observer, PollerKind, QueueId, Verdict};
use crate::kernel::Class;
use crate::kernel::draws::Purpose;
use crate::lambda::outbox::Link;
use crate::lambda::platform::Platform;
use crate::messaging::Queue;
use crate::units::{Bytes, SimTime, Span};

/// Most messages of one receive call.
const RECEIVE_SIZE: u64 = 10;
/// Receive calls and bytes that one provisioned poller manages in a second (SQSP-2).
const RECEIVES_PER_SECOND: u64 = 10;
const BYTES_PER_SECOND: u64 = 1 << 20;
const SECOND: u64 = 1_000_000;

impl Platform {
    /// Every mapping takes its first look.
    pub(in crate::lambda) fn start_mappings<O: Observer>(&mut self, observer: &mut O) {
        for index in 0..self.mappings.len() {
            let mapping = MappingId(index as u32);
            match &self.mappings[index] {
                Mapping::Queue(pollers) => {
                    self.readers[pollers.config.queue.index()].push(mapping);
                    self.look(SimTime::ZERO, mapping, observer);
                }
                Mapping::Stream(poller) => {
                    self.stream_readers[poller.config.stream.index()].push(mapping);
                    self.tell_units(SimTime::ZERO, mapping, observer);
                }
            }
        }
    }

    /// Something that a mapping waits for has come true.
    pub(in crate::lambda) fn mapping_event<O: Observer>(
        &mut self,
        now: SimTime,
        mapping: MappingId,
        timer: Timer,
        index: u32,
        observer: &mut O,
    ) {
        if matches!(self.mappings[mapping.index()], Mapping::Stream(_)) {
            self.stream_event(now, mapping, timer, index, observer);
            return;
        }
        match timer {
            Timer::Poll => self.poll(now, mapping, observer),
            Timer::Window => self.close_window(now, mapping, index, observer),
            Timer::Retry => self.invoke_batch(now, mapping, index, observer),
            Timer::Return => self.return_batch(now, mapping, index, observer),
            Timer::Look => self.look(now, mapping, observer),
            // Scaling has taken another course since.
            Timer::Scale if self.pollers(mapping).scale_at != now => {}
            Timer::Scale => {
                self.pollers(mapping).scale_at = SimTime::MAX;
                self.look(now, mapping, observer);
            }
            Timer::Activate => self.activate(now, mapping, observer),
        }
    }

    /// Tells the mappings of a queue that there may be something to read.
    pub(in crate::lambda) fn notice<O: Observer>(&mut self, now: SimTime, queue: QueueId, observer: &mut O) {
        for index in 0..self.readers[queue.index()].len() {
            let mapping = self.readers[queue.index()][index];
            self.look(now, mapping, observer);
        }
    }

    pub(super) fn pollers(&mut self, mapping: MappingId) -> &mut Pollers {
        match &mut self.mappings[mapping.index()] {
            Mapping::Queue(pollers) => pollers,
            Mapping::Stream(_) => panic!("{mapping:?} reads a stream: it has lanes"),
        }
    }

    pub(super) fn schedule_mapping(&mut self, at: SimTime, mapping: MappingId, timer: Timer, index: u32) {
        let event = DriverEvent::Mapping(mapping, timer, index);
        self.agenda.schedule(at, Class::Timer, event.pack());
    }

    /// Starts as many reads as there are messages and places for (SQS-4…9), and sees when there will be more.
    pub(super) fn look<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let queue = &mut self.queues[pollers.config.queue.index()];
        let size = pollers.config.batch_size as usize;
        let batches = if pollers.enabled {
            queue.batches(now, size) as u64
        } else {
            0
        };
        let allowed = pollers.scaling.allowed(now);
        let mut reads = Vec::new();
        while (pollers.polling as u64) < batches && pollers.may_read(allowed) {
            pollers.polling += 1;
            reads.push(pollers.next_read(now));
        }
        let trend = match (batches > pollers.polling as u64, pollers.busy + pollers.polling) {
            (true, _) => Trend::Backlog,
            (false, 0) => Trend::Idle,
            (false, _) => Trend::Busy,
        };
        pollers.scaling.follow(now, trend);
        let change = pollers.scaling.next_change();
        let scale = change.filter(|at| *at != pollers.scale_at && *at > now);
        pollers.scale_at = scale.unwrap_or(pollers.scale_at);
        let active = pollers
            .scaling
            .pollers()
            .map(|count| if pollers.enabled { count } else { 0 });
        let told = active.filter(|count| *count != pollers.told_pollers);
        if let Some(count) = told {
            pollers.told_pollers = count;
            let flow = &self.flows[pollers.flow.index()];
            observer.pollers(&ActivePollers {
                time: now,
                mapping,
                function: flow.function,
                qualifier: flow.qualifier,
                kind: PollerKind::Sqs,
                pollers: count,
                units: count,
            });
        }
        for at in reads {
            self.schedule_mapping(at, mapping, Timer::Poll, 0);
        }
        if let Some(at) = scale {
            let event = DriverEvent::Mapping(mapping, Timer::Scale, 0);
            self.agenda.schedule(at, Class::Action, event.pack());
        }
    }

    /// A poller reads: into the open batch, or into a new one.
    fn poll<O: Observer>(&mut self, now: SimTime, mapping: MappingId, observer: &mut O) {
        let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] else {
            return;
        };
        pollers.polling -= 1;
        let queue_id = pollers.config.queue;
        let queue = &mut self.queues[queue_id.index()];
        if self.expiries[queue_id.index()] <= now {
            queue.expire(now, |message| {
                observer.message(now, queue_id, &message, MessageStep::Expired)
            });
        }
        let mut batch = match pollers.collecting.and_then(|number| pollers.batches.remove(&number)) {
            Some(open) => open,
            // The batch that it was to fill has been closed in the meantime, and no other may be begun (SQS-8).
            None if pollers.busy >= pollers.scaling.config.ceiling => return self.look(now, mapping, observer),
            None => Batch::new(now, pollers.visible_again(now)),
        };
        let wanted = (pollers.config.batch_size as usize).saturating_sub(batch.records.len());
        let (links, limit) = (&self.links, pollers.config.batch_bytes);
        let mut bytes = batch.bytes;
        let received = queue.receive(now, wanted, |message| {
            let sum = bytes.plus(payload(links, message));
            let fits = sum <= limit || bytes == Bytes(0);
            bytes = if fits { sum } else { bytes };
            fits
        });
        let batch_bytes = batch.bytes;
        pollers.transferred(bytes.beyond(batch_bytes));
        let full_by_size = queue.batches(now, 1) > 0 && received.messages.len() < wanted && received.dead.is_empty();
        batch.group = received.group.or(batch.group);
        for message in &received.dead {
            observer.message(now, queue_id, message, MessageStep::DeadLettered);
        }
        let mut filtered = 0;
        for message in &received.messages {
            observer.message(now, queue_id, message, MessageStep::Received);
            if pollers.passes(links, message) {
                batch.bytes = batch.bytes.plus(payload(links, message));
                batch.records.push(*message);
            } else {
                observer.message(now, queue_id, message, MessageStep::Deleted);
                queue.delete(1);
                filtered += 1;
            }
        }
        observer.mapping_events(now, mapping, EventStep::Polled, received.messages.len() as u64);
        observer.mapping_events(now, mapping, EventStep::FilteredOut, filtered);
        observer.mapping_events(now, mapping, EventStep::Fetched, bytes.beyond(batch_bytes).0);
        let kept = pollers.keep(now, batch, full_by_size);
        if kept.is_none() && received.group.is_some() {
            queue.release(received.group, &[]);
        }
        for message in received.dead {
            self.dead_letter(now, queue_id, message, observer);
        }
        match kept {
            Some(Kept::Full(number)) => self.invoke_batch(now, mapping, number, observer),
            Some(Kept::Opened(number, closes)) => self.schedule_mapping(closes, mapping, Timer::Window, number),
            Some(Kept::Open) | None => {}
        }
        self.look(now, mapping, observer);
    }

    /// The batching window of a batch is over (ESM-2).
    fn close_window<O: Observer>(&mut self, now: SimTime, mapping: MappingId, number: u32, observer: &mut O) {
        let pollers = self.pollers(mapping);
        if pollers.collecting == Some(number) {
            pollers.collecting = None;
            self.invoke_batch(now, mapping, number, observer);
            self.look(now, mapping, observer);
        }
    }

    /// An attempt to invoke; one that is throttled is repeated until the visibility timeout (SQS-12).
    fn invoke_batch<O: Observer>(&mut self, now: SimTime, mapping: MappingId, number: u32, observer: &mut O) {
        let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let Some(mut batch) = pollers.batches.remove(&number) else {
            return;
        };
        let flow = pollers.flow;
        let reports = self.reports_failures(mapping);
        let call = BatchCall {
            flow,
            number: number as u64,
            attempt: batch.refusals,
            opened: batch.opened,
            hops: batch.hops(),
            records: &batch.records,
            reports,
        };
        let taken = self.call_batch(now, &call, observer);
        let count = batch.records.len() as u64;
        observer.mapping_events(now, mapping, EventStep::Invoked, count);
        if taken.is_err() {
            observer.mapping_events(now, mapping, EventStep::FailedInvoke, count);
            observer.mapping_events(now, mapping, EventStep::InvokeError, 1);
        }
        let pollers = self.pollers(mapping);
        let deadline = batch.visible_at;
        match taken {
            Ok(failed) => batch.failed = failed,
            Err(NotTaken::Rejected) => self.schedule_mapping(deadline, mapping, Timer::Return, number),
            Err(NotTaken::Throttled) => {
                if batch.refusals == 0 {
                    pollers.scaling.back_off(now);
                }
                let wait = pollers.retry_wait(batch.refusals);
                batch.refusals += 1;
                let again = now.saturating_add(wait);
                match again < deadline {
                    true => self.schedule_mapping(again, mapping, Timer::Retry, number),
                    false => self.schedule_mapping(deadline.max(now), mapping, Timer::Return, number),
                }
            }
        }
        self.pollers(mapping).batches.insert(number, batch);
    }

    /// The invocation of a batch is over (SQS-11, SQS-14).
    pub(in crate::lambda) fn batch_done<O: Observer>(
        &mut self,
        now: SimTime,
        mapping: MappingId,
        number: u64,
        verdict: Verdict,
        observer: &mut O,
    ) {
        if matches!(self.mappings[mapping.index()], Mapping::Stream(_)) {
            self.lane_done(now, mapping, number, verdict, observer);
            return;
        }
        let number = number as u32;
        let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let Some(mut batch) = pollers.batches.remove(&number) else {
            return;
        };
        pollers.busy -= 1;
        let queue_id = pollers.config.queue;
        let (done, left) = match verdict {
            Verdict::Ok => batch.divide(),
            _ => {
                // Throttled before, it has slowed the pollers down already.
                if batch.refusals == 0 {
                    pollers.scaling.back_off(now);
                }
                (Vec::new(), std::mem::take(&mut batch.records))
            }
        };
        for message in &done {
            observer.message(now, queue_id, message, MessageStep::Deleted);
        }
        observer.mapping_events(now, mapping, EventStep::Deleted, done.len() as u64);
        observer.mapping_events(now, mapping, EventStep::FailedInvoke, left.len() as u64);
        observer.mapping_events(now, mapping, EventStep::InvokeError, u64::from(!verdict.is_ok()));
        let queue = &mut self.queues[queue_id.index()];
        queue.delete(done.len());
        if left.is_empty() {
            queue.release(batch.group, &[]);
        } else {
            let deadline = batch.visible_at;
            batch.records = left;
            batch.finished = true;
            pollers.batches.insert(number, batch);
            self.schedule_mapping(deadline.max(now), mapping, Timer::Return, number);
        }
        self.notice(now, queue_id, observer);
    }

    /// A visibility timeout has passed: what is left of the batch waits again (SQS-11).
    fn return_batch<O: Observer>(&mut self, now: SimTime, mapping: MappingId, number: u32, observer: &mut O) {
        let Mapping::Queue(pollers) = &mut self.mappings[mapping.index()] else {
            return;
        };
        let Some(batch) = pollers.batches.remove(&number) else {
            return;
        };
        pollers.busy -= u32::from(!batch.finished);
        let queue = pollers.config.queue;
        for message in &batch.records {
            observer.message(now, queue, message, MessageStep::Returned);
        }
        self.queues[queue.index()].release(batch.group, &batch.records);
        let oldest = batch.records.iter().map(|message| message.sent).min();
        self.watch_expiry(now, queue, oldest);
        self.notice(now, queue, observer);
    }

    /// A message that has been received too often arrives in the dead-letter queue (SQS-13, SQS-15).
    fn dead_letter<O: Observer>(&mut self, now: SimTime, from: QueueId, message: Message, observer: &mut O) {
        if let Some(target) = self.queues[from.index()].dead_letter_target() {
            let moved = Message { receives: 0, ..message };
            let group = self.group_of(target, &moved);
            self.queues[target.index()].take_over(group, moved);
            self.arrived_in_queue(now, target, &moved, observer);
        }
    }

    /// Puts a new message into a queue and tells its readers.
    pub(in crate::lambda) fn put<O: Observer>(
        &mut self,
        now: SimTime,
        queue: QueueId,
        message: Message,
        observer: &mut O,
    ) {
        let group = self.group_of(queue, &message);
        let receivable = self.queues[queue.index()].send(group, message);
        if receivable > now {
            self.look_later(receivable, queue);
        }
        self.arrived_in_queue(now, queue, &message, observer);
    }

    /// The readers of a queue look again once a delayed message can be received.
    fn look_later(&mut self, at: SimTime, queue: QueueId) {
        for index in 0..self.readers[queue.index()].len() {
            let mapping = self.readers[queue.index()][index];
            if std::mem::replace(&mut self.pollers(mapping).look_at, at) != at {
                self.schedule_mapping(at, mapping, Timer::Look, 0);
            }
        }
    }

    /// The message group to which a message belongs in a queue: 0 where there are none.
    fn group_of(&self, queue: QueueId, message: &Message) -> u32 {
        let key = self.links[message.link.index()].config.key;
        self.queues[queue.index()].groups().map_or(0, |groups| {
            let uniform = key.draw(message.ordinal, 0, Purpose::Group).first;
            ((uniform as u128 * groups as u128) >> 53) as u32
        })
    }

    fn arrived_in_queue<O: Observer>(&mut self, now: SimTime, queue: QueueId, message: &Message, observer: &mut O) {
        observer.message(now, queue, message, MessageStep::Sent);
        self.watch_expiry(now, queue, Some(message.sent));
        self.notice(now, queue, observer);
    }

    /// Sees to it that what is new in a queue, the oldest of it sent at `oldest`, does not outlive its retention (SQS-16).
    pub(super) fn watch_expiry(&mut self, now: SimTime, queue: QueueId, oldest: Option<SimTime>) {
        let watched = &mut self.expiries[queue.index()];
        let Some(sent) = oldest else { return };
        let at = self.queues[queue.index()].expiry(sent).max(now);
        if at < *watched && at < self.horizon {
            *watched = at;
            let event = DriverEvent::Expiry(queue);
            self.agenda.schedule(at, Class::Timer, event.pack());
        }
    }

    /// Tells the oldest message of each queue at the end of the run, waiting or in flight.
    pub(in crate::lambda) fn tell_left_messages<O: Observer>(&mut self, end: SimTime, observer: &mut O) {
        let mut oldest: Vec<Option<SimTime>> = self.queues.iter().map(Queue::oldest).collect();
        for mapping in &self.mappings {
            let Mapping::Queue(pollers) = mapping else { continue };
            let records = pollers.batches.values().flat_map(|batch| &batch.records);
            let place = &mut oldest[pollers.config.queue.index()];
            *place = records.map(|record| record.sent).chain(*place).min();
        }
        for (queue, oldest) in (0..).map(QueueId).zip(oldest) {
            if let Some(oldest) = oldest {
                observer.left_in_queue(end, queue, oldest);
            }
        }
    }

    /// Messages may have outlived the retention of their queue.
    pub(in crate::lambda) fn expire_messages<O: Observer>(&mut self, now: SimTime, queue: QueueId, observer: &mut O) {
        self.expiries[queue.index()] = SimTime::MAX;
        self.queues[queue.index()].expire(now, |message| {
            observer.message(now, queue, &message, MessageStep::Expired)
        });
        let oldest = self.queues[queue.index()].oldest();
        self.watch_expiry(now, queue, oldest);
        self.notice(now, queue, observer);
    }
}

/// What became of what a poller has read.
enum Kept {
    /// A batch to be invoked with now.
    Full(u32),
    /// A batch that has just been opened, and when it closes.
    Opened(u32, SimTime),
    /// A batch that goes on being open.
    Open,
}

impl Pollers {
    /// When messages that are received at `now` can be received again (SQS-11).
    fn visible_again(&self, now: SimTime) -> SimTime {
        now.saturating_add(self.config.visibility_timeout)
    }

    /// Whether one more read may begin: it will fill the open batch, or begin one.
    fn may_read(&self, allowed: u32) -> bool {
        let into_open = u32::from(self.collecting.is_some());
        self.busy + self.polling < allowed.saturating_add(into_open)
    }

    /// When a read that begins now is done (SQS-2); provisioned pollers manage a bounded number (SQSP-2).
    fn next_read(&mut self, now: SimTime) -> SimTime {
        self.polls += 1;
        let latency = &self.config.latency;
        let drawn = || latency.sample(self.key.draw(self.polls, 0, Purpose::Poll).first);
        let latency = latency.as_constant().unwrap_or_else(drawn);
        let start = now.max(self.readable_at);
        let calls = (self.config.batch_size as u64).div_ceil(RECEIVE_SIZE);
        self.readable_at = start.saturating_add(self.shared(calls * SECOND / RECEIVES_PER_SECOND));
        start.saturating_add(latency)
    }

    /// Accounts for the bytes of a read where they take longer than its calls.
    fn transferred(&mut self, bytes: Bytes) {
        let calls = (self.config.batch_size as u64).div_ceil(RECEIVE_SIZE) * SECOND / RECEIVES_PER_SECOND;
        let longer = (bytes.0 * SECOND / BYTES_PER_SECOND).saturating_sub(calls);
        self.readable_at = self.readable_at.saturating_add(self.shared(longer));
    }

    /// The time that all provisioned pollers together need for what takes one of them `micros`.
    fn shared(&self, micros: u64) -> Span {
        let pollers = self.scaling.pollers().map_or(u64::MAX, |pollers| pollers.max(1) as u64);
        Span::from_micros(micros / pollers)
    }

    fn passes(&self, links: &[Link], message: &Message) -> bool {
        let all = self.pass == crate::units::Share::ALL;
        all || {
            let key = links[message.link.index()].config.key.combined(self.key);
            self.pass.covers(key.draw(message.ordinal, 0, Purpose::Filter).first)
        }
    }

    /// The wait after a batch was refused for the `refusals`-th time, from 0: it doubles (SQS-12).
    fn retry_wait(&self, refusals: u32) -> Span {
        let (first, longest) = self.config.retry;
        Span::from_micros(first.as_micros().saturating_mul(1 << refusals.min(30))).min(longest)
    }

    /// Keeps what was read; `None` where there is nothing.
    fn keep(&mut self, now: SimTime, batch: Batch, full_by_size: bool) -> Option<Kept> {
        let full = full_by_size || batch.records.len() >= self.config.batch_size as usize;
        if let Some(number) = self.collecting {
            self.batches.insert(number, batch);
            if !full {
                return Some(Kept::Open);
            }
            self.collecting = None;
            return Some(Kept::Full(number));
        }
        if batch.records.is_empty() {
            return None;
        }
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        self.busy += 1;
        self.busiest = self.busiest.max(self.busy);
        self.batches.insert(number, batch);
        if full || self.config.window.is_zero() {
            return Some(Kept::Full(number));
        }
        self.collecting = Some(number);
        Some(Kept::Opened(number, now.saturating_add(self.config.window)))
    }
}

impl Batch {
    /// Records that are done, and those to be repeated (SQS-14). Of a message group everything after the first failure is
    /// repeated, so that its order holds.
    fn divide(&mut self) -> (Vec<Message>, Vec<Message>) {
        let records = std::mem::take(&mut self.records);
        let Some(first) = self.failed.first().map(|place| *place as usize) else {
            return (records, Vec::new());
        };
        if self.group.is_some() {
            let (done, left) = records.split_at(first);
            return (done.to_vec(), left.to_vec());
        }
        let failed = |place: &usize| self.failed.binary_search(&(*place as u32)).is_ok();
        let pick = |wanted: bool| {
            let places = (0..records.len()).filter(|place| failed(place) == wanted);
            places.map(|place| records[place]).collect()
        };
        (pick(false), pick(true))
    }
}
