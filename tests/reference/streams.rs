//! Streams: shards, lanes that hold on to a batch until it is done or given up, and retries (lambda-model §5.4).

use lambdasim::facts::{LinkId, RecordStep, Verdict};
use lambdasim::kernel::draws::Purpose;
use lambdasim::lambda::{MappingSource, Reading, StreamMappingConfig};
use lambdasim::simulation::Plan;
use lambdasim::units::Share;

use super::model::{Call, Class, Load, Reference, What};
use super::story::Step;

/// A record of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub sent: u64,
    pub link: LinkId,
    pub ordinal: u64,
    /// Invocations with it so far.
    pub receives: u16,
}

/// Records that are tried together, and the retries that they have had.
struct Part {
    records: Vec<Record>,
    retries: u32,
}

/// One lane of one shard, as one mapping reads it (STRM-3).
pub struct Lane {
    mapping: usize,
    config: StreamMappingConfig,
    /// Its number among the lanes of its mapping.
    index: u64,
    lanes: u64,
    /// When its shard is asked first, and how often (STRM-1).
    phase: u64,
    interval: u64,
    /// Records that are in no batch yet.
    backlog: Vec<Record>,
    /// What is left of the batch, the next part last (STRM-7).
    parts: Vec<Part>,
    running: bool,
    /// Records that the running invocation fails, by their places.
    failing: Vec<usize>,
    in_row: u32,
    retry_at: u64,
    attempt: u32,
    batches: u64,
    opened: u64,
    free_since: u64,
    /// When it looks next, if it waits for that.
    looks_at: Option<u64>,
}

impl Lane {
    /// All lanes of all mappings that read streams.
    pub fn all(plan: &Plan) -> Vec<Lane> {
        let mut all = Vec::new();
        for (mapping, config) in plan.mappings.iter().enumerate() {
            let MappingSource::Stream(config) = &config.source else {
                continue;
            };
            let factor = u64::from(config.parallelization_factor);
            let lanes = u64::from(config.shards) * factor;
            let Reading::Polled(interval) = config.lane.reading else {
                panic!("no random scenario has enhanced fan-out");
            };
            let interval = interval.as_micros();
            all.extend((0..lanes).map(|index| Lane {
                mapping,
                config: config.clone(),
                index,
                lanes,
                phase: interval * (index / factor) / u64::from(config.shards),
                interval,
                backlog: Vec::new(),
                parts: Vec::new(),
                running: false,
                failing: Vec::new(),
                in_row: 0,
                retry_at: 0,
                attempt: 0,
                batches: 0,
                opened: 0,
                free_since: 0,
                looks_at: None,
            }));
        }
        all
    }

    /// The first poll that sees a record.
    fn readable(&self, record: &Record) -> u64 {
        let polls = record.sent.saturating_sub(self.phase).div_ceil(self.interval);
        self.phase + polls * self.interval
    }

    /// When a record is given up (STRM-6).
    fn expires(&self, record: &Record) -> Option<u64> {
        let age = self.config.lane.maximum_record_age?;
        Some(record.sent + age.as_micros())
    }

    fn is_old(&self, record: &Record, now: u64) -> bool {
        self.expires(record).is_some_and(|end| end <= now)
    }

    /// STRM-9: 1, 2, 4 … 60 s.
    fn holds(&mut self, now: u64) {
        let (first, longest) = self.config.lane.retry;
        let doubled = first.as_micros() << self.in_row.min(20);
        self.in_row += 1;
        self.retry_at = now + doubled.min(longest.as_micros());
    }

    /// A part is over once it has no record left.
    fn tidies(&mut self, now: u64) {
        if self.parts.last().is_some_and(|part| part.records.is_empty()) {
            self.parts.pop();
            (self.in_row, self.retry_at) = (0, now);
            if self.parts.is_empty() {
                self.free_since = now;
            }
        }
    }

    /// When a batch that begins with a record can begin to gather.
    fn opens(&self, first: &Record) -> u64 {
        self.readable(first).max(self.free_since)
    }

    /// When a batch can be made, and of how many records: once the window is over, or once it is full (ESM-2, ESM-5).
    fn next_batch(&self, now: u64) -> Option<(u64, usize)> {
        let first = self.backlog.first()?;
        let size = self.config.lane.batch_size as usize;
        let opened = self.opens(first);
        let closes = opened + self.config.lane.window.as_micros();
        let full = self.backlog.get(size - 1).map(|last| self.readable(last).max(opened));
        let count = self.backlog.iter().take(size);
        let count = count.filter(|record| self.readable(record) <= now).count();
        Some((full.map_or(closes, |full| full.min(closes)), count))
    }
}

impl Reference<'_> {
    fn told_of_records(&mut self, lane: usize, records: &[Record], step: RecordStep) {
        let (mapping, stream, on_failure) = {
            let lane = &self.lanes[lane];
            (lane.mapping, lane.config.stream, lane.config.on_failure)
        };
        for record in records {
            let step = Step::Record {
                stream: stream.0,
                mapping: mapping as u32,
                link: record.link.0,
                ordinal: record.ordinal,
                step,
            };
            self.story.step(self.now, step);
        }
        if let (RecordStep::Discarded, Some(link), false) = (step, on_failure, records.is_empty() || self.is_over) {
            // STRM-11: one message for all of them.
            self.sends(link);
        }
    }

    /// A record comes to a stream: records without keys take shards in turn, and the lanes inside them.
    pub fn takes_record(&mut self, stream: usize, link: LinkId, ordinal: u64) {
        let turn = self.records[stream];
        self.records[stream] += 1;
        let record = Record {
            sent: self.now,
            link,
            ordinal,
            receives: 0,
        };
        for lane in 0..self.lanes.len() {
            let config = &self.lanes[lane].config;
            let (shards, factor) = (u64::from(config.shards), u64::from(config.parallelization_factor));
            let own = (turn % shards) * factor + turn / shards % factor;
            if config.stream.index() != stream || self.lanes[lane].index != own {
                continue;
            }
            if self.passes_record(lane, &record) {
                self.lanes[lane].backlog.push(record);
                let at = self.lanes[lane].next_batch(self.now).expect("there is a record").0;
                if !self.lanes[lane].running && self.lanes[lane].parts.is_empty() {
                    self.waits_until(lane, at.max(self.now + 1));
                }
            } else {
                self.told_of_records(lane, &[record], RecordStep::Filtered);
            }
        }
    }

    /// ESM-6.
    fn passes_record(&self, lane: usize, record: &Record) -> bool {
        let config = &self.plan.mappings[self.lanes[lane].mapping];
        let key = self.plan.links[record.link.index()].key.combined(config.key);
        config.pass == Share::ALL || config.pass.covers(key.draw(record.ordinal, 0, Purpose::Filter).first)
    }

    /// A lane is to be looked at, if it is not looked at before.
    fn waits_until(&mut self, index: usize, time: u64) {
        if self.lanes[index].looks_at.is_none_or(|at| time < at) {
            self.lanes[index].looks_at = Some(time);
            self.schedule(time, Class::Timer, What::LooksAtLane(index));
        }
    }

    /// What a lane waited for may have come.
    pub fn lane_has_waited(&mut self, index: usize) {
        if self.lanes[index].looks_at == Some(self.now) {
            self.looks_at_lane(index);
        }
    }

    /// What a lane does now, and when it is to be looked at again.
    fn looks_at_lane(&mut self, index: usize) {
        self.lanes[index].looks_at = None;
        self.gives_up_old(index);
        let now = self.now;
        let lane = &self.lanes[index];
        if let Some(part) = lane.parts.last() {
            if now >= lane.retry_at {
                self.tries_lane(index);
                return;
            }
            let end = part.records.first().and_then(|first| lane.expires(first));
            let next = end.map_or(lane.retry_at, |end| end.min(lane.retry_at));
            self.waits_until(index, next);
            return;
        }
        let opens = lane.backlog.first().map(|first| lane.opens(first));
        if let Some(opens) = opens.filter(|opens| *opens > now) {
            self.waits_until(index, opens);
            return;
        }
        let Some((at, count)) = lane.next_batch(now) else {
            return;
        };
        if at > now {
            self.waits_until(index, at);
            return;
        }
        let lane = &mut self.lanes[index];
        let records = lane.backlog.drain(..count).collect();
        lane.parts.push(Part { records, retries: 0 });
        (lane.attempt, lane.in_row, lane.opened) = (0, 0, now);
        lane.batches += 1;
        self.tries_lane(index);
    }

    /// STRM-6: the first records of what is left, if they are too old; then those behind, a batch at a time.
    fn gives_up_old(&mut self, index: usize) {
        let now = self.now;
        while let Some(part) = self.lanes[index].parts.last() {
            let lane = &self.lanes[index];
            let old = part
                .records
                .iter()
                .take_while(|record| lane.is_old(record, now))
                .count();
            if old == 0 {
                return;
            }
            self.settles(index, old, RecordStep::Discarded);
        }
        let size = self.lanes[index].config.lane.batch_size as usize;
        loop {
            let lane = &self.lanes[index];
            let old = lane
                .backlog
                .iter()
                .take(size)
                .take_while(|record| lane.is_old(record, now))
                .count();
            if old == 0 {
                return;
            }
            let old: Vec<Record> = self.lanes[index].backlog.drain(..old).collect();
            self.told_of_records(index, &old, RecordStep::Discarded);
        }
    }

    /// At the end of the run lanes without an invocation give up what is too old by then.
    pub fn gives_up_what_is_old(&mut self) {
        for index in 0..self.lanes.len() {
            if !self.lanes[index].running {
                self.gives_up_old(index);
            }
        }
    }

    /// The first records of the part are done or given up.
    fn settles(&mut self, index: usize, count: usize, step: RecordStep) {
        let now = self.now;
        let part = self.lanes[index].parts.last_mut().expect("a part is under way");
        let settled: Vec<Record> = part.records.drain(..count).collect();
        self.told_of_records(index, &settled, step);
        self.lanes[index].tidies(now);
    }

    fn lane_call(&self, index: usize) -> Call {
        let lane = &self.lanes[index];
        Call {
            flow: self.plan.mappings[lane.mapping].flow.index(),
            ordinal: lane.batches * lane.lanes + lane.index,
            attempt: lane.attempt,
            arrived: lane.opened,
        }
    }

    /// ESM-1; STRM-8: a throttle uses no retry up.
    fn tries_lane(&mut self, index: usize) {
        let call = self.lane_call(index);
        let version = self.resolved(call);
        match self.invokes(call, version, true) {
            Ok(admitted) => {
                let records = self.lanes[index]
                    .parts
                    .last()
                    .expect("a part is under way")
                    .records
                    .clone();
                self.lanes[index].failing = self.failing(&records, admitted.function);
                self.lanes[index].running = true;
                self.lanes[index].attempt += 1;
                self.runs(call, admitted, Load::Lane(index));
                let part = self.lanes[index].parts.last_mut().expect("a part is under way");
                part.records.iter_mut().for_each(|record| record.receives += 1);
            }
            Err(cause) => {
                self.refuses(call, Some(cause));
                let now = self.now;
                self.lanes[index].attempt += 1;
                self.lanes[index].holds(now);
                self.looks_at_lane(index);
            }
        }
    }

    /// Records of the lane's next attempt, and the mapping they are for.
    pub fn lane_records(&self, index: usize) -> (usize, &[Record]) {
        let part = self.lanes[index].parts.last().expect("a part is under way");
        (self.lanes[index].mapping, &part.records)
    }

    /// Places of the records that fail.
    pub fn failing(&self, records: &[Record], function: usize) -> Vec<usize> {
        let config = self.plan.functions[function].records;
        let fails = |place: &usize| {
            let record = &records[*place];
            let draw = |receives| {
                let key = self.plan.links[record.link.index()].key;
                key.draw(record.ordinal, receives, Purpose::RecordFate)
            };
            config.poison.covers(draw(0).second) || config.error_rate.covers(draw(u32::from(record.receives)).first)
        };
        (0..records.len()).filter(fails).collect()
    }

    /// STRM-5…10: what an invocation has done with its records.
    pub fn lane_is_over(&mut self, index: usize, function: usize, verdict: Verdict) {
        let now = self.now;
        self.lanes[index].running = false;
        let reported = match self.reports(self.lanes[index].mapping, function) {
            true => self.lanes[index].failing.first().copied(),
            false => None,
        };
        let count = self.lane_records(index).1.len();
        let failed_from = match verdict {
            Verdict::Ok => reported,
            _ => Some(0),
        };
        let Some(done) = failed_from else {
            self.settles(index, count, RecordStep::Processed);
            self.looks_at_lane(index);
            return;
        };
        if done > 0 {
            self.settles(index, done, RecordStep::Processed);
        }
        let lane = &mut self.lanes[index];
        let (bisect, most) = (lane.config.lane.bisect, lane.config.lane.maximum_retry_attempts);
        let part = lane.parts.last_mut().expect("a part is under way");
        if bisect && (done > 0 || part.records.len() > 1) {
            part.retries = 0;
            lane.in_row = 0;
            if done == 0 {
                let half = part.records.len().div_ceil(2);
                let records = part.records.drain(..half).collect();
                lane.parts.push(Part { records, retries: 0 });
            }
        } else if most.is_some_and(|most| part.retries >= most) {
            self.settles(index, count - done, RecordStep::Discarded);
            self.looks_at_lane(index);
            return;
        } else {
            part.retries += 1;
        }
        self.lanes[index].holds(now);
        self.looks_at_lane(index);
    }
}
