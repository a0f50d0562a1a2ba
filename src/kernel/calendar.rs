use std::cmp::Reverse;

use dary_heap::QuaternaryHeap;

use super::prefetch::{prefetch, prefetch_at};
use crate::units::SimTime;

/// Bits of a key below its instant.
const LABEL_BITS: u32 = 18;
const LABEL_MASK: u64 = (1 << LABEL_BITS) - 1;
/// Keys of one bucket; the last word of its cache line counts them.
const ROOM: usize = 7;
const LINE: usize = ROOM + 1;
/// Keys handed out at once by [`Calendar::drain_until`].
const AT_ONCE: usize = 4;
/// After all keys: the end of the running line.
const NOTHING: u64 = u64::MAX;
/// The last instant that a key can have: 2.2 years.
const LAST: u64 = (1 << 46) - 2;
/// All keys are of bucket 0.
const UNDIVIDED: u32 = 63;
const SHORTEST_RING: usize = 16;
const LONGEST_RING: usize = 1 << 20;
/// Keys added between two looks at the load, at first and later.
const FIRST_LOOK: u64 = 64;
const LOOKS_EVERY: u64 = 4_096;

/// An instant and a label, small numbers each, in one word: what waits is compared and moved in one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u64);

impl Key {
    /// `None` beyond 2^46 microseconds (2.2 years) or 2^18 labels.
    #[inline]
    pub fn new(time: SimTime, label: u32) -> Option<Key> {
        let fits = time.as_micros() <= LAST && u64::from(label) <= LABEL_MASK;
        fits.then_some(Key(time.as_micros() << LABEL_BITS | u64::from(label)))
    }

    /// When.
    #[inline]
    pub fn time(self) -> SimTime {
        SimTime::from_micros(self.0 >> LABEL_BITS)
    }

    /// Whose.
    #[inline]
    pub fn label(self) -> u32 {
        (self.0 & LABEL_MASK) as u32
    }
}

/// Keys that come out in order of time; those of one instant by label.
///
/// A ring of buckets, each a stretch of time and one cache line: about four keys, put in order without a branch when their
/// turn comes. So a key costs the same however many wait, a third of what the [`super::Agenda`] takes, which also keeps
/// classes and the order of scheduling. With a handful of keys there is no ring: they wait in the running line. What fits
/// into neither waits in a heap. A test compares with a sorted set.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Keys of the running bucket from `at` on, ascending, then [`NOTHING`]; before `at` there is room for more.
    running: [u64; LINE + AT_ONCE - 1],
    at: usize,
    /// Whether two keys that came into the running line have one instant.
    tied: bool,
    /// Sum of the keys that came into the running line or out of the heap: once for each, not once for each look at four.
    entered: u64,
    /// Number of the running bucket: keys >> `shift`.
    bucket: u64,
    shift: u32,
    ring: Vec<[u64; LINE]>,
    in_ring: usize,
    beside: QuaternaryHeap<Reverse<u64>>,
    /// The first of `beside`.
    first_beside: u64,
    added: u64,
    /// Whether the running line has just become so.
    turned: bool,
    /// When the width of buckets is looked at again, and where things stood at the last look.
    next_look: u64,
    last_look: (u64, u64),
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar {
            running: [NOTHING; LINE + AT_ONCE - 1],
            at: ROOM,
            tied: false,
            entered: 0,
            bucket: 0,
            shift: UNDIVIDED,
            ring: Vec::new(),
            in_ring: 0,
            beside: QuaternaryHeap::new(),
            first_beside: NOTHING,
            added: 0,
            turned: false,
            next_look: FIRST_LOOK,
            last_look: (0, 0),
        }
    }
}

impl Calendar {
    /// Adds a key; never one before what has been taken.
    #[inline]
    pub fn add(&mut self, key: Key) {
        self.added += 1;
        self.place(key.0);
    }

    /// It is asked soon.
    pub fn prefetch(&self) {
        prefetch(&self.running[0]);
        prefetch(&self.running[LINE]);
        prefetch(&self.bucket);
        prefetch(&self.ring);
        prefetch(&self.last_look);
    }

    /// Whether another line runs since this was asked last: it is time to ask ahead for what belongs to the keys that come
    /// [`Calendar::soon`].
    #[inline(always)]
    pub fn has_turned(&mut self) -> bool {
        std::mem::take(&mut self.turned)
    }

    /// The keys of the line that runs next.
    pub fn soon(&self) -> impl Iterator<Item = Key> {
        let line = self.ring[(self.bucket + 1) as usize & (self.ring.len() - 1)];
        (0..line[ROOM] as usize).map(move |place| Key(line[place]))
    }

    /// A key of this instant is added soon.
    #[inline]
    pub fn prefetch_line(&self, time: SimTime) {
        let number = time.as_micros() << LABEL_BITS >> self.shift;
        prefetch_at(&self.ring, number as usize & self.ring.len().wrapping_sub(1));
    }

    #[inline]
    fn place(&mut self, key: u64) {
        let number = key >> self.shift;
        let ahead = number.wrapping_sub(self.bucket).wrapping_sub(1);
        // What lies in the running bucket has gone round zero and is far ahead.
        if (ahead as usize) < self.ring.len().saturating_sub(1) {
            let mask = self.ring.len() - 1;
            let line = &mut self.ring[number as usize & mask];
            let count = line[ROOM] as usize;
            if count < ROOM {
                line[count] = key;
                line[ROOM] += 1;
                self.in_ring += 1;
                return;
            }
        }
        self.place_otherwise(key, number);
    }

    /// Into the running line where there is room, else beside.
    #[inline(never)]
    fn place_otherwise(&mut self, key: u64, number: u64) {
        if number > self.bucket || self.at == 0 {
            self.beside.push(Reverse(key));
            self.first_beside = self.first_beside.min(key);
            return;
        }
        self.entered = self.entered.wrapping_add(key >> LABEL_BITS);
        self.tied &= self.at < ROOM;
        // One place further to the left for all that comes before it.
        self.at -= 1;
        let mut place = self.at;
        while place + 1 < ROOM && self.running[place + 1] < key {
            self.running[place] = self.running[place + 1];
            place += 1;
        }
        self.running[place] = key;
        let same = |other: u64| other >> LABEL_BITS == key >> LABEL_BITS;
        self.tied |= same(self.running[place + 1]) || place > self.at && same(self.running[place - 1]);
    }

    /// The sum of the instants of all keys taken out so far, in microseconds, modulo 2^64.
    pub fn instants_taken(&self) -> u64 {
        self.entered.wrapping_sub(self.instants_in_line())
    }

    fn instants_in_line(&self) -> u64 {
        self.running[self.at..ROOM].iter().map(|key| key >> LABEL_BITS).sum()
    }

    /// Takes out all keys up to `time`, in order, to the end of `out`.
    #[inline]
    pub fn take_until(&mut self, time: SimTime, out: &mut Vec<Key>) {
        let limit = time.as_micros().min(LAST) << LABEL_BITS | LABEL_MASK;
        let head = self.running[self.at & ROOM];
        let quiet = match head {
            NOTHING => self.bucket >= limit >> self.shift,
            head => head > limit,
        };
        if quiet && self.first_beside > limit {
            return;
        }
        self.take_up_to(limit, time, out);
    }

    /// Takes out all keys up to `time`, in order: hands out four at a time, and how many of them are due. How many that will be
    /// cannot be guessed; four comparisons that are added up cost less than a wrong guess. Returns whether two of one instant
    /// may be among them, or `None`, with nothing taken out, where some wait beside the ring: [`Calendar::take_until`] knows of
    /// them.
    #[inline(always)]
    pub fn drain_until(&mut self, time: SimTime, mut due: impl FnMut(usize, &[Key; AT_ONCE])) -> Option<bool> {
        let limit = time.as_micros().min(LAST) << LABEL_BITS | LABEL_MASK;
        if self.added >= self.next_look {
            self.look(time.as_micros());
        }
        if self.first_beside <= limit {
            return None;
        }
        let (last, mut tied) = (limit >> self.shift, self.tied);
        loop {
            let four: [u64; AT_ONCE] = std::array::from_fn(|place| self.running[(self.at & ROOM) + place]);
            let count: usize = four.iter().map(|key| usize::from(*key <= limit)).sum();
            due(count, &four.map(Key));
            self.at += count;
            let head = self.running[self.at & ROOM];
            // One test, and none of its parts a branch: whether this line is used up cannot be guessed either.
            let line_is_over = head == NOTHING;
            if (head > limit) & (!line_is_over | (self.bucket >= last)) {
                return Some(tied);
            }
            if line_is_over {
                self.turn(last);
                tied |= self.tied;
            }
        }
    }

    fn take_up_to(&mut self, limit: u64, time: SimTime, out: &mut Vec<Key>) {
        if self.added >= self.next_look {
            self.look(time.as_micros());
        }
        loop {
            let head = self.running[self.at];
            if self.first_beside < head && self.first_beside <= limit && self.first_beside >> self.shift <= self.bucket
            {
                self.take_beside(out);
            } else if head <= limit {
                out.push(Key(head));
                self.at += 1;
            } else if head != NOTHING || self.bucket >= limit >> self.shift {
                return;
            } else {
                self.turn(limit >> self.shift);
            }
        }
    }

    #[cold]
    fn take_beside(&mut self, out: &mut Vec<Key>) {
        if let Some(Reverse(key)) = self.beside.pop() {
            self.entered = self.entered.wrapping_add(key >> LABEL_BITS);
            out.push(Key(key));
        }
        self.first_beside = self.beside.peek().map_or(NOTHING, |first| first.0);
    }

    /// Goes on to the next bucket, or at once to the next that may hold something, `last` at most.
    fn turn(&mut self, last: u64) {
        if self.in_ring == 0 {
            self.bucket = last.min(self.first_beside >> self.shift);
            return;
        }
        self.bucket += 1;
        self.turned = true;
        let mask = self.ring.len() - 1;
        let line = &mut self.ring[self.bucket as usize & mask];
        let count = line[ROOM] as usize;
        if count > 0 {
            let mut next = std::mem::take(line);
            next[ROOM] = NOTHING;
            self.in_ring -= count;
            // What is not there is zero and comes first.
            sort(&mut next);
            self.running[..LINE].copy_from_slice(&next);
            self.at = ROOM - count;
            let instants = next.map(|key| key >> LABEL_BITS);
            let tied = |place: &usize| instants[*place] == instants[place - 1];
            self.tied = (1..ROOM).filter(tied).fold(0, usize::max) > self.at;
            self.entered = self.entered.wrapping_add(instants[..ROOM].iter().sum());
        }
    }

    /// Nothing ends before this instant.
    pub fn quiet_until(&self) -> SimTime {
        let in_buckets = match self.running[self.at & ROOM] {
            NOTHING if self.in_ring == 0 => NOTHING,
            NOTHING => (self.bucket + 1) << self.shift,
            head => head,
        };
        SimTime::from_micros(in_buckets.min(self.first_beside) >> LABEL_BITS)
    }

    /// Takes out all keys, in no order.
    pub fn drain(&mut self) -> Vec<Key> {
        self.entered = self.instants_taken();
        let mut all: Vec<Key> = self.running[self.at..ROOM].iter().copied().map(Key).collect();
        self.at = ROOM;
        for line in &mut self.ring {
            let line = std::mem::take(line);
            all.extend(line[..line[ROOM] as usize].iter().copied().map(Key));
        }
        self.in_ring = 0;
        all.extend(self.beside.drain().map(|Reverse(key)| Key(key)));
        self.first_beside = NOTHING;
        all
    }

    /// Looks whether the buckets still fit the load, and makes others where they do not.
    #[cold]
    fn look(&mut self, now: u64) {
        let (added, since) = self.last_look;
        let spacing = now.saturating_sub(since) / (self.added - added).max(1);
        let shift = LABEL_BITS + (spacing * 4).max(1).ilog2();
        let in_line = ROOM - self.at;
        let waiting = in_line + self.in_ring + self.beside.len();
        let length = waiting.next_power_of_two().clamp(SHORTEST_RING, LONGEST_RING);
        let few = waiting < ROOM && self.ring.is_empty();
        let fits = self.shift.abs_diff(shift) <= 1 && length <= self.ring.len() && self.ring.len() <= length * 8;
        if !few && !fits {
            let all = self.drain();
            (self.shift, self.ring) = (shift, vec![[0; LINE]; length]);
            self.bucket = (now << LABEL_BITS) >> shift;
            all.into_iter().for_each(|key| self.place(key.0));
        }
        self.last_look = (self.added, now);
        self.next_look = self.added + LOOKS_EVERY;
    }
}

/// Seven numbers in order by sixteen exchanges, none of them a branch: which of two completions comes first cannot be
/// guessed, and a wrong guess costs more than several exchanges.
#[inline]
fn sort(line: &mut [u64; LINE]) {
    const EXCHANGES: [(usize, usize); 16] = [
        (0, 6),
        (2, 3),
        (4, 5),
        (0, 2),
        (1, 4),
        (3, 6),
        (0, 1),
        (2, 5),
        (3, 4),
        (1, 2),
        (4, 6),
        (2, 3),
        (4, 5),
        (1, 2),
        (3, 4),
        (5, 6),
    ];
    for (a, b) in EXCHANGES {
        let (low, high) = (line[a].min(line[b]), line[a].max(line[b]));
        (line[a], line[b]) = (low, high);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kernel::draws::{Purpose, StreamKey};

    #[test]
    fn sixteen_exchanges_sort_whatever_stands_in_a_line() {
        // The zero-one principle: a network that sorts all sequences of zeros and ones sorts everything.
        for bits in 0..1u64 << ROOM {
            let mut line = std::array::from_fn(|place| bits >> place & 1);
            line[ROOM] = NOTHING;
            sort(&mut line);
            assert!(line.is_sorted(), "{bits:b}");
        }
    }

    #[test]
    fn keys_come_out_as_from_a_sorted_set_at_any_load() {
        let draws = StreamKey::derive(1, 0, "test", "calendar");
        for (busy, scale) in [(2, 50), (3, 1_000_000), (40, 5_000), (3_000, 3), (20_000, 700)] {
            let (mut calendar, mut sorted, mut out) = (Calendar::default(), BTreeSet::new(), Vec::new());
            let (mut now, mut instants) = (0, 0);
            for ordinal in 0..12_000 {
                let draw = draws.draw(ordinal, scale as u32, Purpose::Work);
                // In the middle everything happens a hundred times as fast, and much at one instant.
                let pace = if (4_000..6_000).contains(&ordinal) { 100 } else { 1 };
                now += draw.first % 64 * scale / pace / 32;
                let far = if draw.second & 63 == 0 { 50 } else { 1 };
                let due = now + (draw.second >> 20) % (scale * busy) * far;
                let key = Key::new(SimTime::from_micros(due), ordinal as u32).expect("small");
                calendar.add(key);
                sorted.insert(key);
                out.clear();
                let time = SimTime::from_micros(now);
                let mut drained = None;
                if ordinal % 3 > 0 {
                    drained = calendar.drain_until(time, |count, keys| out.extend(&keys[..count]));
                }
                if drained.is_none() {
                    assert!(out.is_empty());
                    calendar.take_until(time, &mut out);
                }
                let tied = out.windows(2).any(|pair: &[Key]| pair[0].time() == pair[1].time());
                assert!(!tied || drained != Some(false), "{busy} {scale} {ordinal}");
                instants += out.iter().map(|key| key.time().as_micros()).sum::<u64>();
                assert_eq!(calendar.instants_taken(), instants);
                let later = sorted.split_off(&Key::new(SimTime::from_micros(now + 1), 0).expect("small"));
                assert!(out.iter().eq(&sorted), "{busy} {scale} {ordinal}");
                sorted = later;
            }
            let mut rest = calendar.drain();
            rest.sort_unstable();
            assert!(rest.iter().eq(&sorted));
        }
    }

    #[test]
    fn what_is_told_to_come_soon_comes_right_after_the_running_line() {
        let (mut calendar, mut waiting, mut turns) = (Calendar::default(), BTreeSet::new(), 0);
        for ordinal in 0..3_000 {
            let now = SimTime::from_micros(3 * ordinal);
            let key = Key::new(SimTime::from_micros(3 * ordinal + 300), ordinal as u32).expect("small");
            calendar.add(key);
            waiting.insert(key);
            let drained = calendar.drain_until(now, |count, keys| {
                keys[..count].iter().for_each(|key| _ = waiting.remove(key))
            });
            assert!(drained.is_some(), "nothing waits beside the ring");
            // It is settled by then that a line has three keys at most.
            if calendar.has_turned() && ordinal > 1_000 {
                let coming: BTreeSet<Key> = calendar.soon().collect();
                let in_line = waiting.iter().position(|key| coming.contains(key)).expect("a key");
                assert!(in_line <= 3, "{in_line} before");
                assert!(waiting.iter().skip(in_line).take(coming.len()).eq(&coming));
                turns += 1;
            }
        }
        assert!(turns > 500, "{turns}");
    }

    #[test]
    fn what_is_too_late_or_has_too_large_a_label_is_no_key() {
        let last = LAST;
        assert!(Key::new(SimTime::from_micros(last), 262_143).is_some());
        assert!(Key::new(SimTime::from_micros(last + 1), 0).is_none());
        assert!(Key::new(SimTime::ZERO, 262_144).is_none());
    }
}
