//! Cost budgets: when they would have sent an alert (BUD-1).

use super::allot::scale;
use super::bill::{BillingConfig, BudgetPeriod};
use super::charge::bill;
use super::meter::Meter;
use super::month::{Month, day_of, midnight};
use super::usage::Usage;
use crate::facts::{
    ActivePollers, Attempt, Call, Compute, FlowId, FunctionId, Observer, Pool, QualifierId, ServedTrain, Streamed,
    Turn, VersionId,
};
use crate::units::{Bytes, Money, Share, SimTime, Span, Timestamp};

/// Cost data is refreshed three times a day (BUD-1).
const REFRESH: Span = Span::from_secs(8 * 3_600);
const DAY: Span = Span::from_secs(86_400);
const WHOLE: i128 = 10_000;

/// The first alert of one threshold of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetAlert {
    /// When the data first showed it.
    pub at: SimTime,
    /// What was compared: spent in the period, or its forecast.
    pub cost: Money,
}

/// The meter of a run, and the cost budgets that look at its bill whenever AWS refreshes cost data.
#[derive(Clone, Debug)]
pub struct BudgetMeter {
    config: BillingConfig,
    start: Timestamp,
    meter: Meter,
    /// The next refresh; never without budgets.
    next: SimTime,
    /// The whole bill at the last midnight.
    at_midnight: Money,
    /// By budget and threshold.
    alerts: Vec<Vec<Option<BudgetAlert>>>,
}

impl BudgetMeter {
    /// Follows the budgets of `config` on the readings of `meter`, in a run that starts at `start`.
    pub fn new(start: Timestamp, meter: Meter, config: &BillingConfig) -> BudgetMeter {
        let since = start.0 - midnight(day_of(start)).0;
        let step = REFRESH.as_micros();
        let since = u64::try_from(since).unwrap_or(0);
        BudgetMeter {
            alerts: config
                .budgets
                .iter()
                .map(|budget| vec![None; budget.thresholds.len()])
                .collect(),
            config: config.clone(),
            start,
            meter,
            next: match config.budgets.is_empty() {
                true => SimTime::MAX,
                false => SimTime::from_micros(step - since % step),
            },
            at_midnight: Money::ZERO,
        }
    }

    /// Takes over what functions of a part of the account have used ([`Meter::take_in`]).
    pub fn take_in(&mut self, part: BudgetMeter, functions: &[FunctionId]) {
        self.meter.take_in(part.meter, functions);
    }

    /// What was used, and the first alert of each threshold, by budget, up to the end of the run.
    pub fn finish(mut self, end: SimTime) -> (Usage, Vec<Vec<Option<BudgetAlert>>>) {
        self.reach(end);
        (self.meter.finish(end), self.alerts)
    }

    /// What happens at `time` is seen only by refreshes after it.
    #[inline]
    fn reach(&mut self, time: SimTime) {
        if self.next <= time {
            self.refresh_until(time);
        }
    }

    #[cold]
    fn refresh_until(&mut self, time: SimTime) {
        while self.next <= time {
            self.refresh();
        }
    }

    fn refresh(&mut self) {
        let now = self.next;
        let usage = self.meter.clone().finish(now);
        let all = bill(&usage, &self.config);
        let instant = Timestamp(self.start.0.saturating_add_unsigned(now.as_micros()));
        // The period that ends at this instant is still the current one.
        let moment = Timestamp(instant.0 - 1);
        let month = Month::of(moment);
        let name = month.to_string();
        let of_month: Money = all
            .lines
            .iter()
            .filter(|line| line.month == name)
            .map(|line| line.amount)
            .sum();
        for (budget, alerts) in self.config.budgets.iter().zip(&mut self.alerts) {
            let (spent, from, length) = match budget.period {
                BudgetPeriod::Monthly => (of_month, month.start(), month.length()),
                BudgetPeriod::Daily => (all.total - self.at_midnight, midnight(day_of(moment)), DAY),
            };
            let elapsed = u64::try_from(instant.0 - from.0.max(self.start.0)).unwrap_or(0);
            let left = length
                .as_micros()
                .saturating_sub(u64::try_from(instant.0 - from.0).unwrap_or(0));
            let cost = if budget.forecast {
                forecast(spent, elapsed, left)
            } else {
                spent
            };
            for (threshold, alert) in budget.thresholds.iter().zip(alerts) {
                let limit = Money::from_atoms(budget.amount.atoms() / WHOLE * i128::from(*threshold));
                if alert.is_none() && cost > Money::ZERO && cost >= limit {
                    *alert = Some(BudgetAlert { at: now, cost });
                }
            }
        }
        if midnight(day_of(instant)) == instant {
            self.at_midnight = all.total;
        }
        self.next = now + REFRESH;
    }
}

/// What a period costs if it goes on for the microseconds `left` as in those `elapsed`, of which there are some.
fn forecast(spent: Money, elapsed: u64, left: u64) -> Money {
    // A free tier that is prorated grows with the time: a day may give back what another has paid.
    if spent <= Money::ZERO {
        return spent;
    }
    let rest = scale(spent.atoms().unsigned_abs(), u128::from(left), u128::from(elapsed));
    spent + Money::from_atoms(rest as i128)
}

impl Observer for BudgetMeter {
    fn takes_sums(&self) -> bool {
        true
    }

    #[inline(always)]
    fn served(&mut self, _call: &Call, _pool: Pool, attempt: &Attempt) {
        self.ran(attempt);
    }

    fn served_train(&mut self, train: &ServedTrain) {
        if train.starts().last().is_some_and(|last| self.next > *last) {
            self.meter.served_train(train);
        } else {
            (0..train.count).for_each(|index| self.ran(&train.one(index).1));
        }
    }

    #[inline(always)]
    fn ran(&mut self, attempt: &Attempt) {
        self.reach(attempt.start);
        self.meter.ran(attempt);
    }

    fn coming(&mut self, flow: FlowId, function: FunctionId, turn: Turn) {
        self.meter.coming(flow, function, turn);
    }

    fn configured(&mut self, time: SimTime, function: FunctionId, version: VersionId, compute: Compute) {
        self.reach(time);
        self.meter.configured(time, function, version, compute);
    }

    fn event_stored(&mut self, time: SimTime, call: &Call, payload: Bytes) {
        self.reach(time);
        self.meter.event_stored(time, call, payload);
    }

    fn streamed(&mut self, streamed: &Streamed) {
        self.reach(streamed.time);
        self.meter.streamed(streamed);
    }

    fn pollers(&mut self, active: &ActivePollers) {
        self.reach(active.time);
        self.meter.pollers(active);
    }

    fn provisioned(&mut self, time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, ready: u32) {
        self.reach(time);
        self.meter.provisioned(time, function, qualifier, amount, ready);
    }

    fn routed(
        &mut self,
        time: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        version: VersionId,
        additional: Option<(VersionId, Share)>,
    ) {
        self.reach(time);
        self.meter.routed(time, function, qualifier, version, additional);
    }

    fn provisioned_init(
        &mut self,
        time: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        version: VersionId,
        init: Span,
    ) {
        self.reach(time);
        self.meter.provisioned_init(time, function, qualifier, version, init);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Architecture;
    use crate::pricing::golden::{config, version};
    use crate::pricing::{BudgetConfig, FreeTier, MeteredFunction, MeteredQualifier};

    /// 2026-11-20T00:00:00Z.
    const MIDNIGHT: Timestamp = Timestamp(1_795_132_800_000_000);

    /// One function of 8 GB, and a budget.
    fn meter_of(start: Timestamp, period: BudgetPeriod, forecast: bool, cents: i128) -> BudgetMeter {
        let function = MeteredFunction {
            versions: vec![version(Architecture::X86_64, 8_192, 512)],
            qualifiers: vec![MeteredQualifier {
                version: VersionId(0),
                additional: None,
            }],
        };
        let budget = BudgetConfig {
            name: "team".to_owned(),
            amount: Money::from_atoms(cents * Money::ATOMS_PER_USD / 100),
            period,
            forecast,
            thresholds: vec![10_000],
        };
        let config = BillingConfig {
            budgets: vec![budget],
            ..config(FreeTier::Off)
        };
        BudgetMeter::new(start, Meter::new(start, &[function]), &config)
    }

    #[test]
    fn bud_1_of_calls_told_together_the_data_shows_those_that_began_before_it_was_refreshed() {
        let refresh = SimTime::ZERO + REFRESH;
        let mut train = ServedTrain::new();
        train.count = 2;
        train.starts[..2].copy_from_slice(&[SimTime::from_micros(refresh.as_micros() - 1), refresh]);
        train.billed_ms[..2].copy_from_slice(&[900_000; 2]);
        let mut meter = meter_of(MIDNIGHT, BudgetPeriod::Daily, false, 1);
        meter.served_train(&train);
        let (usage, alerts) = meter.finish(refresh);
        assert_eq!(usage.total().get(crate::pricing::Measure::Requests), 2);
        let alert = alerts[0][0].unwrap();
        // 7,200 GB-s × 0.0000166667 and a request.
        assert_eq!((alert.at, alert.cost.exact().as_str()), (refresh, "0.12000044"));
    }

    /// The hour of the first alert and its cost, up to hour `end`, where a call of 900 s begins at each of these hours.
    fn alert(mut meter: BudgetMeter, hours: &[u64], end: u64) -> Option<(u64, String)> {
        let at = |hours: u64| SimTime::ZERO + Span::from_secs(hours * 3_600);
        for hour in hours {
            let mut train = ServedTrain::new();
            train.count = 1;
            train.starts[0] = at(*hour);
            train.billed_ms[0] = 900_000;
            meter.served_train(&train);
        }
        let (_, alerts) = meter.finish(at(end));
        alerts[0][0].map(|alert| (alert.at.as_micros() / 3_600_000_000, alert.cost.exact()))
    }

    #[test]
    fn bud_1_the_last_refresh_of_a_month_still_compares_that_month() {
        let last_day = Timestamp(Month::of(MIDNIGHT).end().0 - DAY.as_micros() as i64);
        let monthly = |end| alert(meter_of(last_day, BudgetPeriod::Monthly, false, 1), &[20], end);
        assert_eq!(monthly(23), None);
        // 7,200 GB-s × 0.0000166667 and a request.
        assert_eq!(monthly(24), Some((24, "0.12000044".to_owned())));
    }

    #[test]
    fn bud_1_a_day_has_what_was_spent_since_midnight() {
        let daily = |hours: &[u64], end| alert(meter_of(MIDNIGHT, BudgetPeriod::Daily, false, 20), hours, end);
        // Two calls of a day are 0.24 USD, one of each of two days is 0.12.
        assert_eq!(daily(&[1, 9], 16), Some((16, "0.24000088".to_owned())));
        assert_eq!(daily(&[1, 25], 48), None);
        assert_eq!(daily(&[1, 25, 33], 48), Some((40, "0.24000088".to_owned())));
    }

    #[test]
    fn bud_1_who_spends_nothing_is_not_alerted_whatever_the_budget() {
        let of_nothing = |hours: &[u64]| alert(meter_of(MIDNIGHT, BudgetPeriod::Daily, false, 0), hours, 24);
        assert_eq!(of_nothing(&[]), None);
        assert_eq!(of_nothing(&[1]), Some((8, "0.12000044".to_owned())));
    }

    #[test]
    fn bud_1_a_forecast_is_of_what_is_left_of_the_period() {
        let daily = |hours: &[u64], end| alert(meter_of(MIDNIGHT, BudgetPeriod::Daily, true, 1), hours, end);
        // 8 of 24 hours: three times 0.12000044. At midnight the day is over, and the next begins anew.
        assert_eq!(daily(&[1], 8), Some((8, "0.36000132".to_owned())));
        assert_eq!(daily(&[20], 24), Some((24, "0.12000044".to_owned())));
        assert_eq!(daily(&[25], 32), Some((32, "0.36000132".to_owned())));
    }

    #[test]
    fn bud_1_a_forecast_goes_on_with_cost_and_not_with_what_is_given_back() {
        let hours = |hours: u64| hours * 3_600_000_000;
        let forecast = |atoms| forecast(Money::from_atoms(atoms), hours(8), hours(16)).atoms();
        assert_eq!([forecast(100), forecast(0), forecast(-100)], [300, 0, -100]);
    }
}
