use crate::facts::{Attempt, ServedTrain, StartKind, Verdict};
use crate::units::SimTime;

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
        for (index, start) in train.starts().iter().enumerate() {
            if *start == SimTime::MAX {
                // Never: a loop that may end early is not turned into vector instructions, which multiply 64 bits at twice
                // the cost of doing one after another.
                break;
            }
            let end = start.saturating_add(train.durations[index]).as_micros();
            let ordinal = train.ordinal + index as u64;
            self.fold(
                identity,
                ordinal,
                start.as_micros() ^ kinds,
                end ^ train.billed_ms[index].rotate_right(24),
            );
        }
    }

    #[inline(always)]
    fn fold(&mut self, identity: u64, first: u64, second: u64, third: u64) {
        let hash = mix(mix(mix(identity ^ first) ^ second) ^ third);
        self.0 = self.0.wrapping_add(hash);
    }
}

/// The finaliser of SplitMix64.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
