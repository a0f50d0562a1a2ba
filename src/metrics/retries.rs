use super::histogram::Histogram;
use super::summary::RetrySummary;
use crate::facts::{AsyncStep, Attempt};

/// What repeating did for one sender, and what it took.
#[derive(Clone, Debug, Default)]
pub(super) struct RetryState {
    at_once: u64,
    late: Option<Box<Histogram>>,
    attempts: u64,
    billed_mb_ms: u128,
    dead_lettered: u64,
    to_destinations: u64,
}

impl RetryState {
    /// A first attempt, or one of a mapping's batches, has been admitted.
    #[inline]
    pub fn first(&mut self, attempt: &Attempt) {
        self.at_once += u64::from(attempt.completes && attempt.verdict.is_ok());
    }

    /// So many first attempts have been admitted that go well.
    pub fn at_once(&mut self, count: u64) {
        self.at_once += count;
    }

    /// A further attempt has been admitted; seldom enough.
    #[cold]
    pub fn further(&mut self, attempt: &Attempt, mb_ms: u128) {
        self.attempts += 1;
        self.billed_mb_ms += mb_ms;
        if attempt.completes && attempt.verdict.is_ok() {
            let waited = attempt.answered.since(attempt.arrived);
            self.late.get_or_insert_with(Box::default).record(waited.as_micros());
        }
    }

    /// An invocation of a mapping: its queue knows what was repeated.
    pub fn polled(&mut self, mb_ms: u128) {
        self.billed_mb_ms += mb_ms;
    }

    /// An event's record is kept somewhere.
    pub fn kept(&mut self, step: AsyncStep) {
        self.dead_lettered += u64::from(step == AsyncStep::DeadLettered);
        self.to_destinations += u64::from(step == AsyncStep::DestinationFailure);
    }

    /// Takes over what repeating did for others of the same sender.
    pub fn merge(&mut self, other: &RetryState) {
        self.at_once += other.at_once;
        self.attempts += other.attempts;
        self.billed_mb_ms += other.billed_mb_ms;
        self.dead_lettered += other.dead_lettered;
        self.to_destinations += other.to_destinations;
        if let Some(late) = &other.late {
            self.late.get_or_insert_default().merge(late);
        }
    }

    /// `served` were served at once without being told here.
    pub fn summary(&self, served: u64) -> RetrySummary {
        RetrySummary {
            at_once: self.at_once + served,
            late: self.late.as_ref().map(|late| late.summary()).unwrap_or_default(),
            attempts: self.attempts,
            billed_mb_ms: self.billed_mb_ms,
            kept: self.dead_lettered.max(self.to_destinations),
        }
    }
}
