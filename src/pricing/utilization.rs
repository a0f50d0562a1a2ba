//! How long provisioned concurrency was busy enough to be cheaper than on-demand environments.

use super::answers::{BreakEven, break_even};
use super::bill::BillingConfig;
use super::meter::MeteredFunction;
use crate::facts::{FunctionId, Observer, Pool, QualifierId};
use crate::units::{SimTime, Span};

/// A listener that follows busy provisioned environments from step to step.
#[derive(Clone, Debug)]
pub struct UtilizationMeter {
    /// Where the qualifiers of each function begin.
    places: Vec<usize>,
    qualifiers: Vec<Followed>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Followed {
    break_even: BreakEven,
    amount: u32,
    busy: u32,
    since: SimTime,
    times: ProvisionedTimes,
}

/// Environment time of provisioned concurrency, and how much of the enabled time paid off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProvisionedTimes {
    /// Time for which provisioned concurrency was enabled, summed over qualifiers.
    pub enabled: Span,
    /// The part of it in which so many were busy that on-demand environments would have cost more.
    pub above: Span,
    /// Environment-microseconds configured.
    pub configured: u128,
    /// Environment-microseconds busy.
    pub busy: u128,
}

impl UtilizationMeter {
    /// A meter for functions in the order of their ids.
    pub fn new(functions: &[MeteredFunction], config: &BillingConfig) -> UtilizationMeter {
        let (mut places, mut qualifiers) = (Vec::new(), Vec::new());
        for function in functions {
            places.push(qualifiers.len());
            qualifiers.extend(function.qualifiers.iter().map(|qualifier| Followed {
                break_even: break_even(config, function.versions[qualifier.version.index()].architecture),
                ..Followed::default()
            }));
        }
        UtilizationMeter { places, qualifiers }
    }

    /// The times up to the end of the run.
    pub fn finish(mut self, end: SimTime) -> ProvisionedTimes {
        let mut sum = ProvisionedTimes::default();
        for followed in &mut self.qualifiers {
            followed.advance(end);
            sum.enabled += followed.times.enabled;
            sum.above += followed.times.above;
            sum.configured += followed.times.configured;
            sum.busy += followed.times.busy;
        }
        sum
    }

    fn at(&mut self, function: FunctionId, qualifier: QualifierId) -> &mut Followed {
        &mut self.qualifiers[self.places[function.index()] + qualifier.index()]
    }
}

impl Followed {
    fn advance(&mut self, now: SimTime) {
        if self.amount > 0 && now > self.since {
            let time = now - self.since;
            self.times.enabled += time;
            self.times.configured += self.amount as u128 * time.as_micros() as u128;
            self.times.busy += self.busy.min(self.amount) as u128 * time.as_micros() as u128;
            if self.break_even.pays(self.busy, self.amount) {
                self.times.above += time;
            }
        }
        self.since = now;
    }
}

impl Observer for UtilizationMeter {
    fn takes_sums(&self) -> bool {
        true
    }

    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        if !pool.provisioned {
            return;
        }
        let followed = self.at(pool.function, pool.qualifier);
        followed.advance(time);
        followed.busy = if taken {
            followed.busy + 1
        } else {
            followed.busy.saturating_sub(1)
        };
    }

    fn provisioned(&mut self, time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, _ready: u32) {
        let followed = self.at(function, qualifier);
        followed.advance(time);
        followed.amount = amount;
    }
}
