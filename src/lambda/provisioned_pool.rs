use super::config::{QualifierConfig, RateShape};
use super::environment::{IdleLife, IdlePool};
use super::rate::RequestRate;
use crate::facts::{QualifierId, VersionId};
use crate::units::{SimTime, Span};

/// Provisioned environments of one version, configured through one qualifier (PC-1).
#[derive(Clone, Debug)]
pub(super) struct ProvisionedPool {
    pub qualifier: QualifierId,
    pub version: VersionId,
    /// What was asked for (CONC-10).
    pub requested: u32,
    /// What serves: idle and busy ones.
    pub ready: u32,
    pub busy: u32,
    pub idle: IdlePool,
    /// Requests that may use it per second (RPS-3).
    pub rate: RequestRate,
    shape: RateShape,
}

impl ProvisionedPool {
    pub fn new(qualifier: QualifierId, version: VersionId, shape: RateShape, turnaround: Span) -> ProvisionedPool {
        ProvisionedPool {
            qualifier,
            version,
            requested: 0,
            ready: 0,
            busy: 0,
            idle: IdlePool::new(IdleLife::endless(), turnaround),
            rate: RequestRate::new(shape, 0),
            shape,
        }
    }

    /// Another number of environments serves from `now` on; what the running second has admitted stays counted (RPS-5).
    pub fn set_ready(&mut self, now: SimTime, ready: u32) {
        match self.ready {
            0 => self.rate = RequestRate::new(self.shape, ready),
            _ => self.rate.set_concurrency(now, ready),
        }
        self.ready = ready;
    }
}

/// How `amount` on a qualifier is divided among its versions (PC-8): by weight, the additional version's part rounded
/// half up.
pub(super) fn divide(qualifier: &QualifierConfig, amount: u32) -> Vec<(VersionId, u32)> {
    match qualifier.additional {
        None => vec![(qualifier.version, amount)],
        Some((additional, weight)) => {
            // A weight is exact to a billionth: 10 % of 5 must round up to 1.
            let billionths = (weight.as_fraction() * 1e9).round() as u64;
            let part = ((amount as u64 * billionths + 500_000_000) / 1_000_000_000) as u32;
            vec![
                (qualifier.version, amount - part.min(amount)),
                (additional, part.min(amount)),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rps_5_what_a_pool_has_admitted_stays_counted_when_environments_come_and_go() {
        let mut pool = ProvisionedPool::new(QualifierId(0), VersionId(0), RateShape::FixedSecond, Span::ZERO);
        let mut admitted = |ready| {
            pool.set_ready(SimTime::ZERO, ready);
            (0..1_000).filter(|_| pool.rate.take(SimTime::ZERO)).count()
        };
        // Ten a second for each environment that is ready (RPS-3).
        assert_eq!([admitted(5), admitted(4), admitted(8)], [50, 0, 30]);
        let mut pool = ProvisionedPool::new(QualifierId(0), VersionId(0), RateShape::TokenBucket, Span::ZERO);
        pool.set_ready(SimTime::ZERO, 2);
        assert_eq!(
            (0..50).filter(|_| pool.rate.take(SimTime::ZERO)).count(),
            20,
            "full from its beginning"
        );
    }
}
