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

impl Swing {
    /// One more is taken at an instant (`up` is 1), or given back (−1), or neither (0).
    #[inline(always)]
    fn step(&mut self, up: i64, micros: u64) {
        self.change += up;
        self.rise = self.rise.max(self.change);
        self.balance = self.balance.wrapping_sub((up as u64).wrapping_mul(micros));
    }
}

/// All slots taken and given back in a window of time, in order: of one instant, those given back come first (TIME-2), those
/// taken by arrivals in the order in which they are told.
///
/// One word for each, so that they are put in order fast: microseconds since the window began, then what happens.
#[derive(Clone, Debug, Default)]
pub struct SlotSteps {
    from: SimTime,
    words: Vec<u32>,
    /// Whether one is given back at the instant at which it is taken.
    some_at_once: bool,
}

const RESERVED: u32 = 1;
/// It is given back at the instant at which it is taken.
const AT_ONCE: u32 = 2;
/// It is taken by a timer, not by an arrival.
const TIMER: u32 = 4;
/// From here on bits decide the order.
const ORDER_SHIFT: u32 = 3;
const TAKEN: u32 = 8;
const TIME_SHIFT: u32 = 4;

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

    /// One that is given back.
    #[inline]
    pub fn give_back(&mut self, time: SimTime, reserved: bool) {
        let word = self.word(time, reserved);
        self.words.push(word);
    }

    #[inline(always)]
    fn word(&self, time: SimTime, reserved: bool) -> u32 {
        let offset = time.as_micros().wrapping_sub(self.from.as_micros()) as u32;
        offset << TIME_SHIFT | if reserved { RESERVED } else { 0 }
    }

    /// Puts them in order. `false` where there is none: one is given back at the instant at which it and others are taken, and
    /// timers take some of them, or arrivals were not told `in_order`.
    pub fn sort(&mut self, in_order: bool) -> bool {
        radsort::sort_by_key(&mut self.words, |word| *word >> ORDER_SHIFT);
        !self.some_at_once || self.give_back_at_once(in_order)
    }

    /// What is given back at the instant at which it is taken is so right after that, not before.
    #[cold]
    fn give_back_at_once(&mut self, in_order: bool) -> bool {
        let (mut clear, mut looked_at) = (true, 0);
        while let Some(found) = self.words[looked_at..].iter().position(|word| word & AT_ONCE > 0) {
            let place = looked_at + found;
            let word = self.words[place];
            let of_instant = |other: &u32| other >> TIME_SHIFT == word >> TIME_SHIFT;
            let before = self.words[..place]
                .iter()
                .rev()
                .take_while(|word| of_instant(word))
                .count();
            let after = self.words[place..].iter().take_while(|word| of_instant(word)).count();
            let instant = &mut self.words[place - before..place + after];
            let taken = instant.iter().filter(|word| **word & TAKEN > 0);
            let unsure = !in_order || taken.clone().any(|word| word & TIMER > 0);
            clear &= taken.count() == 1 || !unsure;
            let given_back = word & !(TAKEN | TIMER | AT_ONCE);
            if let Some(given_back) = instant[..before].iter().position(|word| *word == given_back) {
                instant[given_back..=before].rotate_left(1);
            }
            looked_at = place + 1;
        }
        clear
    }

    /// The place after those that lie before `cut`, and after those that are given back at that instant before any is taken.
    pub fn before(&self, cut: SimTime) -> usize {
        let offset = cut.as_micros().saturating_sub(self.from.as_micros());
        let earlier = self
            .words
            .partition_point(|word| u64::from(word >> TIME_SHIFT) < offset);
        let given_back = |word: &&u32| u64::from(**word >> TIME_SHIFT) == offset && **word & TAKEN == 0;
        earlier + self.words[earlier..].iter().take_while(given_back).count()
    }

    /// What those at these places do to all slots, and to those that are not reserved. Without a branch: which of them is taken cannot be
    /// guessed.
    pub fn swings(&self, places: Range<usize>) -> (Swing, Swing) {
        let [mut all, mut free] = [Swing::default(); 2];
        for word in &self.words[places] {
            let up = 2 * i64::from(word & TAKEN > 0) - 1;
            let micros = self.from.as_micros() + u64::from(word >> TIME_SHIFT);
            all.step(up, micros);
            free.step(up * i64::from(word & RESERVED == 0), micros);
        }
        (all, free)
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
        assert!(slots.sort(false));
        let last = 1_000 + SlotSteps::LONGEST.as_micros();
        let expected = [
            (1_000, true, true),
            (1_003, false, true),
            (1_007, false, true),
            (1_007, true, false),
            (last, false, false),
        ];
        assert_eq!(told(&slots), expected);
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
        assert!(slots.sort(true));
        let (free, reserved) = (false, true);
        let expected = [
            (5, false, free),
            (5, true, reserved),
            (5, true, free),
            (5, false, free),
            (5, true, free),
            (6, true, reserved),
        ];
        assert_eq!(told(&slots), expected);
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
            assert_eq!(slots.sort(in_order), expected);
        }
    }

    const NEVER: SimTime = SimTime::MAX;

    fn at(micros: u64) -> SimTime {
        SimTime::from_micros(micros)
    }

    /// Instant, whether it is taken, whether it is reserved.
    fn told(slots: &SlotSteps) -> Vec<(u64, bool, bool)> {
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
    fn swing_by_steps(told: &[(u64, bool, bool)], all: bool) -> Swing {
        let mut swing = Swing::default();
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

    #[test]
    fn what_slots_do_together_is_what_they_do_one_after_another() {
        let key = StreamKey::derive(1, 0, "test", "slots");
        let mut slots = SlotSteps::default();
        slots.begin(at(5_000_000));
        for ordinal in 0..2_000 {
            let draw = key.draw(ordinal, 0, Purpose::Work);
            let (time, reserved) = (at(5_000_000 + draw.first % 1_000), draw.second & 1 > 0);
            match draw.second & 6 {
                0 | 2 => slots.take(time, NEVER, draw.second & 8 > 0, reserved),
                _ => slots.give_back(time, reserved),
            }
        }
        assert!(slots.sort(true));
        let told = told(&slots);
        let mut done = 0;
        for cut in [5_000_000, 5_000_001, 5_000_400, 5_000_999, 5_001_000, 9_000_000] {
            let end = slots.before(at(cut));
            let before = |step: &&(u64, bool, bool)| step.0 < cut || step.0 == cut && !step.1;
            assert_eq!(end, told.iter().take_while(before).count());
            let expected = [true, false].map(|all| swing_by_steps(&told[done..end], all));
            assert_eq!(slots.swings(done..end), (expected[0], expected[1]), "up to {cut}");
            done = end;
        }
        assert_eq!((done, slots.is_empty()), (slots.len(), false));
    }
}
