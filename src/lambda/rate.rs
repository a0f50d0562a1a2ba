use super::config::RateShape;
use crate::facts::Room;
use crate::units::{SimTime, Span};

/// Micro-units of credit in one token: a minute's microseconds, so that refills per minute are whole numbers (TIME-3).
const CREDIT_PER_TOKEN: u64 = 60_000_000;
const MICROS_PER_SECOND: u64 = 1_000_000;
/// Requests per second for each unit of concurrency (RPS-1, RPS-2, RPS-3).
const REQUESTS_PER_CONCURRENCY: u64 = 10;

/// How far a limit was used, when that was most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// So much of it.
    pub used: u64,
    /// The limit at that time; 0 where nothing was ever asked of it.
    pub limit: u64,
}

impl Peak {
    /// The part that was used, 0 to 1.
    pub fn share(self) -> f64 {
        if self.limit == 0 {
            0.0
        } else {
            self.used as f64 / self.limit as f64
        }
    }

    /// The larger part of both; of equal parts the earlier one.
    fn max(self, other: Peak) -> Peak {
        let larger = other.used as u128 * self.limit as u128 > self.used as u128 * other.limit as u128;
        if larger || self.limit == 0 { other } else { self }
    }
}

/// The peaks of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionPeaks {
    /// Requests in one second, where it has reserved concurrency (RPS-2).
    pub requests: Peak,
    /// Tokens of its scaling rate that were gone (SCALE-1).
    pub scaling: Peak,
}

/// A token bucket in exact integers, full at the start.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    capacity: u64,
    refill_per_minute: u64,
    credit: u64,
    counted_until: SimTime,
    /// The least credit since the peak was begun.
    lowest: u64,
}

impl Bucket {
    pub fn new(capacity: u32, refill_per_minute: u64) -> Bucket {
        let capacity = capacity as u64 * CREDIT_PER_TOKEN;
        Bucket {
            capacity,
            refill_per_minute,
            credit: capacity,
            counted_until: SimTime::ZERO,
            lowest: capacity,
        }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: SimTime) -> bool {
        self.refill(now);
        let granted = self.credit >= CREDIT_PER_TOKEN;
        if granted {
            self.credit -= CREDIT_PER_TOKEN;
        }
        self.lowest = self.lowest.min(self.credit);
        granted
    }

    /// Takes `count` tokens, now or as they come; returns how long that takes. Until then nobody else gets one.
    pub fn reserve(&mut self, now: SimTime, count: u32) -> Span {
        self.refill(now);
        let wanted = u64::from(count) * CREDIT_PER_TOKEN;
        let missing = wanted.saturating_sub(self.credit);
        self.credit = self.credit.saturating_sub(wanted);
        self.lowest = self.lowest.min(self.credit);
        let wait = Span::from_micros(missing.div_ceil(self.refill_per_minute.max(1)));
        self.counted_until = self.counted_until.saturating_add(wait);
        self.counted_until.since(now)
    }

    /// What has come since it was last looked at; nothing before tokens that are reserved have come.
    fn refill(&mut self, now: SimTime) {
        let elapsed = now.since(self.counted_until).as_micros();
        let refill = elapsed.saturating_mul(self.refill_per_minute);
        self.credit = self.credit.saturating_add(refill).min(self.capacity);
        self.counted_until = self.counted_until.max(now);
    }

    /// Another capacity and refill from `now` on; what is in the bucket stays, as far as it fits.
    fn resize(&mut self, now: SimTime, capacity: u32, refill_per_minute: u64) {
        self.refill(now);
        self.capacity = capacity as u64 * CREDIT_PER_TOKEN;
        self.refill_per_minute = refill_per_minute;
        self.credit = self.credit.min(self.capacity);
        self.lowest = self.lowest.min(self.capacity);
    }

    /// The most tokens that were gone since [`Bucket::begin_peak`].
    pub fn peak(&self) -> Peak {
        Peak {
            used: (self.capacity - self.lowest).div_ceil(CREDIT_PER_TOKEN),
            limit: self.capacity / CREDIT_PER_TOKEN,
        }
    }

    /// Forgets what was before `now`.
    pub fn begin_peak(&mut self, now: SimTime) {
        self.refill(now);
        self.lowest = self.credit;
    }

    /// What is in it at `now`.
    pub fn room(&self, now: SimTime) -> Room {
        let mut bucket = self.clone();
        bucket.refill(now);
        Room::Bucket {
            capacity: bucket.capacity / CREDIT_PER_TOKEN,
            tokens: bucket.credit / CREDIT_PER_TOKEN,
            per_minute: bucket.refill_per_minute,
        }
    }

    fn give_back(&mut self) {
        self.credit = (self.credit + CREDIT_PER_TOKEN).min(self.capacity);
    }
}

/// Ten requests a second for each unit of concurrency (RPS-5).
#[derive(Clone, Debug)]
pub(super) enum RequestRate {
    FixedSecond(RunningSecond),
    /// Allows up to twice the rate in the first second.
    TokenBucket(Bucket),
    /// Grants everything and writes it down, while functions run one after another.
    Written(Seconds),
}

impl RequestRate {
    pub fn new(shape: RateShape, concurrency: u32) -> RequestRate {
        let limit = REQUESTS_PER_CONCURRENCY * concurrency as u64;
        match shape {
            RateShape::FixedSecond => RequestRate::FixedSecond(RunningSecond {
                limit,
                ..RunningSecond::default()
            }),
            RateShape::TokenBucket => {
                let capacity = u32::try_from(limit).unwrap_or(u32::MAX);
                RequestRate::TokenBucket(Bucket::new(capacity, limit * 60))
            }
        }
    }

    /// Counts a request if the rate allows it.
    #[inline(always)]
    pub fn take(&mut self, now: SimTime) -> bool {
        match self {
            RequestRate::FixedSecond(running) => {
                running.advance(now);
                let granted = running.admitted < running.limit;
                running.admitted += u64::from(granted);
                granted
            }
            RequestRate::TokenBucket(bucket) => bucket.take(now),
            RequestRate::Written(seconds) => {
                seconds.count(now, 1);
                true
            }
        }
    }

    /// Whether the next `count` requests from `now` on would be granted.
    pub fn has_room(&self, now: SimTime, count: u64) -> bool {
        match self.room(now) {
            Room::Unlimited => true,
            Room::Second { limit, admitted } => admitted + count <= limit,
            Room::Bucket { tokens, .. } => count <= tokens,
        }
    }

    /// Counts requests of these instants, ascending, all of which are granted ([`RequestRate::has_room`]).
    pub fn take_all(&mut self, times: &[SimTime]) {
        match self {
            RequestRate::FixedSecond(running) => each_second(times, |first, count| {
                running.advance(first);
                running.admitted += count;
            }),
            RequestRate::TokenBucket(bucket) => times.iter().for_each(|now| _ = bucket.take(*now)),
            RequestRate::Written(seconds) => each_second(times, |first, count| seconds.count(first, count)),
        }
    }

    /// Counts what was written down, as if it had come one by one; whether all of it would have been granted.
    pub fn add(&mut self, seconds: &Seconds) -> bool {
        let RequestRate::FixedSecond(running) = self else {
            return false;
        };
        let counted = (seconds.first..).zip(&seconds.admitted);
        counted
            .filter(|(_, admitted)| **admitted > 0)
            .fold(true, |granted, (second, admitted)| {
                running.add(second, *admitted) && granted
            })
    }

    /// What is left of it at `now`.
    pub fn room(&self, now: SimTime) -> Room {
        match self {
            RequestRate::FixedSecond(running) => {
                let is_running = now.as_micros() / MICROS_PER_SECOND == running.second;
                Room::Second {
                    limit: running.limit,
                    admitted: if is_running { running.admitted } else { 0 },
                }
            }
            RequestRate::TokenBucket(bucket) => bucket.room(now),
            RequestRate::Written(_) => Room::Unlimited,
        }
    }

    /// From `now` on `concurrency` allows ten times as many; what this second has admitted stays counted.
    pub fn set_concurrency(&mut self, now: SimTime, concurrency: u32) {
        let now_allowed = REQUESTS_PER_CONCURRENCY * concurrency as u64;
        match self {
            RequestRate::FixedSecond(running) => {
                running.advance(now);
                running.busiest = running.peak();
                running.limit = now_allowed;
            }
            RequestRate::TokenBucket(bucket) => {
                let capacity = u32::try_from(now_allowed).unwrap_or(u32::MAX);
                bucket.resize(now, capacity, now_allowed * 60);
            }
            RequestRate::Written(_) => {}
        }
    }

    /// The busiest second since [`RequestRate::begin_peak`].
    pub fn peak(&self) -> Peak {
        match self {
            RequestRate::FixedSecond(running) => running.peak(),
            RequestRate::TokenBucket(bucket) => bucket.peak(),
            RequestRate::Written(_) => Peak::default(),
        }
    }

    /// Forgets what was before the second that runs at `now`.
    pub fn begin_peak(&mut self, now: SimTime) {
        match self {
            RequestRate::FixedSecond(running) => {
                running.advance(now);
                running.busiest = Peak::default();
            }
            RequestRate::TokenBucket(bucket) => bucket.begin_peak(now),
            RequestRate::Written(_) => {}
        }
    }

    /// Takes back the count of a request that a later check refused at the same instant.
    pub fn give_back(&mut self) {
        match self {
            RequestRate::FixedSecond(running) => running.admitted -= 1,
            RequestRate::TokenBucket(bucket) => bucket.give_back(),
            RequestRate::Written(seconds) => seconds.admitted[seconds.place] -= 1,
        }
    }
}

/// Tells for each second that holds some of these instants, ascending, the first of them and how many they are.
fn each_second(times: &[SimTime], mut tell: impl FnMut(SimTime, u64)) {
    let mut rest = times;
    while let Some(first) = rest.first() {
        let second = first.as_micros() / MICROS_PER_SECOND;
        let over = SimTime::from_micros((second + 1) * MICROS_PER_SECOND);
        let count = rest.iter().take_while(|time| **time < over).count();
        tell(*first, count as u64);
        rest = &rest[count..];
    }
}

/// What was admitted in the second that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningSecond {
    limit: u64,
    second: u64,
    admitted: u64,
    /// The busiest of the seconds that are over.
    busiest: Peak,
}

impl RunningSecond {
    /// Begins to count anew where the second of the last request is over.
    #[inline]
    fn advance(&mut self, now: SimTime) {
        // Nearly always the same second: two comparisons instead of a division.
        if now.as_micros().wrapping_sub(self.second * MICROS_PER_SECOND) >= MICROS_PER_SECOND {
            self.busiest = self.peak();
            let this_second = now.as_micros() / MICROS_PER_SECOND;
            (self.second, self.admitted) = (this_second, 0);
        }
    }

    /// Counts what was admitted in a second, not before that of the last request; whether all of it would have been granted,
    /// also beside one that was given back.
    fn add(&mut self, second: u64, admitted: u64) -> bool {
        self.advance(SimTime::from_micros(second * MICROS_PER_SECOND));
        self.admitted += admitted;
        self.admitted < self.limit
    }

    /// The busiest second, this one included. More than the limit was admitted where it has just been lowered.
    fn peak(&self) -> Peak {
        self.busiest.max(Peak {
            used: self.admitted.min(self.limit),
            limit: self.limit,
        })
    }
}

/// Requests by second, whatever their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds {
    first: u64,
    admitted: Vec<u64>,
    /// Place of the second of the last request, and when that begins.
    place: usize,
    begins: u64,
}

impl Seconds {
    /// None yet, and none before `from`.
    pub fn from(from: SimTime) -> Seconds {
        let first = from.as_micros() / MICROS_PER_SECOND;
        Seconds {
            first,
            admitted: vec![0],
            place: 0,
            begins: first * MICROS_PER_SECOND,
        }
    }

    /// Adds those that were counted elsewhere from the same instant on.
    pub fn add(&mut self, others: &Seconds) {
        let length = self.admitted.len().max(others.admitted.len());
        self.admitted.resize(length, 0);
        for (own, others) in self.admitted.iter_mut().zip(&others.admitted) {
            *own += others;
        }
    }

    #[inline]
    fn count(&mut self, now: SimTime, requests: u64) {
        if now.as_micros().wrapping_sub(self.begins) >= MICROS_PER_SECOND {
            self.turn(now);
        }
        self.admitted[self.place] += requests;
    }

    #[inline(never)]
    fn turn(&mut self, now: SimTime) {
        let second = now.as_micros() / MICROS_PER_SECOND;
        (self.place, self.begins) = ((second - self.first) as usize, second * MICROS_PER_SECOND);
        if self.place >= self.admitted.len() {
            self.admitted.resize(self.place + 1, 0);
        }
    }
}

/// Requests per second that a function may add at once, and per minute: ten for each environment of SCALE-1 (SCALE-3).
const GROWTH_CAPACITY: u32 = 10_000;
const GROWTH_PER_MINUTE: u64 = 60_000;

/// How fast a function's requests per second may grow (SCALE-3): in every second as many as in its busiest second so far,
/// and beyond them one for each token.
#[derive(Clone, Debug)]
pub(super) struct RequestGrowth {
    tokens: Bucket,
    second: u64,
    admitted: u64,
    busiest: u64,
}

impl RequestGrowth {
    pub fn new() -> RequestGrowth {
        RequestGrowth {
            tokens: Bucket::new(GROWTH_CAPACITY, GROWTH_PER_MINUTE),
            second: 0,
            admitted: 0,
            busiest: 0,
        }
    }

    /// What is left of it at `now`: of the busiest second so far, then of the tokens beyond it.
    pub fn room(&self, now: SimTime) -> Room {
        let is_running = now.as_micros() / MICROS_PER_SECOND == self.second;
        let admitted = if is_running { self.admitted } else { 0 };
        if admitted < self.busiest {
            Room::Second {
                limit: self.busiest,
                admitted,
            }
        } else {
            self.tokens.room(now)
        }
    }

    /// Counts a request if the growth allows it.
    pub fn take(&mut self, now: SimTime) -> bool {
        let second = now.as_micros() / MICROS_PER_SECOND;
        if second != self.second {
            (self.second, self.admitted) = (second, 0);
        }
        if self.admitted < self.busiest {
            self.admitted += 1;
            return true;
        }
        let granted = self.tokens.take(now);
        if granted {
            self.admitted += 1;
            self.busiest = self.admitted;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn taken(bucket: &mut Bucket, at_secs: u64, wanted: usize) -> usize {
        (0..wanted)
            .filter(|_| bucket.take(SimTime::ZERO + Span::from_secs(at_secs)))
            .count()
    }

    #[test]
    fn rps_1_requests_counted_apart_and_added_are_held_against_the_limit_together() {
        let at = |millis| SimTime::ZERO + Span::from_millis(millis);
        let counted = |instants: &[u64]| {
            let mut seconds = Seconds::from(at(1_500));
            instants.iter().for_each(|millis| seconds.count(at(*millis), 1));
            seconds
        };
        let mut all = counted(&[1_600, 1_700, 3_000]);
        all.add(&counted(&[1_900, 3_100, 3_200, 5_000]));
        // Ten a second for each unit of concurrency; three in the second second, three in the fourth, one in the sixth.
        let mut rate = RequestRate::new(RateShape::FixedSecond, 1);
        assert!(rate.add(&all));
        assert_eq!(rate.peak(), Peak { used: 3, limit: 10 });
        let mut many = counted(&[2_000; 6]);
        many.add(&counted(&[2_500; 5]));
        assert!(!RequestRate::new(RateShape::FixedSecond, 1).add(&many));
    }

    /// Together against one by one, for which there is room exactly where the first says so.
    #[test]
    fn rps_1_requests_taken_together_are_those_taken_one_by_one() {
        let rates = || {
            [RateShape::FixedSecond, RateShape::TokenBucket]
                .map(|shape| RequestRate::new(shape, 1))
                .into_iter()
                .chain([RequestRate::Written(Seconds::from(SimTime::ZERO))])
        };
        for (mut together, mut apart) in rates().zip(rates()) {
            let (mut with_room, mut without) = (0, 0);
            // Two trains each twenty seconds, the first of them in less than one; ten fit into a second.
            for round in 0..60 {
                let begins = SimTime::ZERO + Span::from_millis(round / 2 * 20_000 + round % 2 * 300);
                let spacing = [[0, 20], [0, 400]][round as usize % 2][round as usize / 2 % 2];
                let instant = |place| begins.saturating_add(Span::from_millis(place * spacing));
                let times: Vec<SimTime> = (0..round % 13).map(instant).collect();
                let has_room = together.has_room(begins, times.len() as u64);
                *(if has_room { &mut with_room } else { &mut without }) += 1;
                let granted: Vec<bool> = times.iter().map(|now| apart.take(*now)).collect();
                assert!(!has_room || granted.iter().all(|granted| *granted));
                if has_room {
                    together.take_all(&times);
                } else {
                    times.iter().for_each(|now| _ = together.take(*now));
                }
                assert_eq!(together.peak(), apart.peak());
                assert_eq!(format!("{together:?}"), format!("{apart:?}"));
            }
            let grants_all = matches!(together, RequestRate::Written(_));
            assert!(with_room > 20 && (without > 2 || grants_all), "{with_room} {without}");
        }
    }

    #[test]
    fn gvb_14_an_idle_bucket_never_holds_more_than_its_capacity() {
        let mut scaling = Bucket::new(1_000, 6_000);
        assert_eq!(taken(&mut scaling, 0, 1_200), 1_000);
        assert_eq!(taken(&mut scaling, 11, 1_200), 1_000);
        assert_eq!(taken(&mut scaling, 12, 1_200), 100);
    }

    #[test]
    fn requests_per_second_grow_by_ten_thousand_at_once_and_then_by_a_thousand_a_second() {
        let mut growth = RequestGrowth::new();
        let mut admitted = |second| {
            let at = SimTime::ZERO + Span::from_secs(second);
            (0..30_000).filter(|_| growth.take(at)).count()
        };
        assert_eq!(
            [admitted(0), admitted(1), admitted(2), admitted(22)],
            [10_000, 11_000, 12_000, 22_000]
        );
    }

    #[test]
    fn a_bucket_remembers_how_empty_it_was_and_a_rate_its_busiest_second() {
        let mut bucket = Bucket::new(1_000, 6_000);
        assert_eq!(taken(&mut bucket, 0, 300), 300);
        // Refilled by 100 a second, then 50 are gone.
        assert_eq!(taken(&mut bucket, 10, 50), 50);
        let (used, limit) = (300, 1_000);
        assert_eq!(bucket.peak(), Peak { used, limit });
        let at = |seconds| SimTime::ZERO + Span::from_secs(seconds);
        bucket.begin_peak(at(10));
        assert_eq!(bucket.peak().used, 50);
        // Full again by 11 s, though nobody asked.
        bucket.begin_peak(at(11));
        assert_eq!(bucket.peak().used, 0);
        let mut rate = RequestRate::new(RateShape::FixedSecond, 10);
        let mut ask = |second, times| {
            (0..times)
                .filter(|_| rate.take(SimTime::ZERO + Span::from_secs(second)))
                .count()
        };
        assert_eq!([ask(0, 40), ask(1, 70), ask(2, 130)], [40, 70, 100]);
        assert_eq!(rate.peak(), Peak { used: 100, limit: 100 });
        rate.begin_peak(at(2));
        assert!(rate.take(at(9)));
        assert_eq!(rate.peak().share(), 1.0, "the second that was running counts");
        rate.begin_peak(at(9));
        assert_eq!(rate.peak(), Peak { used: 1, limit: 100 });
        rate.begin_peak(at(10));
        assert_eq!(rate.peak(), Peak { used: 0, limit: 100 }, "that second is over");
    }

    #[test]
    fn refills_are_continuous_and_exact() {
        let mut bucket = Bucket::new(1, 6_000);
        let at = SimTime::from_micros;
        assert!(bucket.take(at(0)) && !bucket.take(at(9_999)) && bucket.take(at(10_000)));
    }

    #[test]
    fn a_lowered_rate_keeps_what_the_second_has_admitted() {
        for shape in [RateShape::FixedSecond, RateShape::TokenBucket] {
            let mut rate = RequestRate::new(shape, 2);
            assert_eq!((0..15).filter(|_| rate.take(SimTime::ZERO)).count(), 15);
            rate.set_concurrency(SimTime::ZERO, 1);
            let left = (0..20).filter(|_| rate.take(SimTime::ZERO)).count();
            assert_eq!(left, if shape == RateShape::FixedSecond { 0 } else { 5 }, "{shape:?}");
        }
    }

    #[test]
    fn rps_5_another_rate_of_a_bucket_holds_from_its_change_on() {
        let mut rate = RequestRate::new(RateShape::TokenBucket, 2);
        let mut at = |concurrency, tenths: u64| {
            let now = SimTime::ZERO + Span::from_millis(100 * tenths);
            rate.set_concurrency(now, concurrency);
            (0..100).filter(|_| rate.take(now)).count()
        };
        // Until 0.5 s half of 20 a second has come back, from then on 50 a second up to 50; from 9.5 s on no more than 10.
        assert_eq!(
            [at(2, 0), at(5, 5), at(5, 7), at(5, 90), at(1, 95), at(1, 300)],
            [20, 10, 10, 50, 10, 10]
        );
        assert_eq!(rate.peak(), Peak { used: 10, limit: 10 });
    }

    #[test]
    fn a_second_that_is_over_counts_against_the_limit_it_had() {
        let mut rate = RequestRate::new(RateShape::FixedSecond, 10);
        (0..8).for_each(|_| assert!(rate.take(SimTime::ZERO)));
        rate.set_concurrency(SimTime::ZERO + Span::from_secs(1), 1);
        assert_eq!(rate.peak(), Peak { used: 8, limit: 100 });
    }

    #[test]
    fn of_equally_used_limits_the_earlier_one_is_the_peak() {
        let peak = |used, limit| Peak { used, limit };
        assert_eq!(peak(5, 10).max(peak(10, 20)), peak(5, 10));
        assert_eq!(peak(10, 20).max(peak(5, 10)), peak(10, 20));
        assert_eq!(peak(5, 10).max(peak(11, 20)), peak(11, 20));
        assert_eq!(peak(0, 0).max(peak(0, 10)), peak(0, 10));
    }

    #[test]
    fn scale_3_room_is_first_that_of_the_busiest_second_and_then_that_of_the_tokens() {
        let mut growth = RequestGrowth::new();
        let at = |tenths: u64| SimTime::ZERO + Span::from_millis(100 * tenths);
        (0..3).for_each(|_| assert!(growth.take(at(0))));
        let second = |admitted| Room::Second { limit: 3, admitted };
        let bucket = |tokens| Room::Bucket {
            capacity: 10_000,
            tokens,
            per_minute: 60_000,
        };
        assert_eq!(growth.room(at(0)), bucket(9_997));
        // A second later nothing is admitted yet; the tokens have come back by then.
        assert_eq!(growth.room(at(10)), second(0));
        (0..2).for_each(|_| assert!(growth.take(at(12))));
        assert_eq!(growth.room(at(13)), second(2));
        assert!(growth.take(at(13)));
        assert_eq!(growth.room(at(13)), bucket(10_000));
    }

    #[test]
    fn a_fixed_second_admits_ten_per_concurrency_and_a_bucket_twice_that_at_first() {
        let admitted = |shape| {
            let mut rate = RequestRate::new(shape, 10);
            (0..1_000)
                .filter(|k| rate.take(SimTime::from_micros(k * 1_000)))
                .count()
        };
        assert_eq!(admitted(RateShape::FixedSecond), 100);
        assert_eq!(admitted(RateShape::TokenBucket), 199);
    }
}
