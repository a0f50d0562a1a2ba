use pulp::{Arch, Simd, WithSimd};

use crate::facts::{Attempt, ServedTrain, StartKind, Verdict};
use crate::units::{SimTime, Span};

/// Attempts of a train that are hashed at once.
const LANES: usize = 8;

/// A number that changes with anything any finished attempt did, and not with the order in which attempts are told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprint(pub u64);

impl Fingerprint {
    /// Folds in one finished attempt of the flow with this identity.
    pub fn add(&mut self, identity: u64, attempt: &Attempt) {
        let kinds =
            (attempt.verdict as u64) << 60 | (attempt.start_kind as u64) << 56 | (attempt.version.0 as u64) << 40;
        self.fold(
            identity,
            attempt.ordinal ^ (attempt.attempt as u64) << 48,
            attempt.start.as_micros() ^ kinds,
            attempt.end.as_micros() ^ attempt.billed_ms.rotate_right(24),
        );
    }

    /// The same for all of a train.
    pub fn add_train(&mut self, identity: u64, train: &ServedTrain) {
        let kinds = (Verdict::Ok as u64) << 60 | (StartKind::Warm as u64) << 56 | (train.version.0 as u64) << 40;
        let sum = Arch::new().dispatch(FoldTrain { identity, kinds, train });
        self.0 = self.0.wrapping_add(sum);
    }

    fn fold(&mut self, identity: u64, first: u64, second: u64, third: u64) {
        self.0 = self.0.wrapping_add(hash(identity, first, second, third));
    }
}

#[inline(always)]
fn hash(identity: u64, first: u64, second: u64, third: u64) -> u64 {
    mix(mix(mix(identity ^ first) ^ second) ^ third)
}

/// The sum of the hashes of a train, compiled once for each width of vector registers.
struct FoldTrain<'a> {
    identity: u64,
    kinds: u64,
    train: &'a ServedTrain,
}

impl FoldTrain<'_> {
    #[inline(always)]
    fn one(&self, ordinal: u64, start: SimTime, duration: Span, billed_ms: u64) -> u64 {
        hash(
            self.identity,
            ordinal,
            start.as_micros() ^ self.kinds,
            start.saturating_add(duration).as_micros() ^ billed_ms.rotate_right(24),
        )
    }
}

impl WithSimd for FoldTrain<'_> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> u64 {
        let (starts, durations, billed) = (self.train.starts(), self.train.durations(), self.train.billed_ms());
        let ordinal = |place: usize| self.train.ordinal.wrapping_add(place as u64);
        // Narrow registers multiply 64 bits at twice the cost of doing one after another.
        let whole = if S::IS_SCALAR { 0 } else { starts.len() / LANES * LANES };
        let mut sums = [0u64; LANES];
        let groups = starts[..whole]
            .chunks_exact(LANES)
            .zip(durations.chunks_exact(LANES))
            .zip(billed.chunks_exact(LANES));
        for (group, ((starts, durations), billed)) in groups.enumerate() {
            for (lane, sum) in sums.iter_mut().enumerate() {
                let ordinal = ordinal(group * LANES + lane);
                *sum = sum.wrapping_add(self.one(ordinal, starts[lane], durations[lane], billed[lane]));
            }
        }
        let mut sum = 0u64;
        for lane in sums {
            sum = sum.wrapping_add(lane);
        }
        for place in whole..starts.len() {
            if starts[place] == SimTime::MAX {
                // Never: a loop that may end early is not turned into vector instructions.
                break;
            }
            sum = sum.wrapping_add(self.one(ordinal(place), starts[place], durations[place], billed[place]));
        }
        sum
    }
}

/// The finaliser of SplitMix64.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draws::{Purpose, StreamKey};

    #[test]
    fn a_train_is_folded_in_as_its_attempts_one_by_one() {
        let draws = StreamKey::derive(1, 0, "test", "train");
        let mut train = ServedTrain::new();
        train.begin(1_000);
        for count in 0..=train.starts.len() {
            train.count = count;
            let (mut whole, mut one_by_one) = (Fingerprint::default(), Fingerprint::default());
            whole.add_train(7, &train);
            (0..count).for_each(|place| one_by_one.add(7, &train.one(place).1));
            assert_eq!(whole.0, one_by_one.0, "{count}");
            if count < train.starts.len() {
                let drawn = draws.draw(count as u64, 0, Purpose::Work);
                train.starts[count] = SimTime::from_micros(drawn.first >> 8);
                train.durations[count] = Span::from_micros(drawn.second >> 20);
                train.billed_ms[count] = drawn.second >> 30;
            }
        }
    }
}
