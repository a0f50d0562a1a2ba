//! How pollers read queues and invoke functions with what they have read (lambda-model §5.1, §5.2).

use lambdasim::facts::{MessageStep, Verdict};
use lambdasim::kernel::draws::Purpose;
use lambdasim::units::Share;

use super::model::{Call, Class, Load, Reference, What};
use super::queues::{Batch, Pollers, Queue};
use super::story::Step;
use super::streams::Record;

impl Reference<'_> {
    fn pollers(&mut self, mapping: usize) -> &mut Pollers {
        self.pollers[mapping].as_mut().expect("it reads a queue")
    }

    fn queue_of(&mut self, mapping: usize) -> &mut Queue {
        let queue = self.pollers(mapping).config.queue.index();
        &mut self.queues[queue]
    }

    fn told_of_letter(&mut self, queue: usize, index: usize, step: MessageStep) {
        let letter = self.queues[queue].letters[index];
        let step = Step::Message {
            queue: queue as u32,
            link: letter.link.0,
            ordinal: letter.ordinal,
            receives: letter.receives,
            step,
        };
        self.story.step(self.now, step);
    }

    /// A message comes to a queue, `sent` when it was sent first.
    pub fn takes_letter(&mut self, queue: usize, sent: u64, link: lambdasim::facts::LinkId, ordinal: u64) {
        let drawn = self.plan.links[link.index()].key.draw(ordinal, 0, Purpose::Group).first;
        let groups = self.queues[queue].config.groups.unwrap_or(1);
        let group = (u128::from(drawn) * u128::from(groups)) >> 53;
        self.queues[queue].takes(self.now, sent, link, ordinal, group as u32);
        let index = self.queues[queue].letters.len() - 1;
        self.told_of_letter(queue, index, MessageStep::Sent);
        let expires = sent + self.queues[queue].config.retention.as_micros();
        self.schedule(expires.max(self.now), Class::Timer, What::Outlives(queue, index));
        let since = self.queues[queue].first_receivable(index);
        if since > self.now {
            for mapping in self.readers(queue) {
                self.schedule(since, Class::Timer, What::Looks(mapping));
            }
        }
        self.can_be_received(queue);
    }

    /// SQS-16: a message that waits is as old as its queue lets messages become.
    pub fn outlives(&mut self, queue: usize, index: usize) {
        if self.expires(queue, index) {
            self.can_be_received(queue);
        }
    }

    fn expires(&mut self, queue: usize, index: usize) -> bool {
        let oldest = self.queues[queue].letters[index].sent + self.queues[queue].config.retention.as_micros();
        let expires = self.now >= oldest && self.queues[queue].waits(index);
        if expires {
            self.told_of_letter(queue, index, MessageStep::Expired);
            self.queues[queue].is_gone(index);
        }
        expires
    }

    fn readers(&self, queue: usize) -> Vec<usize> {
        let reads = |mapping: &usize| {
            let pollers = self.pollers[*mapping].as_ref();
            pollers.is_some_and(|pollers| pollers.config.queue.index() == queue)
        };
        (0..self.pollers.len()).filter(reads).collect()
    }

    /// Something in a queue may be received: who reads it looks.
    fn can_be_received(&mut self, queue: usize) {
        for mapping in self.readers(queue) {
            self.looks(mapping);
        }
    }

    /// Free pollers begin to read, as many as there are batches to be read (SQS-2); what scaling goes by may have changed.
    pub fn looks(&mut self, mapping: usize) {
        let now = self.now;
        let size = self.pollers(mapping).config.batch_size as usize;
        let waiting = self.queue_of(mapping).batches(now, size);
        let key = self.plan.mappings[mapping].key;
        let pollers = self.pollers(mapping);
        pollers.advance(now);
        let mut done = Vec::new();
        while pollers.reads < waiting && pollers.has_room() {
            pollers.reads += 1;
            pollers.all_reads += 1;
            let drawn = key.draw(pollers.all_reads, 0, Purpose::Poll).first;
            done.push(now + pollers.config.latency.sample(drawn).as_micros());
        }
        pollers.backlog = waiting > pollers.reads;
        pollers.work = pollers.busy + pollers.reads > 0;
        let grows = pollers.grows_at().filter(|time| pollers.looks_at != Some(*time));
        pollers.looks_at = grows.or(pollers.looks_at);
        for time in done {
            self.schedule(time, Class::Timer, What::HasRead(mapping));
        }
        if let Some(time) = grows {
            self.schedule(time, Class::Action, What::Looks(mapping));
        }
    }

    /// A poller has what it gets.
    pub fn has_read(&mut self, mapping: usize) {
        self.pollers(mapping).reads -= 1;
        let queue = self.pollers(mapping).config.queue.index();
        for index in self.queues[queue].present() {
            self.expires(queue, index);
        }
        self.receives(mapping);
        self.looks(mapping);
    }

    /// ESM-2: one receive, into the open batch or a new one.
    fn receives(&mut self, mapping: usize) {
        let (now, queue) = (self.now, self.pollers(mapping).config.queue.index());
        let (size, window) = {
            let config = &self.pollers(mapping).config;
            (config.batch_size as usize, config.window.as_micros())
        };
        let pollers = self.pollers(mapping);
        if !pollers.may_receive() {
            return;
        }
        let opened = pollers.open.take();
        let was_open = opened.is_some();
        let mut batch = opened.unwrap_or_else(|| Batch {
            mapping,
            number: 0,
            attempt: 0,
            letters: Vec::new(),
            group: None,
            hidden_until: now
                + self.pollers[mapping]
                    .as_ref()
                    .map_or(0, |p| p.config.visibility_timeout.as_micros()),
            opened: now,
            refusals: 0,
        });
        let mut room = size - batch.letters.len();
        while room > 0 {
            let Some(index) = self.queues[queue].receives(now, batch.group) else {
                break;
            };
            if self.queues[queue].config.groups.is_some() {
                batch.group = Some(self.queues[queue].letters[index].group);
            }
            if self.is_dead(queue, index) {
                continue;
            }
            room -= 1;
            if self.passes(mapping, queue, index) {
                batch.letters.push(index);
            }
        }
        if batch.letters.is_empty() {
            self.can_be_received(queue);
            return;
        }
        self.queues[queue].locks(batch.group);
        if !was_open {
            self.pollers(mapping).busy += 1;
            batch.number = self.pollers(mapping).batches;
            self.pollers(mapping).batches += 1;
            if window > 0 {
                self.schedule(now + window, Class::Timer, What::Closes(mapping, batch.number));
            }
        }
        if window > 0 && batch.letters.len() < size {
            self.pollers(mapping).open = Some(batch);
        } else {
            self.tries_batch(batch);
        }
    }

    /// SQS-13: whether a message has been received as often as its queue allows; it goes to the dead-letter queue.
    fn is_dead(&mut self, queue: usize, index: usize) -> bool {
        let letter = self.queues[queue].letters[index];
        match self.queues[queue].config.redrive {
            Some((most, dead)) if letter.receives >= most => {
                self.told_of_letter(queue, index, MessageStep::DeadLettered);
                self.queues[queue].is_gone(index);
                self.takes_letter(dead.index(), letter.sent, letter.link, letter.ordinal);
                true
            }
            _ => false,
        }
    }

    /// A message is received; ESM-6: what the filter does not pass is deleted.
    fn passes(&mut self, mapping: usize, queue: usize, index: usize) -> bool {
        self.queues[queue].letters[index].receives += 1;
        self.told_of_letter(queue, index, MessageStep::Received);
        let letter = self.queues[queue].letters[index];
        let config = &self.plan.mappings[mapping];
        let key = self.plan.links[letter.link.index()].key.combined(config.key);
        let passes =
            config.pass == Share::ALL || config.pass.covers(key.draw(letter.ordinal, 0, Purpose::Filter).first);
        if !passes {
            self.told_of_letter(queue, index, MessageStep::Deleted);
            self.queues[queue].is_gone(index);
        }
        passes
    }

    /// A window is over.
    pub fn closes(&mut self, mapping: usize, number: u64) {
        let open = self.pollers(mapping).open.take_if(|open| open.number == number);
        if let Some(batch) = open {
            self.tries_batch(batch);
            self.looks(mapping);
        }
    }

    fn batch_call(&self, batch: &Batch) -> Call {
        Call {
            flow: self.plan.mappings[batch.mapping].flow.index(),
            ordinal: batch.number,
            attempt: batch.attempt,
            arrived: batch.opened,
        }
    }

    /// ESM-1, SQS-12.
    pub fn tries_batch(&mut self, mut batch: Batch) {
        let call = self.batch_call(&batch);
        let version = self.resolved(call);
        match self.invokes(call, version, true) {
            Ok(admitted) => {
                self.runs(call, admitted, Load::Batch(batch));
            }
            Err(cause) => {
                self.refuses(call, Some(cause));
                let now = self.now;
                if batch.refusals == 0 {
                    self.pollers(batch.mapping).backs_off(now);
                }
                batch.refusals += 1;
                batch.attempt += 1;
                let again = now + self.pollers(batch.mapping).wait(batch.refusals);
                let (time, what) = match again < batch.hidden_until {
                    true => (again, What::RepeatsBatch(batch)),
                    false => (batch.hidden_until, What::GivesUp(batch)),
                };
                self.schedule(time.max(now), Class::Timer, what);
            }
        }
    }

    fn letters(&self, batch: &Batch) -> Vec<Record> {
        let pollers = self.pollers[batch.mapping].as_ref().expect("it reads a queue");
        let queue = &self.queues[pollers.config.queue.index()];
        let record = |index: &usize| {
            let letter = &queue.letters[*index];
            Record {
                sent: letter.sent,
                link: letter.link,
                ordinal: letter.ordinal,
                receives: letter.receives,
            }
        };
        batch.letters.iter().map(record).collect()
    }

    /// What the records of a batch add to its duration, and whether one of them makes the handler raise.
    pub fn of_records(&self, load: &Load, function: usize, version: usize) -> (u64, bool) {
        let (mapping, records) = match load {
            Load::Batch(batch) => (batch.mapping, self.letters(batch)),
            Load::Lane(lane) => {
                let (mapping, records) = self.lane_records(*lane);
                (mapping, records.to_vec())
            }
            _ => panic!("it has no records"),
        };
        let version = &self.plan.functions[function].versions[version];
        let adds = |record: &Record| {
            let key = self.plan.links[record.link.index()].key;
            let drawn = key.draw(record.ordinal, u32::from(record.receives), Purpose::Record);
            let each = version.per_record.as_ref();
            each.map_or(0, |each| each.sample(drawn.first).as_micros())
        };
        let added = records.iter().map(adds).sum();
        let raises = !self.reports(mapping, function) && !self.failing(&records, function).is_empty();
        (added, raises)
    }

    pub fn reports(&self, mapping: usize, function: usize) -> bool {
        let of_function = self.plan.functions[function].records.reports_failures;
        self.plan.mappings[mapping].reports_failures.unwrap_or(of_function)
    }

    /// SQS-11, SQS-14: what an invocation has done with its batch.
    pub fn batch_is_over(&mut self, mut batch: Batch, function: usize, verdict: Verdict) {
        let (now, mapping) = (self.now, batch.mapping);
        let queue = self.pollers(mapping).config.queue.index();
        let failed = match verdict {
            Verdict::Ok => self.failing(&self.letters(&batch), function),
            _ => (0..batch.letters.len()).collect(),
        };
        if verdict != Verdict::Ok {
            // A batch that was throttled before has slowed its pollers down already.
            if batch.refusals == 0 {
                self.pollers(mapping).backs_off(now);
            }
        }
        let first = failed.first().copied();
        let in_order = self.queues[queue].config.groups.is_some();
        let returns = |place: usize| failed.contains(&place) || (in_order && first.is_some_and(|first| place > first));
        let (back, done): (Vec<usize>, Vec<usize>) = (0..batch.letters.len()).partition(|place| returns(*place));
        for place in done {
            let index = batch.letters[place];
            self.told_of_letter(queue, index, MessageStep::Deleted);
            self.queues[queue].is_gone(index);
        }
        batch.letters = back.iter().map(|place| batch.letters[*place]).collect();
        if batch.letters.is_empty() {
            self.queues[queue].unlocks(batch.group);
        } else {
            let time = batch.hidden_until.max(now);
            self.schedule(time, Class::Timer, What::ComesBack(batch));
        }
        self.poller_is_free(mapping);
        self.can_be_received(queue);
    }

    fn poller_is_free(&mut self, mapping: usize) {
        let now = self.now;
        self.pollers(mapping).advance(now);
        self.pollers(mapping).busy -= 1;
        self.looks(mapping);
    }

    /// The visibility timeout of a batch that could not be invoked has passed.
    pub fn gives_up(&mut self, batch: Batch) {
        self.poller_is_free(batch.mapping);
        self.comes_back(batch);
    }

    pub fn comes_back(&mut self, batch: Batch) {
        let (now, queue) = (self.now, self.pollers(batch.mapping).config.queue.index());
        for index in &batch.letters {
            self.told_of_letter(queue, *index, MessageStep::Returned);
            self.queues[queue].comes_back(now, *index);
        }
        for index in &batch.letters {
            // It is gone at once where it has become too old in the meantime.
            self.schedule(now, Class::Timer, What::Outlives(queue, *index));
        }
        self.queues[queue].unlocks(batch.group);
        self.can_be_received(queue);
    }
}
