//! Request rates (RPS-5) and the scaling rate (SCALE-1), in whole numbers.

use lambdasim::lambda::RateShape;

const SECOND: u64 = 1_000_000;

/// A token bucket: `capacity` tokens, `amount` of them back in each `period` microseconds (TIME-3).
#[derive(Clone, Debug)]
pub struct Bucket {
    capacity: u128,
    amount: u128,
    period: u128,
    /// Tokens times the period.
    level: u128,
    seen: u64,
}

impl Bucket {
    pub fn new(capacity: u64, amount: u64, period: u64) -> Bucket {
        let (capacity, amount, period) = (u128::from(capacity), u128::from(amount), u128::from(period));
        Bucket {
            capacity,
            amount,
            period,
            level: capacity * period,
            seen: 0,
        }
    }

    pub fn take(&mut self, now: u64) -> bool {
        let refilled = self.level + self.amount * u128::from(now - self.seen);
        self.level = refilled.min(self.capacity * self.period);
        self.seen = now;
        let has = self.level >= self.period;
        self.level -= if has { self.period } else { 0 };
        has
    }

    pub fn give_back(&mut self) {
        self.level = (self.level + self.period).min(self.capacity * self.period);
    }
}

/// Ten requests a second for each unit of concurrency (RPS-1, RPS-2, RPS-3).
#[derive(Clone, Debug)]
pub enum RequestRate {
    Windows { most: u64, second: u64, count: u64 },
    Tokens(Bucket),
}

impl RequestRate {
    pub fn new(shape: RateShape, concurrency: u32) -> RequestRate {
        let most = 10 * u64::from(concurrency);
        match shape {
            RateShape::FixedSecond => RequestRate::Windows {
                most,
                second: 0,
                count: 0,
            },
            RateShape::TokenBucket => RequestRate::Tokens(Bucket::new(most, most, SECOND)),
        }
    }

    pub fn take(&mut self, now: u64) -> bool {
        match self {
            RequestRate::Tokens(bucket) => bucket.take(now),
            RequestRate::Windows { most, second, count } => {
                if *second != now / SECOND {
                    (*second, *count) = (now / SECOND, 0);
                }
                let has = *count < *most;
                *count += u64::from(has);
                has
            }
        }
    }

    /// What was taken at this very instant.
    pub fn give_back(&mut self) {
        match self {
            RequestRate::Tokens(bucket) => bucket.give_back(),
            RequestRate::Windows { count, .. } => *count -= 1,
        }
    }
}
