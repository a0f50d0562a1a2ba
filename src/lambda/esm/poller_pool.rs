use std::collections::VecDeque;

use crate::units::{Bytes, SimTime, Span};

/// How often the lag of a Kafka mapping is looked at (KAF-1).
pub(super) const CHECK: Span = Span::from_secs(60);
/// How long after a check pollers come or go on demand: the longest that is documented (KAF-1).
const CHANGE: Span = Span::from_secs(180);
/// Bytes that one provisioned poller fetches in a second (KAF-2).
const BYTES_PER_SECOND: u64 = 5 << 20;
const SECOND: u64 = 1_000_000;

/// How many pollers a Kafka mapping has (KAF-1, KAF-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollerConfig {
    /// Whether they are provisioned: changes then come at once, and batches of one poller run side by side (KAF-2).
    pub provisioned: bool,
    /// At the start and at the least.
    pub minimum: u32,
    /// At the most: no more than partitions.
    pub maximum: u32,
    /// Invocations of one poller at once.
    pub per_poller: u32,
    /// By what their number is multiplied or divided (`kafka.step`).
    pub step: u32,
}

/// The pollers of a Kafka mapping, and the lanes that wait for one.
#[derive(Clone, Debug)]
pub(super) struct PollerPool {
    config: PollerConfig,
    pollers: u32,
    running: u32,
    waiting: VecDeque<u32>,
    /// Whether the function refused a batch since the last check.
    pub throttled: bool,
    /// When the lag is looked at next; `None` while there is nothing to do.
    pub checks: Option<SimTime>,
    ordered: Option<(SimTime, u32)>,
    /// From when on the next batch can be fetched.
    fetches_at: SimTime,
    /// The last such instant that somebody was told to come back at.
    told_fetch: SimTime,
}

impl PollerPool {
    pub fn new(config: PollerConfig) -> PollerPool {
        PollerPool {
            config,
            pollers: config.minimum,
            running: 0,
            waiting: VecDeque::new(),
            throttled: false,
            checks: None,
            ordered: None,
            fetches_at: SimTime::ZERO,
            told_fetch: SimTime::ZERO,
        }
    }

    /// Whether its pollers are provisioned.
    pub fn is_provisioned(&self) -> bool {
        self.config.provisioned
    }

    /// Other bounds from now on; what was ordered within the old ones is forgotten.
    pub fn set_config(&mut self, config: PollerConfig) {
        self.config = config;
        self.pollers = self.pollers.clamp(config.minimum, config.maximum.max(config.minimum));
        self.ordered = None;
    }

    /// Pollers at this moment.
    pub fn pollers(&self) -> u32 {
        self.pollers
    }

    /// A lane wants to invoke: it may, or waits in turn.
    pub fn take(&mut self, now: SimTime, lane: u32) -> bool {
        let free = self.has_room(now);
        if free {
            self.running += 1;
        } else {
            self.waiting.push_back(lane);
        }
        free
    }

    /// An invocation is over or was refused.
    pub fn give_back(&mut self) {
        self.running -= 1;
    }

    /// The lane whose turn it is, if there is room for it.
    pub fn next_lane(&mut self, now: SimTime) -> Option<u32> {
        if self.has_room(now) {
            self.waiting.pop_front()
        } else {
            None
        }
    }

    /// A batch of so many bytes was fetched: what provisioned pollers fetch next is spaced so that all together keep to
    /// their bytes a second (KAF-2).
    pub fn fetched(&mut self, now: SimTime, bytes: Bytes) {
        if self.config.provisioned {
            let micros = bytes.0.saturating_mul(SECOND) / BYTES_PER_SECOND / u64::from(self.pollers.max(1));
            self.fetches_at = self.fetches_at.max(now).saturating_add(Span::from_micros(micros));
        }
    }

    /// When to come back for a lane that waits for bytes; told once.
    pub fn next_fetch(&mut self, now: SimTime) -> Option<SimTime> {
        let news = !self.waiting.is_empty() && self.fetches_at > now && self.told_fetch != self.fetches_at;
        news.then(|| {
            self.told_fetch = self.fetches_at;
            self.fetches_at
        })
    }

    fn has_room(&self, now: SimTime) -> bool {
        self.fetches_at <= now && self.running < self.pollers.saturating_mul(self.config.per_poller)
    }

    /// There are records: the lag will be looked at.
    pub fn wake(&mut self, now: SimTime) -> Option<SimTime> {
        if self.checks.is_some() || self.config.minimum == self.config.maximum {
            return None;
        }
        let minutes = now.as_micros() / CHECK.as_micros() + 1;
        self.checks = Some(SimTime::from_micros(minutes * CHECK.as_micros()));
        self.checks
    }

    /// Looks at the lag: records that wait behind the batches under way. Returns when to look again.
    pub fn check(&mut self, now: SimTime, lag: u64, batch_size: u32) -> Option<SimTime> {
        self.checks = None;
        if let Some((_, pollers)) = self.ordered.filter(|(due, _)| *due <= now) {
            (self.pollers, self.ordered) = (pollers, None);
        }
        if self.ordered.is_none() {
            let wanted = self.wanted(lag, batch_size);
            if wanted != self.pollers && self.config.provisioned {
                self.pollers = wanted;
            } else if wanted != self.pollers {
                self.ordered = Some((now + CHANGE, wanted));
            }
        }
        self.throttled = false;
        if lag > 0 || self.running > 0 || self.pollers > self.config.minimum || self.ordered.is_some() {
            self.checks = Some(now + CHECK);
        }
        self.checks
    }

    /// Doubled where more waits than the pollers take at once, halved where nothing does or the function is throttled.
    fn wanted(&self, lag: u64, batch_size: u32) -> u32 {
        let at_once = u64::from(self.pollers) * u64::from(self.config.per_poller) * u64::from(batch_size);
        let PollerConfig {
            minimum, maximum, step, ..
        } = self.config;
        if self.throttled || lag == 0 {
            (self.pollers / step).max(minimum)
        } else if lag > at_once {
            self.pollers.saturating_mul(step).min(maximum)
        } else {
            self.pollers
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(provisioned: bool, maximum: u32) -> PollerPool {
        PollerPool::new(PollerConfig {
            provisioned,
            minimum: 1,
            maximum,
            per_poller: 1,
            step: 2,
        })
    }

    fn minute(number: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(60 * number)
    }

    #[test]
    fn kaf_1_pollers_double_three_minutes_after_a_check_that_found_lag_up_to_the_partitions() {
        let mut pool = pool(false, 5);
        assert_eq!(pool.wake(SimTime::ZERO), Some(minute(1)));
        let seen: Vec<u32> = (1..=14)
            .map(|number| {
                pool.check(minute(number), 1_000_000, 100);
                pool.pollers()
            })
            .collect();
        assert_eq!(seen, [1, 1, 1, 2, 2, 2, 4, 4, 4, 5, 5, 5, 5, 5]);
    }

    #[test]
    fn kaf_1_pollers_halve_without_lag_and_while_throttled() {
        let mut idle = pool(false, 8);
        idle.pollers = 8;
        idle.check(minute(1), 0, 100);
        idle.check(minute(4), 0, 100);
        assert_eq!(idle.pollers(), 4);
        let mut throttled = pool(false, 8);
        (throttled.pollers, throttled.throttled) = (8, true);
        throttled.check(minute(1), 1_000_000, 100);
        throttled.check(minute(4), 1_000_000, 100);
        assert_eq!(throttled.pollers(), 4);
    }

    #[test]
    fn lanes_wait_in_turn_for_a_poller() {
        let mut pool = pool(true, 2);
        let now = minute(1);
        assert!(pool.take(now, 7) && !pool.take(now, 8) && !pool.take(now, 9));
        assert_eq!(pool.next_lane(now), None);
        pool.give_back();
        assert_eq!(pool.next_lane(now), Some(8));
    }
}
