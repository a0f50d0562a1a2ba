use std::collections::BTreeMap;

use super::chunked::Chunked;
use super::config::QueueConfig;
use super::groups::Groups;
use crate::facts::{Message, QueueId};
use crate::units::{Bytes, SimTime, Span};

/// Messages that can be in flight at once (SQS-16).
const MOST_IN_FLIGHT: usize = 120_000;

/// An SQS queue: the messages that wait in it. Those in flight are held by who received them.
///
/// A message needs 24 bytes and no entry of its own anywhere: it becomes visible again together with its batch.
#[derive(Clone, Debug)]
pub struct Queue {
    delay: Span,
    retention: Span,
    redrive: Option<(u16, QueueId)>,
    maximum_message_size: Bytes,
    /// Not to be received yet.
    delayed: Chunked<(u32, Message)>,
    ready: Ready,
    in_flight: usize,
}

/// What can be received.
#[derive(Clone, Debug)]
enum Ready {
    /// New messages, and by age those that came back or are taken over from another queue: the older of both comes first.
    Standard {
        sent: Chunked<Message>,
        returned: BTreeMap<(SimTime, u64), Message>,
        /// Messages that came back or were taken over so far.
        count: u64,
    },
    Fifo(Groups),
}

/// What one receive takes out of a queue.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The messages, their receive counted.
    pub messages: Vec<Message>,
    /// Their group in a FIFO queue.
    pub group: Option<u32>,
    /// What had been received too often and goes to the dead-letter queue instead (SQS-13).
    pub dead: Vec<Message>,
}

impl Queue {
    /// An empty queue.
    pub fn new(config: &QueueConfig) -> Queue {
        Queue {
            delay: config.delay,
            retention: config.retention,
            redrive: config.redrive,
            maximum_message_size: config.maximum_message_size,
            delayed: Chunked::default(),
            ready: match config.groups {
                None => Ready::Standard {
                    sent: Chunked::default(),
                    returned: BTreeMap::new(),
                    count: 0,
                },
                Some(groups) => Ready::Fifo(Groups::new(groups)),
            },
            in_flight: 0,
        }
    }

    /// Another retention and redrive policy, for the messages that wait as well. Its delay and its groups stay.
    pub fn set_config(&mut self, config: &QueueConfig) {
        self.retention = config.retention;
        self.redrive = config.redrive;
    }

    /// Message groups of a FIFO queue.
    pub fn groups(&self) -> Option<u32> {
        match &self.ready {
            Ready::Standard { .. } => None,
            Ready::Fifo(groups) => Some(groups.count()),
        }
    }

    /// Whether it takes in messages of this size.
    pub fn takes(&self, size: Bytes) -> bool {
        size <= self.maximum_message_size
    }

    /// Takes in a message, and returns when it can be received; `group` matters in a FIFO queue only.
    pub fn send(&mut self, group: u32, message: Message) -> SimTime {
        let receivable = message.sent.saturating_add(self.delay);
        if self.delay.is_zero() {
            self.ready.push(group, message);
        } else {
            self.delayed.push_back((group, message));
        }
        receivable
    }

    /// Takes in a message of which this is the dead-letter queue: in its place by age, and at once, as a delay is for new messages.
    pub fn take_over(&mut self, group: u32, message: Message) {
        match &mut self.ready {
            Ready::Fifo(groups) => groups.insert(group, message),
            standard => standard.take_back(message),
        }
    }

    /// Where messages go that have been received too often.
    pub fn dead_letter_target(&self) -> Option<QueueId> {
        self.redrive.map(|(_, target)| target)
    }

    /// Messages that wait, delayed ones included.
    pub fn depth(&self) -> usize {
        self.delayed.len() + self.ready.len()
    }

    /// Messages in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many batches of at most `batch_size` could be received at `now`.
    pub fn batches(&mut self, now: SimTime, batch_size: usize) -> usize {
        self.make_ready(now);
        if self.in_flight >= MOST_IN_FLIGHT {
            return 0;
        }
        match &self.ready {
            Ready::Standard { sent, returned, .. } => (sent.len() + returned.len()).div_ceil(batch_size),
            Ready::Fifo(groups) => groups.open(),
        }
    }

    /// When the first delayed message can be received.
    fn next_ready(&self) -> Option<SimTime> {
        let (_, first) = self.delayed.front()?;
        Some(first.sent.saturating_add(self.delay))
    }

    /// Receives up to `wanted` messages, as long as each `fits`; of a FIFO queue those of one group. Every message counts
    /// the receive; one that would be received too often leaves for the dead-letter queue (SQS-13).
    pub fn receive(&mut self, now: SimTime, wanted: usize, mut fits: impl FnMut(&Message) -> bool) -> Received {
        self.make_ready(now);
        let wanted = wanted.min(MOST_IN_FLIGHT.saturating_sub(self.in_flight));
        let mut received = Received::default();
        if wanted == 0 {
            return received;
        }
        received.group = self.ready.open();
        while received.messages.len() < wanted {
            let Some(next) = self.ready.front(received.group) else {
                break;
            };
            if self.redrive.is_some_and(|(maximum, _)| next.receives >= maximum) {
                received.dead.extend(self.ready.pop(received.group));
            } else if fits(next) {
                received.messages.extend(self.ready.pop(received.group));
            } else {
                break;
            }
        }
        for message in &mut received.messages {
            message.receives = message.receives.saturating_add(1);
        }
        self.in_flight += received.messages.len();
        if let (Ready::Fifo(groups), Some(group)) = (&mut self.ready, received.group) {
            groups.close(group, !received.messages.is_empty());
        }
        received
    }

    /// `count` messages in flight are gone for good.
    pub fn delete(&mut self, count: usize) {
        self.in_flight -= count;
    }

    /// The rest of a batch is visible again; its group, if it has one, can be received from again.
    pub fn release(&mut self, group: Option<u32>, returned: &[Message]) {
        self.in_flight -= returned.len();
        match (&mut self.ready, group) {
            (standard @ Ready::Standard { .. }, _) => returned.iter().for_each(|message| standard.take_back(*message)),
            (Ready::Fifo(groups), Some(group)) => groups.release(group, returned),
            (Ready::Fifo(_), None) => {}
        }
    }

    /// Removes the waiting messages whose retention is over at `now` (SQS-16).
    pub fn expire(&mut self, now: SimTime, mut expired: impl FnMut(Message)) {
        let Some(limit) = now.as_micros().checked_sub(self.retention.as_micros()) else {
            return;
        };
        let limit = SimTime::from_micros(limit);
        while self.delayed.front().is_some_and(|(_, message)| message.sent <= limit) {
            self.delayed
                .pop_front()
                .into_iter()
                .for_each(|(_, message)| expired(message));
        }
        match &mut self.ready {
            Ready::Standard { sent, returned, .. } => {
                while sent.front().is_some_and(|message| message.sent <= limit) {
                    sent.pop_front().into_iter().for_each(&mut expired);
                }
                while returned.first_key_value().is_some_and(|((sent, _), _)| *sent <= limit) {
                    returned
                        .pop_first()
                        .into_iter()
                        .for_each(|(_, message)| expired(message));
                }
            }
            Ready::Fifo(groups) => groups.expire(limit, expired),
        }
    }

    /// When the oldest message that waits was sent.
    pub fn oldest(&self) -> Option<SimTime> {
        let delayed = self.delayed.front().map(|(_, message)| message.sent);
        delayed.into_iter().chain(self.ready.oldest()).min()
    }

    /// When a message that was sent then will have outlived its retention.
    pub fn expiry(&self, sent: SimTime) -> SimTime {
        sent.saturating_add(self.retention)
    }

    fn make_ready(&mut self, now: SimTime) {
        while self.next_ready().is_some_and(|ready| ready <= now) {
            if let Some((group, message)) = self.delayed.pop_front() {
                self.ready.push(group, message);
            }
        }
    }
}

impl Ready {
    fn len(&self) -> usize {
        match self {
            Ready::Standard { sent, returned, .. } => sent.len() + returned.len(),
            Ready::Fifo(groups) => groups.len(),
        }
    }

    fn push(&mut self, group: u32, message: Message) {
        match self {
            Ready::Standard { sent, .. } => sent.push_back(message),
            Ready::Fifo(groups) => groups.push(group, message),
        }
    }

    /// The group to receive from.
    fn open(&mut self) -> Option<u32> {
        match self {
            Ready::Standard { .. } => None,
            Ready::Fifo(groups) => groups.next(),
        }
    }

    /// Takes in a message that has been received before, here or in another queue.
    fn take_back(&mut self, message: Message) {
        if let Ready::Standard { returned, count, .. } = self {
            *count += 1;
            returned.insert((message.sent, *count), message);
        }
    }

    fn front(&self, group: Option<u32>) -> Option<&Message> {
        match self {
            Ready::Standard { sent, returned, .. } => match (sent.front(), returned.values().next()) {
                (Some(first), Some(again)) if first.sent < again.sent => Some(first),
                (first, again) => again.or(first),
            },
            Ready::Fifo(groups) => groups.front(group?),
        }
    }

    fn pop(&mut self, group: Option<u32>) -> Option<Message> {
        match self {
            Ready::Standard { sent, returned, .. } => match (sent.front(), returned.values().next()) {
                (Some(first), Some(again)) if first.sent < again.sent => sent.pop_front(),
                (_, Some(_)) => returned.pop_first().map(|(_, message)| message),
                (_, None) => sent.pop_front(),
            },
            Ready::Fifo(groups) => groups.pop(group?),
        }
    }

    fn oldest(&self) -> Option<SimTime> {
        match self {
            Ready::Standard { sent, returned, .. } => {
                let firsts = sent.front().into_iter().chain(returned.values().next());
                firsts.map(|message| message.sent).min()
            }
            Ready::Fifo(groups) => groups.oldest(),
        }
    }
}
