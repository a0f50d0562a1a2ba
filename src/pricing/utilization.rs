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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Architecture, VersionId};
    use crate::pricing::golden::{config, version};
    use crate::pricing::{FreeTier, MeteredQualifier};

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    /// Two functions on x86_64 with a version each.
    fn meter() -> UtilizationMeter {
        let qualifier = MeteredQualifier {
            version: VersionId(0),
            additional: None,
        };
        let function = MeteredFunction {
            versions: vec![version(Architecture::X86_64, 1_024, 512)],
            qualifiers: vec![qualifier; 2],
        };
        UtilizationMeter::new(&[function.clone(), function], &config(FreeTier::Off))
    }

    fn pool(provisioned: bool) -> Pool {
        Pool {
            function: FunctionId(1),
            qualifier: QualifierId(1),
            provisioned,
            reserved: false,
        }
    }

    #[test]
    fn provisioned_concurrency_pays_above_six_tenths_and_not_at_them() {
        let mut meter = meter();
        meter.provisioned(at(0), FunctionId(1), QualifierId(1), 10, 0);
        // Six are busy from 10 s on, seven from 20 s, six again from 50 s: 0.0000041667 / (0.0000166667 - 0.0000097222) = 0.6.
        (0..6).for_each(|_| meter.slot(at(10), pool(true), true));
        (0..3).for_each(|_| meter.slot(at(15), pool(false), true));
        meter.slot(at(20), pool(true), true);
        meter.slot(at(50), pool(true), false);
        meter.provisioned(at(60), FunctionId(1), QualifierId(1), 0, 0);
        let expected = ProvisionedTimes {
            enabled: Span::from_secs(60),
            above: Span::from_secs(30),
            configured: 600_000_000,
            busy: (6 * 10 + 7 * 30 + 6 * 10) * 1_000_000,
        };
        assert_eq!(meter.finish(at(100)), expected);
    }

    #[test]
    fn more_busy_environments_than_configured_count_as_all_of_them() {
        let mut meter = meter();
        (0..3).for_each(|_| meter.slot(at(0), pool(true), true));
        meter.provisioned(at(0), FunctionId(1), QualifierId(1), 2, 0);
        let times = meter.finish(at(10));
        assert_eq!((times.configured, times.busy), (20_000_000, 20_000_000));
    }
}
