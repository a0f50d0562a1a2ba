use std::sync::Arc;

use super::budget::Budget;
use super::config::{AccountConfig, FunctionConfig, ScalingRule};
use super::ends::AccountInFlight;
use super::ledger::Ledger;
use super::rate::{Bucket, Peak, RequestRate};
use super::resources::Resources;
use crate::facts::{Cause, Room, Slots};
use crate::units::{SimTime, Span};

/// Refill of the account-wide burst per minute (SCALE-6).
const BURST_REFILL_PER_MINUTE: u64 = 500;
/// What must stay unreserved (CONC-4, CONC-8).
const UNRESERVED_MINIMUM: u32 = 100;

/// What all functions of the account share: the unreserved pool, the account's rates, subnets and file systems.
#[derive(Clone, Debug)]
pub(super) struct Account {
    limit: u32,
    reserved: u32,
    /// Provisioned concurrency of functions without reservation.
    provisioned: u32,
    /// Busy on-demand environments of functions without reservation.
    on_demand: u32,
    pub requests: RequestRate,
    /// Where functions run one after another: nothing is refused then.
    pub ledger: Option<Box<Ledger>>,
    /// That of the window before, for its memory.
    pub spare_ledger: Ledger,
    refund: bool,
    burst: Option<Bucket>,
    /// What is in flight counts in `on_demand` until somebody catches up.
    pub in_flight: AccountInFlight,
    pub resources: Resources,
    /// What its functions use together downstream.
    pub budgets: Vec<Budget>,
    pub config: AccountConfig,
}

impl Account {
    pub fn new(config: &AccountConfig, functions: &[Arc<FunctionConfig>]) -> Account {
        let provisioned_of =
            |function: &Arc<FunctionConfig>| function.qualifiers.iter().map(|q| q.provisioned).sum::<u32>();
        let unreserved = functions.iter().filter(|function| function.reserved.is_none());
        let burst = match config.scaling {
            ScalingRule::PerFunction => None,
            ScalingRule::AccountWide { burst } => Some(Bucket::new(burst, BURST_REFILL_PER_MINUTE)),
        };
        Account {
            limit: config.concurrent_executions,
            reserved: functions.iter().filter_map(|function| function.reserved).sum(),
            provisioned: unreserved.map(provisioned_of).sum(),
            on_demand: 0,
            requests: RequestRate::new(config.rate_shape, config.concurrent_executions),
            ledger: None,
            spare_ledger: Ledger::default(),
            refund: config.rate_refund,
            burst,
            in_flight: AccountInFlight::default(),
            resources: Resources::new(config),
            budgets: config.budgets.iter().map(Budget::new).collect(),
            config: config.clone(),
        }
    }

    /// RPS-1.
    #[inline(always)]
    pub fn take_request(&mut self, now: SimTime) -> bool {
        self.requests.take(now)
    }

    /// The busiest second of RPS-1, and how far the burst of SCALE-6 was used.
    pub fn peaks(&self) -> (Peak, Option<Peak>) {
        (self.requests.peak(), self.burst.as_ref().map(Bucket::peak))
    }

    /// Peaks begin anew at `now`.
    pub fn begin_peaks(&mut self, now: SimTime) {
        self.requests.begin_peak(now);
        self.burst.iter_mut().for_each(|burst| burst.begin_peak(now));
    }

    /// ADM-5: a later check refused.
    pub fn refund_request(&mut self) {
        if self.refund {
            self.requests.give_back();
        }
    }

    /// Undoes [`Account::take_request`], as if it had never been asked.
    pub fn give_request_back(&mut self) {
        self.requests.give_back();
    }

    /// Whether a later refusal gives a request's count back.
    pub fn refunds(&self) -> bool {
        self.refund
    }

    /// Size of the unreserved on-demand pool (CONC-6).
    pub fn room(&self) -> u32 {
        (self.limit.saturating_sub(self.reserved)).saturating_sub(self.provisioned)
    }

    /// CONC-7: a slot of the unreserved on-demand pool.
    pub fn take_slot(&mut self) -> Result<(), Cause> {
        if self.on_demand >= self.room() && self.ledger.is_none() {
            return Err(Cause::AccountConcurrency);
        }
        self.on_demand += 1;
        Ok(())
    }

    /// Whether [`Account::take_slot`] has one for each of the next `count`, whatever is given back meanwhile.
    pub fn has_slots(&self, count: u64) -> bool {
        u64::from(self.on_demand) + count <= u64::from(self.room()) || self.ledger.is_some()
    }

    /// So many slots are taken that there are ([`Account::has_slots`]), and so many given back.
    pub fn take_and_give_back(&mut self, taken: u64, given_back: u64) {
        self.on_demand = self.on_demand + taken as u32 - given_back as u32;
    }

    /// The unreserved on-demand pool, as [`Account::take_slot`] sees it.
    pub fn slots(&self) -> Slots {
        Slots {
            reserved: None,
            limit: self.limit,
            reserved_elsewhere: self.reserved,
            provisioned: self.provisioned,
            taken: self.on_demand,
        }
    }

    /// What is left of the account's request rate (RPS-1).
    pub fn request_room(&self, now: SimTime) -> Room {
        self.requests.room(now)
    }

    /// What is left of the burst that all functions share (SCALE-6).
    pub fn burst_room(&self, now: SimTime) -> Room {
        self.burst.as_ref().map_or(Room::Unlimited, |burst| burst.room(now))
    }

    /// A client of several functions has a failure to remember.
    pub fn note_meeting(&mut self) {
        if let Some(ledger) = &mut self.ledger {
            ledger.met = true;
        }
    }

    /// An environment is busy no longer.
    #[inline]
    pub fn note_given_back(&mut self, time: SimTime, reserved: bool) {
        if let Some(ledger) = &mut self.ledger {
            ledger.slots.give_back(time, reserved);
        }
    }

    /// SCALE-6; always granted after SW-SCALE.
    pub fn take_burst(&mut self, now: SimTime) -> bool {
        self.burst.as_mut().is_none_or(|burst| burst.take(now))
    }

    /// PC-12: how long until the burst that all functions share has given `count` environments; none after SW-SCALE.
    pub fn reserve_burst(&mut self, now: SimTime, count: u32) -> Option<Span> {
        self.burst.as_mut().map(|burst| burst.reserve(now, count))
    }

    /// CONC-8: whether `more` provisioned environments fit beside what is claimed.
    pub fn fits_provisioned(&self, more: u32) -> bool {
        let claimed = self.reserved as u64 + self.provisioned as u64 + more as u64;
        claimed + UNRESERVED_MINIMUM as u64 <= self.limit as u64
    }

    /// CONC-10: provisioned concurrency of a function without reservation counts from its request on.
    pub fn claim_provisioned(&mut self, before: u32, after: u32) {
        self.provisioned = self.provisioned - before + after;
    }

    /// Whether refused requests give their count back from now on (RPS-5).
    pub fn set_refund(&mut self, refund: bool) {
        self.refund = refund;
        self.config.rate_refund = refund;
    }

    /// CONC-13: the account limit changes at once; what runs beyond it only drains.
    pub fn set_limit(&mut self, now: SimTime, limit: u32) {
        self.limit = limit;
        self.config.concurrent_executions = limit;
        self.requests.set_concurrency(now, limit);
    }

    /// CONC-4: whether a function may reserve `amount` instead of `before`. Its provisioned concurrency has left the
    /// unreserved pool if it reserves already.
    pub fn fits_reserved(&self, before: Option<u32>, amount: u32, own_provisioned: u32) -> bool {
        let others_provisioned = match before {
            Some(_) => self.provisioned,
            None => self.provisioned - own_provisioned,
        };
        let others = (self.reserved - before.unwrap_or(0)) as u64 + others_provisioned as u64;
        amount == 0 || others + amount as u64 + UNRESERVED_MINIMUM as u64 <= self.limit as u64
    }

    /// A function's reservation changes from `before` to `after`: with its first one it leaves the unreserved pool with what
    /// it has provisioned and what runs on demand, without one it comes back.
    pub fn set_reserved(&mut self, before: Option<u32>, after: Option<u32>, provisioned: u32, on_demand: u32) {
        self.reserved = self.reserved - before.unwrap_or(0) + after.unwrap_or(0);
        if before.is_none() {
            self.provisioned -= provisioned;
            self.on_demand -= on_demand;
        }
        if after.is_none() {
            self.provisioned += provisioned;
            self.on_demand += on_demand;
        }
    }

    /// `duration` rounded up to the account's billing granularity, in milliseconds; at least one step (PRICE-2, PRICE-4).
    #[inline]
    pub fn billed_ms(&self, duration: Span) -> u64 {
        billed_ms(duration, self.config.billing_granularity)
    }
}

/// Billed milliseconds of `time` (INIT and duration in one sum, PRICE-2), rounded up once to `granularity`, at least one
/// step of it (PRICE-4).
#[inline]
pub fn billed_ms(time: Span, granularity: Span) -> u64 {
    const MILLISECOND: u64 = 1_000;
    let step = granularity.as_micros();
    if step == MILLISECOND {
        // Division by a constant: nearly every invocation comes this way.
        return time.as_micros().saturating_sub(1) / MILLISECOND + 1;
    }
    let steps = time.as_micros().div_ceil(step).max(1);
    steps * step / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Reason;
    use crate::lambda::config::{GatewayRate, RateShape};

    const MILLISECOND: Span = Span::from_millis(1);
    const HUNDRED: Span = Span::from_millis(100);

    fn account(limit: u32, rate_refund: bool) -> Account {
        let config = AccountConfig {
            concurrent_executions: limit,
            rate_shape: RateShape::FixedSecond,
            rate_refund,
            scaling: ScalingRule::AccountWide { burst: 500 },
            request_growth: true,
            scaling_reason: Reason::ConcurrentInvocationLimitExceeded,
            account_rate_reason: Reason::CallerRateLimitExceeded,
            billing_granularity: MILLISECOND,
            gateway: GatewayRate::default(),
            rate_limits_events: true,
            subnets: Vec::new(),
            file_systems: Vec::new(),
            budgets: Vec::new(),
        };
        Account::new(&config, &[])
    }

    #[test]
    fn conc_4_a_reservation_leaves_a_hundred_to_the_others_and_none_always_fits() {
        let mut account = account(1_000, true);
        assert!(account.fits_reserved(None, 900, 0));
        assert!(!account.fits_reserved(None, 901, 0));
        account.set_reserved(None, Some(600), 0, 0);
        assert!(account.fits_reserved(None, 300, 0) && !account.fits_reserved(None, 301, 0));
        assert!(account.fits_reserved(Some(600), 900, 0) && !account.fits_reserved(Some(600), 901, 0));
        account.claim_provisioned(0, 50);
        assert!(account.fits_reserved(None, 250, 0) && !account.fits_reserved(None, 251, 0));
        assert!(account.fits_reserved(None, 300, 50) && !account.fits_reserved(None, 301, 50));
        account.set_limit(SimTime::ZERO, 100);
        assert!(account.fits_reserved(None, 0, 0) && !account.fits_reserved(None, 1, 0));
    }

    #[test]
    fn conc_10_what_is_provisioned_instead_of_something_is_no_more_than_itself() {
        let mut account = account(1_000, true);
        account.claim_provisioned(0, 50);
        account.claim_provisioned(50, 20);
        assert_eq!(account.slots().provisioned, 20);
    }

    #[test]
    fn conc_7_a_function_leaves_the_unreserved_pool_with_its_reservation_and_comes_back_without() {
        let mut account = account(1_000, true);
        account.claim_provisioned(0, 50);
        (0..3).for_each(|_| assert!(account.take_slot().is_ok()));
        let of = |account: &Account| {
            let slots = account.slots();
            (slots.reserved_elsewhere, slots.provisioned, slots.taken)
        };
        assert_eq!(of(&account), (0, 50, 3));
        account.set_reserved(None, Some(200), 40, 2);
        assert_eq!(of(&account), (200, 10, 1));
        account.set_reserved(Some(200), Some(300), 40, 2);
        assert_eq!(of(&account), (300, 10, 1));
        account.set_reserved(Some(300), None, 40, 5);
        assert_eq!(of(&account), (0, 50, 6));
    }

    #[test]
    fn adm_5_a_request_that_is_refused_later_gives_its_count_back_where_the_account_says_so() {
        let taken = |account: &mut Account| (0..).take_while(|_| account.take_request(SimTime::ZERO)).count();
        for (refund, again) in [(true, 1), (false, 0)] {
            let mut account = account(1, refund);
            assert_eq!(account.refunds(), refund);
            assert_eq!(taken(&mut account), 10);
            account.refund_request();
            assert_eq!(taken(&mut account), again);
            account.give_request_back();
            assert_eq!(taken(&mut account), 1);
            account.set_refund(!refund);
            assert_eq!((account.refunds(), account.config.rate_refund), (!refund, !refund));
        }
    }

    #[test]
    fn peaks_are_the_most_since_they_began_anew() {
        let mut account = account(1, true);
        (0..7).for_each(|_| assert!(account.take_request(SimTime::ZERO) && account.take_burst(SimTime::ZERO)));
        let peak = |used, limit| Peak { used, limit };
        assert_eq!(account.peaks(), (peak(7, 10), Some(peak(7, 500))));
        let later = SimTime::ZERO + Span::from_secs(60);
        assert!(account.take_request(later) && account.take_burst(later));
        assert_eq!(account.peaks(), (peak(7, 10), Some(peak(7, 500))));
        account.begin_peaks(later);
        assert_eq!(account.peaks(), (peak(1, 10), Some(peak(1, 500))));
    }

    #[test]
    fn gvp_17_init_and_duration_are_rounded_up_once_together() {
        let lines = [
            (250_060, 100_770),
            (133_610, 80_000),
            (3_016_780, 84_000),
            (3_004_920, 111_230),
        ];
        let with_init = lines.map(|(duration, init)| billed_ms(Span::from_micros(duration + init), MILLISECOND));
        let without = lines.map(|(duration, _)| billed_ms(Span::from_micros(duration), MILLISECOND));
        assert_eq!(with_init, [351, 214, 3101, 3117]);
        assert_eq!(without, [251, 134, 3017, 3005]);
    }

    #[test]
    fn gvp_18_billed_time_is_rounded_up_to_one_or_a_hundred_milliseconds() {
        let durations = [79_670, 26_730, 693_920].map(Span::from_micros);
        assert_eq!(durations.map(|d| billed_ms(d, MILLISECOND)), [80, 27, 694]);
        assert_eq!(durations.map(|d| billed_ms(d, HUNDRED)), [100, 100, 700]);
        assert_eq!(billed_ms(Span::ZERO, MILLISECOND), 1);
    }
}
