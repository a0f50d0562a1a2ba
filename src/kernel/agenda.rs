use dary_heap::QuaternaryHeap;
use std::cmp::Ordering;

use super::prefetch::prefetch;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment((SimTime, u64));

impl Moment {
    /// At `time`, before what has this place from [`Agenda::next_order`] and what comes later.
    pub const fn at(time: SimTime, order: u64) -> Moment {
        Moment((time, order))
    }

    /// After all that is due at `time`.
    pub const fn after(time: SimTime) -> Moment {
        Moment((time, u64::MAX))
    }

    /// At `time`, before `class` and what comes later.
    pub const fn before(time: SimTime, class: Class) -> Moment {
        Moment((time, (class as u64) << CLASS_SHIFT))
    }

    /// The instant.
    pub const fn time(self) -> SimTime {
        self.0.0
    }
}

/// What is due, in one total order: time, then class, then first scheduled (contract §2.5).
///
/// What it is that is due is one word, which the owner of the agenda packs and unpacks: entries stay small and are moved
/// in whole registers.
///
/// It is a calendar: a ring of buckets, each a stretch of time that holds a few entries, which are put in order only when
/// their turn comes. So an entry costs the same however many wait, about a quarter of what a heap takes. What does not fit
/// into the ring, because it is due in the running bucket or beyond the last one, waits in a heap beside it, and so do the
/// first few entries before there is a ring; a small test
/// compares both with a plain sorted list. Width and number of the buckets follow the load.
#[derive(Debug)]
pub struct Agenda {
    /// Entries of the running bucket, latest first.
    running: Vec<Entry>,
    /// Number of the running bucket: times >> `width_bits`.
    bucket: u64,
    width_bits: u32,
    /// The buckets after the running one, each at its number modulo the length of the ring, which is a power of two.
    ring: Vec<Head>,
    in_ring: usize,
    chunks: Vec<Chunk>,
    /// The first of the chunks that are not in use.
    spare: u32,
    /// What is due in the running bucket or before, and beyond the ring.
    beside: QuaternaryHeap<Entry>,
    /// Places in the order of one instant that have been given out, also to what never comes here.
    ordered: u64,
    /// Entries that have been added.
    added: u64,
    /// Whether the running bucket has just become so, among so many that its entries lie far from the processor.
    turned: bool,
    /// When width and number of the buckets are looked at again, and where things stood at the last look.
    next_look: u64,
    last_look: (u64, SimTime),
}

/// Entries that a bucket should hold: fewer make for empty buckets, more for longer sorting.
const PER_BUCKET: u64 = 4;
const SHORTEST_RING: usize = 64;
const LONGEST_RING: usize = 1 << 20;
/// Buckets that are looked through for the next entry.
const LOOKED_AHEAD: u64 = 32;
/// So few entries wait beside a ring that is not there yet.
const FEW: usize = 8;
/// Entries added between two looks at the load, at first and later.
const FIRST_LOOK: u64 = 256;
const LOOKS_EVERY: u64 = 4_096;

/// With more waiting than this their memory is far from the processor.
const NEAR: usize = 4_096;
/// So many buckets ahead they are asked for.
const BUCKETS_AHEAD: u64 = 3;

/// Entries of a chunk: with them it fills two cache lines.
const ROOM: usize = 5;
/// No chunk.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: SimTime,
    /// Class in the top bits, running number below.
    order: u64,
    what: u64,
}

/// The chunk of a bucket that was begun last, and how many entries it has, in one word: an entry is added without a look at the
/// chunk, which among a hundred thousand of them lies far from the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head(u32);

impl Head {
    const NONE: Head = Head(u32::MAX);
    const COUNT_BITS: u32 = 3;

    fn new(chunk: u32, count: usize) -> Head {
        Head(chunk << Head::COUNT_BITS | count as u32)
    }

    /// A place beyond all chunks where there is none.
    fn chunk(self) -> usize {
        (self.0 >> Head::COUNT_BITS) as usize
    }

    /// Beyond [`ROOM`] where there is none.
    fn count(self) -> usize {
        self.0 as usize & ((1 << Head::COUNT_BITS) - 1)
    }
}

/// Entries of one bucket. Chunks are used again and again, so that nothing is allocated for a bucket, and a hundred thousand
/// buckets are as many numbers of four bytes.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Chunk {
    entries: [Entry; ROOM],
    /// The chunk of the same bucket begun before, which is full, or the next one not in use.
    next: u32,
}

impl Default for Agenda {
    fn default() -> Agenda {
        Agenda {
            running: Vec::new(),
            bucket: 0,
            width_bits: 15,
            ring: Vec::new(),
            in_ring: 0,
            chunks: Vec::new(),
            spare: NONE,
            beside: QuaternaryHeap::new(),
            ordered: 0,
            added: 0,
            turned: false,
            next_look: FIRST_LOOK,
            last_look: (0, SimTime::ZERO),
        }
    }
}

impl Agenda {
    /// It is asked soon.
    pub fn prefetch(&self) {
        prefetch(&self.running);
        prefetch(&self.beside);
        prefetch(&self.next_look);
    }

    /// Adds `what`, due at `time`.
    #[inline]
    pub fn schedule(&mut self, time: SimTime, class: Class, what: u64) {
        let order = self.next_order(class);
        self.schedule_in_order(time, order, what);
    }

    /// The place in the order of one instant that something of `class` gets if it is scheduled now.
    #[inline]
    pub fn next_order(&mut self, class: Class) -> u64 {
        self.ordered += 1;
        ((class as u64) << CLASS_SHIFT) | self.ordered
    }

    /// Adds `what`, due at `time`, with a place from [`Agenda::next_order`].
    #[inline]
    pub fn schedule_in_order(&mut self, time: SimTime, order: u64, what: u64) {
        self.add(Entry { time, order, what });
    }

    #[inline]
    fn add(&mut self, entry: Entry) {
        self.added += 1;
        let number = self.number(entry.time);
        let ahead = number.wrapping_sub(self.bucket).wrapping_sub(1);
        // What lies behind the running bucket has gone round zero and is far ahead.
        if (ahead as usize) < self.ring.len().saturating_sub(1) {
            self.put_into_bucket(number, entry);
            self.in_ring += 1;
        } else {
            self.beside.push(entry);
        }
    }

    #[inline]
    fn put_into_bucket(&mut self, number: u64, entry: Entry) {
        let place = number as usize & (self.ring.len() - 1);
        let head = self.ring[place];
        if head.count() < ROOM {
            let free = &mut self.chunks[head.chunk()].entries[head.count()];
            // Word by word: an entry that has just been written so is waited for when it is read as a whole.
            (free.time, free.order, free.what) = (entry.time, entry.order, entry.what);
            self.ring[place].0 += 1;
            return;
        }
        let next = if head == Head::NONE { NONE } else { head.chunk() as u32 };
        let begun = match self.chunks.get_mut(self.spare as usize) {
            Some(spare) => {
                let index = std::mem::replace(&mut self.spare, spare.next);
                (spare.entries[0], spare.next) = (entry, next);
                index
            }
            None => self.make_chunk(entry, next),
        };
        self.ring[place] = Head::new(begun, 1);
    }

    #[inline(never)]
    fn make_chunk(&mut self, entry: Entry, next: u32) -> u32 {
        let entries = [entry; ROOM];
        self.chunks.push(Chunk { entries, next });
        (self.chunks.len() - 1) as u32
    }

    /// The entries of a bucket become the running ones, of which there are none left.
    fn take_bucket(&mut self, number: u64) {
        let place = number as usize & (self.ring.len() - 1);
        let head = std::mem::replace(&mut self.ring[place], Head::NONE);
        let (mut index, mut count) = (head.chunk() as u32, head.count());
        while let Some(chunk) = self.chunks.get_mut(index as usize) {
            // All of it, in whole registers: to copy as many as there are costs more.
            let length = self.running.len() + count;
            self.running.extend_from_slice(&chunk.entries);
            self.running.truncate(length);
            count = ROOM;
            let next = std::mem::replace(&mut chunk.next, self.spare);
            self.spare = std::mem::replace(&mut index, next);
        }
    }

    /// Takes out what is next, if it comes before `end`.
    #[inline]
    pub fn pop_before(&mut self, end: Moment) -> Option<(SimTime, u64)> {
        while self.running.is_empty() {
            if self
                .beside
                .peek()
                .is_some_and(|beside| self.number(beside.time) <= self.bucket)
            {
                return self.pop_beside(end);
            }
            if !self.turn(self.number(end.0.0)) {
                return None;
            }
        }
        let next = self.running[self.running.len() - 1];
        if self.beside.peek().is_some_and(|beside| beside.key() < next.key()) {
            return self.pop_beside(end);
        }
        if next.key() >= end.0 {
            return None;
        }
        self.running.pop();
        Some((next.time, next.what))
    }

    #[inline(never)]
    fn pop_beside(&mut self, end: Moment) -> Option<(SimTime, u64)> {
        if self.beside.peek()?.key() >= end.0 {
            return None;
        }
        self.beside.pop().map(|entry| (entry.time, entry.what))
    }

    /// Goes on to the next bucket that holds something, or to the bucket with number `last`; whether something may be due there.
    #[inline(never)]
    fn turn(&mut self, last: u64) -> bool {
        if self.bucket >= last {
            return false;
        }
        if self.added >= self.next_look {
            self.look();
            // Numbers may have changed.
            return true;
        }
        if self.in_ring == 0 {
            let beside = self.beside.peek().map_or(u64::MAX, |entry| self.number(entry.time));
            self.bucket = last.min(beside);
            return beside <= last;
        }
        self.bucket += 1;
        self.take_bucket(self.bucket);
        self.in_ring -= self.running.len();
        self.turned = self.in_ring > NEAR;
        if self.turned {
            self.prefetch_bucket(self.bucket + BUCKETS_AHEAD);
        }
        self.running
            .sort_unstable_by_key(|entry| std::cmp::Reverse(entry.key()));
        true
    }

    /// The bucket with this number runs soon: what it holds is asked for.
    fn prefetch_bucket(&self, number: u64) {
        let head = self.ring[number as usize & (self.ring.len() - 1)];
        if let Some(chunk) = self.chunks.get(head.chunk()) {
            prefetch(&chunk.entries[0]);
            prefetch(&chunk.next);
        }
    }

    /// Whether another bucket runs since this was asked last, and so many wait that it is worth while to ask ahead for what belongs to
    /// those that are due [`Agenda::soon`].
    #[inline]
    pub fn has_turned(&mut self) -> bool {
        std::mem::take(&mut self.turned)
    }

    /// Some of what is due in the next bucket, in no order.
    pub fn soon(&self) -> impl Iterator<Item = u64> {
        let head = self.ring[(self.bucket as usize + 1) & (self.ring.len() - 1)];
        let first = self.chunks.get(head.chunk());
        first
            .into_iter()
            .flat_map(move |chunk| chunk.entries[..head.count()].iter().map(|entry| entry.what))
    }

    /// Looks whether the buckets still fit the load, and makes others where they do not.
    #[cold]
    fn look(&mut self) {
        let now = SimTime::from_micros(self.bucket << self.width_bits);
        let (added, since) = self.last_look;
        let spacing = now.since(since).as_micros() / (self.added - added);
        let (width, wanted) = (1 << self.width_bits, (spacing * PER_BUCKET).max(1));
        let waiting = self.in_ring + self.beside.len();
        let length = waiting.next_power_of_two().clamp(SHORTEST_RING, LONGEST_RING);
        let fits_width = width / 2 < wanted && wanted < width * 4;
        let fits = fits_width && length <= self.ring.len() && self.ring.len() <= length * 8;
        let few = self.ring.is_empty() && waiting < FEW;
        if !fits && !few {
            self.rebuild(wanted.ilog2(), length, now);
        }
        self.last_look = (self.added, now);
        self.next_look = self.added + LOOKS_EVERY;
    }

    /// All entries into a ring of `length` buckets, 2^`width_bits` microseconds each. The running bucket is empty and over.
    fn rebuild(&mut self, width_bits: u32, length: usize, now: SimTime) {
        let in_ring: Vec<Entry> = self.in_buckets().copied().collect();
        let beside = std::mem::take(&mut self.beside);
        self.chunks.clear();
        (self.ring, self.spare) = (vec![Head::NONE; length], NONE);
        (self.width_bits, self.in_ring) = (width_bits, 0);
        self.bucket = self.number(now);
        in_ring.into_iter().chain(beside).for_each(|entry| self.add(entry));
    }

    /// All entries of the ring, in no order.
    fn in_buckets(&self) -> impl Iterator<Item = &Entry> {
        let chain = |head: &Head| {
            let first = self.chunks.get(head.chunk()).map(|chunk| (chunk, head.count()));
            std::iter::successors(first, |(chunk, _)| Some((self.chunks.get(chunk.next as usize)?, ROOM)))
        };
        let chunks = self.ring.iter().flat_map(chain);
        chunks.flat_map(|(chunk, count)| &chunk.entries[..count])
    }

    #[inline]
    fn number(&self, time: SimTime) -> u64 {
        time.as_micros() >> self.width_bits
    }

    /// Nothing is due before this instant. Often later than what has been popped last, and cheaper than [`Agenda::next_due`].
    #[inline]
    pub fn quiet_until(&self) -> SimTime {
        if self.running.is_empty() && self.in_ring == 0 && self.beside.is_empty() {
            return SimTime::MAX;
        }
        let beside = self.beside.peek().map_or(SimTime::MAX, |entry| entry.time);
        let in_buckets = match self.running.last() {
            Some(entry) => entry.time,
            None if self.in_ring == 0 => SimTime::MAX,
            None => SimTime::from_micros(self.next_full() << self.width_bits),
        };
        in_buckets.min(beside)
    }

    /// The number of the next bucket that holds something, or of one before it: nobody looks far.
    fn next_full(&self) -> u64 {
        let last = self.ring.len() as u64 - 1;
        let holds = |number: &u64| self.ring[(number & last) as usize] != Head::NONE;
        let end = self.bucket + LOOKED_AHEAD.min(last);
        (self.bucket + 1..end).find(holds).unwrap_or(end)
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<SimTime> {
        let later = || self.in_buckets().map(|entry| entry.time).min();
        let in_buckets = self.running.last().map(|entry| entry.time).or_else(later);
        let beside = self.beside.peek().map(|entry| entry.time);
        in_buckets.into_iter().chain(beside).min()
    }
}

impl Entry {
    #[inline]
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
    use std::collections::BTreeSet;

    use super::*;
    use crate::kernel::draws::{Purpose, StreamKey};
    use crate::units::Span;

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
    fn whatever_is_scheduled_comes_out_as_from_a_sorted_list() {
        let key = StreamKey::derive(1, 0, "test", "agenda");
        for scale in [1, 1_000, 1_000_000, 10_000_000_000_u64] {
            let (mut agenda, mut sorted) = (Agenda::default(), BTreeSet::new());
            let mut now = 0;
            for ordinal in 0..3_000 {
                let draw = key.draw(ordinal, scale as u32, Purpose::Work);
                // In the middle everything happens a thousand times as fast; some of it is due long after.
                let pace = if (1_000..2_000).contains(&ordinal) { 1_000 } else { 1 };
                now += (draw.first % 64) * scale / pace / 32;
                let far = if draw.second & 63 == 0 { 1_000 } else { 1 };
                let due = SimTime::from_micros(now + (draw.second >> 20) % (scale * 20) * far);
                let class = [Class::Completion, Class::Ready, Class::Timer][ordinal as usize % 3];
                agenda.schedule(due, class, ordinal);
                sorted.insert((due, class, ordinal));
                let end = SimTime::from_micros(now);
                assert_eq!(agenda.next_due(), sorted.first().map(|entry| entry.0));
                let first = sorted.first().copied().filter(|entry| entry.0 <= end);
                let popped = agenda.pop_before(Moment::after(end));
                assert_eq!(popped, first.map(|(time, _, what)| (time, what)), "{scale} {ordinal}");
                first.map(|entry| sorted.remove(&entry));
                let quiet = agenda.quiet_until();
                assert!(sorted.first().is_none_or(|next| quiet <= next.0), "{scale} {ordinal}");
                if first.is_none() {
                    assert!(quiet > end, "{scale} {ordinal}: {quiet:?} after all up to {end:?}");
                }
            }
            let rest: Vec<u64> = std::iter::from_fn(|| agenda.pop_before(Moment::after(SimTime::MAX)))
                .map(|(_, what)| what)
                .collect();
            assert_eq!(rest, sorted.iter().map(|entry| entry.2).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn what_is_told_to_be_due_soon_is_due_right_after_the_running_bucket() {
        let (mut agenda, mut next, mut turns) = (Agenda::default(), 0, 0);
        for ordinal in 0..30_000 {
            let now = SimTime::from_micros(3 * ordinal);
            agenda.schedule(now + Span::from_millis(30), Class::Timer, ordinal);
            while let Some((_, what)) = agenda.pop_before(Moment::after(now)) {
                assert_eq!(what, next);
                next += 1;
                // It is settled by then that a bucket has three entries at most.
                if agenda.has_turned() && ordinal > 20_000 {
                    let mut coming: Vec<u64> = agenda.soon().collect();
                    coming.sort_unstable();
                    assert!((next..next + 3).contains(&coming[0]), "{coming:?} after {what}");
                    assert!(coming.iter().copied().eq(coming[0]..coming[0] + coming.len() as u64));
                    turns += 1;
                }
            }
        }
        assert!(turns > 2_000, "{turns}");
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
