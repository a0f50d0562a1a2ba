//! The lane: reads one part of a shard in order, makes batches of it, and holds on to a batch until it is done or given up.

use crate::facts::{Message, RecordStep};
use crate::messaging::Chunked;
use crate::units::{Bytes, SimTime, Span};

/// A poll sees what arrives at its own instant, so it is made right after it.
const FASTEST_LOOK: Span = Span::from_micros(1);

/// What a lane goes by; the same for all lanes of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneConfig {
    /// How soon a record can be read.
    pub reading: Reading,
    /// Most records in a batch, at least 1 (STRM-2).
    pub batch_size: u32,
    /// How long a batch may gather (ESM-5).
    pub window: Span,
    /// Most bytes in a batch (ESM-2).
    pub batch_bytes: Bytes,
    /// Attempts at a failed batch after the first; `None` is unlimited (STRM-6).
    pub maximum_retry_attempts: Option<u32>,
    /// Age at which a record is given up (STRM-6).
    pub maximum_record_age: Option<Span>,
    /// Age at which a record is gone from the stream (STRM-5).
    pub retention: Span,
    /// Whether a failed batch is divided (STRM-7).
    pub bisect: bool,
    /// Length of a tumbling window (STRM-12).
    pub tumbling_window: Option<Span>,
    /// The first wait after an error or throttle, and the longest: each doubles the one before (STRM-9).
    pub retry: (Span, Span),
}

/// How soon a record can be read (STRM-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Shards are asked at a fixed interval, shard s of n a part s/n of it later than the first.
    Polled(Span),
    /// Records are pushed this long after they came.
    Pushed(Span),
}

/// What a lane does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing until something else happens to it.
    Rest,
    /// It wants to be looked at then.
    LookAt(SimTime),
    /// It has a batch to invoke with.
    Invoke,
}

/// How an invocation with a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchEnd {
    /// All its records are done.
    Done,
    /// Its records from this one on are to be tried again; 0 is the whole batch.
    FailedFrom(u32),
}

/// Told what becomes of records.
pub(super) trait Tell {
    /// These records, of one batch and in order, took a step.
    fn records(&mut self, records: &[Message], step: RecordStep);
    /// A batch that had failed is done or given up; it had stopped the lane since `since`. `first` where it is the first
    /// one that the lane met.
    fn unblocked(&mut self, since: SimTime, first: bool);
}

/// One lane of one shard (STRM-3).
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    /// Records behind the batch under way.
    backlog: Chunked<Message>,
    /// Their bytes, where records have sizes.
    backlog_bytes: u64,
    /// The batch under way.
    batch: Vec<Message>,
    /// Records of the batch that are done or given up: the first ones.
    settled: u32,
    /// What is left of the batch in parts, the next one last (STRM-7).
    parts: Vec<Part>,
    /// Whether an invocation runs.
    pub running: bool,
    /// When it wants to be looked at.
    due: SimTime,
    /// When the batch may be tried again.
    retry_at: SimTime,
    /// Errors or throttles in a row.
    in_row: u32,
    /// Invocations with the batch so far.
    pub attempt: u32,
    /// How many batches came before it.
    pub number: u64,
    /// When the batch was made.
    pub opened: SimTime,
    /// The lowest record that the running invocation will report as failed, as its place among those invoked with.
    pub failing: Option<u32>,
    /// When the last batch was done (ESM-5).
    free_since: SimTime,
    blocked_since: Option<SimTime>,
    was_blocked: bool,
    /// The tumbling window that has records but no last invocation yet (STRM-12).
    tumbling: Option<u64>,
    /// Offset of this lane's polls inside the interval.
    phase: Span,
}

/// A part of a batch: up to the record before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    end: u32,
    retries: u32,
}

impl Lane {
    /// An empty lane of shard number `shard` of `shards`.
    pub fn new(reading: Reading, shard: u32, shards: u32) -> Lane {
        let phase = match reading {
            Reading::Polled(interval) => interval.as_micros() * u64::from(shard) / u64::from(shards),
            Reading::Pushed(_) => 0,
        };
        Lane {
            phase: Span::from_micros(phase),
            due: SimTime::MAX,
            ..Lane::default()
        }
    }

    /// Takes in a record of `size`; the answer says when the lane wants to be looked at, if that has become earlier.
    pub fn append(&mut self, now: SimTime, record: Message, size: Bytes, config: &LaneConfig) -> Option<SimTime> {
        self.backlog.push_back(record);
        self.backlog_bytes += size.0;
        let full = self.backlog.len() >= config.batch_size as usize || self.backlog_bytes >= config.batch_bytes.0;
        if self.running || !self.parts.is_empty() || !(full || self.due == SimTime::MAX) {
            return None;
        }
        let readable = self.readable(record.sent, config).max(self.free_since);
        let wanted = match full || config.window.is_zero() {
            true => readable,
            false => self.gathered(readable, record.sent, config),
        };
        // What else arrives at this instant is read along with it.
        let wanted = wanted.max(now + FASTEST_LOOK);
        (wanted < self.due).then(|| {
            self.due = wanted;
            wanted
        })
    }

    /// Looks what is to be done at `now`, which may be nothing any more.
    pub fn look(
        &mut self,
        now: SimTime,
        config: &LaneConfig,
        size: impl Fn(&Message) -> Bytes,
        tell: &mut impl Tell,
    ) -> Next {
        if self.running || now < self.due {
            return Next::Rest;
        }
        self.due = SimTime::MAX;
        let next = self.next(now, config, &size, tell);
        if let Next::LookAt(at) = next {
            self.due = at;
        }
        next
    }

    fn next(
        &mut self,
        now: SimTime,
        config: &LaneConfig,
        size: &impl Fn(&Message) -> Bytes,
        tell: &mut impl Tell,
    ) -> Next {
        self.give_up_old(now, config, tell);
        if !self.parts.is_empty() {
            if now >= self.retry_at {
                return Next::Invoke;
            }
            let deadline = self
                .oldest(config)
                .map_or(SimTime::MAX, |(sent, _)| sent.saturating_add(limit(config)));
            return Next::LookAt(self.retry_at.min(deadline));
        }
        self.gather(now, config, size)
    }

    /// The records to invoke with: none in the last invocation of a tumbling window.
    pub fn records(&self) -> &[Message] {
        let end = self.parts.last().map_or(self.settled, |part| part.end);
        &self.batch[self.settled as usize..end as usize]
    }

    /// Records that are not done: those of the batch and those behind it.
    pub fn waiting(&self) -> u64 {
        (self.batch.len() - self.settled as usize + self.backlog.len()) as u64
    }

    /// Whether it holds no record, and no window that is still to be closed.
    pub fn is_drained(&self) -> bool {
        !self.running && self.waiting() == 0 && self.parts.is_empty() && self.tumbling.is_none()
    }

    /// Records behind the batch.
    pub fn behind(&self) -> u64 {
        self.backlog.len() as u64
    }

    /// Since when a failed batch has stopped it, and whether it is the first one that did.
    pub fn blocked(&self) -> Option<(SimTime, bool)> {
        self.blocked_since.map(|since| (since, !self.was_blocked))
    }

    /// When a record can be read.
    fn readable(&self, sent: SimTime, config: &LaneConfig) -> SimTime {
        match config.reading {
            Reading::Pushed(delay) => sent.saturating_add(delay),
            Reading::Polled(interval) => {
                let (sent, phase, interval) = (sent.as_micros(), self.phase.as_micros(), interval.as_micros());
                let polls = sent.saturating_sub(phase).div_ceil(interval);
                SimTime::from_micros((phase + polls * interval).max(phase))
            }
        }
    }

    /// When a batch whose first record was sent at `first` and read at `opened` has gathered long enough.
    fn gathered(&self, opened: SimTime, first: SimTime, config: &LaneConfig) -> SimTime {
        let closes = opened.saturating_add(config.window);
        match config.tumbling_window {
            None => closes,
            Some(length) => closes.min(self.readable(window_end(window_of(first, length), length), config)),
        }
    }

    /// Makes a batch if one is due (ESM-2, ESM-5).
    fn gather(&mut self, now: SimTime, config: &LaneConfig, size: &impl Fn(&Message) -> Bytes) -> Next {
        let first = self.backlog.front().copied();
        if let Some(closes) = self.tumbling_end(first.as_ref(), config) {
            if now < closes {
                return Next::LookAt(closes);
            }
            // STRM-12: the state of the window is handed over in one last invocation.
            self.begin(now, 0, size);
            return Next::Invoke;
        }
        let Some(first) = first else {
            return Next::Rest;
        };
        let opened = self.readable(first.sent, config).max(self.free_since);
        if opened > now {
            return Next::LookAt(opened);
        }
        let closes = self.gathered(opened, first.sent, config);
        let (count, is_full) = self.readable_batch(now, config, size);
        if is_full || now >= closes {
            self.begin(now, count, size);
            return Next::Invoke;
        }
        let last = self.backlog.get(config.batch_size as usize - 1);
        let full_at = last.map_or(SimTime::MAX, |last| self.readable(last.sent, config));
        Next::LookAt(closes.min(full_at))
    }

    /// When the open tumbling window has its last invocation, unless the next record still belongs to it.
    fn tumbling_end(&self, next: Option<&Message>, config: &LaneConfig) -> Option<SimTime> {
        let (open, length) = self.tumbling.zip(config.tumbling_window)?;
        let goes_on = next.is_some_and(|record| window_of(record.sent, length) == open);
        (!goes_on).then(|| self.readable(window_end(open, length), config))
    }

    /// How many records a batch would hold now, and whether no more would fit.
    fn readable_batch(&self, now: SimTime, config: &LaneConfig, size: &impl Fn(&Message) -> Bytes) -> (usize, bool) {
        let window = |record: &Message| config.tumbling_window.map(|length| window_of(record.sent, length));
        let first = self.backlog.front().and_then(window);
        let mut bytes = 0;
        for index in 0..config.batch_size as usize {
            let readable = |record: &Message| self.readable(record.sent, config) <= now;
            let Some(record) = self.backlog.get(index).filter(|record| readable(record)) else {
                return (index, false);
            };
            bytes += size(record).0;
            if window(record) != first || (index > 0 && bytes > config.batch_bytes.0) {
                return (index, true);
            }
        }
        (config.batch_size as usize, true)
    }

    /// Makes the first `count` records a batch.
    fn begin(&mut self, now: SimTime, count: usize, size: &impl Fn(&Message) -> Bytes) {
        for _ in 0..count {
            self.batch.extend(self.backlog.pop_front());
        }
        let bytes: u64 = self.batch.iter().map(|record| size(record).0).sum();
        self.backlog_bytes = self.backlog_bytes.saturating_sub(bytes);
        self.parts.push(Part {
            end: count as u32,
            retries: 0,
        });
        (self.attempt, self.in_row, self.retry_at) = (0, 0, now);
        (self.number, self.opened) = (self.number + 1, now);
    }

    /// The invocation was admitted and runs; `failing` is the lowest record that it will report.
    pub fn started(&mut self, failing: Option<u32>) {
        self.running = true;
        self.attempt += 1;
        self.failing = failing;
        let end = self.parts.last().map_or(self.settled, |part| part.end);
        for record in &mut self.batch[self.settled as usize..end as usize] {
            record.receives = record.receives.saturating_add(1);
        }
    }

    /// It is to be looked at now.
    pub fn wake(&mut self, now: SimTime) {
        self.due = now;
    }

    /// The run ends: gives up what is too old by then.
    pub fn close(&mut self, end: SimTime, config: &LaneConfig, tell: &mut impl Tell) {
        if !self.running {
            self.give_up_old(end, config, tell);
        }
    }

    /// The invocation was refused: no retry is used up (STRM-8).
    pub fn throttled(&mut self, now: SimTime, config: &LaneConfig) {
        self.attempt += 1;
        self.hold(now, config);
    }

    /// The invocation is over. The lane wants to be looked at next.
    pub fn finished(&mut self, now: SimTime, end: BatchEnd, config: &LaneConfig, tell: &mut impl Tell) {
        self.running = false;
        self.due = now;
        let Some(part) = self.parts.last().copied() else {
            return;
        };
        let BatchEnd::FailedFrom(offset) = end else {
            self.settle(now, part.end, RecordStep::Processed, config, tell);
            return;
        };
        let failed = self.settled + offset;
        self.blocked_since.get_or_insert(now);
        if offset > 0 {
            // STRM-10: what comes before the lowest record reported is done.
            self.settle(now, failed, RecordStep::Processed, config, tell);
        }
        if config.bisect && (offset > 0 || part.end - failed > 1) {
            self.divide(offset == 0);
        } else if config.maximum_retry_attempts.is_some_and(|most| part.retries >= most) {
            self.settle(now, part.end, RecordStep::Discarded, config, tell);
            return;
        } else if let Some(part) = self.parts.last_mut() {
            part.retries += 1;
        }
        self.hold(now, config);
    }

    /// STRM-7: a failed part becomes two, or with `halve` off, what is left of it begins anew; either uses no retry up.
    fn divide(&mut self, halve: bool) {
        self.in_row = 0;
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        part.retries = 0;
        if halve {
            let half = Part {
                end: self.settled + (part.end - self.settled).div_ceil(2),
                retries: 0,
            };
            self.parts.push(half);
        }
    }

    /// STRM-9: the lane waits before it tries again.
    fn hold(&mut self, now: SimTime, config: &LaneConfig) {
        let (first, longest) = config.retry;
        let doubled = first.as_micros().saturating_mul(1 << self.in_row.min(40));
        self.in_row += 1;
        self.retry_at = now.saturating_add(Span::from_micros(doubled).min(longest));
        self.due = now;
        self.blocked_since.get_or_insert(now);
    }

    /// Gives up records that have become too old, at the front of what is left (STRM-5, STRM-6).
    fn give_up_old(&mut self, now: SimTime, config: &LaneConfig, tell: &mut impl Tell) {
        while let Some((sent, end)) = self.oldest(config) {
            let Some(step) = too_old(sent, now, config) else {
                return;
            };
            let same = |record: &&Message| too_old(record.sent, now, config) == Some(step);
            let left = self.batch.iter().take(end as usize).skip(self.settled as usize);
            let count = left.take_while(same).count() as u32;
            self.settle(now, self.settled + count, step, config, tell);
        }
        let mut old = Vec::new();
        while self.parts.is_empty() {
            let step = self.backlog.front().and_then(|first| too_old(first.sent, now, config));
            let Some(step) = step else { break };
            while old.len() < config.batch_size as usize {
                let same = |record: &Message| too_old(record.sent, now, config) == Some(step);
                if !self.backlog.front().is_some_and(same) {
                    break;
                }
                old.extend(self.backlog.pop_front());
            }
            tell.records(&old, step);
            old.clear();
        }
    }

    /// When the oldest record under way was sent, and where its part ends. The last invocation of a tumbling window is as
    /// old as that.
    fn oldest(&self, config: &LaneConfig) -> Option<(SimTime, u32)> {
        let part = self.parts.last()?;
        let sent = match (
            self.batch.get(self.settled as usize),
            self.tumbling,
            config.tumbling_window,
        ) {
            (Some(record), _, _) => record.sent,
            (None, Some(window), Some(length)) => window_end(window, length),
            (None, _, _) => return None,
        };
        Some((sent, part.end))
    }

    /// The records before `end` took a step for good.
    fn settle(&mut self, now: SimTime, end: u32, step: RecordStep, config: &LaneConfig, tell: &mut impl Tell) {
        tell.records(&self.batch[self.settled as usize..end as usize], step);
        self.settled = end;
        while self.parts.last().is_some_and(|part| part.end <= end) {
            self.parts.pop();
            (self.in_row, self.retry_at) = (0, now);
        }
        if !self.parts.is_empty() {
            return;
        }
        let last = self.batch.last().map(|last| last.sent);
        self.tumbling = last
            .zip(config.tumbling_window)
            .map(|(sent, length)| window_of(sent, length));
        self.batch.clear();
        (self.settled, self.free_since) = (0, now);
        if let Some((since, first)) = self.blocked() {
            tell.unblocked(since, first);
            (self.blocked_since, self.was_blocked) = (None, true);
        }
    }
}

/// What becomes of a record sent at `sent` because of its age.
fn too_old(sent: SimTime, now: SimTime, config: &LaneConfig) -> Option<RecordStep> {
    if now >= sent.saturating_add(config.retention) {
        return Some(RecordStep::Expired);
    }
    let given_up = config
        .maximum_record_age
        .is_some_and(|age| now >= sent.saturating_add(age));
    given_up.then_some(RecordStep::Discarded)
}

fn window_of(sent: SimTime, length: Span) -> u64 {
    sent.as_micros() / length.as_micros()
}

fn window_end(window: u64, length: Span) -> SimTime {
    SimTime::from_micros((window + 1).saturating_mul(length.as_micros()))
}

/// The age that no record passes.
fn limit(config: &LaneConfig) -> Span {
    config
        .maximum_record_age
        .map_or(config.retention, |age| age.min(config.retention))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::LinkId;

    const RETENTION: Span = Span::from_secs(86_400);

    fn kinesis() -> LaneConfig {
        LaneConfig {
            reading: Reading::Polled(Span::from_secs(1)),
            batch_size: 100,
            window: Span::ZERO,
            batch_bytes: Bytes::from_mb(6),
            maximum_retry_attempts: None,
            maximum_record_age: None,
            retention: RETENTION,
            bisect: false,
            tumbling_window: None,
            retry: (Span::from_secs(1), Span::from_secs(60)),
        }
    }

    fn record(ordinal: u64, sent: SimTime) -> Message {
        Message {
            sent,
            ordinal,
            link: LinkId(0),
            receives: 0,
            hops: 0,
        }
    }

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(millis)
    }

    #[derive(Default)]
    struct Told(Vec<(RecordStep, Vec<u64>)>, Vec<SimTime>);

    impl Tell for Told {
        fn records(&mut self, records: &[Message], step: RecordStep) {
            self.0
                .push((step, records.iter().map(|record| record.ordinal).collect()));
        }

        fn unblocked(&mut self, since: SimTime, _first: bool) {
            self.1.push(since);
        }
    }

    /// A lane whose function takes no time, and what it does: each invocation with its instant, its records and its end.
    struct Play {
        lane: Lane,
        config: LaneConfig,
        told: Told,
        calls: Vec<(SimTime, Vec<u64>, BatchEnd)>,
    }

    impl Play {
        fn of(config: LaneConfig, records: &[SimTime]) -> (Play, SimTime) {
            let mut lane = Lane::new(config.reading, 0, 1);
            let looks = (0..)
                .zip(records)
                .filter_map(|(ordinal, sent)| lane.append(*sent, record(ordinal, *sent), Bytes(0), &config));
            let first = looks.min().expect("the first record is looked at");
            let play = Play {
                lane,
                config,
                told: Told::default(),
                calls: Vec::new(),
            };
            (play, first)
        }

        /// Plays until `end` or until nothing is left.
        fn run(&mut self, from: SimTime, end: SimTime, outcome: impl Fn(&[u64]) -> BatchEnd) {
            let mut now = from;
            while now < end {
                match self.lane.look(now, &self.config, |_| Bytes(0), &mut self.told) {
                    Next::Rest => return,
                    Next::LookAt(at) => now = at,
                    Next::Invoke => {
                        let records: Vec<u64> = self.lane.records().iter().map(|record| record.ordinal).collect();
                        let ended = outcome(&records);
                        self.lane.started(None);
                        self.lane.finished(now, ended, &self.config, &mut self.told);
                        self.calls.push((now, records, ended));
                    }
                }
            }
        }
    }

    fn poison(ordinal: u64) -> impl Fn(&[u64]) -> BatchEnd {
        move |records| match records.contains(&ordinal) {
            true => BatchEnd::FailedFrom(0),
            false => BatchEnd::Done,
        }
    }

    #[test]
    fn gvb_37_a_poison_record_is_found_by_bisection_in_nine_invocations() {
        let config = LaneConfig {
            bisect: true,
            maximum_retry_attempts: Some(2),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(100); 8]);
        play.run(first, at(600_000), poison(5));
        let calls: Vec<(u64, u64, bool)> = play
            .calls
            .iter()
            .map(|(_, records, end)| (records[0], records[records.len() - 1], *end == BatchEnd::Done))
            .collect();
        let (good, bad) = (true, false);
        let expected = [
            (0, 7, bad),
            (0, 3, good),
            (4, 7, bad),
            (4, 5, bad),
            (4, 4, good),
            (5, 5, bad),
            (5, 5, bad),
            (5, 5, bad),
            (6, 7, good),
        ];
        assert_eq!(calls, expected);
        let discarded: Vec<_> = play
            .told
            .0
            .iter()
            .filter(|(step, _)| *step == RecordStep::Discarded)
            .collect();
        assert_eq!(discarded, [&(RecordStep::Discarded, vec![5])]);
        assert_eq!(play.lane.waiting(), 0);
    }

    #[test]
    fn gvb_38_a_window_of_40_s_that_opens_at_7_s_closes_at_47_s() {
        let config = LaneConfig {
            window: Span::from_secs(40),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(0), at(7_000), at(9_500)]);
        // The first batch gathers from 0 to 40 s; its end opens the next window for what comes after it.
        play.run(first, at(600_000), poison(99));
        assert_eq!(play.calls[0].0, at(40_000));
        let config = LaneConfig {
            window: Span::from_secs(40),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(7_000), at(20_000)]);
        play.lane.free_since = at(7_000);
        play.run(first, at(600_000), poison(99));
        assert_eq!(play.calls, [(at(47_000), vec![0, 1], BatchEnd::Done)]);
    }

    #[test]
    fn strm_1_a_shard_is_asked_once_a_second_and_a_push_comes_after_its_delay() {
        let calls = |reading, sent: SimTime| {
            let (mut play, first) = Play::of(LaneConfig { reading, ..kinesis() }, &[sent]);
            play.run(first, at(600_000), poison(99));
            play.calls[0].0
        };
        let [second, quarter] = [1_000, 250].map(|millis| Reading::Polled(Span::from_millis(millis)));
        assert_eq!(calls(second, at(300)), at(1_000));
        assert_eq!(calls(quarter, at(300)), at(500));
        assert_eq!(calls(Reading::Pushed(Span::from_millis(70)), at(300)), at(370));
    }

    #[test]
    fn strm_9_waits_double_from_one_second_to_a_minute() {
        let (mut play, first) = Play::of(kinesis(), &[at(500)]);
        play.run(first, at(400_000), |_| BatchEnd::FailedFrom(0));
        let seconds: Vec<u64> = play
            .calls
            .iter()
            .map(|(time, _, _)| time.as_micros() / 1_000_000)
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 124, 184, 244, 304, 364]);
    }

    #[test]
    fn strm_6_a_record_is_given_up_at_its_maximum_age_and_strm_5_gone_with_the_retention() {
        let aged = LaneConfig {
            maximum_record_age: Some(Span::from_secs(60)),
            ..kinesis()
        };
        let (mut play, first) = Play::of(aged, &[at(500), at(40_500)]);
        play.run(first, at(600_000), |_| BatchEnd::FailedFrom(0));
        let times: Vec<SimTime> = play.calls.iter().map(|(time, _, _)| *time).collect();
        assert!(times.contains(&at(32_000)) && !times.contains(&at(64_000)), "{times:?}");
        assert_eq!(play.calls.last().map(|(_, records, _)| records.clone()), Some(vec![1]));
        let given_up = |ordinal| (RecordStep::Discarded, vec![ordinal]);
        assert_eq!(play.told.0, [given_up(0), given_up(1)]);
        let (mut play, first) = Play::of(kinesis(), &[at(500)]);
        play.run(first, at(90_000_000), |_| BatchEnd::FailedFrom(0));
        assert_eq!(play.told.0, [(RecordStep::Expired, vec![0])]);
    }

    #[test]
    fn strm_10_the_lane_goes_on_from_the_lowest_record_reported() {
        let config = LaneConfig {
            maximum_retry_attempts: Some(1),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(100); 4]);
        play.run(first, at(600_000), |records| {
            match records.iter().position(|ordinal| *ordinal == 2) {
                Some(place) => BatchEnd::FailedFrom(place as u32),
                None => BatchEnd::Done,
            }
        });
        let records: Vec<&Vec<u64>> = play.calls.iter().map(|(_, records, _)| records).collect();
        assert_eq!(records, [&vec![0, 1, 2, 3], &vec![2, 3]]);
        let done = (RecordStep::Processed, vec![0, 1]);
        assert_eq!(play.told.0, [done, (RecordStep::Discarded, vec![2, 3])]);
    }

    #[test]
    fn strm_12_batches_keep_to_tumbling_windows_and_each_ends_with_a_last_invocation() {
        let config = LaneConfig {
            tumbling_window: Some(Span::from_secs(10)),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(8_500), at(9_500), at(10_500)]);
        play.run(first, at(600_000), poison(99));
        let calls: Vec<(u64, &[u64])> = play
            .calls
            .iter()
            .map(|(time, records, _)| (time.as_micros() / 1_000_000, &records[..]))
            .collect();
        assert_eq!(calls, [(9, &[0][..]), (10, &[1]), (10, &[]), (11, &[2]), (20, &[])]);
    }

    #[test]
    fn strm_8_throttles_use_no_retry_up() {
        let config = LaneConfig {
            maximum_retry_attempts: Some(0),
            ..kinesis()
        };
        let (mut play, first) = Play::of(config, &[at(500)]);
        let mut now = first;
        for _ in 0..5 {
            assert_eq!(
                play.lane.look(now, &play.config, |_| Bytes(0), &mut play.told),
                Next::Invoke
            );
            play.lane.throttled(now, &play.config);
            let Next::LookAt(next) = play.lane.look(now, &play.config, |_| Bytes(0), &mut play.told) else {
                panic!("a throttled batch is tried again");
            };
            now = next;
        }
        assert_eq!(now, at(1_000 + 31_000));
        assert!(play.told.0.is_empty());
        play.run(now, at(600_000), |_| BatchEnd::FailedFrom(0));
        assert_eq!(play.told.0, [(RecordStep::Discarded, vec![0])]);
    }
}
