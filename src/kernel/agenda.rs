use dary_heap::QuaternaryHeap;
use std::cmp::Ordering;

use crate::units::SimTime;

/// The order of what happens at one instant (TIME-2). New arrivals come last and never enter the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Invocations end, environments are released.
    Completion = 1,
    /// Environments become ready.
    Ready = 2,
    /// Environments end.
    Expiry = 3,
    /// Configuration and scaling actions.
    Action = 4,
    /// Retries, back-off and other timers.
    Timer = 5,
}

const CLASS_SHIFT: u32 = 60;

/// A place in the order of what is due: everything before it, and everything after it.
#[derive(Clone, Copy, Debug)]
pub struct Moment((SimTime, u64));

impl Moment {
    /// After all that is due at `time`.
    pub const fn after(time: SimTime) -> Moment {
        Moment((time, u64::MAX))
    }

    /// At `time`, before `class` and what comes later.
    pub const fn before(time: SimTime, class: Class) -> Moment {
        Moment((time, (class as u64) << CLASS_SHIFT))
    }
}

/// What is due, in one total order: time, then class, then first scheduled (contract §2.5).
///
/// What it is that is due is one word, which the owner of the agenda packs and unpacks: entries stay small and are moved
/// in whole registers.
#[derive(Debug, Default)]
pub struct Agenda {
    due: QuaternaryHeap<Entry>,
    scheduled: u64,
}

#[derive(Debug)]
struct Entry {
    time: SimTime,
    /// Class in the top bits, running number below.
    order: u64,
    what: u64,
}

impl Agenda {
    /// Adds `what`, due at `time`.
    pub fn schedule(&mut self, time: SimTime, class: Class, what: u64) {
        self.scheduled += 1;
        let order = ((class as u64) << CLASS_SHIFT) | self.scheduled;
        self.due.push(Entry { time, order, what });
    }

    /// Takes out what is next, if it comes before `end`.
    #[inline]
    pub fn pop_before(&mut self, end: Moment) -> Option<(SimTime, u64)> {
        if self.due.peek()?.key() >= end.0 {
            return None;
        }
        self.due.pop().map(|entry| (entry.time, entry.what))
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<SimTime> {
        self.due.peek().map(|entry| entry.time)
    }
}

impl Entry {
    fn key(&self) -> (SimTime, u64) {
        (self.time, self.order)
    }
}

/// Reversed: the standard heap hands out its largest entry, we want the earliest.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    /// What the heap asks. Without a branch between time and order: which of two entries is earlier cannot be guessed, and
    /// a wrong guess costs more than both comparisons.
    fn le(&self, other: &Self) -> bool {
        (self.time > other.time) | ((self.time == other.time) & (self.order >= other.order))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_one_instant_classes_come_in_order_and_then_what_was_scheduled_first() {
        let at = SimTime::from_micros;
        let mut agenda = Agenda::default();
        let [first, second, ready, timer, later] = [1, 2, 3, 4, 5];
        agenda.schedule(at(5), Class::Timer, timer);
        agenda.schedule(at(5), Class::Completion, first);
        agenda.schedule(at(9), Class::Completion, later);
        agenda.schedule(at(5), Class::Completion, second);
        agenda.schedule(at(5), Class::Ready, ready);
        let order: Vec<u64> = std::iter::from_fn(|| agenda.pop_before(Moment::after(at(5))))
            .map(|(_, what)| what)
            .collect();
        assert_eq!(order, [first, second, ready, timer]);
        assert_eq!(agenda.next_due(), Some(at(9)));
    }

    #[test]
    fn what_is_due_before_a_class_leaves_that_class_and_later_ones_of_the_instant() {
        let at = SimTime::from_micros;
        let mut agenda = Agenda::default();
        let [timer, completion, earlier] = [1, 2, 3];
        agenda.schedule(at(5), Class::Timer, timer);
        agenda.schedule(at(5), Class::Completion, completion);
        agenda.schedule(at(4), Class::Timer, earlier);
        let order: Vec<u64> = std::iter::from_fn(|| agenda.pop_before(Moment::before(at(5), Class::Action)))
            .map(|(_, what)| what)
            .collect();
        assert_eq!(order, [earlier, completion]);
        assert_eq!(agenda.pop_before(Moment::after(at(5))), Some((at(5), timer)));
    }
}
