use std::ops::Range;

use crate::units::{SimTime, Span};

/// What slots that follow each other do to the number of those that are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swing {
    /// How many more are taken at once than before the first; 0 or more.
    pub rise: i64,
    /// How many more are taken after the last.
    pub change: i64,
    /// The instants at which they are given back, less those at which they are taken, in microseconds since the start of the run,
    /// modulo 2^64.
    pub balance: u64,
}

/// Sums of instants, in microseconds since the window began: of those taken and of all, the first of all slots, the second of those that
/// are not reserved.
#[derive(Clone, Copy, Debug, Default)]
struct Instants {
    taken: [u64; 2],
    all: [u64; 2],
}

impl Instants {
    /// Of these words. Sums of sixteen instants fit into 32 bits, four of which the compiler adds up at once.
    fn of(words: &[u32]) -> Instants {
        const LANES: usize = 8;
        let mut instants = Instants::default();
        for words in words.chunks(16 * LANES) {
            let (mut taken, mut all) = ([[0u32; LANES]; 2], [[0u32; LANES]; 2]);
            let groups = words.chunks_exact(LANES);
            let rest = groups.remainder();
            let mut last = [RESERVED; LANES];
            last[..rest.len()].copy_from_slice(rest);
            let groups = groups.filter_map(|group| group.first_chunk::<LANES>());
            for group in groups.chain([&last]) {
                for lane in 0..LANES {
                    let (word, offset) = (group[lane], group[lane] >> TIME_SHIFT);
                    let free = offset & (word & RESERVED).wrapping_sub(1);
                    let is_taken = ((word & TAKEN) / TAKEN).wrapping_neg();
                    all[0][lane] += offset;
                    all[1][lane] += free;
                    taken[0][lane] += offset & is_taken;
                    taken[1][lane] += free & is_taken;
                }
            }
            let sum = |lanes: [u32; LANES]| lanes.map(u64::from).iter().sum::<u64>();
            for pool in 0..2 {
                instants.taken[pool] += sum(taken[pool]);
                instants.all[pool] += sum(all[pool]);
            }
        }
        instants
    }

    fn swing(&self, pool: usize, from: SimTime, rise: i64, change: i64) -> Swing {
        let whole = (change as u64).wrapping_mul(from.as_micros());
        let given_back_less_taken = self.all[pool].wrapping_sub(2 * self.taken[pool]);
        Swing {
            rise,
            change,
            balance: given_back_less_taken.wrapping_sub(whole),
        }
    }
}

/// All slots taken and given back in a window of time, in order: of one instant, those given back come first (TIME-2), those
/// taken by arrivals in the order in which they are told.
///
/// One word for each: microseconds since the window began, then what happens. Order is found where somebody needs it: words are
/// dealt out to cells, short stretches of time, and only cells in which the most may be taken at once are put in order, or where a
/// stretch that is asked for begins or ends. That saves most of the sorting; a test holds it against words in order from end to end.
#[derive(Clone, Debug, Default)]
pub struct SlotSteps {
    from: SimTime,
    words: Vec<u32>,
    /// Whether one is given back at the instant at which it is taken.
    some_at_once: bool,
    /// Of each cell. What is asked for each word stands apart, so that more of it fits into the processor's caches.
    cells: Vec<Counts>,
    /// The place after the last word of each cell.
    ends: Vec<u32>,
    in_order: Vec<bool>,
    /// Bits of a word that do not decide about its cell.
    cell_shift: u32,
    /// Where words are dealt out from.
    dealt: Vec<u32>,
    /// What cells are put in order with; its memory is used again.
    keyed: Keyed,
}

/// Puts words in order by what decides about it, and leaves those that are alike in that as they stand: with its place each word becomes
/// a number of its own, and whole numbers are put in order in 0.6 of the time that the library takes for words by a part of them
/// (`sort_by_key`; `sort_by_cached_key`, which does the same with pairs, takes 1.6).
#[derive(Clone, Debug, Default)]
struct Keyed(Vec<u64>);

impl Keyed {
    fn sort(&mut self, words: &mut [u32]) {
        let keys = (0..).zip(&*words).map(|(place, word): (u64, &u32)| {
            u64::from(word >> ORDER_SHIFT) << u32::BITS | place << ORDER_SHIFT | u64::from(word & UNORDERED)
        });
        self.0.clear();
        self.0.extend(keys);
        self.0.sort_unstable();
        for (word, key) in words.iter_mut().zip(&self.0) {
            *word = ((key >> u32::BITS) as u32) << ORDER_SHIFT | (*key as u32 & UNORDERED);
        }
    }
}

/// How many words a cell has: all and those that are not reserved, taken and given back together; then those taken alone.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    words: [u32; 2],
    taken: [u32; 2],
}

impl Counts {
    #[inline(always)]
    fn add(&mut self, word: u32) {
        let taken = u32::from(word & TAKEN > 0);
        let free = u32::from(word & RESERVED == 0);
        self.words[0] += 1;
        self.words[1] += free;
        self.taken[0] += taken;
        self.taken[1] += taken & free;
    }

    /// How many more are taken after all of them.
    fn change(&self, pool: usize) -> i64 {
        2 * i64::from(self.taken[pool]) - i64::from(self.words[pool])
    }
}

const RESERVED: u32 = 1;
/// It is given back at the instant at which it is taken.
const AT_ONCE: u32 = 2;
/// It is taken by a timer, not by an arrival.
const TIMER: u32 = 4;
/// From here on bits decide the order.
const ORDER_SHIFT: u32 = 3;
/// The bits that do not.
const UNORDERED: u32 = (1 << ORDER_SHIFT) - 1;
const TAKEN: u32 = 8;
const TIME_SHIFT: u32 = 4;
/// With more words to a cell it takes longer to put one in order, and more cells may hold the most; with fewer there are more cells than
/// caches hold, so that a cell gets twice as many where there would be more of them than these.
const WORDS_PER_CELL: usize = 16;
const CELLS_AT_HAND: usize = 1 << 14;

impl SlotSteps {
    /// The longest window: more than four minutes.
    pub const LONGEST: Span = Span::from_micros((1 << (u32::BITS - TIME_SHIFT)) - 1);

    /// Forgets all of them; what is added from now on lies between `from` and [`SlotSteps::LONGEST`] later.
    pub fn begin(&mut self, from: SimTime) {
        (self.from, self.some_at_once) = (from, false);
        self.words.clear();
    }

    /// Forgets all of them; what is added from now on lies where it does in `other`.
    pub fn begin_as(&mut self, other: &SlotSteps) {
        self.begin(other.from);
    }

    /// Adds all of another's, of the same window.
    pub fn append(&mut self, other: &SlotSteps) {
        self.words.extend_from_slice(&other.words);
        self.some_at_once |= other.some_at_once;
    }

    /// One that is taken, by an arrival or else by a timer, and given back at `end`, which is told when it comes.
    #[inline]
    pub fn take(&mut self, time: SimTime, end: SimTime, by_arrival: bool, reserved: bool) {
        let mut word = self.word(time, reserved) | TAKEN;
        if !by_arrival {
            word |= TIMER;
        }
        if time == end {
            word |= AT_ONCE;
            self.some_at_once = true;
        }
        self.words.push(word);
    }

    /// Those of a train, whose arrivals or timers take them at `starts`, each for its duration.
    pub fn take_all(&mut self, starts: &[SimTime], durations: &[Span], by_arrival: bool, reserved: bool) {
        let by_timer = if by_arrival { 0 } else { TIMER };
        let known = TAKEN | by_timer | self.word(self.from, reserved);
        let from = self.from.as_micros();
        let words = starts.iter().zip(durations).map(|(start, duration)| {
            let at_once = if duration.is_zero() { AT_ONCE } else { 0 };
            ((start.as_micros().wrapping_sub(from) as u32) << TIME_SHIFT) | known | at_once
        });
        self.words.extend(words);
        self.some_at_once |= durations.iter().any(|duration| duration.is_zero());
    }

    /// One that is given back.
    #[inline]
    pub fn give_back(&mut self, time: SimTime, reserved: bool) {
        let word = self.word(time, reserved);
        self.words.push(word);
    }

    /// The first `count` of four that are given back. All four are written, because how many they are can not be guessed, and a wrong
    /// guess costs more.
    #[inline(always)]
    pub fn give_back_first(&mut self, count: usize, times: &[SimTime; 4], reserved: bool) {
        let words = times.map(|time| self.word(time, reserved));
        let length = self.words.len() + count;
        self.words.extend_from_slice(&words);
        self.words.truncate(length);
    }

    #[inline(always)]
    fn word(&self, time: SimTime, reserved: bool) -> u32 {
        let offset = time.as_micros().wrapping_sub(self.from.as_micros()) as u32;
        offset << TIME_SHIFT | if reserved { RESERVED } else { 0 }
    }

    /// All have been told. `false` where they have no order: one is given back at the instant at which it and others are taken, and
    /// timers take some of them, or arrivals were not told `in_order`.
    pub fn end(&mut self, in_order: bool) -> bool {
        self.deal_out();
        !self.some_at_once || self.has_order(in_order)
    }

    /// Puts words into their cells; those of one cell stay as they were told.
    fn deal_out(&mut self) {
        let longest = self.words.iter().fold(0, |all, word| all | word);
        let mut wanted = self.words.len() / WORDS_PER_CELL;
        if wanted > CELLS_AT_HAND {
            wanted /= 2;
        }
        self.cell_shift = (TIME_SHIFT..u32::BITS)
            .find(|shift| (longest >> shift) as usize <= wanted)
            .unwrap_or(u32::BITS - 1);
        let cells = (longest >> self.cell_shift) as usize + 1;
        self.cells.clear();
        self.cells.resize(cells, Counts::default());
        self.in_order.clear();
        self.in_order.resize(cells, false);
        for word in &self.words {
            self.cells[(word >> self.cell_shift) as usize].add(*word);
        }
        let mut end = 0;
        let starts = self.cells.iter().map(|counts| {
            end += counts.words[0];
            end - counts.words[0]
        });
        self.ends.clear();
        self.ends.extend(starts);
        std::mem::swap(&mut self.words, &mut self.dealt);
        self.words.resize(self.dealt.len(), 0);
        for word in &self.dealt {
            let end = &mut self.ends[(word >> self.cell_shift) as usize];
            self.words[*end as usize] = *word;
            *end += 1;
        }
    }

    /// Whether no two are taken at an instant at which one of them is given back and that does not say which comes first.
    #[cold]
    fn has_order(&self, in_order: bool) -> bool {
        let clear = |word: &u32| {
            let at_instant = |other: &&u32| **other >> TIME_SHIFT == *word >> TIME_SHIFT && **other & TAKEN > 0;
            let cell = &self.words[self.places((word >> self.cell_shift) as usize)];
            let taken = cell.iter().filter(at_instant);
            let by_timer = taken.clone().any(|word| word & TIMER > 0);
            in_order && !by_timer || taken.count() == 1
        };
        self.words.iter().filter(|word| **word & AT_ONCE > 0).all(clear)
    }

    /// Where the words of a cell stand.
    fn places(&self, cell: usize) -> Range<usize> {
        let end = self.ends[cell];
        (end - self.cells[cell].words[0]) as usize..end as usize
    }

    /// Puts the words of a cell in order.
    fn put_in_order(&mut self, cell: usize) {
        if !std::mem::replace(&mut self.in_order[cell], true) {
            let places = self.places(cell);
            let words = &mut self.words[places];
            self.keyed.sort(words);
            if self.some_at_once {
                give_back_at_once(words);
            }
        }
    }

    /// The place after those that lie before `cut`, and after those that are given back at that instant before any is taken.
    pub fn before(&mut self, cut: SimTime) -> usize {
        let offset = cut.as_micros().saturating_sub(self.from.as_micros());
        let cell = (offset >> (self.cell_shift - TIME_SHIFT)) as usize;
        if cell >= self.cells.len() {
            return self.words.len();
        }
        self.put_in_order(cell);
        let places = self.places(cell);
        let words = &self.words[places.clone()];
        let earlier = words.partition_point(|word| u64::from(word >> TIME_SHIFT) < offset);
        let given_back = |word: &&u32| u64::from(**word >> TIME_SHIFT) == offset && **word & TAKEN == 0;
        places.start + earlier + words[earlier..].iter().take_while(given_back).count()
    }

    /// What those at these places do to all slots, and to those that are not reserved. A rise is known where it is more than the
    /// floor of its pool; otherwise it is said to be that floor, or 0 where that is below.
    pub fn swings(&mut self, places: Range<usize>, floors: [i64; 2]) -> (Swing, Swing) {
        let (rises, changes) = self.rises(places.clone(), floors);
        let instants = Instants::of(&self.words[places]);
        let [all, free] = [0, 1].map(|pool| instants.swing(pool, self.from, rises[pool], changes[pool]));
        (all, free)
    }

    /// How many more than before the first of those at these places are taken at once ([`SlotSteps::swings`]), and how many more after the
    /// last.
    fn rises(&mut self, places: Range<usize>, floors: [i64; 2]) -> ([i64; 2], [i64; 2]) {
        let mut rises = floors.map(|floor| floor.max(0));
        if places.is_empty() {
            return (rises, [0; 2]);
        }
        let cell_of = |place: usize| (self.words[place] >> self.cell_shift) as usize;
        let cells = cell_of(places.start)..=cell_of(places.end - 1);
        let mut levels = [0; 2];
        // What is taken where a cell ends says of most cells that no more can be taken inside them.
        for cell in cells.clone() {
            let (counts, _) = self.inside(cell, &places);
            for pool in 0..2 {
                levels[pool] += counts.change(pool);
                rises[pool] = rises[pool].max(levels[pool]);
            }
        }
        let changes = std::mem::take(&mut levels);
        for cell in cells {
            let (counts, inside) = self.inside(cell, &places);
            let may_rise = |pool: usize| levels[pool] + i64::from(counts.taken[pool]) > rises[pool];
            if may_rise(0) || may_rise(1) {
                self.put_in_order(cell);
                climb(&self.words[inside], levels, &mut rises);
            }
            levels = [0, 1].map(|pool| levels[pool] + counts.change(pool));
        }
        (rises, changes)
    }

    /// What of a cell lies inside these places: how many, and where.
    fn inside(&self, cell: usize, places: &Range<usize>) -> (Counts, Range<usize>) {
        let own = self.places(cell);
        if places.start <= own.start && own.end <= places.end {
            return (self.cells[cell], own);
        }
        let inside = own.start.max(places.start)..own.end.min(places.end);
        let mut counts = Counts::default();
        self.words[inside.clone()].iter().for_each(|word| counts.add(*word));
        (counts, inside)
    }

    /// Whether at most so many more of those that are not reserved are taken at once than before the first, and how many more are taken after
    /// the last.
    pub fn unreserved(&mut self, room: i64) -> (bool, i64) {
        let (rises, changes) = self.rises(0..self.words.len(), [i64::MAX, room]);
        (rises[1] <= room, changes[1])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// What is given back at the instant at which it is taken is so right after that, not before.
#[cold]
fn give_back_at_once(words: &mut [u32]) {
    let mut looked_at = 0;
    while let Some(found) = words[looked_at..].iter().position(|word| word & AT_ONCE > 0) {
        let place = looked_at + found;
        let word = words[place];
        let of_instant = |other: &&u32| **other >> TIME_SHIFT == word >> TIME_SHIFT;
        let before = words[..place].iter().rev().take_while(of_instant).count();
        let instant = &mut words[place - before..=place];
        let given_back = word & !(TAKEN | TIMER | AT_ONCE);
        if let Some(given_back) = instant[..before].iter().position(|word| *word == given_back) {
            instant[given_back..].rotate_left(1);
        }
        looked_at = place + 1;
    }
}

/// Raises `rises` to what is taken at once of words in order, before which so many are taken.
fn climb(words: &[u32], mut levels: [i64; 2], rises: &mut [i64; 2]) {
    for word in words {
        let up = 2 * i64::from(word & TAKEN > 0) - 1;
        let ups = [up, up * i64::from(word & RESERVED == 0)];
        for pool in 0..2 {
            levels[pool] += ups[pool];
            rises[pool] = rises[pool].max(levels[pool]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draws::{Purpose, StreamKey};

    #[test]
    fn time_2_of_one_instant_slots_given_back_come_before_those_taken() {
        let mut slots = SlotSteps::default();
        slots.take(at(1), NEVER, true, true);
        slots.begin(at(1_000));
        slots.take(at(1_007), NEVER, true, false);
        slots.give_back(at(1_003), true);
        slots.give_back(at(1_007), true);
        slots.take(at(1_000), NEVER, false, true);
        slots.give_back(at(1_000) + SlotSteps::LONGEST, false);
        assert!(slots.end(false));
        let last = 1_000 + SlotSteps::LONGEST.as_micros();
        let expected = [
            (1_000, true, true),
            (1_003, false, true),
            (1_007, false, true),
            (1_007, true, false),
            (last, false, false),
        ];
        assert_eq!(told(&mut slots), expected);
    }

    #[test]
    fn a_slot_given_back_at_once_is_given_back_before_the_next_is_taken() {
        let mut slots = SlotSteps::default();
        slots.take(at(6), at(9), true, true);
        slots.take(at(5), at(8), true, true);
        slots.take(at(5), at(5), true, false);
        slots.give_back(at(5), false);
        slots.give_back(at(5), false);
        slots.take(at(5), at(7), true, false);
        assert!(slots.end(true));
        let (free, reserved) = (false, true);
        let expected = [
            (5, false, free),
            (5, true, reserved),
            (5, true, free),
            (5, false, free),
            (5, true, free),
            (6, true, reserved),
        ];
        assert_eq!(told(&mut slots), expected);
    }

    #[test]
    fn beside_others_that_are_taken_then_it_has_a_place_if_all_are_taken_by_arrivals_in_order() {
        for (others, by_arrival, in_order, expected) in [
            (false, false, false, true),
            (true, true, true, true),
            (true, true, false, false),
            (true, false, true, false),
        ] {
            let mut slots = SlotSteps::default();
            slots.take(at(5), at(5), true, false);
            slots.give_back(at(5), false);
            if others {
                slots.take(at(5), at(8), by_arrival, true);
            }
            assert_eq!(slots.end(in_order), expected);
        }
    }

    const NEVER: SimTime = SimTime::MAX;

    fn at(micros: u64) -> SimTime {
        SimTime::from_micros(micros)
    }

    /// Instant, whether it is taken, whether it is reserved.
    fn told(slots: &mut SlotSteps) -> Vec<(u64, bool, bool)> {
        (0..slots.cells.len()).for_each(|cell| slots.put_in_order(cell));
        let from = slots.from.as_micros();
        let tell = |word: &u32| {
            (
                from + u64::from(word >> TIME_SHIFT),
                word & TAKEN > 0,
                word & RESERVED > 0,
            )
        };
        slots.words.iter().map(tell).collect()
    }

    /// [`SlotSteps::swings`] for all of them or those that are not reserved, one after another.
    fn swing_by_steps(told: &[(u64, bool, bool)], all: bool, floor: i64) -> Swing {
        let mut swing = Swing {
            rise: floor.max(0),
            ..Swing::default()
        };
        for (time, taken, _) in told.iter().filter(|step| all || !step.2) {
            swing.change += if *taken { 1 } else { -1 };
            swing.rise = swing.rise.max(swing.change);
            swing.balance = match taken {
                true => swing.balance.wrapping_sub(*time),
                false => swing.balance.wrapping_add(*time),
            };
        }
        swing
    }

    /// Some taken and given back within `micros`, of which some are given back at once.
    fn random(seed: u64, count: u64, micros: u64, at_once: bool) -> SlotSteps {
        let key = StreamKey::derive(seed, 0, "test", "slots");
        let mut slots = SlotSteps::default();
        slots.begin(at(5_000_000));
        for ordinal in 0..count {
            let draw = key.draw(ordinal, 0, Purpose::Work);
            let (time, reserved) = (at(5_000_000 + draw.first % micros), draw.second & 1 > 0);
            match draw.second & 14 {
                0 if at_once => {
                    slots.take(time, time, true, reserved);
                    slots.give_back(time, reserved);
                }
                0 | 2 | 4 | 6 => slots.take(time, NEVER, at_once || draw.second & 16 > 0, reserved),
                _ => slots.give_back(time, reserved),
            }
        }
        slots
    }

    #[test]
    fn what_slots_do_together_is_what_they_do_one_after_another() {
        let few = (0..40).map(|seed| random(seed, seed % 12, 1 + seed % 3, seed % 2 > 0));
        let many = (0..40).map(|seed| {
            random(
                seed,
                2_000,
                [1_000, 60_000, 200_000_000][seed as usize % 3],
                seed % 2 > 0,
            )
        });
        for slots in few.chain(many) {
            let mut in_order = slots.clone();
            assert!(in_order.end(true));
            let told = told(&mut in_order);
            for floors in [[0, 0], [-3, 7], [i64::MAX, 2]] {
                let mut slots = slots.clone();
                assert!(slots.end(true));
                let mut done = 0;
                for cut in [
                    5_000_000,
                    5_000_001,
                    5_000_400,
                    5_000_999,
                    5_050_000,
                    105_000_000,
                    209_000_000,
                ] {
                    let end = slots.before(at(cut));
                    let before = |step: &&(u64, bool, bool)| step.0 < cut || step.0 == cut && !step.1;
                    assert_eq!(end, told.iter().take_while(before).count());
                    let steps = &told[done..end];
                    let expected = (
                        swing_by_steps(steps, true, floors[0]),
                        swing_by_steps(steps, false, floors[1]),
                    );
                    assert_eq!(slots.swings(done..end, floors), expected, "up to {cut}");
                    done = end;
                }
                assert_eq!((done, slots.is_empty()), (slots.len(), told.is_empty()));
            }
        }
    }

    #[test]
    fn the_largest_instants_add_up() {
        for count in [1, 15, 128, 300] {
            let mut slots = SlotSteps::default();
            slots.begin(at(7));
            let last = at(7) + SlotSteps::LONGEST;
            for number in 0..count {
                slots.take(last, NEVER, true, number % 3 > 0);
                slots.give_back(last, true);
            }
            assert!(slots.end(true));
            let free = u64::div_ceil(count, 3);
            let (all, unreserved) = slots.swings(0..slots.len(), [0, 0]);
            assert_eq!((all.change, all.balance), (0, 0));
            let taken = (free * last.as_micros()).wrapping_neg();
            assert_eq!((unreserved.change, unreserved.balance), (free as i64, taken));
        }
    }

    #[test]
    fn slots_of_a_train_are_those_of_its_arrivals() {
        let starts = [5_000_003, 5_000_003, 5_000_900].map(at);
        let all =
            [[7, 0, 80_000], [7, 1, 80_000]].map(|durations| [true, false].map(|by_arrival| (durations, by_arrival)));
        for (durations, by_arrival) in all.into_iter().flatten() {
            let some_at_once = durations.contains(&0);
            let durations = durations.map(Span::from_micros);
            let [mut together, mut apart] = [random(1, 5, 100, false), random(1, 5, 100, false)];
            together.take_all(&starts, &durations, by_arrival, true);
            for (start, duration) in starts.into_iter().zip(durations) {
                apart.take(start, start + duration, by_arrival, true);
            }
            assert_eq!(together.words, apart.words);
            assert_eq!(
                (together.some_at_once, apart.some_at_once),
                (some_at_once, some_at_once)
            );
        }
    }

    #[test]
    fn of_four_slots_only_those_are_given_back_that_have_ended() {
        let times = [5_000_003, 5_000_003, 5_000_900, u64::MAX].map(at);
        for (count, reserved) in (0..4).flat_map(|count| [(count, true), (count, false)]) {
            let [mut together, mut apart] = [random(1, 5, 100, false), random(1, 5, 100, false)];
            together.give_back_first(count, &times, reserved);
            times[..count].iter().for_each(|time| apart.give_back(*time, reserved));
            assert_eq!(together.words, apart.words);
        }
    }

    #[test]
    fn conc_7_room_is_enough_up_to_the_most_that_are_taken_at_once() {
        for seed in 0..20 {
            let mut slots = random(seed, 500, 5_000, false);
            slots.end(true);
            let free = swing_by_steps(&told(&mut slots.clone()), false, 0);
            for (room, enough) in [(free.rise, true), (free.rise - 1, false), (free.rise + 9, true)] {
                let mut slots = slots.clone();
                assert_eq!(slots.unreserved(room), (enough, free.change));
            }
        }
    }

    /// Words in order from end to end, by the library of sorting: the plain twin of cells.
    #[test]
    fn words_stand_in_order_whatever_the_cells() {
        // Of the last there are too many for cells of the usual size.
        let most = (CELLS_AT_HAND * WORDS_PER_CELL) as u64 * 9 / 8;
        for (seed, count) in (0..20).map(|seed| (seed, 3_000)).chain([(21, most)]) {
            let mut slots = random(seed, count, [700, 100_000_000][seed as usize % 2], false);
            let mut words = slots.words.clone();
            words.sort_by_key(|word| word >> ORDER_SHIFT);
            slots.end(true);
            (0..slots.cells.len()).for_each(|cell| slots.put_in_order(cell));
            assert_eq!(slots.words, words);
        }
    }

    #[test]
    fn what_does_not_decide_about_the_order_leaves_words_as_they_stand() {
        for seed in 0..20 {
            let mut words = random(seed, 300, 100, true).words;
            let mut stable = words.clone();
            stable.sort_by_key(|word| word >> ORDER_SHIFT);
            Keyed::default().sort(&mut words);
            assert_eq!(words, stable);
        }
    }
}
