use std::collections::{BTreeSet, VecDeque};

use crate::facts::Message;
use crate::units::SimTime;

/// The messages of a FIFO queue by message group: each group keeps its order, and has at most one batch in flight (SQS-9).
#[derive(Clone, Debug)]
pub(super) struct Groups {
    groups: Vec<Group>,
    /// Groups that can be received from, the one whose first message is oldest first.
    open: BTreeSet<(SimTime, u32)>,
    /// Groups with a batch in flight and more behind it, likewise.
    blocked: BTreeSet<(SimTime, u32)>,
    length: usize,
}

#[derive(Clone, Debug, Default)]
struct Group {
    waiting: VecDeque<Message>,
    in_flight: bool,
}

impl Groups {
    pub fn new(count: u32) -> Groups {
        Groups {
            groups: vec![Group::default(); count.max(1) as usize],
            open: BTreeSet::new(),
            blocked: BTreeSet::new(),
            length: 0,
        }
    }

    pub fn count(&self) -> u32 {
        self.groups.len() as u32
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// Groups that can be received from now.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Takes in a message behind all others of its group.
    pub fn push(&mut self, group: u32, message: Message) {
        self.length += 1;
        let state = &mut self.groups[group as usize];
        state.waiting.push_back(message);
        if state.waiting.len() == 1 {
            let in_flight = state.in_flight;
            self.close(group, in_flight);
        }
    }

    /// Takes in a message in its place by age, behind others as old.
    pub fn insert(&mut self, group: u32, message: Message) {
        self.length += 1;
        let state = &mut self.groups[group as usize];
        let in_flight = state.in_flight;
        if let Some(first) = state.waiting.front() {
            let others = if in_flight { &mut self.blocked } else { &mut self.open };
            others.remove(&(first.sent, group));
        }
        let place = state.waiting.partition_point(|other| other.sent <= message.sent);
        state.waiting.insert(place, message);
        self.close(group, in_flight);
    }

    /// Opens the group whose turn it is for taking; it must be given to [`Groups::close`] again.
    pub fn next(&mut self) -> Option<u32> {
        self.open.pop_first().map(|(_, group)| group)
    }

    pub fn front(&self, group: u32) -> Option<&Message> {
        self.groups[group as usize].waiting.front()
    }

    pub fn pop(&mut self, group: u32) -> Option<Message> {
        let message = self.groups[group as usize].waiting.pop_front();
        self.length -= usize::from(message.is_some());
        message
    }

    /// Taking from a group is over: it is blocked while messages of it are in flight.
    pub fn close(&mut self, group: u32, in_flight: bool) {
        let state = &mut self.groups[group as usize];
        state.in_flight = in_flight;
        if let Some(first) = state.waiting.front() {
            let place = (first.sent, group);
            let others = if in_flight { &mut self.blocked } else { &mut self.open };
            others.insert(place);
        }
    }

    /// What was in flight is over; `returned` wait again, in their order and before all others but older ones.
    pub fn release(&mut self, group: u32, returned: &[Message]) {
        self.length += returned.len();
        let state = &mut self.groups[group as usize];
        if let Some(first) = state.waiting.front() {
            self.blocked.remove(&(first.sent, group));
        }
        for message in returned.iter().rev() {
            let place = state.waiting.partition_point(|other| other.sent < message.sent);
            state.waiting.insert(place, *message);
        }
        self.close(group, false);
    }

    /// Removes and hands out what was sent at `limit` or before.
    pub fn expire(&mut self, limit: SimTime, mut expired: impl FnMut(Message)) {
        for in_flight in [false, true] {
            while let Some(group) = self.take_older(limit, in_flight) {
                while self.front(group).is_some_and(|message| message.sent <= limit) {
                    self.pop(group).into_iter().for_each(&mut expired);
                }
                self.close(group, in_flight);
            }
        }
    }

    /// Takes a group out of its order whose first message was sent at `limit` or before.
    fn take_older(&mut self, limit: SimTime, in_flight: bool) -> Option<u32> {
        let others = if in_flight { &mut self.blocked } else { &mut self.open };
        let place = *others.first().filter(|(sent, _)| *sent <= limit)?;
        others.remove(&place);
        Some(place.1)
    }

    /// When the oldest of the waiting messages was sent.
    pub fn oldest(&self) -> Option<SimTime> {
        let firsts = self.open.first().into_iter().chain(self.blocked.first());
        firsts.map(|(sent, _)| *sent).min()
    }
}
