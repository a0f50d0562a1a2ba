use std::cell::Cell;
use std::collections::BTreeSet;

use super::address::Address;
use super::told::{Told, What};
use crate::facts::{
    AsyncStep, Attempt, BudgetCall, Call, ClientRetry, Ended, FlowId, LinkId, Look, MappingId, Message, MessageStep,
    Observer, QueueId, RecordStep, Refusal, StreamId, Streamed, Target, WaitCause, Waiting,
};
use crate::lambda::LinkConfig;
use crate::simulation::{Pace, Plan};
use crate::units::{Bytes, SimTime};

/// Keeps what is told of the arrivals that are asked for, and of nothing else.
pub(super) struct Watch<'a> {
    plan: &'a Plan,
    pub followed: Vec<Followed>,
    /// Whether all of them have come to their end: nobody needs the rest of the run.
    done: &'a Cell<bool>,
}

/// One arrival or message that is followed, with what follows from it.
pub(super) struct Followed {
    pub address: Address,
    pub told: Vec<Told>,
    /// How many arrivals its sender has had so far, and messages.
    pub arrivals: u64,
    pub sent: u64,
    /// How many batches it has had, and the lowest and highest of their numbers.
    pub batches_made: Option<(u64, u64, u64)>,
    /// The flow in which it came: from then on no other.
    flow: Option<FlowId>,
    /// Messages that it is, has become or that a followed batch holds.
    messages: BTreeSet<(LinkId, u64)>,
    /// Batches that hold a followed message.
    batches: BTreeSet<(FlowId, u64)>,
    /// Links over which copies of a published message go next.
    copies: Vec<LinkId>,
    /// Whether an attempt has been looked at whose outcome is not told yet.
    in_attempt: bool,
    /// Whether a message is followed, with all that becomes of it; a batch is followed only until its records leave it.
    is_message: bool,
    /// Everything is followed until so many things have been told.
    everything: Option<usize>,
    is_over: bool,
}

impl Followed {
    fn new(address: Address) -> Followed {
        Followed {
            is_message: address.flows.is_empty(),
            address,
            told: Vec::new(),
            arrivals: 0,
            sent: 0,
            batches_made: None,
            flow: None,
            messages: BTreeSet::new(),
            batches: BTreeSet::new(),
            copies: Vec::new(),
            in_attempt: false,
            everything: None,
            is_over: false,
        }
    }

    #[inline]
    fn follows(&self, flow: FlowId, ordinal: u64) -> bool {
        if self.everything.is_some() {
            return !self.is_over;
        }
        let is_it = ordinal == self.address.ordinal
            && self.address.flows.contains(&flow)
            && self.flow.is_none_or(|known| known == flow);
        is_it || !self.batches.is_empty() && self.batches.contains(&(flow, ordinal))
    }

    fn tell(&mut self, time: SimTime, what: What) {
        self.told.push(Told { time, what });
        self.is_over |= self.everything.is_some_and(|most| self.told.len() >= most);
    }

    /// The records of a batch have taken a step: it is over once they have left it.
    fn left(&mut self, link: LinkId, ordinal: u64) {
        if !self.is_message && self.everything.is_none() {
            self.messages.remove(&(link, ordinal));
            self.is_over = self.messages.is_empty();
        }
    }
}

impl<'a> Watch<'a> {
    pub fn new(plan: &'a Plan, addresses: Vec<Address>, done: &'a Cell<bool>) -> Watch<'a> {
        Watch {
            plan,
            followed: addresses.into_iter().map(Followed::new).collect(),
            done,
        }
    }

    /// The same for the first things that happen, whatever they happen to: enough of them for so many events.
    pub fn of_first(plan: &'a Plan, events: usize, done: &'a Cell<bool>) -> Watch<'a> {
        let mut watch = Watch::new(plan, vec![Address::nobody()], done);
        // Of the five things that are told of an invocation at its arrival two lie ahead.
        watch.followed[0].everything = Some(events.saturating_mul(3).saturating_add(10));
        watch
    }

    fn each(&mut self, flow: FlowId, ordinal: u64, mut tell: impl FnMut(&mut Followed)) {
        for one in self.followed.iter_mut().filter(|one| one.follows(flow, ordinal)) {
            tell(one);
        }
    }

    fn each_holding(&mut self, message: &Message, mut tell: impl FnMut(&mut Followed)) {
        let key = (message.link, message.ordinal);
        let holds = |one: &&mut Followed| match one.everything {
            Some(_) => !one.is_over,
            None => one.messages.contains(&key),
        };
        for one in self.followed.iter_mut().filter(holds) {
            tell(one);
        }
    }

    fn note_end(&self) {
        if self.followed.iter().all(|one| one.is_over) {
            self.done.set(true);
        }
    }
}

impl Observer for Watch<'_> {
    fn arrived(&mut self, call: &Call) {
        for one in &mut self.followed {
            if one.address.flows.contains(&call.flow) {
                one.arrivals += 1;
            }
        }
        self.each(call.flow, call.ordinal, |one| {
            one.flow = Some(call.flow).filter(|_| one.everything.is_none());
            one.tell(call.arrived, What::Arrived(*call));
        });
    }

    fn ran(&mut self, attempt: &Attempt) {
        self.each(attempt.flow, attempt.ordinal, |one| {
            one.in_attempt = false;
            one.tell(attempt.start, What::Ran(*attempt));
        });
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.each(refusal.flow, refusal.ordinal, |one| {
            one.in_attempt = false;
            one.tell(refusal.time, What::Refused(*refusal));
        });
    }

    fn ended(&mut self, ended: &Ended) {
        self.each(ended.call.flow, ended.call.ordinal, |one| {
            one.is_over |= !one.is_message && one.everything.is_none();
            one.tell(ended.time, What::Ended(*ended));
        });
        self.note_end();
    }

    fn asynchronous(&mut self, time: SimTime, call: &Call, step: AsyncStep) {
        self.each(call.flow, call.ordinal, |one| {
            one.tell(time, What::Stepped(*call, step))
        });
    }

    fn event_stored(&mut self, time: SimTime, call: &Call, payload: Bytes) {
        self.each(call.flow, call.ordinal, |one| {
            one.tell(time, What::Stored(*call, payload))
        });
    }

    fn streamed(&mut self, streamed: &Streamed) {
        for one in &mut self.followed {
            let ran = one.told.last().is_some_and(|told| {
                let of = |attempt: &Attempt| attempt.flow == streamed.flow && attempt.start == streamed.time;
                matches!(&told.what, What::Ran(attempt) if of(attempt))
            });
            if ran {
                one.tell(streamed.time, What::Streamed(*streamed));
            }
        }
    }

    fn status(&mut self, asked: SimTime, time: SimTime, call: &Call, status: u16) {
        let call = *call;
        self.each(call.flow, call.ordinal, |one| {
            one.tell(time, What::Status { asked, call, status })
        });
    }

    fn budget(&mut self, call: &BudgetCall) {
        for one in self.followed.iter_mut().filter(|one| one.in_attempt) {
            one.tell(call.time, What::Budget(*call));
        }
    }

    fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        self.each_holding(message, |one| {
            one.tell(
                time,
                What::Message {
                    queue,
                    message: *message,
                    step,
                },
            );
            if step != MessageStep::Received {
                one.left(message.link, message.ordinal);
            }
        });
        self.note_end();
    }

    fn records(
        &mut self,
        time: SimTime,
        stream: StreamId,
        mapping: Option<MappingId>,
        records: &[Message],
        step: RecordStep,
    ) {
        for message in records {
            self.each_holding(message, |one| {
                let ours =
                    one.everything.is_some() || mapping.is_none() || one.is_message || one.reads(self.plan, mapping);
                if ours {
                    one.tell(time, What::Record { stream, mapping, step });
                    one.left(message.link, message.ordinal);
                }
            });
        }
        self.note_end();
    }

    #[inline]
    fn follows(&self, flow: FlowId, ordinal: u64) -> bool {
        self.followed.iter().any(|one| one.follows(flow, ordinal))
    }

    fn looked(&mut self, look: &Look) {
        self.each(look.flow, look.ordinal, |one| {
            one.in_attempt = true;
            one.tell(look.time, What::Looked(Box::new(look.clone())));
        });
    }

    fn client_decided(&mut self, retry: &ClientRetry) {
        self.each(retry.flow, retry.ordinal, |one| {
            one.tell(retry.time, What::Decided(*retry))
        });
    }

    fn waits(&mut self, waiting: &Waiting) {
        self.each(waiting.flow, waiting.ordinal, |one| {
            let its = (waiting.flow, waiting.ordinal);
            let last = one.told.iter().rev().find(|told| told.what.whose() == Some(its));
            let since = last.map_or(SimTime::ZERO, |told| began(told, waiting));
            one.tell(since, What::Waits(*waiting));
        });
    }

    fn batched(&mut self, time: SimTime, flow: FlowId, number: u64, attempt: u32, records: &[Message]) {
        for one in &mut self.followed {
            let is_it = one.address.ordinal == number && one.address.flows.contains(&flow);
            let holds = |record: &Message| one.messages.contains(&(record.link, record.ordinal));
            let concerns = match one.everything {
                Some(_) => !one.is_over,
                None if one.is_message => records.iter().any(holds),
                None => is_it,
            };
            if !concerns {
                continue;
            }
            if one.is_message && one.everything.is_none() {
                one.batches.insert((flow, number));
            } else if is_it {
                one.flow = Some(flow);
                one.messages
                    .extend(records.iter().map(|record| (record.link, record.ordinal)));
            }
            one.tell(
                time,
                What::Batched {
                    flow,
                    number,
                    attempt,
                    records: records.len(),
                },
            );
        }
        let made = self
            .followed
            .iter_mut()
            .filter(|one| attempt == 0 && one.address.flows.contains(&flow));
        for one in made {
            let (count, first, last) = one.batches_made.unwrap_or((0, number, number));
            one.batches_made = Some((count + 1, first.min(number), last.max(number)));
        }
    }

    fn passed(&mut self, time: SimTime, message: &Message) {
        for one in &mut self.followed {
            let is_it = one.address.links.contains(&message.link);
            one.sent += u64::from(is_it);
            let is_copy = one.copies.iter().position(|link| *link == message.link);
            if one.everything.is_some() {
                if !one.is_over {
                    one.tell(time, What::Sent(*message));
                }
                continue;
            }
            if let Some(place) = is_copy {
                one.copies.swap_remove(place);
            } else if !(is_it && message.ordinal == one.address.ordinal) {
                continue;
            }
            let link = &self.plan.links[message.link.index()];
            one.begin(self.plan, link, message);
            one.tell(time, What::Sent(*message));
        }
    }
}

impl Followed {
    /// Follows what a message becomes where its link leads.
    fn begin(&mut self, plan: &Plan, link: &LinkConfig, message: &Message) {
        match link.target {
            Target::Queue(_) | Target::Stream(_) => {
                self.messages.insert((message.link, message.ordinal));
            }
            Target::Function(flow) => {
                self.batches.insert((flow, message.ordinal));
            }
            Target::Topic(topic) => {
                let subscriptions = &plan.topics[topic.index()].subscriptions;
                self.copies = subscriptions.iter().map(|subscription| subscription.link).collect();
            }
            Target::Elsewhere => {}
        }
    }

    /// Whether the batch that is followed is one of this mapping's.
    fn reads(&self, plan: &Plan, mapping: Option<MappingId>) -> bool {
        let of = |flow: FlowId| plan.flows[flow.index()].mapping;
        self.flow.and_then(of) == mapping
    }
}

/// When a wait began: with what was told last. A failed event waits from the end of its attempt, which is told at its start.
fn began(last: &Told, waiting: &Waiting) -> SimTime {
    match (&last.what, waiting.cause) {
        (What::Ran(attempt), WaitCause::Failed(_) | WaitCause::Expiry) => attempt.end,
        // A back-off is over when the rate limiter is asked.
        (What::Waits(before), _) => before.until,
        _ => last.time,
    }
}

/// Goes on until everything that is followed has come to its end, or another pace stops.
pub(super) struct Until<'a> {
    pub done: &'a Cell<bool>,
    pub pace: &'a mut dyn Pace,
}

impl Pace for Until<'_> {
    fn reached(&mut self, now: SimTime) -> bool {
        self.pace.reached(now) && !self.done.get()
    }
}
